"""What an alarm is about: an upload, an email, a schedule, a queue; as the address of its page."""

from django.contrib.admin.utils import quote
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from imports.admin import cells
from imports.intake.receive import UPLOAD_ID
from imports.models import Alarm, Notification

ABOUT_MAIL = {Alarm.Kind.UNSENT_MAIL, Alarm.Kind.BOUNCED_MAIL}


def with_mails(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """With the ID of the newest email in question of each, which `page_about` needs."""
    mails = Notification.objects.filter(
        upload_id=OuterRef("subject"), state__in=Notification.PROBLEMS
    )
    newest: QuerySet[Alarm] = alarms.annotate(
        mail_id=Subquery(mails.order_by("-pk").values("pk")[:1])
    )
    return newest


def page_about(alarm: Alarm) -> str:
    """The address of what the alarm is about; "" if that has no page."""
    mail_id = getattr(alarm, "mail_id", None)
    if alarm.kind in ABOUT_MAIL and mail_id is not None:
        return reverse("admin:imports_notification_change", args=[quote(mail_id)])
    if alarm.kind == Alarm.Kind.DEAD_LETTER:
        return reverse("admin:system")
    if alarm.kind == Alarm.Kind.FAILED_SCHEDULE:
        named = urlencode({"q": alarm.subject})
        return f"{reverse('admin:imports_schedule_changelist')}?{named}"
    found = UPLOAD_ID.search(alarm.subject) or UPLOAD_ID.search(alarm.detail)
    return cells.upload_address(found[0]) if found else ""
