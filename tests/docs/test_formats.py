"""The formats we promise to others, and the sample files that show them."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from catalog.models import Product
from imports import datasets
from imports.models import Upload
from imports.reports.error_report import report_header
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "formats.md"
SAMPLES = ROOT / "docs" / "samples"
Run = Callable[..., Upload]


def example(language: str) -> str:
    (found,) = (block.text for block in blocks(PAGE) if block.language == language)
    return found.strip()


def test_the_columns_of_the_report_are_those_we_write() -> None:
    (columns,) = csv.reader([example("csv")])
    assert columns == report_header(datasets.get("products"))
    (rows,) = re.findall(r"(?s)\| column \| holds \|\n\|---\|---\|\n(.*?)\n\n", PAGE.read_text())
    listed = [name for line in rows.splitlines() for name in line.split("|")[1].strip().split(", ")]
    assert listed == columns


def test_the_files_have_100_products() -> None:
    for path in SAMPLES.glob("*-100*.csv"):
        with path.open(newline="") as file:
            assert len(list(csv.reader(file))) == 101, path


def test_the_samples_give_what_the_page_says(run_upload: Run, all_categories: None) -> None:
    good = run_upload(read("products-100.csv"))
    assert (good.status, good.valid_records) == ("completed", 100)
    prices = run_upload(read("prices-100.csv"), mode="update")
    assert (prices.status, prices.valid_records) == ("completed", 100)
    assert Product.objects.count() == 100

    bad = run_upload(read("products-100-with-errors.csv"), file_name="products-100-with-errors.csv")
    assert (bad.status, bad.valid_records, bad.error_records) == ("partial", 90, 10)
    types = Counter(bad.row_errors.values_list("error_type", flat=True))
    assert (types.total(), len(types)) == (10, 7)
    text = bad.notifications.get().text_body
    for line in example("text").splitlines()[1:]:
        assert line in text.splitlines()


def read(name: str) -> bytes:
    return Path(SAMPLES / name).read_bytes()
