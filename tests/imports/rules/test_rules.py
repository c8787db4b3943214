"""What each rule accepts, and its messages about what it does not."""

import contextlib
import time
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.web_address import validate_web_address
from imports.rules.base import InvalidCell, Rule
from imports.rules.numbers import Number, Whole
from imports.rules.text import Approved, MaxLength, Pattern, WebAddress
from imports.rules.wording import sizes

PRICE = Number(code="INVALID_PRICE", at_least=Decimal("0.01"), at_most=Decimal("999999.99"))
STOCK = Whole(code="INVALID_STOCK", at_least=0, at_most=1_000_000)
CATEGORY = Approved(code="INVALID_CATEGORY", names=lambda: ["Footwear", "Home & Kitchen"])


def message(rule: Rule, text: str, label: str = "Price") -> str:
    with pytest.raises(InvalidCell) as wrong:
        rule.checker(label)(text)
    return str(wrong.value)


WEIGHT = Number(at_least=Decimal(0), at_most=Decimal(99999), decimals=3)


@pytest.mark.parametrize(
    ("rule", "text", "suggested"),
    [
        (WEIGHT, "0,350", ["0.350"]),
        (WEIGHT, "1,350", ["1350", "1.350"]),
        (WEIGHT, "12,5", ["12.5"]),
        (WEIGHT, "1.234,567", ["1234.567"]),
        (PRICE, "1,800.50", ["1800.50"]),
        (PRICE, "1’234.50", ["1234.50"]),
        (PRICE, "1\u202f234,50", ["1234.50"]),
        (PRICE, "1,23,456.00", ["123456.00"]),
        (PRICE, "12,34,56", []),
        (STOCK, "1,800", ["1800"]),
        (STOCK, "1,800.50", []),
        (STOCK, "0,350", []),
    ],
)
def test_a_number_is_suggested_as_it_was_meant(rule: Rule, text: str, suggested: list[str]) -> None:
    words = message(rule, text).partition("Did you mean ")[2].removesuffix("?")
    assert [each for each in words.split(" or ") if each] == suggested


@given(
    st.text("0123456789,. '", max_size=12) | st.decimals(0, 99999, places=2).map("{:,}".format),
    st.sampled_from([WEIGHT, PRICE, STOCK]),
)
def test_every_suggestion_is_a_number_with_the_same_digits(text: str, rule: Rule) -> None:
    with contextlib.suppress(InvalidCell):
        rule.checker("Price")(text)
        return
    words = message(rule, text).partition("Did you mean ")[2].removesuffix("?")
    for each in filter(None, words.split(" or ")):
        assert Decimal(each) >= 0
        assert [c for c in each if c.isdigit()] == [c for c in text if c.isdigit()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://a.example/1.jpg|https://a.example/2.jpg", "must be one web address"),
        ("https://a.example/1.jpg, https://a.example/2.jpg", "must be one web address"),
        ("https://a.example/1.jpg|2.jpg", "without spaces, | and the like"),
        ("https://a.example/my mouse.jpg", "write %20 for a space"),
        ("https://my_shop.example/1.jpg", "letters, digits, hyphens and points"),
        ("www.example.com/1.jpg", "starting with http:// or https://"),
    ],
)
def test_a_wrong_web_address_is_reported_by_what_is_wrong(text: str, words: str) -> None:
    assert words in message(WebAddress(), text, "Image URL")


def test_an_address_within_an_address_is_one() -> None:
    text = "https://cdn.example.com/fetch/https://a.example/1.jpg?from=http://b.example"
    assert WebAddress().checker("Image URL")(text) == text


def test_a_size_just_above_the_limit_is_not_the_limit() -> None:
    limit = 10 * 1024 * 1024
    assert sizes(limit + 1, limit) == {"size": "slightly more", "limit": "10 MB"}
    assert sizes(limit * 2, limit) == {"size": "20 MB", "limit": "10 MB"}


@pytest.mark.parametrize("text", ["0.01", "19.99", "7", "999999.99", "00012.50", "+5", ".5"])
def test_a_price_is_a_plain_number(text: str) -> None:
    assert PRICE.checker("Price")(text) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-10.00", "Price must be at least 0.01 (was -10.00)"),
        ("0", "Price must be at least 0.01 (was 0)"),
        ("1000000", "Price must be 999,999.99 or less (was 1000000)"),
        ("1.005", "Price must have no more than 2 decimal places (was 1.005)"),
        (
            "1,800",
            "Price must be a number without thousands separators (was '1,800'). Did you mean 1800?",
        ),
        (
            "-1.234.567,8",
            (
                "Price must be a number without thousands separators (was '-1.234.567,8'). "
                "Did you mean -1234567.8?"
            ),
        ),
        (
            "1,234.50",
            (
                "Price must be a number without thousands separators (was '1,234.50'). "
                "Did you mean 1234.50?"
            ),
        ),
        (
            "1.234,50",
            (
                "Price must be a number without thousands separators (was '1.234,50'). "
                "Did you mean 1234.50?"
            ),
        ),
        (
            "0,350",
            (
                "Price must be a number with a point before its decimals and no other separators "
                "(was '0,350')"
            ),
        ),
        (
            "19,99",
            (
                "Price must have a point before its decimals, not a comma (was '19,99'). "
                "Did you mean 19.99?"
            ),
        ),
        ("$5", "Price must be a number such as 19.99 (was '$5')"),
        ("NaN", "Price must be a number such as 19.99 (was 'NaN')"),
        ("1E+3000000", "Price must be a number such as 19.99 (was '1E+3000000')"),
        ("1_000", "Price must be a number such as 19.99 (was '1_000')"),
        ("１２", "Price must be a number such as 19.99 (was '１２')"),
        ("٣", "Price must be a number such as 19.99 (was '٣')"),
    ],
)
def test_what_is_wrong_with_a_price(text: str, words: str) -> None:
    assert message(PRICE, text) == words


