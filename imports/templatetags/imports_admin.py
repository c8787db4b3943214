"""Filters for the templates of admin pages."""

from dataclasses import dataclass

from django import template
from django.contrib.admin.utils import quote

from imports.admin.cells import status_badge
from imports.admin.dashboard_stats import Day

register = template.Library()
register.filter("admin_urlquote", quote)
register.filter("status_badge", status_badge)


@dataclass(frozen=True)
class Part:
    """One piece of a bar that is 100 wide."""

    tone: str
    start: float
    width: float


@register.filter
def parts_of(day: Day, most: int) -> list[Part]:
    """A day's bar: as long as its uploads are to the fullest day's, one piece per outcome."""
    parts = []
    start = 0.0
    for tone, count in (
        ("good", day.completed),
        ("mixed", day.partial),
        ("bad", day.failed),
        ("calm", day.cancelled),
        ("busy", day.in_progress),
    ):
        if count:
            width = round(count * 100 / most, 2)
            parts.append(Part(tone, round(start, 2), width))
            start += width
    return parts
