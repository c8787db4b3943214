"""What staff do when something goes wrong: an answer for each kind of alarm, and for what vendors
call about. Shown in the admin; alarms lead to their answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from config.rounding import ceil_div
from imports.models import Alarm
from imports.monitoring.stalled import STALLED_AFTER


@dataclass(frozen=True)
class Link:
    """A list of the admin, by its model as addresses name it, and what narrows it down."""

    label: str
    model: str
    query: str = ""

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.model}_changelist") + self.query

    @property
    def right(self) -> str:
        """The permission without which the list is closed."""
        app, _, model = self.model.partition("_")
        return f"{app}.view_{model}"


@dataclass(frozen=True)
class Answer:
    """What it is about, in sentences, and what to do. Texts are templates over `numbers`."""

    about: str
    steps: tuple[str, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An answer with its title and its numbers, under an address of its own."""

    key: str
    title: str
    about: str
    steps: list[str]
    links: list[Link]


UPLOADS = Link("Uploads", "imports_upload")
FAILED = Link("Failed uploads", "imports_upload", "?status=failed")
MAILS = Link("E-mails", "imports_notification")
VENDORS = Link("Vendors", "vendors_vendor")
USERS = Link("Users", "auth_user")

ALARMS: dict[Alarm.Kind, Answer] = {
    Alarm.Kind.FAILED_UPLOAD: Answer(
        "An upload was tried {max_attempts} times, or met something that does not pass by itself. "
        "Rows that went in before are in, each once; nothing is half done.",
        (
            "Open the upload: “Failure” has the error, and its history who did what.",
            "Was it an outage that is over? Retry it. What is in counts as valid.",
            "The same error again is for operators: the log of the worker has it under the id.",
            "Close the alarm when the upload has ended well.",
        ),
        (FAILED,),
    ),
    Alarm.Kind.UNKNOWN_VENDOR: Answer(
        "Somebody dropped a file under a prefix that is no vendor’s id.",
        (
            "A vendor we know, mistyped? Ask them to drop it again under their own id.",
            "A new one? Set up the vendor with exactly that id, then retry the upload.",
            "The file is kept for {source_kept} hours.",
        ),
        (VENDORS,),
    ),
    Alarm.Kind.UNSENT_MAIL: Answer(
        "The mail service turned an e-mail down for good, or its answers were lost twice.",
        (
            "Open the e-mail: the last error says which, and to whom it was.",
            "Correct the vendor’s contact address or the person’s; the next e-mail goes there.",
            "This one is not sent again. All it says is on the page of the upload: pass that on.",
        ),
        (MAILS, VENDORS, USERS),
    ),
    Alarm.Kind.FAILED_IMPORT: Answer(
        "A file that a machine sent was refused, or no row of it went in. Nobody waits for its "
        "result, so this alarm says it.",
        (
            "Open the upload: it says what is wrong, and in which item.",
            "Tell the people whose program writes the file. Their next file is another upload.",
        ),
        (FAILED,),
    ),
    Alarm.Kind.DEAD_LETTER: Answer(
        "A message was set aside because nobody could process it. No file is lost.",
        (
            "This is for operators: docs/operate.md, “Redrive dead letters”.",
            "Close the alarm when the queue is empty; as long as it is not, it comes again.",
        ),
    ),
    Alarm.Kind.FAILED_SCHEDULE: Answer(
        "A schedule could not look for its objects several times in a row. It goes on trying.",
        (
            "Open the schedule: its last run says what the storage or the database answered.",
            (
                "Is the prefix still right? Operators must allow a new one: schedule_prefixes in "
                "deploy/aws/cdk.json."
            ),
            "“Import now” tries at once. Close the alarm when it worked.",
        ),
        (Link("Schedules", "imports_schedule"),),
    ),
}

