"""The runbook: what staff do about each kind of alarm, and about what vendors ask. Each alarm links
to its entry."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.models import Alarm
from imports.models.outbox_file import KEPT_FOR
from imports.monitoring.stalled import STALLED_AFTER
from imports.rules.quantities import days, hours, minutes

Text = str | Promise


@dataclass(frozen=True)
class Link:
    """A list of the admin, by its model as URLs name it, with its filters."""

    label: Text
    model: str
    query: str = ""

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.model}_changelist") + self.query

    @property
    def permission(self) -> str:
        """The permission to view the list."""
        app, _separator, model = self.model.partition("_")
        return f"{app}.view_{model}"


@dataclass(frozen=True)
class Question:
    """A question with its answer, the steps that help, and lists to look at.

    As declared, answer and steps are templates of `str.format` over the numbers of the deployment;
    `filled` fills them in, and leaves out lists that the user may not view.
    """

    key: str
    title: Text
    answer: Text
    steps: tuple[Text, ...]
    links: tuple[Link, ...] = ()

    def filled(self, numbers: dict[str, str], request: HttpRequest) -> "Question":
        return replace(
            self,
            answer=str(self.answer).format(**numbers),
            steps=tuple(str(step).format(**numbers) for step in self.steps),
            links=tuple(link for link in self.links if request.user.has_perm(link.permission)),
        )


UPLOADS = Link(_("Uploads"), "imports_upload")
FAILED = Link(_("Failed uploads"), "imports_upload", "?status__exact=failed")
EMAILS = Link(_("Emails"), "imports_notification")
VENDORS = Link(_("Vendors"), "vendors_vendor")
USERS = Link(_("Users"), "auth_user")


def about(kind: Alarm.Kind, answer: Text, steps: tuple[Text, ...], *links: Link) -> Question:
    """What to do about a kind of alarm."""
    return Question(kind.value, kind.label, answer, steps, links)


ALARMS = (
    about(
        Alarm.Kind.FAILED_UPLOAD,
        _(
            "We tried an upload {max_attempts} times, or hit an error that a retry cannot fix. "
            "Rows imported before the failure stay imported, each once."
        ),
        (
            _("Open the upload. “Failure” shows the error, and “History” who did what."),
            _("If an outage caused it and is over, retry the upload."),
            _(
                "If the same error comes back, tell the operators: the worker’s log has the "
                "details under the upload’s ID."
            ),
            _("Close the alarm when the upload has completed."),
        ),
        FAILED,
    ),
    about(
        Alarm.Kind.UNKNOWN_VENDOR,
        _("A file arrived under a prefix that is not a vendor’s ID."),
        (
            _("A known vendor with a typo: ask them to send the file again under their own ID."),
            _("A new vendor: add the vendor with exactly that ID, then retry the upload."),
            _("The file is kept for {source_kept}."),
        ),
        VENDORS,
    ),
    about(
        Alarm.Kind.UNSENT_MAIL,
        _(
            "The mail service rejected an email, twice did not confirm it, or did not accept it "
            "for a day."
        ),
        (
            _("Open the email. “Last error” shows the reason, and “To” the address."),
            _("Correct the address of the vendor or the user, if it is wrong."),
            _(
                "Send the email again, from its page or several from the list of emails. It goes "
                "to the current address."
            ),
        ),
        EMAILS,
        VENDORS,
        USERS,
    ),
    about(
        Alarm.Kind.UNWRITTEN_ANSWER,
        _(
            "Programs that put files into the bucket find our answers in its folder “outbox”. The "
            "bucket did not take one in {max_attempts} attempts. Imports and emails continue."
        ),
        (
            _("The detail names the file and the reason."),
            _(
                "“AccessDenied” means that the role of the mail worker may not write there: ask "
                "the operators."
            ),
            _(
                "We try again for {answers_kept}. When answers are written again, close the alarm; "
                "the upload’s page shows the state of its answers."
            ),
        ),
        UPLOADS,
    ),
    about(
        Alarm.Kind.BOUNCED_MAIL,
        _(
            "The mail service accepted an email, and the recipient’s server returned it, or the "
            "recipient marked it as spam."
        ),
        (
            _("Open the email. “Last error” shows what the recipient’s server said."),
            _("After a permanent bounce, correct the address and send the email again."),
            _("After a temporary bounce, such as a full mailbox, send it again later."),
            _("If it was marked as spam, contact the vendor another way, and change the address."),
        ),
        EMAILS,
        VENDORS,
        USERS,
    ),
    about(
        Alarm.Kind.FAILED_IMPORT,
        _(
            "A file sent by a program was rejected, or none of its rows could be imported. Its "
            "sender does not watch the result, so we raise an alarm."
        ),
        (
            _("Open the upload to see what is wrong, and in which row."),
            _("Tell the team whose program writes the file. Their next file becomes a new upload."),
        ),
        FAILED,
    ),
    about(
        Alarm.Kind.DEAD_LETTER,
        _("Messages could not be processed and were set aside. No file is lost."),
        (
            _("Tell the operators: docs/operate.md, “Redrive dead letters”, describes what to do."),
            _("Close the alarm when the queue is empty. Until then it would open again."),
        ),
    ),
    about(
        Alarm.Kind.FAILED_SCHEDULE,
        _("A schedule failed several times in a row. It keeps trying."),
        (
            _("Open the schedule. “Last run” shows the error of the storage or the database."),
            _(
                "Check its prefix. Operators must allow a new one: schedule_prefixes in "
                "deploy/aws/cdk.json."
            ),
            _("Choose “Import now” to try again. Close the alarm when it worked."),
        ),
        Link(_("Schedules"), "imports_schedule"),
    ),
    about(
        Alarm.Kind.STRAY_FILE,
        _(
            "A file was sent to the top of the bucket, or to a folder that neither a data set nor "
            "a schedule reads. It is not imported."
        ),
        (
            _(
                "Ask its sender to send it to the right folder: uploads/ and the vendor’s ID for "
                "products."
            ),
            _("If files are meant to arrive in that folder, add a schedule with its prefix."),
            _("Ask the operators to delete the file: nothing else does. Then close the alarm."),
        ),
        Link(_("Schedules"), "imports_schedule"),
    ),
    about(
        Alarm.Kind.FAILED_SWEEP,
        _(
            "A regular task, such as deleting old files, failed for the items that the alarm "
            "names. It handled all others, and tries these again each time."
        ),
        (
            _("Open the alarm. “Detail” names the items, with the error of each."),
            _(
                "An upload: open it. A file that cannot be deleted may be locked in the storage. "
                "An object: the operators find it by its version."
            ),
            _("Close the alarm when the cause is fixed. If it is not, the alarm opens again."),
        ),
        UPLOADS,
    ),
    about(
        Alarm.Kind.WAITING_REVIEW,
        _(
            "An upload is held until staff release or reject it, and has waited for "
            "{review_hours} of working time."
        ),
        (
            _("Open it in the list of held uploads. Compare the changes and the examples."),
            _("Release it, release it without some rows, or reject it with a reason."),
            _(
                "What is not decided within {review_days} ends, and nothing of it is imported. "
                "Close the alarm when it is decided."
            ),
        ),
        Link(_("Held uploads"), "imports_heldupload"),
    ),
    about(
        Alarm.Kind.FAILED_ERASURE,
        _(
            "Personal data is past its time and could not be erased. We try again every "
            "{clean_up}, but its date has passed: fix the cause now."
        ),
        (
            _("Open the alarm. “Detail” names the uploads, with the error of each."),
            _(
                "Tell the operators: the storage refuses to delete a file, a report or a staged "
                "row, or the worker lacks the permission."
            ),
            _("Close the alarm when the uploads’ pages say that the data was erased."),
        ),
        UPLOADS,
    ),
)

QUESTIONS = (
    Question(
        "stalled",
        _("An upload is stalled"),
        _("Its last attempt failed, or it has made no progress for {stalled_after}."),
        (
            _(
                "Open the upload to see what it is waiting for, and when the next attempt is. Most "
                "outages pass."
            ),
            _(
                "“Waiting in the queue” for a minute or two means that a worker is starting. If it "
                "takes longer, or many uploads wait, tell the operators."
            ),
            _("Cancel the upload if it is no longer needed. Rows that were already imported stay."),
        ),
        (Link(_("Stalled uploads"), "imports_upload", "?progress=stalled"),),
    ),
    Question(
        "not-there",
        _("A vendor can’t see an upload"),
        _(
            "A file sent with the form is an upload immediately. A file sent by file transfer "
            "becomes one within seconds, {sweep} at most."
        ),
        (
            _("Search the uploads for the file name, without filters."),
            _("Look for an alarm about an unknown vendor: the ID in the key may have a typo."),
            _("Ask the vendor for the complete key, and whether the transfer has finished."),
        ),
        (UPLOADS, Link(_("Open alarms"), "imports_alarm", "?state=open")),
    ),
    Question(
        "category",
        _("A category is missing"),
        _("Rows with a category that is not approved are rejected. The other rows are imported."),
        (
            _(
                "Look at the wanted categories, with the rows that wait for each. Approve the "
                "name, or map it to a category. The rows of vendors who asked are then imported "
                "by themselves."
            ),
            _(
                "If it is another word for an approved category, add it to that category as a "
                "synonym. It is then suggested to vendors who use it."
            ),
            _(
                "If no vendor asked, add the category. Retry the upload within {source_kept}. "
                "Imported rows stay as they are, and the rows that lacked it are imported."
            ),
        ),
        (
            Link(_("Wanted categories"), "imports_categoryrequest"),
            Link(_("Categories"), "catalog_category"),
            Link(
                _("Rows with an unknown category"),
                "imports_rowerror",
                "?error_type=INVALID_CATEGORY",
            ),
        ),
    ),
    Question(
        "wrong-file",
        _("The wrong file was imported"),
        _("An import cannot be undone: others may have read the rows already."),
        (
            _("If the upload is still in progress, cancel it. The remaining rows are skipped."),
            _("If values are wrong, the vendor can send the correct ones with “Update”."),
            _(
                "If there are products that should not exist, search the list of products for the "
                "upload’s ID and deactivate them."
            ),
        ),
        (Link(_("Products"), "catalog_product"),),
    ),
    Question(
        "no-retry",
        _("There is no “Retry” button"),
        _("You can retry an upload that ended with rejected rows while its file is kept."),
        (
            _("If all rows were imported, there is nothing to retry."),
            _("After {source_kept} the file is deleted. Ask the vendor to send it again."),
            _(
                "If you never see the button, you lack the permission “Can retry and cancel "
                "uploads”. The group Reviewers has it."
            ),
        ),
    ),
    Question(
        "no-email",
        _("A vendor got no email"),
        _(
            "It goes to the user who sent the file. For a file sent by file transfer it goes to "
            "the vendor’s contact email or, if there is none, to us."
        ),
        (
            _("Search the emails for the upload’s ID and check their state and address."),
            _(
                "“Sent” means that the mail service accepted the email. Ask the vendor to look in "
                "the spam folder."
            ),
        ),
        (EMAILS, VENDORS),
    ),
    Question(
        "counts",
        _("The numbers do not add up"),
        _(
            "When an upload is completed or partially imported, its imported, rejected and skipped "
            "rows add up to the total. Rows that a canceled or failed upload did not reach are "
            "“not processed”. A rejected file has no counts."
        ),
        (_("One row can have several errors, so there can be more errors than rejected rows."),),
    ),
    Question(
        "login",
        _("A user can’t log in, or sees too little"),
        _(
            "After {login_failures} wrong passwords from the same address, that address is locked "
            "out of the account for {login_pause}. Resetting the password by email unlocks it "
            "immediately."
        ),
        (
            _("“Failed logins” shows which accounts, from where and when."),
            _("A vendor’s user who sees no uploads must be active and a member of the vendor."),
            _("A user of several vendors sees one at a time, chosen at the top of the portal."),
            _(
                "“Invitations” shows what became of each. Send one again, or ask an owner of the "
                "vendor to do so."
            ),
            _(
                "Who has lost the phone enters a recovery code. Otherwise make sure that it is "
                "them, and let a superuser reset two-step login in the list of users."
            ),
            _("A staff user who sees nothing needs “Staff status” and a group."),
        ),
        (
            Link(_("Failed logins"), "axes_accessattempt"),
            Link(_("Invitations"), "imports_invitation"),
            USERS,
        ),
    ),
)


def page(request: HttpRequest) -> TemplateResponse:
    """The page, for all staff; links lead only to lists that they may view."""
    numbers = numbers_now()
    context = {
        **admin.site.each_context(request),
        "title": gettext("Runbook"),
        "alarms": [question.filled(numbers, request) for question in ALARMS],
        "questions": [question.filled(numbers, request) for question in QUESTIONS],
    }
    return TemplateResponse(request, "imports/admin/troubleshooting.html", context)


def numbers_now() -> dict[str, str]:
    """What the answers fill in, with units, as this deployment is set."""
    return {
        "review_days": days(settings.REVIEW_DAYS),
        "review_hours": hours(settings.REVIEW_ALARM_HOURS),
        "max_attempts": f"{settings.MAX_ATTEMPTS:,}",
        "source_kept": hours(settings.SOURCE_KEPT_HOURS),
        "answers_kept": days(KEPT_FOR.days),
        "stalled_after": minutes(STALLED_AFTER.total_seconds()),
        "clean_up": minutes(settings.CLEAN_UP_EVERY_SECONDS),
        "sweep": minutes(settings.EVENT_GRACE_SECONDS + settings.MISSING_EVENTS_EVERY_SECONDS),
        "login_failures": f"{settings.AXES_FAILURE_LIMIT:,}",
        "login_pause": minutes(settings.AXES_COOLOFF_TIME.total_seconds()),
    }
