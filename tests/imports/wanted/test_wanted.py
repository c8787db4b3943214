"""Categories that vendors want: asked for, decided by name, and their rows imported."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now

from catalog.models import Category, Product
from imports import actions
from imports.corrections.fixes import Fixes
from imports.intake import receive
from imports.models import Action, CategoryRequest, Notification, RowError, Upload, ValueMap
from imports.notifications import recipients
from imports.rules.replacements import Value
from imports.wanted import applying, asking, deciding
from imports.wanted.waiting import WAITING, waiting_for
from tests.conftest import drive, event_arrives
from tests.imports.corrections.test_corrections import corrects, open_rows_of
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
pytestmark = pytest.mark.django_db(transaction=True)
GARDEN = Value("category", "Garden and Outdoor")
KEY = "garden and outdoor"


def garden(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [good_row(n, category=GARDEN.cell, **cells) for n in numbers]


def ask(upload: Upload, cell: str = GARDEN.cell, by: User | None = None) -> CategoryRequest:
    return asking.ask(upload, Value("category", cell), by=by)


def long_ago() -> None:
    """The decisions are older than any batch that was judged before them."""
    CategoryRequest.objects.exclude(state="open").update(decided_at=now() - timedelta(hours=1))


def sweep() -> list[Upload]:
    """Run the sweep once, and import what it has sent."""
    before = set(Upload.objects.values_list("pk", flat=True))
    applying.import_waiting()
    sent = Upload.objects.exclude(pk__in=before).order_by("pk")
    for upload in sent:
        event_arrives(upload)
    drive()
    return list(sent.all())


def rows_waiting(name: str = GARDEN.cell) -> int:
    return sum(each.rows for found in waiting_for([name]).values() for each in found)


# --- Asking ---------------------------------------------------------------------------------------


def test_a_category_is_requested_once(run_upload: Run, alice: User, adam: User) -> None:
    upload = run_upload([*garden(1, 2), good_row(3, category="garden  AND outdoor"), good_row(4)])
    first = ask(upload, by=alice)
    assert (first.name, first.compared, first.asked_by) == (GARDEN.cell, KEY, alice)
    assert ask(upload, "garden  AND outdoor", by=adam) == first
    assert rows_waiting() == 3


@pytest.mark.parametrize("cell", ["", "Books", "not in the file", "x" * 101])
def test_only_categories_of_rejected_rows_can_be_requested(run_upload: Run, cell: str) -> None:
    upload = run_upload([*garden(1), good_row(2, category="x" * 101), good_row(3)])
    with pytest.raises(asking.CannotAsk):
        ask(upload, cell)


def test_a_category_that_was_approved_meanwhile_is_not_requested(run_upload: Run) -> None:
    upload = run_upload(garden(1))
    Category.objects.create(name="GARDEN and Outdoor")
    with pytest.raises(asking.CannotAsk, match="approved now"):
        ask(upload)


def test_a_vendor_has_a_bounded_number_of_requests(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_OPEN", 1)
    upload = run_upload([*garden(1), good_row(2, category="Toyz")])
    ask(upload)
    with pytest.raises(asking.CannotAsk, match="open requests"):
        ask(upload, "Toyz")


def test_a_request_is_withdrawn_by_its_vendor_only(
    run_upload: Run, vendor_b: Vendor, alice: User
) -> None:
    request = ask(run_upload(garden(1)))
    other = run_upload(garden(2), vendor=vendor_b)
    assert not asking.withdraw(other, request.pk)
    assert asking.withdraw(request.upload, request.pk)
    assert not asking.withdraw(request.upload, request.pk)


def test_rows_that_wait(run_upload: Run, vendor_b: Vendor) -> None:
    """Corrected ones do not, nor those of files that were read again, or undone."""
    run_upload(garden(1, 2), file_name="again.csv")
    run_upload([*garden(1), good_row(8)], file_name="again.csv")
    undone = run_upload([*garden(3), good_row(4)], file_name="undone.csv")
    actions.undo(undone.upload_id, by=None)
    drive()
    run_upload(garden(5), vendor=vendor_b)
    assert rows_waiting() == 2
    corrected = run_upload([*garden(6), *garden(7, price="x"), good_row(9)], file_name="other.csv")
    assert rows_waiting() == 4
    corrects(corrected, Fixes({GARDEN: "Books"}))
    assert rows_waiting() == 3
    Upload.objects.update(upload_timestamp=now() - timedelta(days=91))
    assert rows_waiting() == 0


# --- Approving ------------------------------------------------------------------------------------


def test_an_approved_category_imports_the_rows_of_all_who_asked(
    run_upload: Run, vendor_b: Vendor, alice: User, bob: User, admin: User
) -> None:
    upload = run_upload([*garden(1, 2), *garden(3, price="x"), good_row(4)], by=alice)
    other = run_upload([good_row(11, category=GARDEN.cell.upper())], vendor=vendor_b, by=bob)
    ask(upload, by=alice)
    ask(other, GARDEN.cell.upper(), by=bob)
    deciding.approve(KEY, name="Garden and Outdoor", by=admin)
    assert Category.objects.get(name="Garden and Outdoor").is_active

    sent = {each.corrects_id: each for each in sweep()}
    assert sent.keys() == {upload.upload_id, other.upload_id}
    correction = sent[upload.upload_id]
    assert (correction.valid_records, correction.error_records) == (2, 0)
    assert (correction.uploaded_by, correction.content_at) == (None, upload.content_at)
    assert open_rows_of(upload) == 1
    assert Product.objects.filter(category="Garden and Outdoor").count() == 3
    mails = Notification.objects.filter(upload__in=sent.values())
    assert {mail.to for mail in mails} == {alice.email, bob.email}
    done = Action.objects.get(upload=upload, kind=Action.Kind.CORRECT)
    assert done.by == admin
    assert not ValueMap.objects.exists()

    assert sweep() == []
    assert not CategoryRequest.objects.filter(applied_at__isnull=False).exists()
    long_ago()
    assert sweep() == []
    assert not CategoryRequest.objects.filter(applied_at__isnull=True).exists()


def test_vendors_who_did_not_ask_are_left_alone(run_upload: Run, vendor_b: Vendor) -> None:
    run_upload(garden(5), vendor=vendor_b)
    ask(run_upload(garden(1)))
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    assert [each.vendor_id for each in sweep()] == ["VEND001"]


def test_an_inactive_category_is_activated(run_upload: Run) -> None:
    Category.objects.create(name="Garden And Outdoor", is_active=False)
    ask(run_upload(garden(1)))
    category = deciding.approve(KEY, name=GARDEN.cell, by=None)
    assert (category.name, category.is_active) == ("Garden And Outdoor", True)
    assert len(sweep()) == 1
    assert Product.objects.get().category == "Garden And Outdoor"


def test_the_spelling_is_staffs_but_the_name_is_not(run_upload: Run) -> None:
    ask(run_upload(garden(1)))
    with pytest.raises(deciding.CannotDecide):
        deciding.approve(KEY, name="Garden", by=None)
    assert deciding.approve(KEY, name=" Garden AND Outdoor", by=None).name == "Garden AND Outdoor"


def test_the_second_of_two_decisions_is_refused(run_upload: Run) -> None:
    ask(run_upload(garden(1)))
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    with pytest.raises(deciding.CannotDecide, match="already decided"):
        deciding.decline(KEY, note="No.", by=None)


def test_a_category_that_staff_add_to_the_list_settles_requests(run_upload: Run) -> None:
    request = ask(run_upload(garden(1)))
    assert sweep() == []
    Category.objects.create(name="Garden And Outdoor")
    assert len(sweep()) == 1
    request.refresh_from_db()
    assert (request.state, request.decided_by) == ("approved", None)


def test_other_rows_of_the_upload_are_not_sent(run_upload: Run) -> None:
    """A row that would now be valid for another reason waits for its own decision."""
    upload = run_upload([*garden(1), good_row(2, category="Toyz"), good_row(3)])
    ask(upload)
    Category.objects.create(name="Toyz")
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    assert [each.corrected_rows for each in sweep()] == [[[2, 2]]]


def test_older_content_does_not_overwrite_newer(run_upload: Run) -> None:
    run_upload([good_row(1)])
    late = run_upload(garden(1, price="1.00"), mode="update", file_name="first.csv")
    run_upload([good_row(1, price="2.00")], mode="update", file_name="second.csv")
    ask(late)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    sweep()
    product = Product.objects.get()
    assert (product.price, product.category) == (Decimal("2.00"), good_row(1)["category"])


def test_a_check_is_checked_again(run_upload: Run) -> None:
    ask(run_upload(garden(1), only_check=True))
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    (correction,) = sweep()
    assert (correction.is_check, correction.status) == (True, "completed")
    assert not Product.objects.exists()


# --- Mapping --------------------------------------------------------------------------------------


def test_a_mapped_name_is_remembered_for_those_who_asked(
    run_upload: Run, vendor_a: Vendor, vendor_b: Vendor, admin: User
) -> None:
    upload = run_upload([*garden(1), good_row(2, category="GARDEN and Outdoor")])
    other = run_upload(garden(1), vendor=vendor_b)
    ask(upload)
    deciding.map_to(KEY, Category.objects.get(name="Home & Kitchen"), by=admin)
    assert {(each.vendor_id, each.cell, each.text, each.by) for each in ValueMap.objects.all()} == {
        ("VEND001", cell, "Home & Kitchen", admin) for cell in (GARDEN.cell, "GARDEN and Outdoor")
    }
    (correction,) = sweep()
    assert (correction.corrects, correction.valid_records) == (upload, 2)
    assert open_rows_of(other) == 1

    later = run_upload([good_row(9, category=GARDEN.cell)], file_name="later.csv")
    assert later.status == "completed"


def test_a_name_is_mapped_only_to_an_active_category(run_upload: Run) -> None:
    ask(run_upload(garden(1)))
    inactive = Category.objects.create(name="Old", is_active=False)
    with pytest.raises(deciding.CannotDecide):
        deciding.map_to(KEY, inactive, by=None)
    assert CategoryRequest.objects.get().is_open


# --- Declining ------------------------------------------------------------------------------------


def test_a_declined_request_sends_one_email(run_upload: Run, alice: User, admin: User) -> None:
    upload = run_upload([*garden(1), good_row(2, category="Toyz")], by=alice)
    ask(upload, by=alice)
    ask(upload, "Toyz")
    note = "Use <b>Home & Kitchen</b>."
    deciding.decline(KEY, note=note, by=admin)
    deciding.decline("toyz", note="Use Books.", by=admin)
    drive()
    kind = Notification.Kind.CATEGORY_DECLINED
    mails = {mail.subject: mail for mail in upload.notifications.filter(kind=kind)}
    assert list(mails) == [
        "Category not approved: Toyz",
        "Category not approved: Garden and Outdoor",
    ]
    mail = mails["Category not approved: Garden and Outdoor"]
    assert (mail.to, mail.state) == (alice.email, "sent")
    assert note in mail.text_body
    assert "<b>Home" not in mail.html_body
    long_ago()
    assert sweep() == []
    assert open_rows_of(upload) == 2
    assert ask(upload).is_open  # it may be requested again


def test_a_decline_needs_a_note(run_upload: Run) -> None:
    ask(run_upload(garden(1)))
    with pytest.raises(deciding.CannotDecide):
        deciding.decline(KEY, note=" ", by=None)


# --- Whatever happens in between ------------------------------------------------------------------


class Killed(BaseException):
    """The process dies."""


def die(*_: Any, **__: Any) -> None:
    raise Killed


def end_as_never_arrived(upload: Upload) -> None:
    upload.refuse("NEVER_ARRIVED", "The file never arrived.")
    upload.end_run(at=now())
    upload.finish()
    upload.save()


def test_a_process_that_dies_before_it_stores_the_file(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = run_upload(garden(1, 2))
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    long_ago()
    with monkeypatch.context() as patched:
        patched.setattr(receive, "store", die)
        with pytest.raises(Killed):
            applying.import_waiting()
    lost = Upload.objects.get(corrects=upload)
    for _ in range(2):
        assert applying.import_waiting() == 0
    assert not CategoryRequest.objects.get().applied_at, "the file may still arrive"

    end_as_never_arrived(lost)
    assert [each.valid_records for each in sweep()] == [2]
    assert sweep() == []
    assert CategoryRequest.objects.get().applied_at
    assert Product.objects.count() == 2


def test_a_process_that_dies_before_it_commits(
    run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = run_upload(garden(1, 2))
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    with monkeypatch.context() as patched:
        patched.setattr(Action.objects, "create", die)
        with pytest.raises(Killed):
            applying.import_waiting()
    assert not Upload.objects.filter(corrects=upload).exists()
    assert [each.valid_records for each in sweep()] == [2]


def test_two_sweeps_send_rows_once(run_upload: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one runs between the first one's look and its correction."""
    ask(run_upload(garden(1, 2)))
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    first = applying.prepared

    def after_another(*given: Any) -> Any:
        monkeypatch.setattr(applying, "prepared", first)
        applying.import_waiting()
        return first(*given)

    monkeypatch.setattr(applying, "prepared", after_another)
    assert [each.valid_records for each in sweep()] == [2]


