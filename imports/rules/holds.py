"""Every reason to hold an import until a person has looked at it. Codes are an interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from imports.rules.wording import Words, filled_in


@dataclass(frozen=True)
class Counted:
    """A template whose words depend on a number: the one of this name in the details."""

    name: str
    of: Callable[[int], str]

    def __call__(self, details: Mapping[str, object]) -> str:
        return self.of(int(str(details[self.name]).replace(",", "")))


@dataclass(frozen=True)
class HoldReason:
    """One reason. `messages` are templates for `str.format`, by variant; `rule` says when a file is
    held, with the number {limit} and {least}, which is how many rows it takes at least. `remedy`
    says what to do next.

    `setting` names the number, which staff may set for each vendor. A reason without one is a
    policy of ours, so only staff release the upload.
    """

    code: str
    title: Words
    messages: Mapping[str, Words | Counted]
    rule: Words
    remedy: Words
    setting: str = ""
    unit: Words = ""
    least: int = 0

    @property
    def by_staff(self) -> bool:
        return not self.setting

    def filled_in(self, variant: str, **detail: object) -> str:
        template = self.messages[variant]
        words = template(detail) if isinstance(template, Counted) else template
        return filled_in(words, **detail)

    def rule_for(self, limit: int) -> str:
        return str(self.rule).format(limit=limit, least=self.least)


@dataclass(frozen=True)
class Watched:
    """The columns of a data set whose changes are looked at before they are made."""

    price: str
    stock: str
    texts: tuple[str, ...]  # that seldom change
    different: tuple[str, ...]  # whose values differ from record to record

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.price, self.stock, *self.texts)


@dataclass(frozen=True)
class Finding:
    """Why a file is held: a reason with the values of its message, how many rows it is about, and
    the first of them as examples: (row, identity, before, after)."""

    code: str
    variant: str
    detail: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    examples: tuple[tuple[int, str, str, str], ...] = ()

    @property
    def reason(self) -> HoldReason:
        return HOLDS[self.code]

    @property
    def message(self) -> str:
        return self.reason.filled_in(self.variant, **self.detail)

    def to_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "variant": self.variant,
            "detail": {**self.detail},
            "rows": self.rows,
            "examples": [[*each] for each in self.examples],
        }


PERCENT = _("percent")
ALL = (
    HoldReason(
        "PRICE_JUMP",
        _("Prices jump"),
        {
            "many": _(
                "{count} of {updates} products that you update get a price of more than {limit} "
                "times the present one, or less than 1/{limit} of it."
            )
        },
        _(
            "At least {least} products get a price of more than {limit} times the present one, or "
            "less than 1/{limit} of it, and these are 10 products, or 5% of those that the "
            "file updates."
        ),
        _(
            "Compare the prices of the examples. If they are right, release the upload. If not, "
            "fix the prices and upload the file again."
        ),
        setting="HOLD_PRICE_FACTOR",
        unit=_("times"),
        least=5,
    ),
    HoldReason(
        "DECIMAL_SHIFT",
        _("Prices look shifted by a decimal"),
        {
            "shifted": _(
                "The {count} prices that change are typically {factor} the present ones, as if "
                "their decimal separator was lost or misread."
            )
        },
        _(
            "At least {least} prices change, and the typical (median) new one is within {limit}% "
            "of 100 times, 10 times, a tenth or a hundredth of the present one."
        ),
        _(
            "Open the file in a text editor and look for the decimal separator of the prices: "
            "12,50 and 12.50 are not 1250. If the prices are right, release the upload."
        ),
        setting="HOLD_DECIMAL_PERCENT",
        unit=PERCENT,
        least=5,
    ),
    HoldReason(
        "STOCK_ZEROED",
        _("Most of the stock becomes zero"),
        {"zeroed": _("{count} of {stocked} products that are in stock get a stock of 0.")},
        _(
            "At least {least} products, and {limit}% of all of the vendor's that are in stock, get "
            "a stock of 0."
        ),
        _(
            "Check that the stock column of the file is the right one, and filled. If these "
            "products are sold out, release the upload."
        ),
        setting="HOLD_ZEROED_PERCENT",
        unit=PERCENT,
        least=10,
    ),
    HoldReason(
        "MASS_CHANGE",
        _("Most of the catalog changes"),
        {
            "prices": _(
                "{count} of {active} products get at least twice the price, or half of it or less."
            ),
            "texts": _("{count} of {active} products get another {field}."),
        },
        _(
            "At least {least} products, and {limit}% of the vendor's active ones, get another name "
            "or category, or at least twice the price, or half of it or less."
        ),
        _(
            "Check that the columns of the file hold what their names say, and that rows were not "
            "mixed up when it was sorted. If you want these changes, release the upload."
        ),
        setting="HOLD_MASS_PERCENT",
        unit=PERCENT,
        least=20,
    ),
    HoldReason(
        "SAME_VALUE",
        _("Different products get the same value"),
        {
            "same": _(
                "{count} of {changed} products whose {field} changes get the same one: {value}. "
                "Until now, they have different ones."
            )
        },
        _(
            "The price or the name of at least {least} products changes, {limit}% of them get the "
            "same value, and had at least 5 different ones before."
        ),
        _(
            "Check that the column was not filled down by accident. If the value is right for all "
            "of them, release the upload."
        ),
        setting="HOLD_SAME_PERCENT",
        unit=PERCENT,
        least=20,
    ),
    HoldReason(
        "TINY_FILE",
        _("The file is much smaller than usual"),
        {
            "tiny": Counted(
                "count",
                lambda count: ngettext(
                    "The file has {count} row. Files of the schedule usually have {usual}.",
                    "The file has {count} rows. Files of the schedule usually have {usual}.",
                    count,
                ),
            )
        },
        _(
            "A file that a schedule has found has less than {limit}% of the rows that its last "
            "files had (the median of up to five, and at least three), which were {least} or more."
        ),
        _(
            "Check that the program that writes the file wrote all of it. If it is complete, "
            "release the upload."
        ),
        setting="HOLD_TINY_PERCENT",
        unit=PERCENT,
        least=20,
    ),
    HoldReason(
        "TOO_MANY_MISSING",
        _("Too many products are not in the file"),
        {
            "missing": Counted(
                "missing",
                lambda missing: ngettext(
                    "{missing} of {active} active products is not in the file, and would become "
                    "inactive. That is more than {limit}%.",
                    "{missing} of {active} active products are not in the file, and would become "
                    "inactive. That is more than {limit}%.",
                    missing,
                ),
            )
        },
        _(
            "More than {limit}% of the vendor's active products are not in a file that replaces "
            "the whole catalog."
        ),
        _(
            "Check that the file has your whole catalog. If it has, release the upload. To change "
            "only the products in it, cancel this upload and upload the file with Update."
        ),
        setting="REPLACE_MAX_SHARE",
        unit=PERCENT,
    ),
    HoldReason(
        "REVIEW",
        _("Our staff look at it first"),
        {
            "first": Counted(
                "count",
                lambda count: ngettext(
                    "We look at the first upload of a new vendor before we import it.",
                    "We look at the first {count} uploads of a new vendor before we import them.",
                    count,
                ),
            ),
            "always": _("We look at each of your uploads before we import it."),
            "two": _("Two of us look at each of your uploads before we import it."),
        },
        _("Staff have chosen that the first uploads of a vendor, or all of them, are looked at."),
        _("You don't need to do anything. We write to you when it is decided."),
    ),
)
HOLDS = {reason.code: reason for reason in ALL}
BY_NUMBER = tuple(reason for reason in ALL if reason.setting)


def finding_of(stored: Mapping[str, Any]) -> Finding | None:
    """A finding that `to_json` wrote; None if this version does not have its reason."""
    known = HOLDS.get(str(stored.get("code")))
    if known is None or stored.get("variant") not in known.messages:
        return None
    return Finding(
        known.code,
        stored["variant"],
        stored.get("detail", {}),
        stored.get("rows", 0),
        tuple(tuple(each) for each in stored.get("examples", ())),
    )
