"""Admin pages about people: vendors and their members, users, groups, logins, admin changes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.admin_base import LookOnlyAdmin, ModelAdmin, TabularInline, WholeDaysFilter
from vendors import tokens
from vendors.models import ApiToken, Member, Vendor

if TYPE_CHECKING:
    from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
    from django.contrib.auth.admin import UserAdmin as BaseUserAdmin

    DjangoUserAdmin = BaseUserAdmin[Any]
else:
    from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)

# Other projects' tables, with the names that our menu gives them. Migrations do not see it.
LogEntry._meta.verbose_name = _("admin change")
LogEntry._meta.verbose_name_plural = _("admin changes")
AccessAttempt._meta.verbose_name = _("failed login")
AccessAttempt._meta.verbose_name_plural = _("failed logins")
for name, label in (("attempt_time", _("last attempt")), ("user_agent", _("browser"))):
    AccessAttempt._meta.get_field(name).verbose_name = label

# What staff see of a user, and what they may change: neither rights nor a password.
FIXED_FOR_STAFF = ("username", "last_login", "date_joined")
SHOWN_TO_STAFF = (*FIXED_FOR_STAFF, "first_name", "last_name", "email", "is_active")


class MemberInline(TabularInline):
    model = Member
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name_plural = _("members: users who work for this vendor")


@admin.register(Vendor)
class VendorAdmin(ModelAdmin):
    """Vendors are never deleted, because uploads and products refer to them: deactivate them."""

    list_display = ("vendor_id", "name", "contact_email", "is_active", "people", "created_at")
    list_filter = (("is_active", BooleanRadioFilter),)
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("vendor_id", "name", "contact_email")
    search_help_text = _("Vendor ID, name or email")
    fields = ("vendor_id", "name", "contact_email", "is_active", "created_at")
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vendor]:
        members = Member.objects.filter(vendor=OuterRef("pk")).order_by().values("vendor")
        counts = members.annotate(count=Count("*")).values("count")
        vendors: QuerySet[Vendor] = super().get_queryset(request)
        return vendors.annotate(member_count=Coalesce(Subquery(counts), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The ID is part of S3 keys and of every row that belongs to the vendor.
        return ("created_at",) if obj is None else ("vendor_id", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("members"))
    def people(self, vendor: Any) -> int:
        return int(vendor.member_count)


@admin.register(ApiToken)
class ApiTokenAdmin(LookOnlyAdmin):
    """With what the programs of vendors call the REST API. Vendors create tokens; staff can revoke
    one, for example if it has leaked."""

    list_display = ("name", "vendor", "created_by", "scopes", "last_used_at", "expires_at", "works")
    list_filter = (("vendor", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("vendor", "created_by")
    search_fields = ("name", "start", "vendor__vendor_id")
    search_help_text = _("Name, first characters or vendor ID")
    fields = (
        *("name", "vendor", "created_by", "start", "scopes", "created_at", "last_used_at"),
        *("expires_at", "revoked_at", "revoked_by"),
    )
    actions = ("revoke_selected",)

    @admin.display(description=_("works"), boolean=True)
    def works(self, token: ApiToken) -> bool:
        return token.revoked_at is None and token.expires_at > now()

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("vendors.change_apitoken"))

    @admin.action(description=_("Revoke selected tokens"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        working = list(queryset.filter(revoked_at=None))
        for token in working:
            tokens.revoke(token, by=request.user)  # type: ignore[arg-type]
            self.log_change(request, token, gettext("Revoked"))
        text = ngettext("%(count)s token revoked.", "%(count)s tokens revoked.", len(working))
        self.message_user(request, text % {"count": len(working)})


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = (
        ("is_staff", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    search_help_text = _("Username, name or email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("memberships__vendor")

    @admin.display(description=_("role"))
    def role(self, user: User) -> str:
        if user.is_superuser:
            return gettext("Administrator")
        if user.is_staff:
            return gettext("Staff")
        vendors = ", ".join(str(one.vendor) for one in user.memberships.all())
        return vendors or gettext("None")

    # Staff who may edit users must not be able to give permissions, or take over superusers.

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or _has_all_rights(request):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": SHOWN_TO_STAFF}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None or _has_all_rights(request) else (*fields, *FIXED_FOR_STAFF)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Only superusers choose passwords for others, who choose their own by email."""
        if not _has_all_rights(request):
            raise PermissionDenied
        return super().user_change_password(request, *args, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: that would delete the record of what the user did. Deactivate users instead."""
        return False


def _has_all_rights(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: Any) -> bool:
    return _has_all_rights(request) or not (user and user.is_staff)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """A group gives rights to its members, so only superusers change groups."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _has_all_rights(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has_all_rights(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has_all_rights(request)


@admin.register(LogEntry)
class LogEntryAdmin(LookOnlyAdmin):
    """Everything staff changed in the admin: who, what, when. Django writes it; it is read-only."""

    list_display = ("time", "user", "action", "content_type", "changed", "details")
    list_display_links = None
    list_filter = (
        ("user", AutocompleteSelectFilter),
        ("action_time", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("user", "content_type")
    search_fields = ("object_id__exact", "object_repr")
    search_help_text = _("ID or name of the object")
    fields = ("time", "user", "action", "content_type", "changed", "details")

    @admin.display(description=_("time"), ordering="action_time")
    def time(self, entry: LogEntry) -> datetime:
        return entry.action_time

    @admin.display(description=_("action"), ordering="action_flag")
    def action(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description=_("details"))
    def details(self, entry: LogEntry) -> str:
        return str(entry.get_change_message())

    @admin.display(description=_("object"), ordering="object_repr")
    def changed(self, entry: LogEntry) -> str:
        try:
            address = entry.get_admin_url()
        except NoReverseMatch:
            address = None
        if address is None or entry.is_deletion():
            return entry.object_repr
        return format_html('<a class="ob-link" href="{}">{}</a>', address, entry.object_repr)


@admin.register(AccessAttempt)
class FailedLoginAdmin(LookOnlyAdmin):
    """Wrong passwords by username and address. Deleting an entry ends the lock early."""

    list_display = ("username", "address", "failures", "locked", "time")
    list_filter = (("attempt_time", WholeDaysFilter),)
    list_filter_submit = True
    ordering = ("-attempt_time",)
    search_fields = ("username", "ip_address")
    search_help_text = _("Username or IP address")
    actions = None
    fields = ("username", "address", "user_agent", "failures", "time")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(description=_("IP address"), ordering="ip_address")
    def address(self, attempt: Any) -> str:
        return str(attempt.ip_address)

    @admin.display(description=_("wrong passwords"), ordering="failures_since_start")
    def failures(self, attempt: Any) -> int:
        return int(attempt.failures_since_start)

    @admin.display(description=_("last attempt"), ordering="attempt_time")
    def time(self, attempt: Any) -> datetime:
        moment: datetime = attempt.attempt_time
        return moment

    @admin.display(description=_("locked"), boolean=True)
    def locked(self, attempt: Any) -> bool:
        return bool(
            attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
            and attempt.attempt_time > now() - settings.AXES_COOLOFF_TIME
        )
