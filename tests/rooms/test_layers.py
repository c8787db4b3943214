"""The packages of `imports/` stand in one order, and each imports from those above it only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the lowest to the highest. A package, or a module of its own, imports from the lines above
# its own line and from itself.
LAYERS = (
    {"models"},
    {"rules"},
    {"storage", "formats"},
    {"execution"},
    {"validation"},
    {"destinations"},
    {"dataset"},
    {"datasets"},
    {"reports"},
    {"notifications"},
    {"monitoring"},
    {"steps"},
    {"intake"},
    {"maintenance", "actions", "failures"},
    {"pipeline"},
    {"admin", "management", "tasks", "apps"},
    {"templatetags"},
)
FLOOR = {name: number for number, names in enumerate(LAYERS) for name in names}
# Arrows that run up: (from, to). May only shrink.
EXCEPTIONS: set[tuple[str, str]] = set()
# What the portal may use of `imports`.
DOOR = {
    *("models", "rules", "formats", "dataset", "datasets", "reports", "notifications"),
    *("actions", "intake"),
}
DOOR_EXCEPTIONS: set[str] = set()
MAX_MODULES = 12  # of imports/ itself, beside its packages


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def part_of(path: Path) -> str:
    """The package, or the module, of `imports/` that a file belongs to."""
    return path.relative_to(ROOT / "imports").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The packages and modules of `imports/` that a file imports from, also in functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("imports.")}
    return found


def arrows() -> set[tuple[str, str]]:
    return {
        (part_of(path), other)
        for path in sources("imports")
        if part_of(path) != "__init__"
        for other in imported(path) - {part_of(path)}
    }


def test_every_part_has_a_floor() -> None:
    parts = {part_of(path) for path in sources("imports")} - {"__init__"}
    assert parts == FLOOR.keys()


def test_no_arrow_runs_up() -> None:
    up = {(part, other) for part, other in arrows() if FLOOR[other] >= FLOOR[part]}
    assert up == EXCEPTIONS


def test_the_portal_uses_the_packages_that_are_meant_for_it() -> None:
    used = {other for path in sources("onboarding") for other in imported(path)}
    assert used - DOOR == DOOR_EXCEPTIONS


def test_imports_has_few_modules_of_its_own() -> None:
    modules = list((ROOT / "imports").glob("*.py"))
    assert 1 < len(modules) <= MAX_MODULES


STORES = ("boto3", "botocore.session", "storages", "psycopg2", "django.core.files.storage")


@pytest.mark.parametrize("package", ["rules", "formats", "validation", "reports", "dataset.py"])
def test_a_package_of_thought_speaks_to_no_store(package: str) -> None:
    """Only `storage` (and the destinations, in SQL of their own) do."""
    whole = ROOT / "imports" / package
    for path in [whole] if whole.is_file() else whole.rglob("*.py"):
        text = path.read_text()
        used = [store for store in STORES if f"import {store}" in text or f"from {store}" in text]
        assert not used, path