def test_rows_that_a_person_corrects_meanwhile_are_not_sent(run_upload: Run) -> None:
    upload = run_upload([*garden(1, 2), good_row(3)])
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    corrects(upload, Fixes({GARDEN: "Books"}))
    assert sweep() == []


def test_who_asked_hears_of_it_even_if_no_row_was_left_to_send(
    run_upload: Run, alice: User, bob: User, vendor_b: Vendor
) -> None:
    """Otherwise the emails about the rows say it."""
    upload = run_upload([*garden(1, 2), good_row(3, category="Gartenkram", price="x")])
    ask(upload, by=alice)
    ask(upload, "Gartenkram", by=alice)
    ask(run_upload(garden(9), vendor=vendor_b), by=bob)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    deciding.map_to("gartenkram", Category.objects.get(name="Home & Kitchen"), by=None)
    corrects(upload, Fixes({GARDEN: "Books"}))
    assert [each.vendor_id for each in sweep()] == ["VEND002"]
    mails = Notification.objects.filter(kind=Notification.Kind.CATEGORY_ADDED).order_by("subject")
    assert not mails.exists(), "rows may still come"

    long_ago()
    assert sweep() == []
    assert [(mail.subject, mail.to, mail.state) for mail in mails] == [
        ("Category Gartenkram is read as Home & Kitchen", alice.email, "sent"),
        ("Category approved: Garden and Outdoor", alice.email, "sent"),
    ]
    assert f"/uploads/{upload.upload_id}/fix/" in mails[0].text_body, "a price is still wrong"
    assert recipients.recipient_again(mails[0]) == alice.email
    for request in CategoryRequest.objects.all():
        applying.finish(request)  # another sweep, at the same time
    assert mails.count() == 2


