"""Which errors of ours may pass by themselves, and how often we try in either case.

The one place that says so: a slice that fails asks here (failures.py), and so does a batch that
lost a race (steps/load.py). Nothing is tried for ever.
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
    """A failure of ours that may pass by itself: the same again may succeed later."""


class Contention(Transient):
    """Another upload was faster. Nothing happened, and the same at once may well succeed."""


MAX_ATTEMPTS_IF_LASTING = 3  # attempts: a worker of the last version may meet a row of the next one
SERVER_IS_AT_FAULT = 500
ASK_AGAIN = {408, 425, 429}
# Answers with another status (mostly 400 and 403) that mean "later", or "with new credentials".
PASSING_ANSWERS = {
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
PASSING: tuple[type[BaseException], ...] = (
    OperationalError,  # the server restarts, is full, or ended a deadlock
    InterfaceError,  # the connection is gone
    NoConnection,
    HTTPClientError,
    IncompleteReadError,
    ChecksumError,
    FlexibleChecksumError,
    NoCredentialsError,  # the task's credentials are fetched over HTTP, too
    CredentialRetrievalError,
    MetadataRetrievalError,
    ResponseParserError,  # somebody between us and AWS answered
    HTTPException,
    HTTPError,
    OSError,  # a network or a disk
    MemoryError,
    SoftTimeLimitExceeded,
    StagingIncomplete,
    Overloaded,
    Transient,
)
DEADLOCKS = {"40P01", "40001"}  # deadlock detected, serialization failure


def may_pass(error: BaseException) -> bool:
    """True when the same again may succeed later; False for a mistake of ours, or of a set-up,
    that is still there next time."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return status >= SERVER_IS_AT_FAULT or status in ASK_AGAIN or code in PASSING_ANSWERS
    return isinstance(error, PASSING)


def most_attempts(error: BaseException) -> int:
    """How many attempts in a row may fail, this one included, before we give up."""
    return (
        settings.MAX_ATTEMPTS
        if may_pass(error)
        else min(MAX_ATTEMPTS_IF_LASTING, settings.MAX_ATTEMPTS)
    )


def is_contention(error: BaseException) -> bool:
    """True for a deadlock or its like: nothing happened, and the same at once may well succeed."""
    if isinstance(error, Contention):
        return True
    return getattr(error.__cause__, "pgcode", None) in DEADLOCKS


def backoff(attempts: int) -> float:
    """Seconds to wait after this many failures: doubling, capped, with jitter."""
    longest = min(settings.RETRY_MAX_SECONDS, settings.RETRY_BASE_SECONDS * 2 ** (attempts - 1))
    return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
