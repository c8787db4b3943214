"""Lists: filters, searches, and the same number of queries for one row as for fifty."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from catalog.models import Category, Product
from config.admin_base import BoundedPaginator
from imports.models import Action, Alarm, Notification, RowError, Upload
from tests.admin.conftest import list_of, make_error, make_product, make_upload, page_of
from vendors.models import Member, Vendor


def found(
    client: Client, model: type[Upload | RowError | Product | Alarm], query: str
) -> list[str]:
    answer = client.get(f"{list_of(model)}?{query}")
    assert answer.status_code == 200, query
    return [str(row.pk) for row in answer.context["cl"].result_list]


@pytest.fixture
def uploads(vendor_a: Vendor, vendor_b: Vendor) -> None:
    def on(day: int, hour: int) -> datetime:
        return datetime(2026, 11, day, hour, 59, 59, tzinfo=UTC)

    make_upload(
        "UPLOAD_A", vendor_a, upload_timestamp=on(1, 0), file_name="autumn.csv",
        mode="check", check_of="update", only_check=True,
    )  # fmt: skip
    make_upload("UPLOAD_B", vendor_b, upload_timestamp=on(2, 0), mode="check", status="failed")
    make_upload("UPLOAD_C", vendor_b, upload_timestamp=on(2, 23), dataset="clients")
    make_upload(
        "UPLOAD_D", vendor_b, upload_timestamp=on(3, 0), status="processing", attempts=2,
        next_attempt_at=now() + timedelta(minutes=4),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "DCBA"),
        ("q=UPLOAD_A", "A"),
        ("q=tumn.c", "A"),
        ("q=nothing", ""),
        ("status__exact=failed", "B"),
        ("status__exact=failed&status__exact=processing", "DB"),
        ("vendor__vendor_id__exact=VEND001", "A"),
        ("dataset=clients", "C"),
        ("mode__exact=check", "BA"),
        ("only_check=yes", "BA"),
        ("only_check=no", "DC"),
        ("mode=update", "A"),
        ("mode=create", "DCB"),
        ("mode=update&only_check=no", ""),
        ("progress=in_progress", "D"),
        ("progress=stalled", "D"),
        ("upload_timestamp_from=2026-11-02", "DCB"),
        ("upload_timestamp_to=2026-11-02", "CBA"),
        ("upload_timestamp_from=2026-11-02&upload_timestamp_to=2026-11-02", "CB"),
        ("upload_timestamp_from=2026-02-31", "DCBA"),
        ("upload_timestamp_from=nonsense", "DCBA"),
        ("vendor__vendor_id__exact=VEND002&status__exact=failed&q=UPLOAD", "B"),
    ],
)
def test_uploads_are_narrowed_down(
    as_reviewer: Client, uploads: None, query: str, expected: str
) -> None:
    assert found(as_reviewer, Upload, query) == [f"UPLOAD_{letter}" for letter in expected]


@pytest.mark.parametrize(
    ("values", "is_stalled"),
    [
        ({"status": "processing", "next_attempt_at": -121}, True),
        ({"status": "processing", "next_attempt_at": -119}, False),
        ({"status": "processing", "next_attempt_at": -300, "lease_until": 20}, False),
        ({"status": "processing", "next_attempt_at": -300, "lease_until": -1}, True),
        ({"status": "processing", "next_attempt_at": 60, "attempts": 1}, True),
        ({"status": "partial", "next_attempt_at": None}, False),
        ({"status": "received", "s3_version": None, "upload_timestamp": -121}, True),
        ({"status": "received", "s3_version": None, "upload_timestamp": -60}, False),
        ({"status": "cancelled", "step": "report", "next_attempt_at": -121}, True),
    ],
)
def test_stuck_is_no_progress_for_two_minutes_or_a_failed_attempt(
    as_reviewer: Client, vendor_a: Vendor, values: dict[str, object], is_stalled: bool
) -> None:
    times = {"next_attempt_at", "lease_until", "upload_timestamp"}
    moments = {
        name: now() + timedelta(seconds=value)
        if name in times and isinstance(value, int)
        else value
        for name, value in values.items()
    }
    make_upload("UPLOAD_1", vendor_a, **moments)
    assert bool(found(as_reviewer, Upload, "progress=stalled")) == is_stalled


def test_the_vendor_filter_asks_for_vendors_as_one_types(
    as_reviewer: Client, uploads: None
) -> None:
    html = as_reviewer.get(list_of(Upload)).content.decode()
    assert "Garden &amp; Grove</option>" not in html
    answer = as_reviewer.get(
        "/admin/autocomplete/?app_label=imports&model_name=upload&field_name=vendor&term=grove"
    )
    assert [each["id"] for each in answer.json()["results"]] == ["VEND002"]


def test_errors_come_newest_first_and_those_of_an_upload_in_file_order(
    as_reviewer: Client, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    old = make_upload("UPLOAD_20261101_000000_000001", vendor_a)
    new = make_upload("UPLOAD_20261102_000000_000001", vendor_b)
    late = make_error(new, 9)
    first = make_error(new, 2, error_type="INVALID_STOCK")
    oldest = make_error(old, 5)
    for query, expected in {
        "": [late, first, oldest],
        f"q={old.upload_id}": [oldest],
        "q=UPLOAD_20261102": [first, late],
        "q=upload_20261102_000000_000001": [first, late],
        "error_type=INVALID_PRICE": [late, oldest],
        "error_type=NOBODY_HAS_IT": [],
        "dataset=products": [late, first, oldest],
        "dataset=clients": [],
        "upload__vendor__vendor_id__exact=VEND001": [oldest],
        "upload__upload_timestamp_from=2030-01-01": [],
    }.items():
        assert found(as_reviewer, RowError, query) == [str(error.pk) for error in expected], query


def test_a_list_is_called_as_in_the_menu_and_an_object_as_it_is(
    as_admin: Client, vendor_a: Vendor
) -> None:
    person = User.objects.create_user("lower.case")
    for page, title in ((list_of(User), "Users"), (list_of(Alarm), "Alarms")):
        html = as_admin.get(page).content.decode()
        assert re.search(rf"<title>\s*{title} \|", html)
        assert re.search(rf'aria-current="page".*?<span>{title}</span>', html, re.DOTALL)
    heading = as_admin.get(page_of(person)).content.decode().partition("<h1")[2]
    assert "lower.case" in heading.partition("</h1>")[0]


def test_cells_that_can_be_edited_are_called_like_their_column_and_row(as_admin: Client) -> None:
    Category.objects.create(name="Toys & Games")
    html = as_admin.get(list_of(Category)).content.decode()
    assert 'aria-label="Active: Toys &amp; Games"' in html


def test_alarms_are_narrowed_down(as_reviewer: Client) -> None:
    opened = Alarm.objects.create(kind=Alarm.Kind.DEAD_LETTER, subject="queue imports")
    closed = Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject="UPLOAD_1", closed_at=now())
    assert found(as_reviewer, Alarm, "state=open") == [str(opened.pk)]
    assert found(as_reviewer, Alarm, "state=closed") == [str(closed.pk)]
    assert found(as_reviewer, Alarm, "kind__exact=unsent_mail") == [str(closed.pk)]


def test_long_tables_are_counted_up_to_a_bound(
    as_reviewer: Client, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedPaginator, "most", 60)
    upload = make_upload("UPLOAD_1", vendor_a)
    RowError.objects.bulk_create(
        RowError(upload=upload, run=1, row_number=row, error_type="INVALID_PRICE")
        for row in range(2, 102)
    )
    with CaptureQueriesContext(connection) as queries:
        page = as_reviewer.get(list_of(RowError)).content.decode()
    assert "More than 60 validation errors" in page
    counts = [
        q["sql"] for q in queries if "COUNT(*)" in q["sql"] and "validation_errors" in q["sql"]
    ]
    assert counts
    assert all("LIMIT 60" in sql for sql in counts)
    assert len(found(as_reviewer, RowError, "p=2")) == 10
    assert "60 results" not in page


# --- as many queries for fifty rows as for one ---------------------------------------------


def more_uploads(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        make_upload(f"UPLOAD_{person.username}", vendor, uploaded_by=person)


def more_errors(vendor: Vendor, people: list[User]) -> None:
    more_uploads(vendor, people)
    for person in people:
        make_error(Upload.objects.get(uploaded_by=person), 2)


def more_mails(vendor: Vendor, people: list[User]) -> None:
    more_uploads(vendor, people)
    for person in people:
        upload = Upload.objects.get(uploaded_by=person)
        Notification.objects.create(upload=upload, run=1, to="a@people.example", subject="Done")


def more_actions(vendor: Vendor, people: list[User]) -> None:
    more_uploads(vendor, people)
    for person in people:
        upload = Upload.objects.get(uploaded_by=person)
        Action.objects.create(upload=upload, run=1, kind="retry", by=person)


def more_alarms(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        Alarm.objects.create(
            kind="dead_letter", subject=person.username, closed_at=now(), closed_by=person
        )


def more_products(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        make_product(vendor, person.pk)


def more_categories(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        Category.objects.create(name=f"Category {person.username}")


def more_vendors(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        Vendor.objects.create(vendor_id=f"MORE{person.pk}", name=person.username)


def more_members(vendor: Vendor, people: list[User]) -> None:
    for person in people:
        Member.objects.create(vendor=vendor, user=person)


MORE: dict[type, Callable[[Vendor, list[User]], None]] = {
    Upload: more_uploads,
    RowError: more_errors,
    Notification: more_mails,
    Action: more_actions,
    Alarm: more_alarms,
    Product: more_products,
    Category: more_categories,
    Vendor: more_vendors,
    User: more_members,
}


def people(first: int, last: int) -> list[User]:
    return User.objects.bulk_create(User(username=f"p{i}") for i in range(first, last))


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MORE, ids=lambda model: model.__name__)
def test_a_list_of_fifty_takes_as_many_queries_as_a_list_of_one(
    as_admin: Client, vendor_a: Vendor, model: type[Upload]
) -> None:
    as_admin.get(list_of(model))  # what is asked once per process is not counted
    MORE[model](vendor_a, people(0, 1))
    few = queries_of(as_admin, list_of(model))
    MORE[model](vendor_a, people(1, 51))
    assert queries_of(as_admin, list_of(model)) <= few
    assert few <= 10


def test_the_page_of_an_upload_takes_as_many_queries_however_much_it_shows(
    as_reviewer: Client, vendor_a: Vendor, reviewer: User
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a)
    make_error(upload, 2)
    as_reviewer.get(page_of(upload))
    few = queries_of(as_reviewer, page_of(upload))
    kinds = ("INVALID_STOCK", "DUPLICATE_SKU", "REQUIRED_FIELD")
    for row in range(3, 60):
        make_error(upload, row, error_type=kinds[row % 3], column_name="sku")
        Action.objects.create(upload=upload, run=1, kind="retry", by=reviewer)
    assert queries_of(as_reviewer, page_of(upload)) <= few


def test_columns_fields_and_filters_have_names_that_people_use(admin: User) -> None:
    request = RequestFactory().get("/")
    request.user = admin
    names: dict[tuple[str, str], str] = {}
    for model, pages in site._registry.items():
        stored = {field.name for field in model._meta.get_fields()}
        fields = flatten_fieldsets(pages.get_fieldsets(request))
        own = stored | {*pages.get_readonly_fields(request)} - {"password"}
        asked = [*pages.list_display, *(name for name in fields if name in own)]
        filters = [each[0] for each in pages.list_filter if isinstance(each, tuple)]
        asked += [name for name in filters if name in stored]
        names |= {
            (model._meta.label, str(name)): str(label_for_field(name, model, pages))
            for name in asked
        }
    of_code = re.compile(
        r"\b([Ii]d|[Ss]ku|[Uu]rl|[Ii]p|[Aa]pi)\b|(?i:^(is|get|has) )|[a-z] [A-Z][a-z]"
    )
    assert len(names) > 100
    assert not {each: name for each, name in names.items() if of_code.search(name)}
