"""Clients of AWS with time-outs and bounded retries; S3 has django-storages for it."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings


@cache
def client(
    service: str, *, read_timeout: float = 10, attempts: int = 4, validate: bool = True
) -> Any:
    """The process's client of an AWS service; thread-safe. Seconds, and calls in all.

    Without `validate` the SDK does not look at every parameter's type before it sends a request.

    On a developer's machine it speaks to the emulator.
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
