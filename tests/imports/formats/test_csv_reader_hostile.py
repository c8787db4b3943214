"""The reader's half of the hostile files: refusals, and which rows there are."""

from pathlib import Path

import pytest

from imports.formats.csv_reader import rows, scan
from imports.rules.refusals import Refused
from tests.imports.hostile.corpus import CORPUS, ROW_LIMIT, Hostile

BY_SIZE = "FILE_TOO_LARGE"  # refused before anything is read
BY_HEADER = {"MISSING_COLUMNS", "DUPLICATE_COLUMNS"}  # the data set's to refuse
READ = [case for case in CORPUS if case.refusal != BY_SIZE]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_or_has_the_rows_expected(case: Hostile, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(case.data)
    if case.refusal and case.refusal not in BY_HEADER:
        with pytest.raises(Refused) as refused:
            scan(path, max_rows=ROW_LIMIT, titles=True)
        assert refused.value.code == case.refusal
        assert case.row in (None, refused.value.detail.get("row"))
        return
    layout = scan(path, max_rows=ROW_LIMIT, titles=True)
    numbers = [number for number, _ in rows(path, layout)]
    assert len(numbers) == layout.data_rows
    if case.refusal is None:
        wrong = {row for row, _, _ in case.errors}
        assert wrong <= set(numbers)
        assert len(numbers) == case.valid + len(wrong)


def test_every_hostile_file_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CORPUS}) == len(CORPUS) >= 70
    assert all(bool(case.refusal) != bool(case.valid or case.errors) for case in CORPUS)
