"""GTINs are read as people write them, checked, and stored with 14 digits."""

from collections.abc import Callable

import pytest

from catalog.models import Product
from imports.datasets.products import DATASET
from imports.models import RowError, Upload
from imports.rules.base import InvalidCell
from imports.rules.gtin import Gtin, UnrestrictedGtin
from tests.product_files import good_row

Run = Callable[..., Upload]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4006381333931", "04006381333931"),
        ("400 6381 33393 1", "04006381333931"),
        ("978-3-16-148410-0", "09783161484100"),
        ("978\u00a03161484100", "09783161484100"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("10614141000415", "10614141000415"),
    ],
)
def test_a_gtin_is_stored_with_14_digits(text: str, value: str) -> None:
    assert Gtin().checker("GTIN")(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4006381333932", "GTIN '4006381333932' is mistyped: its last digit should be 1"),
        ("4006381333913", "GTIN '4006381333913' is mistyped: its last digit should be 7"),
        ("123", "GTIN must have 8, 12, 13 or 14 digits (yours has 3)"),
        ("4.00638E+12", "GTIN must be 8, 12, 13 or 14 digits (was '4.00638E+12')"),
        ("4006381333931 ", "GTIN must be 8, 12, 13 or 14 digits (was '4006381333931 ')"),
        ("-4006381333931", "GTIN must be 8, 12, 13 or 14 digits (was '-4006381333931')"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "GTIN must be 8, 12, 13 or 14 digits (was '٤٠٠٦٣٨١٣٣٣٩٣١')"),
        ("9" * 50, f"GTIN must be 8, 12, 13 or 14 digits (was '{'9' * 50}')"),
        (
            "36000291452",
            (
                "GTIN must have 8, 12, 13 or 14 digits (yours has 11). Did a spreadsheet program "
                "remove the zeros of 036000291452?"
            ),
        ),
        ("0000000000000", "GTIN must not be zeros. Leave the cell empty if there is none"),
    ],
)
def test_what_is_no_gtin_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InvalidCell) as error:
        Gtin().checker("GTIN")(text)
    assert (error.value.code, str(error.value)) == ("INVALID_GTIN", message)


@pytest.mark.parametrize(
    ("text", "is_restricted"),
    [
        ("2000000000015", True),
        ("2912345678902", True),
        ("0212345678901", True),
        ("0412345678909", True),
        ("212345678901", True),  # a UPC, so its prefix is 02
        ("20000004", True),
        ("96385074", False),
        ("4006381333931", False),
        ("036000291452", False),
        ("12000000000012", True),  # a carton of one
        ("3000000000014", False),
        ("0300000000017", False),
    ],
)
def test_numbers_for_use_within_a_company_are_a_warning(text: str, is_restricted: bool) -> None:
    check = UnrestrictedGtin().checker("GTIN")
    if not is_restricted:
        assert check(text) == text
        return
    with pytest.raises(InvalidCell):
        check(text)


@pytest.mark.django_db
def test_it_is_imported_changed_and_kept(run_upload: Run) -> None:
    upload = run_upload(
        [
            good_row(1, EAN="4006381333931"),
            good_row(2, EAN="4006381333932"),
            good_row(3, EAN="2000000000015"),
            good_row(4, EAN=""),
        ]
    )
    stored = dict(Product.objects.values_list("vendor_product_id", "gtin"))
    assert stored == {"VP-1": "04006381333931", "VP-3": "02000000000015", "VP-4": None}
    found = RowError.objects.filter(upload=upload).values_list("row_number", "error_type")
    assert list(found) == [(3, "INVALID_GTIN"), (4, "RESTRICTED_GTIN")]

    run_upload([{"vendor_product_id": "VP-1", "price": "5"}], mode="update")
    assert Product.objects.get(vendor_product_id="VP-1").gtin == "04006381333931"
    run_upload([{"vendor_product_id": "VP-1", "gtin": "96385074"}], mode="update")
    assert Product.objects.get(vendor_product_id="VP-1").gtin == "00000096385074"


@pytest.mark.django_db
def test_the_example_row_of_an_earlier_template_is_known(run_upload: Run) -> None:
    columns = [column for column in DATASET.columns if column.key != "gtin"]
    header = ",".join(column.template_label for column in columns)
    row = ",".join(f'"{column.example}"' for column in columns)
    upload = run_upload(f"{header}\n{row}\n")
    assert RowError.objects.get(upload=upload).error_type == "EXAMPLE_ROW"
