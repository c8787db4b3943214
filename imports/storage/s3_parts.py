"""One object of S3 that is written in several requests, part by part. It exists with the last step.

A part that is written again replaces the one before.
"""

from collections.abc import Sequence
from typing import IO

from botocore.exceptions import ClientError

from imports.storage.s3 import client

# It ended or was deleted meanwhile, or another request has written one of these parts.
LOST = {"NoSuchUpload", "InvalidPart"}


class Lost(Exception):
    """These parts are not those that S3 has."""


def begin(bucket: str, key: str, content_type: str) -> str:
    """Returns the ID by which parts are written."""
    answer = client().create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)
    return answer["UploadId"]


def put(bucket: str, key: str, upload: str, number: int, body: IO[bytes]) -> str:
    """Write part `number`, from 1, of at least 5 MB. Returns its tag. Raises Lost."""
    try:
        answer = client().upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body
        )
    except ClientError as error:
        raise _lost(error) from error
    return answer["ETag"].strip('"')


def finish(bucket: str, key: str, upload: str, tags: Sequence[str]) -> str:
    """Make an object of the parts with these tags. Returns its version. Raises Lost."""
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    try:
        answer = client().complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )
    except ClientError as error:
        raise _lost(error) from error
    return answer["VersionId"]


def _lost(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    return Lost(code) if code in LOST else error
