"""Numbers with their units, as people read them: "1 row", "10,001 rows", "10.5 MB"."""

from django.utils.translation import gettext, ngettext

from config.rounding import ceil_div


def rows(count: int) -> str:
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}


def errors(count: int) -> str:
    return ngettext("%(count)s error", "%(count)s errors", count) % {"count": f"{count:,}"}


def days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": f"{count:,}"}


def hours(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": f"{count:,}"}


def minutes(seconds: float) -> str:
    """Seconds as whole minutes, rounded up."""
    count = ceil_div(int(seconds), 60)
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": f"{count:,}"}


def file_size(size: int | None) -> str:
    """A number of bytes; None when it is not known."""
    if size is None:
        return gettext("Unknown")
    if size < 1024:
        return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": f"{size:,}"}
    if size < 1024 * 1024:
        return gettext("%(size)s KB") % {"size": f"{size / 1024:,.0f}"}
    return gettext("%(size)s MB") % {"size": f"{size / 1024 / 1024:,.1f}"}
