"""Headers of other programs' product files: what is matched is right, and most is matched.

`headers.csv` holds header rows of programs and of ordinary spreadsheets in eight languages. Its
`source` says where a row comes from: the program's help page or source code, public code that
writes or reads the file, memory, or words in use. `column` is the key of our column that is meant,
empty for none of ours, and ? where only the vendor knows.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from imports.datasets.product_presets import ASK, PRESETS
from imports.datasets.products import DATASET
from imports.rules.columns import header_name
from imports.rules.matching import OWN_NAME, SYNONYM, Preset, match, own_names, synonyms

AMBIGUOUS = "?"
AT_LEAST = 0.8  # of the headers that mean one of our columns

HeaderRow = dict[str, str]  # what each header means


def header_rows() -> dict[str, HeaderRow]:
    """By program and language, in the order of the file."""
    found: dict[str, HeaderRow] = defaultdict(dict)
    with (Path(__file__).parent / "headers.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found[f"{line['program']}, {line['language']}"][line["header"]] = line["column"]
    return found


ROWS = header_rows()


def each_header() -> Iterator[tuple[str, str]]:
    """All headers with what they mean, more than once where they occur more than once."""
    for row in ROWS.values():
        yield from row.items()


def matched(header: list[str]) -> dict[str, str]:
    """By its header, the key of each column that is matched."""
    return {header[source.position]: key for key, source in DATASET.match(header).items()}


def test_the_corpus_is_large() -> None:
    assert len({header for header, _ in each_header()}) >= 1_100
    assert {key for _, key in each_header()} == {*DATASET.by_key, "", AMBIGUOUS}


@pytest.mark.parametrize("program", ROWS)
def test_no_match_in_a_header_row_is_wrong(program: str) -> None:
    meanings = ROWS[program]
    found = matched([*meanings])
    assert found == {header: meanings[header] for header in found}


def test_no_synonym_means_anything_else_anywhere() -> None:
    wrong = {}
    for header, meaning in each_header():
        for key, source in match([header], DATASET.columns).items():
            if source.why == SYNONYM and key != meaning:
                wrong[header] = (key, meaning)
    assert wrong == {}


def test_most_headers_that_mean_a_column_are_matched() -> None:
    meant = right = 0
    for row in ROWS.values():
        meant += sum(key in DATASET.by_key for key in row.values())
        right += len(matched([*row]))
    assert right / meant >= AT_LEAST, f"{right} of {meant}"


@pytest.mark.parametrize("program", ROWS)
def test_the_order_of_the_columns_does_not_matter(program: str) -> None:
    header = [*ROWS[program]]
    shuffled = random.Random(program).sample(header, len(header))
    assert matched(shuffled) == matched(header)
    assert DATASET.preset_of(shuffled) == DATASET.preset_of(header)


@pytest.mark.parametrize("program", ROWS)
def test_a_program_is_recognized_by_its_own_header_only(program: str) -> None:
    names = {header_name(header) for header in ROWS[program]}
    fitting = [preset.title for preset in PRESETS if preset.signs <= names]
    own = {p.title for p in PRESETS if program.startswith((f"{p.title},", f"{p.title} "))}
    assert fitting == [*own]


def test_a_word_belongs_to_one_column() -> None:
    words = [header_name(word) for column in DATASET.columns for word in column.also]
    assert len(words) == len(set(words))
    assert not own_names(DATASET.columns).keys() & set(words)


def test_every_word_is_in_the_corpus() -> None:
    known = {header_name(header) for header, _ in each_header()}
    assert synonyms(DATASET.columns).keys() <= known


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_a_preset_says_only_what_is_not_known_without_it(preset: Preset) -> None:
    known = {header_name(header) for header, _ in each_header()}
    assert preset.signs | preset.keys.keys() <= known
    assert {*preset.columns.values()} <= {*DATASET.by_key, ASK}
    for header, key in preset.columns.items():
        without = match([header], DATASET.columns)
        assert {*without} != ({key} if key else set()), header


def test_a_price_beside_a_sale_price_is_left_to_the_vendor() -> None:
    assert matched(["SKU", "Name", "Price", "Stock"])["Price"] == "price"
    for word in ("Sale Price", "discount_price", "Special Price"):
        assert "Price" not in matched(["SKU", "Name", "Price", word, "Stock"])


def test_in_a_file_of_our_words_a_price_is_the_price() -> None:
    """Vendors may have columns of their own beside ours, which were always ignored."""
    assert matched(["Vendor Product ID", "Price", "Sale Price"])["Price"] == "price"


def test_our_own_template_is_read_by_its_own_names() -> None:
    header = [column.template_label for column in DATASET.columns]
    found = DATASET.match(header)
    assert {key: source.position for key, source in found.items()} == DATASET.positions
    assert {source.why for source in found.values()} == {OWN_NAME}
    assert DATASET.preset_of(header) is None
