"""The email to a vendor whose wanted category was declined. due_mail.py sends it."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext

from imports.execution.hints import send_mail_hint
from imports.models import CategoryRequest, Notification
from imports.notifications import addresses, email


def prepare(request: CategoryRequest) -> Notification:
    """Store the email, and make it due: in the transaction of the decision, so that there is one.

    It goes to the person who asked, or to whom emails about the upload go.
    """
    upload = request.upload
    context = {
        "request": request,
        "upload": upload,
        "fix_url": addresses.fix_url(upload.upload_id),
        "support_email": settings.SUPPORT_EMAIL,
        "support_url": settings.SUPPORT_URL,
    }
    mail = Notification(
        upload=upload,
        run=upload.run,
        kind=Notification.Kind.CATEGORY_DECLINED,
        to=(request.asked_by and request.asked_by.email) or email.recipient(upload),
        subject=gettext("Category not approved: %(name)s") % {"name": request.name},
        text_body=render_to_string("imports/mail/category_declined.txt", context),
        html_body=render_to_string("imports/mail/category_declined.html", context),
    )
    mail.queue()
    mail.save()
    transaction.on_commit(send_mail_hint, robust=True)
    return mail
