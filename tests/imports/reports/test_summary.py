"""What is wrong is said by value: five wrong categories are five reasons."""

from collections.abc import Callable

from imports.models import Upload
from imports.reports.result import in_words
from imports.reports.summary import MAX_REASONS, error_groups
from tests.product_files import good_row

Run = Callable[..., Upload]


def test_errors_of_one_kind_are_grouped_by_value(run_upload: Run) -> None:
    wrong = ["Headfones", "Headfones", "Shoes", "Hats", "Shoes", "Headfones"]
    upload = run_upload([good_row(n, category=name) for n, name in enumerate(wrong)])
    (group,) = error_groups(upload)
    assert group.count == 6
    assert [(text.split("'")[1], count) for text, count in group.reasons] == [
        ("Headfones", 3),
        ("Shoes", 2),
        ("Hats", 1),
    ]
    assert "      3 × Category 'Headfones' is not approved." in in_words(upload)


def test_one_reason_is_said_once_and_many_are_counted(run_upload: Run) -> None:
    upload = run_upload([good_row(n, price="free", category=f"Wrong {n}") for n in range(20)])
    by_column = {group.column: group for group in error_groups(upload)}
    assert by_column["Price"].reasons == ()
    category = by_column["Category"]
    assert (len(category.reasons), category.other_reasons) == (MAX_REASONS, 20 - MAX_REASONS)
