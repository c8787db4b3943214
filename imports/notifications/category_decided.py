"""The email to who asked for a category, about the decision. due_mail.py sends it."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports.execution.hints import send_mail_hint
from imports.models import CategoryRequest, Notification
from imports.notifications import addresses, recipients
from imports.reports.corrections import left_in
from vendors.team import is_of


def prepare(request: CategoryRequest) -> Notification:
    """Store the email, and make it due: in the caller's transaction, so that there is one.

    It goes to the person who asked, or to whom emails about the upload go.
    """
    upload = request.upload
    context = {
        "request": request,
        "upload": upload,
        "left": left_in([upload])[upload.upload_id],
        "fix_url": addresses.fix_url(upload.upload_id),
        "support_email": settings.SUPPORT_EMAIL,
        "support_url": settings.SUPPORT_URL,
    }
    is_declined = request.state == CategoryRequest.State.DECLINED
    kind = Notification.Kind.CATEGORY_DECLINED if is_declined else Notification.Kind.CATEGORY_ADDED
    mail = Notification(
        upload=upload,
        run=upload.run,
        kind=kind,
        to=address_of(request) or recipients.recipient(upload),
        subject=subject(request),
        text_body=render_to_string("imports/mail/category_decided.txt", context),
        html_body=render_to_string("imports/mail/category_decided.html", context),
    )
    mail.queue()
    mail.save()
    transaction.on_commit(send_mail_hint, robust=True)
    return mail


def address_of(request: CategoryRequest) -> str:
    """Of the person who asked; "" without one, or after they have left the vendor."""
    person = request.asked_by
    return person.email if person and is_of(person, request.vendor_id) else ""


def subject(request: CategoryRequest) -> str:
    match request.state:
        case CategoryRequest.State.DECLINED:
            text = gettext("Category not approved: %(name)s")
        case CategoryRequest.State.MAPPED:
            text = gettext("Category %(name)s is read as %(category)s")
        case _:
            text = gettext("Category approved: %(name)s")
    return text % {"name": request.name, "category": request.category}