def test_a_person_who_corrects_after_the_sweep_is_shown_what_was_sent(run_upload: Run) -> None:
    upload = run_upload([*garden(1, 2), good_row(3, price="x")])
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    (correction,) = sweep()
    with pytest.raises(actions.Corrected) as shown:
        actions.correct(upload.upload_id, Fixes({GARDEN: "Books"}), known=0, by=None)
    assert shown.value.correction == correction


def test_rows_that_were_canceled_or_undone_are_not_sent_again(run_upload: Run) -> None:
    """Also while a worker may still store rows that it judged before the decision."""
    upload = run_upload([*garden(1), good_row(2, category="Toyz")])
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    applying.import_waiting()
    actions.cancel(Upload.objects.get(corrects=upload).upload_id, by=None)
    drive()
    assert open_rows_of(upload) == 2
    assert sweep() == []

    ask(upload, "Toyz")
    deciding.approve("toyz", name="Toyz", by=None)
    (correction,) = sweep()
    actions.undo(correction.upload_id, by=None)
    drive()
    assert sweep() == []


def test_a_file_that_is_refused_is_sent_once(run_upload: Run) -> None:
    ask(run_upload(garden(1)))
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    applying.import_waiting()
    Vendor.objects.update(is_active=False)
    lost = Upload.objects.get(corrects__isnull=False)
    event_arrives(lost)
    drive()
    lost.refresh_from_db()
    assert lost.failure_code == "INACTIVE_VENDOR"
    assert sweep() == []
    Vendor.objects.update(is_active=True)
    assert sweep() == []


