"""Objects in S3: source files and reports. They are always accessed by version."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from django.core.files.storage import default_storage

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        CopySourceTypeDef,
        GetObjectOutputTypeDef,
        ListObjectsV2OutputTypeDef,
    )

CHUNK_BYTES = 256 * 1024
# Of an object's metadata: how the file is to be imported, and of which mode a check is.
MODE = "onboarding-mode"
CHECK_OF = "onboarding-check-of"
MAX_CONFLICTS = 3  # of one object with its own earlier request
ABANDONED_AFTER_SECONDS = 600.0  # no task and no request takes as long


def client() -> "S3Client":
    """This thread's S3 client, created by django-storages from the settings."""
    found: S3Client = default_storage.connection.meta.client  # type: ignore[attr-defined]
    return found


class Gone(Exception):
    """This version does not exist any more: its owner has deleted it."""


@dataclass(frozen=True)
class LocalCopy:
    """One object version on the local disk. `size` is in bytes, `sha256` in hexadecimal;
    `metadata` is what was stored with the object, by lower-case names."""

    path: Path
    size: int
    sha256: str
    metadata: Mapping[str, str]


@contextmanager
def local_copy(bucket: str, key: str, version: str) -> Iterator[LocalCopy]:
    """Download one version to a temporary file, which is deleted after the block.

    Raises Gone, botocore's errors, and OSError when the disk is full.
    """
    remove_abandoned()
    with NamedTemporaryFile(prefix="onboarding-", suffix=".upload") as file:
        answer = get_version(bucket, key, version)
        digest = hashlib.sha256()
        size = 0
        for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        yield LocalCopy(Path(file.name), size, digest.hexdigest(), answer["Metadata"])


def get_version(bucket: str, key: str, version: str) -> "GetObjectOutputTypeDef":
    """One version, as S3 answers. Raises Gone and botocore's errors."""
    try:
        return client().get_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        raise_gone(error, key, version)
        raise


def raise_gone(error: ClientError, key: str, version: str) -> None:
    """Raise Gone if the error says so."""
    if error.response["Error"]["Code"] in {"NoSuchVersion", "NoSuchKey"}:
        raise Gone(f"{key}, version {version}") from error


def remove_abandoned() -> None:
    """Delete temporary files of killed processes, so that the disk does not fill up."""
    for path in Path(gettempdir()).glob("onboarding-*"):
        with suppress(OSError):  # deleted by another process, or not accessible
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                path.unlink()


def put(bucket: str, key: str, body: bytes | IO[bytes], content_type: str) -> str:
    """Store an object. Returns its new version."""
    answer = client().put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
    return answer["VersionId"]


def copy(bucket: str, key: str, version: str, to: str) -> str:
    """Copy one version to another key. Returns the copy's version. Raises Gone and botocore's
    errors."""
    source: CopySourceTypeDef = {"Bucket": bucket, "Key": key, "VersionId": version}
    try:
        # Without tags, which nothing here has and whose reading needs a permission.
        answer = client().copy_object(
            Bucket=bucket, Key=to, CopySource=source, TaggingDirective="REPLACE"
        )
    except ClientError as error:
        raise_gone(error, key, version)
        raise
    return answer["VersionId"]


def put_new(
    bucket: str, key: str, body: IO[bytes], content_type: str, metadata: Mapping[str, str]
) -> None:
    """Store an object under a key of its own: one version, however often the request is repeated.

    The SDK repeats a request whose answer was lost. S3 rejects the copy, because the object exists
    (412), or because the first request is still in progress (409), which is asked again. Raises
    botocore's errors.
    """
    start = body.tell()
    for tries_left in reversed(range(MAX_CONFLICTS + 1)):
        body.seek(start)
        try:
            client().put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                Metadata=metadata,
                IfNoneMatch="*",
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == HTTPStatus.CONFLICT and tries_left:
                continue
            if status != HTTPStatus.PRECONDITION_FAILED:
                raise
        return


@dataclass(frozen=True)
class PutLink:
    """Where an object can be stored without our rights, and the headers that must be sent."""

    url: str
    headers: Mapping[str, str]


def put_link(
    bucket: str,
    key: str,
    content_type: str,
    metadata: Mapping[str, str],
    size: int,
    *,
    seconds: int,
) -> PutLink:
    """A link by which anyone can store an object of this `size` under this key, once."""
    url = client().generate_presigned_url(
        "put_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ContentType": content_type,
            "ContentLength": size,
            "Metadata": dict(metadata),
            "IfNoneMatch": "*",
        },
        ExpiresIn=seconds,
    )
    return PutLink(
        url,
        {
            "Content-Type": content_type,
            "If-None-Match": "*",
            **{f"x-amz-meta-{name}": value for name, value in metadata.items()},
        },
    )


def delete_version(bucket: str, key: str, version: str) -> None:
    """Delete one version permanently. No error if it does not exist."""
    client().delete_object(Bucket=bucket, Key=key, VersionId=version)


def download_link(bucket: str, key: str, version: str, file_name: str, *, seconds: int = 60) -> str:
    """A URL from which anyone can download this version for `seconds`."""
    return client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "VersionId": version,
            "ResponseContentDisposition": f'attachment; filename="{file_name}"',
        },
        ExpiresIn=seconds,
    )


@dataclass(frozen=True)
class ListedVersion:
    key: str
    version: str
    size: int
    modified: datetime
    etag: str = ""
    is_latest: bool = True

    @property
    def key_can_be_stored(self) -> bool:
        """Whether the database can hold the key: its texts have no NUL."""
        return "\0" not in self.key


def list_versions(bucket: str, prefix: str) -> Iterator[ListedVersion]:
    """Every object version under a prefix, page by page, without delete markers."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        found: list[Any] = page.get("Versions", [])
        for entry in found:
            yield ListedVersion(
                key=entry["Key"],
                version=entry["VersionId"],
                size=entry["Size"],
                modified=entry["LastModified"],
                etag=entry["ETag"].strip('"'),
                is_latest=entry["IsLatest"],
            )


@dataclass(frozen=True)
class ListedFile:
    key: str
    modified: datetime


@dataclass(frozen=True)
class Folder:
    """The files and the folders directly in a folder; folders end with "/"."""

    files: list[ListedFile]
    folders: list[str]


def list_folder(bucket: str, folder: str) -> Folder:
    """What a folder holds now; "" is the top of the bucket."""
    found = Folder([], [])
    pages = client().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=folder, Delimiter="/"):
        found.files.extend(files_of(page))
        found.folders.extend(entry["Prefix"] for entry in page.get("CommonPrefixes", []))
    return found


def list_files(bucket: str, prefix: str, *, most: int) -> list[ListedFile]:
    """The first files under a prefix, at most 1,000."""
    return files_of(client().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=most))


def files_of(page: "ListObjectsV2OutputTypeDef") -> list[ListedFile]:
    """The files of a page, without the empty objects that stand for folders."""
    return [
        ListedFile(entry["Key"], entry["LastModified"])
        for entry in page.get("Contents", [])
        if not entry["Key"].endswith("/")
    ]


def delete_all(bucket: str, prefix: str) -> None:
    """Delete all objects under a prefix, with all versions and delete markers."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        for entry in found:
            delete_version(bucket, entry["Key"], entry["VersionId"])
