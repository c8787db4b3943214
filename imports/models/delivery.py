"""What is to reach someone outside, whatever fails on the way."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """Something to deliver: a row that is due, claimed with a token and tried again.

    It is due when `next_attempt_at` has passed; while a worker has it, that is the time at which
    the worker counts as lost. `token` rises at every claim and fences out everyone who holds an
    older one, as an upload's does.

    The methods below are the transitions. Each changes the instance only: the caller holds the
    row's lock and saves it.
    """

    PENDING, SENDING = "pending", "sending"
    UNSENT: tuple[str, ...] = (PENDING, SENDING)
    # What the transitions change, for `save(update_fields=…)`, so that no text is written again.
    PROGRESS: tuple[str, ...] = (
        "state",
        "attempts",
        "last_error",
        "next_attempt_at",
        "tried_until",
        "token",
    )

    state = models.CharField(max_length=10)  # with choices of its own
    attempts = models.IntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    tried_until = models.DateTimeField(
        null=True, blank=True, help_text="An attempt that fails after this time is the last one."
    )
    token = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    @property
    def is_unsent(self) -> bool:
        return self.state in self.UNSENT

    @property
    def tried_for(self) -> timedelta:
        """How long it is tried."""
        raise NotImplementedError

    def queue(self) -> None:
        """It is due now."""
        self.state = self.PENDING
        self.next_attempt_at = Now()
        self.tried_until = Now() + self.tried_for

    def start(self, *, seconds: float) -> None:
        """A worker has it. After `seconds` the worker counts as lost."""
        self.state = self.SENDING
        self.attempts += 1
        self.token += 1
        self.next_attempt_at = Now() + timedelta(seconds=seconds)

    def retry(self, reason: str, *, seconds: float) -> None:
        """The attempt failed; the next one is due after `seconds`."""
        self.state = self.PENDING
        self.last_error = reason
        self.next_attempt_at = Now() + timedelta(seconds=seconds)

    def end(self, state: str, *, reason: str = "") -> None:
        """Set the final state. A worker that still has it is fenced out."""
        self.state = state
        self.last_error = reason
        self.next_attempt_at = None
        self.token += 1