def test_an_upload_in_progress_is_waited_for(run_upload: Run) -> None:
    upload = run_upload(garden(1, 2))
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    long_ago()
    Upload.objects.filter(pk=upload.pk).update(status="processing", step="load")
    assert applying.import_waiting() == 0
    assert CategoryRequest.objects.get().applied_at is None
    Upload.objects.filter(pk=upload.pk).update(status="failed", step="done")
    assert len(sweep()) == 1


def test_a_correction_that_is_undone_is_not_repeated(run_upload: Run) -> None:
    upload = run_upload(garden(1))
    ask(upload)
    deciding.approve(KEY, name=GARDEN.cell, by=None)
    long_ago()
    (correction,) = sweep()
    applying.import_waiting()
    actions.undo(correction.upload_id, by=None)
    drive()
    assert sweep() == []


@pytest.mark.parametrize("name", ['Kids\' "Toys" & <b>Games</b>', "100% %s; DROP", "Größe"])
def test_odd_names(run_upload: Run, name: str) -> None:
    upload = run_upload([good_row(1, category=name)])
    request = ask(upload, name)
    assert rows_waiting(name) == 1
    deciding.approve(request.compared, name=name, by=None)
    assert [each.status for each in sweep()] == ["completed"]
    assert Product.objects.get().category == name


