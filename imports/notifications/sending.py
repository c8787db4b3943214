"""One call to SES: what is sent, and what an error says about it."""

from functools import cache
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from imports.execution.retry_policy import is_transient
from imports.models import Notification

# Answers that a retry cannot change.
FINAL_ANSWERS = {"MessageRejected", "MailFromDomainNotVerifiedException", "InvalidParameterValue"}
NEVER_REACHED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


class NotSent(Exception):
    """SES did not accept the message; `final` when a retry cannot help."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class AnswerLost(Exception):
    """The message may have been sent; `timed_out` when SES did not answer in time."""

    def __init__(self, reason: str, *, timed_out: bool) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


def longest_seconds() -> float:
    """How long one call may take."""
    return float(settings.MAIL_CONNECT_SECONDS + settings.MAIL_ANSWER_SECONDS)


@cache
def mailbox(backend: str) -> Any:
    """Django's mail connection, opened once in this process.

    Opening one per message would create a new SES client each time, which takes longer than
    sending it.
    """
    connection = get_connection(backend)
    connection.open()
    return connection


def send(mail: Notification) -> str:
    """Hand one email about an upload to SES, in one attempt. Returns SES's ID of it.

    Raises NotSent or AnswerLost, and nothing else.
    """
    headers = {
        "X-Upload-ID": mail.upload_id,
        # SES removes it. Its events about the message carry the tags.
        "X-SES-MESSAGE-TAGS": f"notification={mail.pk}, series={mail.series}",
    }
    return send_message(mail.to, mail.subject, mail.text_body, mail.html_body, headers)


def send_message(to: str, subject: str, text: str, html: str, headers: dict[str, str]) -> str:
    """Hand one message to SES, in one attempt. Returns SES's ID of it.

    Raises NotSent or AnswerLost, and nothing else.
    """
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        # SES removes it, and publishes the events of the message.
        headers={**headers, "X-SES-CONFIGURATION-SET": settings.MAIL_CONFIGURATION_SET},
        connection=mailbox(settings.EMAIL_BACKEND),
    )
    message.attach_alternative(html, "text/html")
    try:
        message.send()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise NotSent(str(error), final=code in FINAL_ANSWERS) from error
    except NEVER_REACHED as error:
        raise NotSent(str(error), final=False) from error
    except ReadTimeoutError as error:
        raise AnswerLost(str(error), timed_out=True) from error
    except (HTTPClientError, ConnectionClosedError, ResponseParserError) as error:
        raise AnswerLost(str(error), timed_out=False) from error
    except BotoCoreError as error:  # before the call, such as without credentials
        raise NotSent(str(error), final=False) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise NotSent(reason, final=not is_transient(error)) from error
    return str(message.extra_headers.get("message_id", ""))
