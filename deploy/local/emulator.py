"""Runs the AWS emulator with one correction: a list of versions with keys that XML cannot hold.

S3 encodes the keys in its answer if the client asks for that, as boto3 does. The emulator does so
in lists of objects but not in lists of versions, so that one object named U+FFFE made the whole
bucket unreadable. It runs in the emulator's own environment and imports nothing of ours.
"""

import re
from collections.abc import Callable
from urllib.parse import quote
from xml.sax.saxutils import unescape

from ministack.app import main  # type: ignore[import-not-found] # another environment
from ministack.services import s3  # type: ignore[import-not-found]

Answer = tuple[int, dict[str, str], bytes]
KEYS = re.compile(
    rb"<(Key|Prefix|KeyMarker|NextKeyMarker|Delimiter)>(.*?)</\1>", re.DOTALL | re.ASCII
)


def encoded(found: "re.Match[bytes]") -> bytes:
    name = found[1].decode()
    return f"<{name}>{quote(unescape(found[2].decode()), safe='/')}</{name}>".encode()


def with_encoding(list_versions: Callable[..., Answer]) -> Callable[..., Answer]:
    def listed(bucket: str, query: dict[str, list[str]]) -> Answer:
        status, headers, body = list_versions(bucket, query)
        if status == 200 and "url" in query.get("encoding-type", ()):
            body = KEYS.sub(encoded, body)
            end = b"</ListVersionsResult>"
            body = body.replace(end, b"<EncodingType>url</EncodingType>" + end)
        return status, headers, body

    return listed


if __name__ == "__main__":
    s3._list_object_versions = with_encoding(s3._list_object_versions)  # noqa: SLF001
    main()
