"""A held upload in the API: it says why, and is released with the number of records."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from imports.models import Upload
from tests.conftest import drive
from tests.onboarding.api.conftest import Program
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]


@pytest.fixture
def held(run_upload: Run, alice: User) -> Upload:
    rows = [good_row(n, price=f"{12 + n}.50") for n in range(12)]
    run_upload(rows)
    dear = [row | {"price": row["price"].replace(".", "")} for row in rows]
    return run_upload(dear, mode="update", by=alice)


def test_it_is_released(program: Program, held: Upload) -> None:
    said = program.get(f"/uploads/{held.pk}").json()
    assert (said["status"], said["ended"], said["only_check"]) == ("held", True, False)
    assert [each["code"] for each in said["held_for"]][:2] == ["PRICE_JUMP", "DECIMAL_SHIFT"]
    listed = program.get("/uploads?status=held").json()
    assert [each["upload_id"] for each in listed["uploads"]] == [held.pk]

    def release(count: int, status: int) -> None:
        answer = program.post(f"/uploads/{held.pk}/release", {"count": count})
        assert answer.status_code == status, answer.content

    release(11, 409)
    Vendor.objects.update(review=Vendor.Review.ALWAYS)
    release(12, 409)
    Vendor.objects.update(review="")
    release(12, 200)
    drive()
    said = program.get(f"/uploads/{held.pk}").json()
    assert (said["status"], said["run"], said["held_for"]) == ("completed", 2, [])
    release(12, 409)
