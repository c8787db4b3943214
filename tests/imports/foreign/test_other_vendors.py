"""I14: what one vendor says about columns changes nothing of how another's files are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imports.datasets.products import DATASET
from imports.formats.readings import Ambiguous
from imports.formats.sample import Unmatched
from imports.mapping import memory
from imports.models import ColumnMapping, Upload
from imports.rules.matching import Answers, Known
from tests.imports.foreign.test_files import FILES, NAMES, expected
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
KEYS = [column.key for column in DATASET.columns]


def understood(path: Path, known: Known) -> Any:
    """How a file is read, or what would be asked about it."""
    try:
        return DATASET.inspect(path, path.stat().st_size, "create", known)
    except Unmatched as asked:
        return asked.layout, asked.sample
    except Ambiguous as asked:
        return asked.readings


@pytest.mark.django_db
def test_answers_of_one_vendor_are_unknown_to_another(run_upload: Run, vendor_b: Vendor) -> None:
    ours = run_upload([good_row(1)])
    files = [FILES / expected(name)["file"] for name in NAMES]
    before = [understood(path, Known()) for path in files]
    for name in NAMES:  # all of it wrong, so that it would show
        said = expected(name)
        header = [*said["columns"]]
        answers = Answers({key: place for place, key in enumerate(KEYS) if place < len(header)})
        memory.remember(ours, header, answers, by=None)
        memory.remember_encoding(ours, header, said["encoding"], by=None)
    assert ColumnMapping.objects.count() == len(NAMES)

    of_another = memory.known_of_vendor(vendor_b.pk, "products")
    assert [understood(path, of_another) for path in files] == before
    of_ours = memory.known_of_vendor(str(ours.vendor_id), "products")
    read = [understood(path, of_ours) for path in files]
    same = [name for name, now, once in zip(NAMES, read, before, strict=True) if now == once]
    assert not same
