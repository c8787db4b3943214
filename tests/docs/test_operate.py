"""The operator's AWS commands exist, and the entry of each alarm has all its parts."""

import re
import shlex
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from config.logging import NAMES
from config.redaction import FIELDS
from imports.monitoring.history import Uploads
from imports.monitoring.prometheus import GAUGES, measure
from tests.docs.pages import ROOT, blocks, documents, inline_code, section, table

OPERATE = ROOT / "docs" / "operate.md"
# Options of the command line itself.
GLOBAL_OPTIONS = {"query", "output", "region"}
OWN_COMMANDS = {
    ("logs", "tail"): {"since", "filter-pattern", "follow"},
    ("s3", "cp"): {"recursive"},
}
PARTS = ["Means", "Look at", "Do", "Ends"]


def aws_commands() -> list[str]:
    """Every command that begins with `aws`, including those within other commands."""
    lines = [
        line
        for document in documents()
        for found in blocks(document)
        if found.language == "console"
        for line in found.text.replace("\\\n", " ").splitlines()
    ]
    lines += [code for document in documents() for code in inline_code(document)]
    found = {part for line in lines for part in pieces(line)}
    return sorted(found)


def pieces(line: str) -> list[str]:
    """The commands in `PASSWORD=$(aws x y)`, `f() { aws x y; }` and `aws x y "$(aws z w)"`."""
    line = line.removeprefix("$ ")
    inner = re.findall(r"\$\((aws [^()]*)\)", line)
    outer = re.sub(r"\$\([^()]*\)", "X", line)
    return inner + re.findall(r"(?:^|[;{] |do )(aws [^;]*)", outer)


SERVICES = {"s3api": "s3"}  # of the command line, whose names differ from their services


@cache
def service_model(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def options_of(service: str, operation: str) -> set[str]:
    """The options of an AWS command, from the model of its service. Raises KeyError."""
    model = service_model(SERVICES.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    return {xform_name(member, "-") for member in (shape.members if shape else ())}


COMMANDS = {"fields", "filter", "stats", "sort", "limit", "parse", "display", "dedup"}
FUNCTIONS = {"count", "count_distinct", "sum", "avg", "min", "max", "pct", "bin"}
WORDS = {"as", "by", "and", "or", "not", "in", "like", "asc", "desc"}
OURS = {*FIELDS, *NAMES, "timestamp", "message", "name", "levelname"}


def queries() -> list[str]:
    return [found.text for found in blocks(OPERATE) if found.language == "insights"]


def test_there_are_queries() -> None:
    assert len(queries()) > 5


@pytest.mark.parametrize("query", queries())
def test_a_query_of_the_logs_has_known_commands_and_fields_that_lines_have(query: str) -> None:
    assert query.count("(") == query.count(")")
    aliases = set(re.findall(r" as (\w+)", query))
    for part in query.split("|"):
        command, _, rest = part.strip().partition(" ")
        assert command in COMMANDS
        words = set(re.findall(r"[a-z_]\w*", re.sub(r"\"[^\"]*\"|\d+[smhd]\b", "", rest)))
        assert words <= OURS | FUNCTIONS | WORDS | aliases


def test_every_event_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "imports").rglob("*.py"))
    logged = set(re.findall(r'"event": "(\w+)"', source))
    assert {f"`{event}`" for event in logged} <= set(re.findall(r"`\w+`", OPERATE.read_text()))


def test_every_metric_is_explained_with_its_labels(db: None) -> None:
    """In the order of the page, with the labels that its samples have now."""
    explained = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1]))
        for row in table(section(OPERATE, "Metrics for Prometheus"))
    }
    assert list(explained) == [gauge.name for gauge in GAUGES]
    second = timedelta(seconds=1)
    measured = replace(measure(), uploads=Uploads(median=second, slow=second))
    for gauge in GAUGES:
        for labels, _value in gauge.read(measured):
            assert labels.keys() == explained[gauge.name], gauge.name


def test_the_commands_are_found() -> None:
    commands = aws_commands()
    assert "aws sts get-caller-identity" in commands
    assert any(command.startswith("aws secretsmanager get-random-password") for command in commands)
    assert any(command.startswith("aws ecs run-task --cluster") for command in commands)


@pytest.mark.parametrize("command", aws_commands())
def test_an_aws_command_exists_and_has_these_options(command: str) -> None:
    _, service, operation, *arguments = shlex.split(command)
    if operation == "wait":
        waiter, *arguments = arguments
        session = botocore.session.get_session()
        waiters = session.get_waiter_model(service).waiter_names
        operation = {
            xform_name(name, "-"): xform_name(config.operation, "-")
            for name in waiters
            for config in [session.get_waiter_model(service).get_waiter(name)]
        }[waiter]
    given = {a.removeprefix("--") for a in arguments if a.startswith("--")} - GLOBAL_OPTIONS
    allowed = OWN_COMMANDS.get((service, operation)) or options_of(service, operation)
    assert {option.removeprefix("no-") for option in given - allowed} <= allowed


@pytest.mark.parametrize(
    "command", ["aws nothing do-it", "aws ecs do-it", "aws ecs run-task --claster x"]
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    with pytest.raises((UnknownServiceError, KeyError, AssertionError)):
        test_an_aws_command_exists_and_has_these_options(command)


def entries() -> dict[str, str]:
    parts = re.split(r"^### Alarm: (.+)$", OPERATE.read_text(), flags=re.MULTILINE)[1:]
    assert len(set(parts[::2])) == len(parts[::2])
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("alarm", entries())
def test_the_entry_of_an_alarm_has_all_parts(alarm: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", alarm)
    assert re.findall(r"^\*\*(.+?)\*\* ", entries()[alarm], re.MULTILINE) == PARTS