def test_the_rows_that_wait_are_found_by_their_index(vendor_a: Vendor) -> None:
    """So the admin's page is as fast beside millions of other errors."""
    upload = Upload.objects.create(upload_id="UPLOAD_1", vendor=vendor_a, dataset="products")
    RowError.objects.bulk_create(
        RowError(
            upload=upload,
            run=1,
            row_number=n,
            column_name="category",
            error_type="INVALID_CATEGORY",
            cell=f"Name {n}",
        )
        for n in range(10_000)
    )
    names = [f"Name {n}" for n in range(5)]
    asked = {"names": names, "vendors": None, "since": now() - timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE validation_errors")
        cursor.execute(f"EXPLAIN {WAITING}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "validation_errors_category" in plan
    assert "Seq Scan on validation_errors" not in plan


def test_the_email_of_a_dropped_correction_goes_to_the_vendor(run_upload: Run, alice: User) -> None:
    """Only rows that we send ourselves are news to the person who sent the file."""
    upload = run_upload(garden(1), by=alice)
    drop = Upload(upload_id="UPLOAD_X", vendor=upload.vendor, corrects=upload, s3_key="uploads/V/x")
    assert recipients.recipient(drop) == "imports@clicky.example"
    drop.s3_key = "uploads/V/UPLOAD_X/x.csv"
    assert recipients.recipient(drop) == alice.email
