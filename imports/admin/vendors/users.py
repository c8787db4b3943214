"""The page of a user, with what it does besides what vendors/admin.py shows: superusers reset the
two-step login of people who have lost their phone, and the person gets an email."""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from imports.people import factor_notice
from imports.people.factor_notice import Change
from vendors import admin as vendors_admin
from vendors import second_factor

log = logging.getLogger(__name__)

admin.site.unregister(User)
# Of django-allauth: secrets, and a table that stays empty.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)


@admin.register(User)
class UserAdmin(vendors_admin.UserAdmin):
    fieldsets = (
        *(vendors_admin.UserAdmin.fieldsets or ()),
        (_("Two-step login"), {"fields": ("two_step",)}),
    )
    actions = ("reset_two_step",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "two_step")

    @admin.display(description=_("second factors"))
    def two_step(self, user: User) -> str:
        """Which, since when. Not their secrets."""
        if user.pk is None:
            return "–"
        factors = second_factor.factors_of(user.pk).order_by("pk")
        words = [f"{each} ({each.created_at:%Y-%m-%d})" for each in factors]
        return ", ".join(words) or gettext("None")

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    @admin.action(description=_("Reset two-step login of selected users"), permissions=["reset"])
    def reset_two_step(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """They log in with the password alone until they set it up again."""
        had = [user for user in queryset if second_factor.reset(user.pk)]
        for user in had:
            self.log_change(request, user, gettext("Two-step login reset"))
            self.email(request, user)
        text = ngettext(
            "Two-step login of %(count)s user reset.",
            "Two-step login of %(count)s users reset.",
            len(had),
        )
        self.message_user(request, text % {"count": len(had)})

    def email(self, request: HttpRequest, user: User) -> None:
        try:
            factor_notice.send(user, Change.RESET)
        except (BotoCoreError, ClientError) as error:
            log.error("no email about the reset of two-step login to user %s: %s", user.pk, error)
            text = gettext("We couldn’t email %(name)s. Let them know yourself.")
            self.message_user(request, text % {"name": user.get_username()}, messages.WARNING)