QUESTIONS: dict[str, tuple[str, Answer]] = {
    "stuck": (
        "An upload is stuck",
        Answer(
            "Its last attempt failed, or there was no progress for {stuck_minutes} minutes.",
            (
                "Its page says what it waits for, and when the next try is. Most outages pass.",
                (
                    "“Waiting for a free worker” for a minute or two is a worker being started. "
                    "For longer, or many at once: tell operators."
                ),
                "Cancel it, if nobody wants it any more. Rows that are in stay in.",
            ),
            (Link("Stuck uploads", "imports_upload", "?progress=stuck"),),
        ),
    ),
    "not-there": (
        "A vendor’s file does not appear",
        Answer(
            "A file dropped into S3 is an upload within seconds, after {sweep_minutes} minutes at "
            "the latest; one of the form at once.",
            (
                "Search the uploads for the file’s name, without filters.",
                "Look for an alarm about an unknown vendor: the id in the key may be mistyped.",
                "Ask for the whole key, and whether the copy has ended.",
            ),
            (UPLOADS, Link("Alarms", "imports_alarm", "?state=open")),
        ),
    ),
    "category": (
        "A category is missing",
        Answer(
            "Rows with a category that is not approved are turned down; the others are in.",
            (
                "Add the category. It counts for files read from then on.",
                (
                    "Retry the upload within {source_kept} hours: the rows that are in stay in, "
                    "and those that lacked the category follow."
                ),
            ),
            (
                Link("Categories", "catalog_category"),
                Link(
                    "Rows without a category",
                    "imports_rowerror",
                    "?error_type=INVALID_CATEGORY",
                ),
            ),
        ),
    ),
    "wrong-file": (
        "The wrong file went in",
        Answer(
            "There is no undo: what is in may have been read by others already.",
            (
                "Still running? Cancel it: the rest of the file is not read.",
                "Wrong values? The vendor sends the right ones with “Update”.",
                (
                    "Products that should not be there: the list of products finds those of an "
                    "upload by its id."
                ),
            ),
            (Link("Products", "catalog_product"),),
        ),
    ),
    "no-retry": (
        "There is no “Retry”",
        Answer(
            "An upload can be retried when it ended short of complete and its file is still there.",
            (
                "All rows are in: there is nothing to retry.",
                "Older than {source_kept} hours: the file is gone. Ask for it again.",
                (
                    "The button is missing everywhere? Then the right “Can retry and cancel "
                    "uploads” is; the group Reviewers has it."
                ),
            ),
        ),
    ),
    "no-email": (
        "A vendor got no e-mail",
        Answer(
            "It goes to who sent the file; for a file dropped into S3, to the vendor’s contact "
            "address; if there is none, to us.",
            (
                "Find the e-mail by the upload’s id: its state and address tell.",
                "“Sent” means that the mail service took it. Ask for a look into the spam folder.",
            ),
            (MAILS, VENDORS),
        ),
    ),
    "counts": (
        "The numbers do not add up",
        Answer(
            "Imported, with errors and skipped make the total of an upload that ended completed or "
            "partial. What a cancelled or broken-off one did not reach is “not processed”; a "
            "refused file counts nothing.",
            ("One row may have several errors: errors are more than rows with errors.",),
        ),
    ),
    "login": (
        "Somebody cannot log in, or sees too little",
        Answer(
            "After {login_failures} wrong passwords from one place a name is locked there for "
            "{login_minutes} minutes. A new password, by e-mail, unlocks it at once.",
            (
                "Failed logins shows who, from where and when.",
                (
                    "A vendor’s person sees nothing? They must be a member of the vendor, and both "
                    "the person and the vendor active."
                ),
                "A member of staff sees nothing? They need “staff status” and a group.",
            ),
            (Link("Failed logins", "axes_accessattempt"), USERS),
        ),
    ),
}


def page(request: HttpRequest) -> TemplateResponse:
    """The page, for everybody who may enter the admin; links only to lists that open."""
    by_kind = {kind.value: (kind.label, answer) for kind, answer in ALARMS.items()}
    context = {
        **admin.site.each_context(request),
        "title": "When something goes wrong",
        "alarms": list(entries(by_kind, request)),
        "questions": list(entries(QUESTIONS, request)),
    }
    return TemplateResponse(request, "imports/admin/troubleshooting.html", context)


def entries(answers: Mapping[str, tuple[str, Answer]], request: HttpRequest) -> Iterator[Entry]:
    filled = numbers()
    for key, (title, answer) in answers.items():
        yield Entry(
            key,
            title,
            answer.about.format(**filled),
            [step.format(**filled) for step in answer.steps],
            [link for link in answer.links if request.user.has_perm(link.right)],
        )


def numbers() -> dict[str, object]:
    """What the answers fill in, as this deployment is set."""
    wait = settings.EVENT_GRACE_SECONDS + settings.MISSING_EVENTS_EVERY_SECONDS
    return {
        "max_attempts": settings.MAX_ATTEMPTS,
        "source_kept": settings.SOURCE_KEPT_HOURS,
        "stuck_minutes": int(STALLED_AFTER.total_seconds() // 60),
        "sweep_minutes": ceil_div(int(wait), 60),
        "login_failures": settings.AXES_FAILURE_LIMIT,
        "login_minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
    }
