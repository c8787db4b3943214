"""The table of settings agrees with the settings."""

import ast
import re
from decimal import Decimal

from tests.docs.pages import ROOT, section, table

SETTINGS = ROOT / "config" / "settings.py"
PAGE = ROOT / "docs" / "configuration.md"
REQUIRED = "required"
# Values on AWS of other names in a default.
NAMES = {
    "LOCAL": False,
    "DEFAULT_FROM_EMAIL": "DEFAULT_FROM_EMAIL",
    "NOTIFICATION_EMAIL": "NOTIFICATION_EMAIL",
}


def settings_read() -> dict[str, str]:
    """Every variable that the settings read, with its default in the form of the table."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(SETTINGS.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        reader = node.func.value
        if isinstance(reader, ast.Name) and reader.id == "env" and node.args:
            name = ast.literal_eval(node.args[0])
            found[name] = written(node.args[1]) if len(node.args) > 1 else REQUIRED
    return found


def written(default: ast.expr) -> str:
    value = eval(compile(ast.Expression(default), "settings", "eval"), dict(NAMES))
    return "unset" if value in (None, "") else f"`{value}`"


def documented() -> dict[str, str]:
    return {row[0].strip("`"): row[1] for row in table(section(PAGE, "Application"))}


def test_the_settings_are_found() -> None:
    found = settings_read()
    assert found["SECRET_KEY"] == REQUIRED
    assert found["UPLOAD_MAX_BYTES"] == "`10485760`"
    assert found["LOG_FORMAT"] == "`json`"


def test_the_table_has_every_variable_with_its_default() -> None:
    assert documented() == settings_read()


def test_every_variable_has_a_meaning() -> None:
    assert all(len(row) == 3 and row[2] for row in table(section(PAGE, "Application")))


def test_limits_named_in_the_documents_are_the_defaults() -> None:
    flow = (ROOT / "docs" / "flow.md").read_text()
    defaults = {name: value.strip("`") for name, value in settings_read().items()}
    every = {
        row[0].strip("`"): row[1] for row in table(section(ROOT / "docs" / "flow.md", "Sweeps"))
    }
    seconds = {"s": 1, "min": 60}
    for task, variable in {
        "resume_stalled": "RESUME_EVERY_SECONDS",
        "find_missing_events": "MISSING_EVENTS_EVERY_SECONDS",
        "run_schedules": "SCHEDULES_EVERY_SECONDS",
        "clean_up": "CLEAN_UP_EVERY_SECONDS",
        "watch_dead_letters": "DEAD_LETTERS_EVERY_SECONDS",
    }.items():
        number, unit = every[task].split()
        assert Decimal(number) * seconds[unit] == Decimal(defaults[variable]), task
    assert f"lease** of {defaults['LEASE_SECONDS']} s" in flow
    assert f"after {defaults['NEVER_ARRIVED_MINUTES']} min" in flow
    assert f"sources {defaults['SOURCE_KEPT_HOURS']} h after" in flow
    assert f"personal data after {defaults['PERSONAL_KEPT_DAYS']} days" in flow
    assert f"history after {defaults['AUDIT_KEPT_DAYS']} days" in flow
    assert defaults["MAX_ATTEMPTS"] == "8"
    assert "eighth failure in a row** (`MAX_ATTEMPTS`)" in flow


def test_variables_that_other_modules_read_are_documented() -> None:
    files = [SETTINGS, *(ROOT / "deploy" / "local").glob("*.py")]
    files += (ROOT / "imports" / "management" / "commands").glob("*.py")
    read = {
        name
        for file in files
        for name in re.findall(r'os\.environ\.get\("(\w+)"', file.read_text())
    }
    assert "LOCAL_DIR" in read
    named = set(re.findall(r"`(\w+)`", PAGE.read_text()))
    assert read <= named
    assert {"WEB_PORT", "POSTGRES_PORT", "AWS_PORT"} <= named
