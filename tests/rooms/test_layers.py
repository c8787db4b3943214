"""The packages of `imports/` have one order, and each imports only from lower ones."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the lowest to the highest. A package, or a single module, imports only from lines above its
# own line and from itself.
LAYERS = (
    {"models"},
    {"rules"},
    {"storage", "formats"},
    {"execution"},
    {"validation"},
    {"destinations"},
    {"dataset"},
    {"datasets"},
    {"holds"},
    {"mapping"},
    {"exports"},
    {"reports"},
    {"notifications"},
    {"people"},
    {"outbox"},
    {"webhooks"},
    {"monitoring"},
    {"steps"},
    {"intake"},
    {"corrections"},
    {"rehearsal"},
    {"maintenance", "actions", "failures"},
    {"review"},
    {"wanted"},
    {"pipeline"},
    {"admin", "management", "tasks", "apps"},
    {"templatetags"},
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
# Imports from a higher layer: (from, to). May only shrink.
EXCEPTIONS: set[tuple[str, str]] = set()
# Packages of `imports` that the portal may use.
PORTAL_MAY_USE = {
    *("models", "rules", "formats", "dataset", "datasets", "reports", "notifications"),
    *("actions", "intake", "mapping"),
    "exports",  # of what its lists show
    "corrections",  # of rejected rows
    *("holds", "review"),  # why uploads are held, and who releases them
    "wanted",  # categories
    "webhooks",
    "people",  # invitations, vendors that are deactivated
    "monitoring",  # its numbers, for Prometheus
    "validation",  # of what a person enters, by the rules of files
}
PORTAL_EXCEPTIONS: set[str] = set()
MAX_MODULES = 12  # directly in imports/


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def part_of(path: Path) -> str:
    """The package or module of `imports/` that a file belongs to."""
    return path.relative_to(ROOT / "imports").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The packages and modules of `imports/` that a file imports from, including in functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("imports.")}
    return found


def edges() -> set[tuple[str, str]]:
    return {
        (part_of(path), other)
        for path in sources("imports")
        if part_of(path) != "__init__"
        for other in imported(path) - {part_of(path)}
    }


def test_every_part_has_a_layer() -> None:
    parts = {part_of(path) for path in sources("imports")} - {"__init__"}
    assert parts == LAYER_OF.keys()


def test_no_part_imports_from_a_higher_layer() -> None:
    up = {(part, other) for part, other in edges() if LAYER_OF[other] >= LAYER_OF[part]}
    assert up == EXCEPTIONS


def test_the_portal_uses_only_the_packages_that_it_may_use() -> None:
    used = {other for path in sources("onboarding") for other in imported(path)}
    assert used - PORTAL_MAY_USE == PORTAL_EXCEPTIONS


def test_imports_has_few_modules_outside_its_packages() -> None:
    modules = list((ROOT / "imports").glob("*.py"))
    assert 1 < len(modules) <= MAX_MODULES


STORES = ("boto3", "botocore.session", "storages", "psycopg2", "django.core.files.storage")


@pytest.mark.parametrize("package", ["rules", "formats", "validation", "reports", "dataset.py"])
def test_pure_packages_do_not_access_stores(package: str) -> None:
    """Only `storage` does, and the destinations with their own SQL."""
    whole = ROOT / "imports" / package
    for path in [whole] if whole.is_file() else whole.rglob("*.py"):
        text = path.read_text()
        used = [store for store in STORES if f"import {store}" in text or f"from {store}" in text]
        assert not used, path
