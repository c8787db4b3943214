"""All decision records have the same form."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, name_of

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DATED = re.compile(r"\*\*Date\*\*: \d{4}-\d\d-\d\d · \*\*Status\*\*: \w+")


def test_the_records_are_numbered_without_a_gap() -> None:
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_a_record_has_a_title_a_date_and_three_parts(record: Path) -> None:
    lines = record.read_text().splitlines()
    assert lines[0].startswith(f"# {int(record.name[:4])}. ")
    assert DATED.match(lines[2])
    parts = re.findall(r"^\*\*(\w+)(?:\.\*\*|\*\* \()", record.read_text(), re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]
    assert len(lines) < 30
