"""Vendors, their users, and the tokens with which their programs call the REST API."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from vendors.access import Access

VENDOR_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}"
MOST_EXTRA_RECIPIENTS = 5


class VendorQuerySet(models.QuerySet["Vendor"]):
    def visible_to(self, access: Access) -> "VendorQuerySet":
        return access.narrow(self, "vendor_id")


class Vendor(models.Model):
    """A company that sells on the marketplace; its id is the prefix of its S3 keys."""

    class Review(models.TextChoices):
        NONE = "", _("None")
        FIRST = "first", _("The first uploads")
        ALWAYS = "always", _("Every upload")
        TWO = "two", _("Every upload, by two people")

    vendor_id = models.CharField(
        _("vendor ID"),
        primary_key=True,
        max_length=50,
        validators=[
            RegexValidator(
                rf"^{VENDOR_ID}\Z",
                _("Use letters, digits, hyphens and underscores. Begin with a letter or digit."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=200)
    contact_email = models.EmailField(
        _("contact email"),
        blank=True,
        help_text=_("Gets the emails about files sent by file transfer."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Files of an inactive vendor are rejected. Its products stay in the catalog, and its "
            "users can still log in and see its uploads."
        ),
    )
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, blank=True)
    extra_recipients = ArrayField(
        models.EmailField(),
        verbose_name=_("extra recipients"),
        size=MOST_EXTRA_RECIPIENTS,
        default=list,
        db_default=[],
        blank=True,
        help_text="Get the emails about the vendor's uploads, beside its members.",
    )
    review = models.CharField(
        _("review"),
        max_length=10,
        choices=Review,
        blank=True,
        default=Review.NONE,
        db_default=Review.NONE,
        help_text=_("Which uploads wait until staff have looked at them."),
    )
    hold = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Own numbers for the reasons of holds, by their codes; 0 for never.",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = VendorQuerySet.as_manager()

    class Meta:
        db_table = "vendors"
        verbose_name = _("vendor")
        verbose_name_plural = _("vendors")
        ordering = ["vendor_id"]

    def __str__(self) -> str:
        return f"{self.vendor_id} · {self.name}"


class Tries(models.Model):
    """How often something was tried in one period; see throttle.py."""

    key = models.CharField(primary_key=True, max_length=100)
    count = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "tries"
        verbose_name = _("tries")
        verbose_name_plural = _("tries")

    def __str__(self) -> str:
        return self.key


class Member(models.Model):
    """A user who works for a vendor. A user may be a member of several vendors."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        UPLOADER = "uploader", _("Uploader")
        VIEWER = "viewer", _("Viewer")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
        db_index=False,  # the constraint has one
    )
    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="members", verbose_name=_("vendor")
    )
    role = models.CharField(
        _("role"), max_length=10, choices=Role, default=Role.OWNER, db_default=Role.OWNER
    )
    joined_at = models.DateTimeField(
        _("joined"),
        null=True,
        blank=True,
        db_default=Now(),
        editable=False,
        help_text="Unknown of those who were members before this was recorded.",
    )

    class Meta:
        db_table = "vendor_members"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "vendor"], name="vendor_members_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.vendor_id}"

    @property
    def role_title(self) -> str:
        return str(self.Role(self.role).label)


class Person(models.Model):
    """What a user has chosen. The row is made when the user first chooses something."""

    class Emails(models.TextChoices):
        ALL = "all", _("About every upload")
        PROBLEMS = "problems", _("Only when something needs doing")
        DIGEST = "digest", _("Once a day, in one email")
        NONE = "none", _("None")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="person",
        verbose_name=_("user"),
    )
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC", db_default="UTC")
    emails = models.CharField(
        _("emails"), max_length=10, choices=Emails, default=Emails.ALL, db_default=Emails.ALL
    )
    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vendor"),
        help_text="For whom the user works at present, if still a member.",
    )

    class Meta:
        db_table = "people"
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def zone(self) -> ZoneInfo:
        """For times on pages."""
        return ZoneInfo(self.time_zone)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, access: Access) -> "ApiTokenQuerySet":
        return access.narrow(self, "vendor_id")

    def working_at(self, moment: datetime) -> "ApiTokenQuerySet":
        """Neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=moment)


class ApiToken(models.Model):
    """What a program of a vendor shows to call the REST API (see tokens.py).

    It acts for the person who created it, within its scopes, as long as that person is active and a
    member of the vendor. The token itself is not stored, only its digest.
    """

    name = models.CharField(_("name"), max_length=60)
    vendor = models.ForeignKey(
        Vendor, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("vendor")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("created by"),
    )
    start = models.CharField(
        _("begins with"), max_length=10, help_text="By which a person recognizes it."
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    scopes = ArrayField(models.CharField(max_length=30), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("created"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(
        _("last used"), null=True, blank=True, help_text="To the minute."
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    warned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its person was notified that it expires."
    )
    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        db_table = "api_tokens"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class ApiWindow(models.Model):
    """How many requests a token has made in the minute that began at `began_at`. The table is
    UNLOGGED: after a crash of the database, counting begins again."""

    token = models.OneToOneField(
        ApiToken, on_delete=models.CASCADE, primary_key=True, db_constraint=False
    )
    began_at = models.DateTimeField()
    requests = models.IntegerField()
    uploads = models.IntegerField()

    class Meta:
        db_table = "api_windows"

    def __str__(self) -> str:
        return f"{self.token_id} at {self.began_at}"


class IdempotencyKey(models.Model):
    """A request that changed something and was sent with an `Idempotency-Key`, written in the
    transaction of that change. `answer` is what it was answered, once it was; until then, and
    always if the answer has a secret, the next request with the key goes on with `upload_id`: the
    upload, or the webhook or delivery."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    upload_id = models.CharField(max_length=40)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        db_table = "idempotency_keys"
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="idempotency_keys_unique")
        ]

    def __str__(self) -> str:
        return self.key