def test_a_value_in_a_message_is_cut_at_80_characters() -> None:
    assert message(STOCK, "9" * 5_000).count("9") == 79


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("1000000", 1_000_000), ("007", 7)])
def test_a_stock_is_a_whole_number(text: str, value: int) -> None:
    assert STOCK.checker("Stock")(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-1", "Stock must be at least 0 (was -1)"),
        ("1000001", "Stock must be 1,000,000 or less (was 1000001)"),
        ("3.0", "Stock must be a whole number (was 3.0)"),
        ("3,5", "Stock must be a whole number (was 3,5)"),
        ("ten", "Stock must be a number such as 20 (was 'ten')"),
    ],
)
def test_what_is_wrong_with_a_stock(text: str, words: str) -> None:
    assert message(STOCK, text, "Stock") == words


def test_a_category_is_stored_in_the_lists_spelling() -> None:
    check = CATEGORY.checker("Category")
    assert (check("FOOTWEAR"), check("home & kitchen")) == ("Footwear", "Home & Kitchen")


def test_a_misspelled_category_gets_the_nearest_name() -> None:
    assert message(CATEGORY, "Footware", "Category") == (
        "Category 'Footware' is not approved. Did you mean 'Footwear'?"
    )
    assert message(CATEGORY, "Fotowear", "Category").endswith("Did you mean 'Footwear'?")
    assert message(CATEGORY, "Xyz", "Category") == "Category 'Xyz' is not approved."


def test_a_length_is_counted_in_characters() -> None:
    assert MaxLength(3).checker("SKU")("äöü") == "äöü"
    assert message(MaxLength(3), "äöü!", "SKU") == "SKU must be 3 characters or fewer (yours has 4)"
    assert message(MaxLength(1), "äö", "SKU") == "SKU must be 1 character or fewer (yours has 2)"


WEB_ADDRESSES = [
    "https://images.example.com/p/1.jpg?w=800#top",
    "HTTP://EXAMPLE.COM",
    "https://b\u00fccher.example/\u00fcber.jpg",
    "https://\u4f8b\u5b50.\u516c\u53f8/x.jpg",
    "https://xn--bcher-kva.example/x.jpg",
    "http://192.0.2.1:8080/x.jpg",
    "https://cdn.example.com/x@2x.png",
    "https://example.com/" + "x" * 480,
]
NO_WEB_ADDRESSES = [
    "javascript:alert(1)",
    "ftp://x.example/a",
    "//x.example/a",
    "images/x.jpg",
    "https://",
    "https:///x.jpg",
    "http://a b",
    "https://images/x.jpg",
    "https://my_shop.example/x.jpg",
    "https://-a.example/x.jpg",
    "https://a.example:999999/x.jpg",
    "https://name:password@a.example/x.jpg",
    "https://a.example@b.example/x.jpg",
    'https://a.example/"x.jpg',
    "https://a.example/<b>.jpg",
    "https://a.example/x y.jpg",
    "https://a.example\\x.jpg",
    "https://example.com/" + "x" * 481,
]


@pytest.mark.parametrize("text", WEB_ADDRESSES)
def test_an_image_address_is_of_the_web(text: str) -> None:
    assert WebAddress().checker("Image URL")(text) == text
    validate_web_address(text)  # as staff's form does


@pytest.mark.parametrize("text", NO_WEB_ADDRESSES)
def test_what_is_no_image_address(text: str) -> None:
    assert "must be a web address" in message(WebAddress(), text, "Image URL")
    with pytest.raises(ValidationError):
        validate_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "a." * 245,
        "https://" + "a-" * 245,
        "https://" + "1." * 245,
        "https://" + "\u00fc" * 490,
        "https://[" + "1:" * 245,
        "https://" + ":0" * 245,
        "https://xn--" + "a-" * 240,
        "https://a.example/" + "?" * 100_000,
    ],
)
def test_a_hostile_web_address_costs_no_time(text: str) -> None:
    began = time.process_time()
    message(WebAddress(), text)
    assert time.process_time() - began < 0.1


def test_text_of_a_given_form_is_named_by_an_example() -> None:
    rule = Pattern(pattern="[0-9]+x[0-9]+", example="3x4")
    assert message(rule, "big", "Size") == "Size must look like 3x4 (was 'big')"


@given(st.text(max_size=60))
def test_any_text_is_a_number_in_range_or_invalid(text: str) -> None:
    with contextlib.suppress(InvalidCell):
        value = PRICE.checker("Price")(text)
        assert PRICE.at_least <= value <= PRICE.at_most
        assert value == round(value, 2)


@given(st.decimals(min_value="0.01", max_value="999999.99", places=2))
def test_every_price_in_range_is_accepted(price: Decimal) -> None:
    assert PRICE.checker("Price")(f"{price:f}") == price


@given(st.integers(min_value=0, max_value=1_000_000))
def test_every_stock_in_range_is_accepted(stock: int) -> None:
    assert STOCK.checker("Stock")(str(stock)) == stock
