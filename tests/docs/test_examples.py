"""The examples in docs/extending.md run unchanged."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Now

import catalog.models
from imports import actions, datasets
from imports.intake.receive import Arrival, object_arrived, open_upload
from imports.models import Notification, RowError, Upload
from imports.rules.base import InvalidCell
from imports.storage import s3
from tests.conftest import drive, report_text
from tests.docs.pages import ROOT, block
from vendors.models import Vendor

PAGE = ROOT / "docs" / "extending.md"
FILE = """\
Store ID,City,Floor m2
S-1,Bremen,250
S-2,,90
S-3,Lübeck,
S-1,Kiel,100
"""


@pytest.fixture
def store(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The model of the example, with its table, as if it were in catalog/models.py."""
    names = {"__name__": "catalog.models", "models": models, "Vendor": Vendor, "Now": Now}
    exec(block(PAGE, "# catalog/models.py"), names)
    store = names["Store"]
    monkeypatch.setattr(catalog.models, "Store", store, raising=False)
    with connection.schema_editor() as editor:
        editor.create_model(store)  # type: ignore[arg-type]
    yield store
    del apps.all_models["catalog"]["store"]
    del Vendor.store_set  # type: ignore[attr-defined]
    apps.clear_cache()


@pytest.fixture
def stores(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The data set of the example, as a file beside the others."""
    import_module("config.urls")  # which keeps the list of data sets that it finds
    (tmp_path / "stores.py").write_text(block(PAGE, "# imports/datasets/stores.py"))
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(tmp_path)])
    datasets.all_datasets.cache_clear()
    yield
    datasets.all_datasets.cache_clear()
    sys.modules.pop("imports.datasets.stores", None)


def send(text: str, vendor: Vendor, mode: str = "create") -> Upload:
    body = text.encode()
    upload = open_upload(
        vendor=vendor, dataset="stores", mode=mode, file_name="stores.csv", size=len(body), by=None
    )
    version = s3.put(upload.s3_bucket, upload.s3_key, body, "text/csv")
    object_arrived(Arrival(upload.s3_bucket, upload.s3_key, version, len(body)))
    drive()
    upload.refresh_from_db()
    return upload


@pytest.mark.usefixtures("stores")
def test_the_data_set_imports_a_file(store: Any, vendor_a: Vendor) -> None:
    upload = send(FILE, vendor_a)

    assert upload.s3_key.startswith("stores/VEND001/UPLOAD_")
    assert (upload.status, upload.valid_records, upload.error_records) == ("partial", 2, 2)
    assert list(store.objects.order_by("store_id").values_list("store_id", "floor_m2")) == [
        ("S-1", 250),
        ("S-3", None),
    ]
    assert list(RowError.objects.values_list("row_number", "error_type", "error_message")) == [
        (3, "REQUIRED_FIELD", "City is missing"),
        (5, "DUPLICATE_STORE_ID", "Store ID 'S-1' is already used in row 2 of this file"),
    ]
    header = report_text(upload).splitlines()[0]
    assert (
        header
        == "Row Number,Store ID,Error Type,Error Message,City,Column,Value,How To Fix,Severity"
    )
    assert Notification.objects.get().subject == "Store Upload Complete - stores.csv (50% Success)"


@pytest.mark.usefixtures("stores")
def test_the_data_set_updates_checks_and_retries(store: Any, vendor_a: Vendor) -> None:
    first = send(FILE, vendor_a)

    update = send("Store ID,Floor m2\nS-1,300\n", vendor_a, mode="update")
    check = send("Store ID,City\nS-9,Emden\n", vendor_a, mode="check")
    actions.retry(first.upload_id, by=None)
    drive()

    first.refresh_from_db()
    assert (update.status, check.status) == ("completed", "completed")
    assert (first.run, first.valid_records, first.error_records) == (2, 2, 2)
    assert store.objects.get(store_id="S-1").floor_m2 == 300
    assert store.objects.count() == 2


@pytest.mark.usefixtures("stores")
def test_the_data_set_has_its_pages(alice: Any, client: Any) -> None:
    client.force_login(alice)
    assert "DUPLICATE_STORE_ID" in client.get("/help/stores/").content.decode()
    assert b"Store ID*,City*,Floor m2" in client.get("/template/stores.csv").content
    assert client.get("/uploads/new/?dataset=stores").status_code == 200


@pytest.fixture
def barcode() -> Callable[[str], Any]:
    names: dict[str, Any] = {"__name__": "imports.rules.barcodes"}
    exec(block(PAGE, "# imports/rules/barcodes.py"), names)
    rule = names["Barcode"]()
    check: Callable[[str], Any] = rule.checker("EAN")
    return check


def test_the_rule_accepts_a_barcode(barcode: Callable[[str], Any]) -> None:
    assert barcode("4006381333931") == "4006381333931"


@pytest.mark.parametrize("text", ["4006381333930", "400638133393", "４006381333931", "9" * 5_000])
def test_the_rule_rejects_anything_else(text: str, barcode: Callable[[str], Any]) -> None:
    with pytest.raises(InvalidCell, match="EAN must be a barcode of 13 digits"):
        barcode(text)
