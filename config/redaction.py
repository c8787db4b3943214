"""Keeps personal data and secret links out of log lines.

More people can read CloudWatch than may see a vendor's rows. Our own messages contain only IDs and
counts. Messages of libraries quote data: an exception quotes the value that caused it, PostgreSQL
the whole row, Django the path of a secret link.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from psycopg2 import Error as DriverError
from psycopg2 import InterfaceError as DriverInterfaceError
from psycopg2 import OperationalError as DriverOperationalError

# Their messages are about servers, files, settings and our own code.
SAFE_TO_LOG = (
    *(BotoCoreError, ClientError, OSError, ImproperlyConfigured),
    *(OperationalError, InterfaceError, DriverOperationalError, DriverInterfaceError),
    *(AttributeError, ImportError, NameError, MemoryError),
)
QUOTES_DATA = (ParamValidationError, UnicodeError)  # subclasses of the above

# Anyone who has such a link can read the report, set the password, or become a member.
SECRET_LINK = re.compile(r"(/(?:reports|password-reset|invitations|account/email)/)[^\s\"'<>]+")
# Of the REST API (vendors/tokens.py); its first characters may be known.
API_TOKEN = re.compile(r"\bvop_[0-9A-Za-z]+")
# Linear: a match begins only where a name can, and gives nothing back.
ADDRESS = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++")
MAX_CHARACTERS = 20_000  # of a message or traceback; anyone may send a long header
# Attributes that a record keeps. Others are extras: Django's requests, Celery's arguments.
KEPT = {*vars(logging.makeLogRecord({})), "upload_id", "vendor_id", "request_id"}
# What our own lines say in numbers and codes; CloudWatch Insights can filter and add up by them.
FIELDS = {
    *("event", "dataset", "mode", "only_check", "run", "step", "status", "code"),
    *("attempt", "bytes", "seconds"),
    *("rows", "rows_done", "rows_total", "rows_per_second", "valid", "errors", "skipped"),
}
CODE = re.compile(r"[\w-]{1,50}")


def redact(record: logging.LogRecord) -> logging.LogRecord:
    """A copy of the record that is safe to log."""
    found = logging.makeLogRecord(
        {key: vars(record)[key] for key in KEPT & vars(record).keys()} | fields_of(record)
    )
    error = record.exc_info[1] if record.exc_info else None
    args: Any = record.args
    if isinstance(args, Mapping) and error:
        args = {**args, "exc": describe(error), "traceback": ""}  # Celery writes both into its line
    elif isinstance(args, tuple):
        args = tuple(describe(arg) if isinstance(arg, BaseException) else arg for arg in args)
    found.args = args
    found.msg, found.args = scrubbed(found.getMessage()), None
    found.exc_info = None
    if error:
        found.exc_text = scrubbed("".join(trace(error)).strip())
    return found


def fields_of(record: logging.LogRecord) -> dict[str, int | float | str]:
    """The declared fields of the record, as far as they are numbers or codes."""
    given = {key: vars(record)[key] for key in FIELDS & vars(record).keys()}
    return {
        key: value
        for key, value in given.items()
        if isinstance(value, int | float) or (isinstance(value, str) and CODE.fullmatch(value))
    }


def scrubbed(text: str) -> str:
    """The text without secret links and email addresses, and without the middle of a long one."""
    if len(text) > MAX_CHARACTERS:
        left_out = f" … {len(text) - MAX_CHARACTERS:,} characters left out … "
        text = text[: MAX_CHARACTERS // 2] + left_out + text[-MAX_CHARACTERS // 2 :]
    text = API_TOKEN.sub("vop_…", SECRET_LINK.sub(r"\1…", text))
    return ADDRESS.sub("…@…", text)


def describe(error: BaseException) -> str:
    """The type of the error, with its message where that cannot quote a row."""
    kind = type(error).__name__
    if isinstance(error, SAFE_TO_LOG) and not isinstance(error, QUOTES_DATA):
        return f"{kind}: {error}"
    if isinstance(error, DatabaseError):
        error = error.__cause__ or error  # Django's wraps the driver's
    if isinstance(error, DriverError) and error.pgcode:
        where = error.diag.constraint_name or error.diag.column_name or ""
        return f"{kind} {error.pgcode} {where}".strip()
    return kind


def trace(error: BaseException) -> Iterator[str]:
    """A traceback with only the safe part of each error in the chain."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from trace(before)
        yield "\nWhich led to:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{describe(error)}\n"
