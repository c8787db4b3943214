"""AWS clients with timeouts and a bounded number of retries. S3 goes through django-storages."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.parsers import ResponseParserError, ResponseParserFactory
from django.conf import settings

# Each session would read the descriptions of the services again, which takes 8 MB. Kombu makes one
# for each queue, and django-storages one for each thread.
botocore.session.create_loader = cache(botocore.session.create_loader)


class ParserFactory(ResponseParserFactory):
    """Parsers that raise ResponseParserError for any answer they cannot parse, also for good JSON
    or XML that is not of AWS, as a proxy's. botocore's own raise whatever they meet there."""

    def create_parser(self, protocol_name: str) -> Any:
        parser: Any = super().create_parser(protocol_name)
        parser.parse = _refusing_other_answers(parser.parse)
        return parser


def _refusing_other_answers(parse: Callable[..., Any]) -> Callable[..., Any]:
    def parse_or_refuse(response: Any, shape: Any) -> Any:
        try:
            return parse(response, shape)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ResponseParserError(f"not an answer of AWS: {error!r}") from error

    return parse_or_refuse


def _session() -> boto3.Session:
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", ParserFactory())
    return boto3.Session(botocore_session=session)


SESSION = _session()


@cache
def client(
    service: str, *, read_timeout: float = 10, attempts: int = 4, validate: bool = True
) -> Any:
    """The process's client for an AWS service. It is thread-safe; local systems use the emulator.

    `read_timeout` is in seconds; `attempts` counts the first call too. Without `validate` the SDK
    sends a request without checking the type of every parameter first.
    """
    return SESSION.client(
        service,  # type: ignore[call-overload] # one function for all services
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL,
        config=Config(
            user_agent=settings.AWS_USER_AGENT,
            connect_timeout=5,
            read_timeout=read_timeout,
            parameter_validation=validate,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )
