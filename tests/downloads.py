"""Files that are downloaded from the bucket, as a browser does."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen


class Download:
    """The file to which an answer leads. `disposition` and `media_type` are its headers."""

    def __init__(self, answer: Any) -> None:
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.status_code
        address = answer["Location"]
        with urlopen(address, timeout=60) as found:
            self.content: bytes = found.read()
            self.media_type: str = found.headers["Content-Type"]
        # The emulator does not answer with the name that the address asks it to.
        (self.disposition,) = parse_qs(urlsplit(address).query)["response-content-disposition"]

    @property
    def text(self) -> str:
        return self.content.decode("utf-8-sig")
