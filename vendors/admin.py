"""Staff's pages about people: vendors with their members, users, groups, and what staff did."""

from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.timezone import now
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.admin_base import LookOnlyAdmin, ModelAdmin, TabularInline, WholeDaysFilter
from vendors.models import Member, Vendor

if TYPE_CHECKING:
    from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
    from django.contrib.auth.admin import UserAdmin as BaseUserAdmin

    DjangoUserAdmin = BaseUserAdmin[Any]
else:
    from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MemberInline(TabularInline):
    model = Member
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name_plural = "members: people who upload for this vendor"


@admin.register(Vendor)
class VendorAdmin(ModelAdmin):
    """Vendors are never deleted, because uploads and products point at them: deactivate them."""

    list_display = ("vendor_id", "name", "contact_email", "is_active", "people", "created_at")
    list_filter = (("is_active", BooleanRadioFilter),)
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("vendor_id", "name", "contact_email")
    search_help_text = "Vendor ID, name or e-mail"
    fields = ("vendor_id", "name", "contact_email", "is_active", "created_at")
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vendor]:
        members = Member.objects.filter(vendor=OuterRef("pk")).order_by().values("vendor")
        counts = members.annotate(count=Count("*")).values("count")
        vendors: QuerySet[Vendor] = super().get_queryset(request)
        return vendors.annotate(member_count=Coalesce(Subquery(counts), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The id is part of S3 keys and of every row that belongs to the vendor.
        return ("created_at",) if obj is None else ("vendor_id", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="members")
    def people(self, vendor: Any) -> int:
        return int(vendor.member_count)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "acts_for", "is_staff", "is_active", "last_login")
    list_filter = (
        ("is_staff", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ("membership__vendor",)
    search_help_text = "User name, name or e-mail"

    @admin.display(description="acts for")
    def acts_for(self, user: User) -> str:
        membership = getattr(user, "membership", None)
        return str(membership.vendor) if membership else "–"

    # Whoever may edit people must not be able to give rights, or take over those who have all.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _has_all_rights(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: the record of what a person did would go with them. Deactivate them."""
        return False


def _has_all_rights(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: Any) -> bool:
    return _has_all_rights(request) or not (user and user.is_staff)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(LogEntry)
class LogEntryAdmin(LookOnlyAdmin):
    """Everything staff did in the admin: who, what, when. Django writes it, nobody edits it."""

    list_display = ("action_time", "user", "did", "content_type", "what", "get_change_message")
    list_display_links = None
    list_filter = (
        ("user", AutocompleteSelectFilter),
        ("action_time", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("user", "content_type")
    search_fields = ("object_id__exact", "object_repr")
    search_help_text = "ID or name of what was changed"
    fields = ("action_time", "user", "did", "content_type", "what", "get_change_message")

    @admin.display(description="did", ordering="action_flag")
    def did(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description="to", ordering="object_repr")
    def what(self, entry: LogEntry) -> str:
        try:
            address = entry.get_admin_url()
        except NoReverseMatch:
            address = None
        if address is None or entry.is_deletion():
            return entry.object_repr
        return format_html('<a class="ob-link" href="{}">{}</a>', address, entry.object_repr)


@admin.register(AccessAttempt)
class FailedLoginAdmin(LookOnlyAdmin):
    """Wrong passwords by name and address. Deleting an entry ends a lock before its time."""

    list_display = ("username", "ip_address", "failures_since_start", "locked", "attempt_time")
    list_filter = (("attempt_time", WholeDaysFilter),)
    list_filter_submit = True
    ordering = ("-attempt_time",)
    search_fields = ("username", "ip_address")
    search_help_text = "User name or address"
    actions = None
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(boolean=True)
    def locked(self, attempt: Any) -> bool:
        return bool(
            attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
            and attempt.attempt_time > now() - settings.AXES_COOLOFF_TIME
        )
