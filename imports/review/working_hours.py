"""Working hours of staff: Monday to Friday, by the clock of `WORKING_ZONE`."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

SATURDAY = 5  # as Python counts the days of a week


def working_hours_between(start: datetime, end: datetime) -> float:
    """How many working hours are between two moments. Holidays are not known."""
    zone = ZoneInfo(settings.WORKING_ZONE)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    hours = 0.0
    while day <= last:
        if day.weekday() < SATURDAY:
            begins = datetime.combine(day, time(settings.WORKING_FROM), zone)
            ends = begins + timedelta(hours=settings.WORKING_HOURS)
            together = min(end, ends) - max(start, begins)
            hours += max(0.0, together.total_seconds() / 3600)
        day += timedelta(days=1)
    return hours
