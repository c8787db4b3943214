"""Which errors are transient, and how many attempts each kind gets.

failures.py uses it for a slice that failed, steps/load.py for a batch that lost a race. Nothing is
retried forever.
"""

import random
from http.client import HTTPException

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError
from urllib3.exceptions import HTTPError

from imports.storage.dynamodb import Overloaded
from imports.storage.staging import StagingIncomplete


class Transient(Exception):
    """An internal failure that may be temporary: the same work may succeed later."""


class Contention(Transient):
    """Another upload was faster. Nothing was changed, and an immediate retry may succeed."""


MAX_ATTEMPTS_IF_PERMANENT = 3  # not 1: an old worker may read a row of a newer version
MIN_SERVER_ERROR = 500
TRANSIENT_STATUSES = {408, 425, 429}
# Error codes with other statuses (mostly 400 and 403) that mean "later", or "with new credentials".
TRANSIENT_CODES = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalServerError",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
TRANSIENT: tuple[type[BaseException], ...] = (
    OperationalError,  # the server restarts, has no free connection, or ended a deadlock
    InterfaceError,  # the connection was closed
    NoConnection,
    HTTPClientError,
    IncompleteReadError,
    ChecksumError,
    FlexibleChecksumError,
    NoCredentialsError,  # a task fetches its credentials over HTTP
    CredentialRetrievalError,
    MetadataRetrievalError,
    ResponseParserError,  # the answer came from a proxy, not from AWS
    HTTPException,
    HTTPError,
    OSError,  # network or disk
    MemoryError,
    SoftTimeLimitExceeded,
    StagingIncomplete,
    Overloaded,
    Transient,
)
DEADLOCKS = {"40P01", "40001"}  # deadlock detected, serialization failure


def is_transient(error: BaseException) -> bool:
    """Whether a later retry may succeed. False for a bug or a wrong configuration."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return status >= MIN_SERVER_ERROR or status in TRANSIENT_STATUSES or code in TRANSIENT_CODES
    return isinstance(error, TRANSIENT)


def max_attempts(error: BaseException) -> int:
    """After how many failed attempts in a row we give up, this one included."""
    return (
        settings.MAX_ATTEMPTS
        if is_transient(error)
        else min(MAX_ATTEMPTS_IF_PERMANENT, settings.MAX_ATTEMPTS)
    )


def is_contention(error: BaseException) -> bool:
    """Whether another upload was faster, as in a deadlock: an immediate retry may succeed."""
    if isinstance(error, Contention):
        return True
    return getattr(error.__cause__, "pgcode", None) in DEADLOCKS


def backoff(attempts: int, *, longest: float | None = None) -> float:
    """Seconds to wait after this many failed attempts: doubled each time, up to `longest` or the
    usual maximum, with jitter."""
    most = settings.RETRY_MAX_SECONDS if longest is None else longest
    seconds = min(most, settings.RETRY_BASE_SECONDS * 2 ** (attempts - 1))
    return float(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
