"""AWS clients with timeouts and a bounded number of retries. S3 goes through django-storages."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings


@cache
def client(
    service: str, *, read_timeout: float = 10, attempts: int = 4, validate: bool = True
) -> Any:
    """The process's client for an AWS service. It is thread-safe; local systems use the emulator.

    `read_timeout` is in seconds; `attempts` counts the first call too. Without `validate` the SDK
    sends a request without checking the type of every parameter first.
    """
    return boto3.client(
        service,  # type: ignore[call-overload] # one function for all services
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL,
        config=Config(
            connect_timeout=5,
            read_timeout=read_timeout,
            parameter_validation=validate,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )
