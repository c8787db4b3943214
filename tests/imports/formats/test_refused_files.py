"""A file that is refused is closed at once: until then the disk of a deleted one stays full."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from imports import datasets
from imports.rules.refusals import Refused

HEADER = b"Vendor Product ID,Product Name,Category,SKU,Price,Stock Quantity\n"
ROW = b"VP-1,Mouse,Audio,S-1,1.00,1\n"


@pytest.fixture(autouse=True)
def no_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("dataset", "code", "body"),
    [
        ("products", "MISSING_COLUMNS", b"sku\nx\n"),
        ("products", "NO_ROWS", HEADER),
        ("products", "MALFORMED_CSV", HEADER + b'"VP-1\n'),
        ("products", "TOO_MANY_ROWS", HEADER + ROW * 10_001),
        ("products", "BAD_ENCODING", HEADER + ROW + b"VP-2,\xb3\xf3\xbf\n" * 3),
        ("products", "MISSING_COLUMNS", b"Art.-Nr.,Preis\n" + b"1,2\n" * 5),
        ("csv", "INVALID_HEADER", b"a,,c\n1,2,3\n"),
        ("csv", "DUPLICATE_COLUMNS", b"a,a\n1,2\n"),
        ("metrics", "MALFORMED_JSON", b'[{"name": "a", "value": 1}, {"name": [1]}]'),
        ("metrics", "MALFORMED_JSON", b'[{"x": 1'),
    ],
)
def test_a_refused_file_is_not_held_open(
    tmp_path: Path, dataset: str, code: str, body: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(body)
    found = datasets.get(dataset)
    refused: list[Refused] = []
    try:
        list(found.format.rows(path, found.inspect(path, len(body), "create")))
    except Refused as error:
        refused.append(error)  # as a view holds it, for its page
    assert [error.code for error in refused] == [code]
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in links
