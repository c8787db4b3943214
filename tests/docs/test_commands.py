"""The commands in the documents exist, with their options."""

import json
import re
import shlex

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from imports.management.commands import import_file
from imports.models import Upload
from imports.reports.result import result_of
from tests.docs.pages import ROOT, block, code, documents, section, table

README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
MANAGE = re.compile(r"manage\.py (\w+)(.*)")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_that_is_named_exists() -> None:
    named = {
        target
        for document in documents()
        for line in code(document)
        for target in re.findall(r"(?:^|[\s$])make ([\w-]+)", line)
    }
    assert {"run", "test", "demo"} <= named
    assert named <= make_targets()


def test_the_readme_names_every_make_target() -> None:
    listed = " ".join(row[0] for row in table(section(README, "Commands")))
    documented = set(re.findall(r"make ([\w-]+)", listed))
    assert documented == make_targets() - {"compiled", "environment", "migrated"}


def manage_lines() -> list[tuple[str, str]]:
    return sorted(
        {
            (found[1], found[2].strip())
            for document in documents()
            for line in code(document)
            if (found := MANAGE.search(line))
        }
    )


def test_the_documents_show_manage_commands() -> None:
    assert ("import_file", "products.csv --vendor VEND001") in manage_lines()


@pytest.mark.parametrize(("name", "arguments"), manage_lines())
def test_the_command_accepts_a_documented_line(name: str, arguments: str) -> None:
    if name == "import_file" and not arguments:
        return  # only mentioned in a sentence
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    command.create_parser("manage.py", name).parse_args(shlex.split(arguments))


def test_the_exit_codes_are_those_of_import_file() -> None:
    rows = table(section(COMMANDS, "Import a file"))
    documented = {int(row[0]): row[1].partition(":")[0] for row in rows}
    assert documented == {
        import_file.COMPLETED: "completed",
        import_file.PARTIAL: "partial",
        import_file.FAILED: "failed or canceled",
        import_file.HELD: "held",
        import_file.USAGE: "usage",
        import_file.TIMED_OUT: "timed out",
    }


@pytest.mark.django_db
def test_the_json_example_has_the_fields_of_a_result() -> None:
    example = json.loads(block(COMMANDS, '{\n  "upload_id"'))
    assert list(example) == list(result_of(Upload()))
    parts = ("valid_records", "error_records", "skipped_records")
    assert sum(example[part] for part in parts) == example["total_records"]


def test_each_push_and_each_pull_request_is_checked() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())
    events = workflow[True]  # `on`, as YAML 1.1 reads it
    assert (events["push"], events["pull_request"]) == (None, None), "of any branch"
    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["check"]["steps"]]
