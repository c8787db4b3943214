"""Each promise names a test that exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def named_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_named_test_exists() -> None:
    named = NAMED.findall((ROOT / "docs" / "promises.md").read_text())
    assert len(named) > 40
    assert not [(path, name) for path, name in named if name not in named_in(ROOT / path)]


def test_every_fault_test_holds_a_promise() -> None:
    text = (ROOT / "docs" / "promises.md").read_text()
    files = (ROOT / "tests" / "faults").glob("test_*.py")
    about_faults = {name for path in files for name in named_in(path)}
    about_themselves = {
        "test_every_named_test_exists",
        "test_every_fault_test_holds_a_promise",
        "test_every_failpoint_is_in_the_code",
        "test_an_undisturbed_import_is_as_the_reference_says",
        "test_the_reference_reads_what_the_payload_file_says",
    }
    assert not {name for name in about_faults - about_themselves if f"::{name}`" not in text}
