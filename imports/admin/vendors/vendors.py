"""The page of a vendor: set up with its first owner, its members, invitations, deactivation."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from imports.admin import cells
from imports.admin.vendors import vendor_review
from imports.admin.vendors.vendor_overview import VendorOverview
from imports.models import VendorQuality
from imports.people import invitations, vendor_state
from vendors import admin as vendors_admin
from vendors import team
from vendors.models import Member, Vendor
from vendors.names import MAX_USERNAME

if TYPE_CHECKING:
    VendorModelForm = forms.ModelForm[Vendor]
    MemberFormSet = BaseInlineFormSet[Member, Vendor, forms.ModelForm[Member]]
else:
    VendorModelForm = forms.ModelForm
    MemberFormSet = BaseInlineFormSet

admin.site.unregister(Vendor)


def counted(text: str, count: int) -> list[str]:
    """The sentence with the count; none if there is nothing to count."""
    return [text % {"count": cells.number(count)}] if count else []


class NewVendorForm(VendorModelForm):
    """A company, its ID, and one person, who is invited."""

    owner = forms.EmailField(
        label=_("Email of the first owner"),
        max_length=MAX_USERNAME,
        widget=UnfoldAdminEmailInputWidget,
        help_text=_(
            "We send an invitation. The person chooses a password, and can invite others. Also the "
            "contact email, until you change that."
        ),
    )

    class Meta:
        model = Vendor
        fields = ("name", "vendor_id")


class VendorForm(vendor_review.ReviewForm):
    invite = forms.EmailField(
        label=_("Invite"),
        max_length=MAX_USERNAME,
        required=False,
        widget=UnfoldAdminEmailInputWidget,
        help_text=_("Email address. The link in the invitation works once, for 7 days."),
    )
    invite_as = forms.ChoiceField(
        label=_("as"),
        choices=Member.Role.choices,
        initial=Member.Role.OWNER,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    sure = forms.BooleanField(
        label=_("I know what deactivating it does"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    class Meta:
        model = Vendor
        fields = ("name", "contact_email", "is_active", "review")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        is_deactivated = "is_active" in self.changed_data and not cleaned.get("is_active")
        if is_deactivated and not cleaned.get("sure"):
            text = _("Read what deactivating it does, and confirm it.")
            raise ValidationError({"sure": text})
        return cleaned


class Members(MemberFormSet):
    """A vendor that has an owner keeps one."""

    def clean(self) -> None:
        super().clean()
        owners = Member.objects.filter(vendor=self.instance, role=Member.Role.OWNER)
        had_one = owners.filter(user__is_active=True).exists()
        filled = [each for each in self.forms if each.cleaned_data.get("user")]
        if any(each.instance.pk and "user" in each.changed_data for each in filled):
            raise ValidationError(_("Remove the member and invite the other person."))
        left = [
            each
            for each in filled
            if each.cleaned_data.get("role") == Member.Role.OWNER
            and each.cleaned_data["user"].is_active
            and not each.cleaned_data.get("DELETE")
        ]
        if had_one and not left:
            raise ValidationError(_("A vendor needs an owner. Make another member an owner first."))


class MemberInline(vendors_admin.MemberInline):
    formset = Members
    fields = ("user", "role")


@admin.register(Vendor)
class VendorAdmin(VendorOverview, vendors_admin.VendorAdmin):
    inlines = (MemberInline,)
    list_display: Any = (*vendors_admin.VendorAdmin.list_display, "quality_score")
    list_select_related = ("quality",)
    readonly_fields = ("what_follows", "open_invitations")

    @admin.display(description=_("quality"), ordering="quality__score")
    def quality_score(self, vendor: Vendor) -> str:
        found: VendorQuality | None = getattr(vendor, "quality", None)
        return "–" if found is None else str(found.score)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **more: Any) -> Any:
        more["form"] = VendorForm if obj else NewVendorForm
        return super().get_form(request, obj, *args, **more)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *self.readonly_fields)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "vendor_id", "owner")}),)
        may = self.has_change_permission(request, obj)
        return (
            (None, {"fields": ("vendor_id", "name", "contact_email", "created_at")}),
            (
                _("Active"),
                {"fields": ("is_active", "what_follows", *(("sure",) if may else ()))},
            ),
            vendor_review.FIELDSET,
            (
                _("Invitations"),
                {"fields": (*((("invite", "invite_as"),) if may else ()), "open_invitations")},
            ),
        )

    @admin.display(description=_("if you change it"))
    def what_follows(self, vendor: Vendor) -> str:
        """Of the vendor as it is stored: the form on the page may say otherwise."""
        stored = Vendor.objects.get(pk=vendor.pk)
        if not stored.is_active:
            since = stored.deactivated_at
            text = gettext("Inactive since %(time)s. Activating it sends an email to each member.")
            return text % {"time": cells.moment(since) if since else gettext("an unknown time")}
        found = vendor_state.consequences(stored)
        lines = [
            gettext("Its files are rejected, however they are sent."),
            *counted(
                ngettext(
                    "%(count)s product stays in the catalog as it is.",
                    "%(count)s products stay in the catalog as they are.",
                    found.products,
                ),
                found.products,
            ),
            *counted(
                ngettext(
                    "%(count)s member sees a notice on every page, and gets one email now.",
                    "%(count)s members see a notice on every page, and get one email now.",
                    found.members,
                ),
                found.members,
            ),
            *counted(
                ngettext(
                    "%(count)s schedule still runs, and its files are rejected.",
                    "%(count)s schedules still run, and their files are rejected.",
                    found.schedules,
                ),
                found.schedules,
            ),
            *counted(
                ngettext(
                    "%(count)s API token answers 403 until the vendor is active again.",
                    "%(count)s API tokens answer 403 until the vendor is active again.",
                    found.tokens,
                ),
                found.tokens,
            ),
            *counted(
                ngettext(
                    "%(count)s webhook hears of the rejected files.",
                    "%(count)s webhooks hear of the rejected files.",
                    found.webhooks,
                ),
                found.webhooks,
            ),
            *counted(
                ngettext(
                    "%(count)s open invitation ends.",
                    "%(count)s open invitations end.",
                    found.invitations,
                ),
                found.invitations,
            ),
        ]
        return format_html(
            '<ul class="ob-list" id="what-follows">{}</ul>',
            format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
        )

    @admin.display(description=_("open invitations"))
    def open_invitations(self, vendor: Vendor) -> str:
        found = invitations.open_ones(vendor)
        every = f"{reverse('admin:imports_invitation_changelist')}?vendor__pk__exact={vendor.pk}"
        lines = [
            gettext("%(to)s, as %(role)s: %(outcome)s, email %(state)s")
            % {
                "to": each.to,
                "role": each.role_title.lower(),
                "outcome": each.outcome.label.lower(),
                "state": each.get_state_display().lower(),
            }
            for each in found
        ] or [gettext("None")]
        return format_html(
            '<ul class="ob-list">{}</ul>{}',
            format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
            cells.link(every, gettext("All invitations of this vendor")),
        )

    # --- saving --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Vendor, form: Any, change: bool) -> None:
        """Only what was changed, so that a page opened earlier takes nothing back."""
        chosen = form.cleaned_data
        if not change:
            obj.contact_email = chosen["owner"].lower()
            obj.save()
            self._invite(request, obj, chosen["owner"], Member.Role.OWNER)
            return
        changed = [name for name in form.changed_data if name in ("name", "contact_email")]
        if changed:
            obj.save(update_fields=changed)
        vendor_review.save_chosen(obj, form)
        if "is_active" in form.changed_data:
            vendor_state.set_active(obj.pk, is_active=chosen["is_active"])
        if chosen.get("invite"):
            self._invite(request, obj, chosen["invite"], chosen.get("invite_as") or "owner")

    def _invite(self, request: HttpRequest, vendor: Vendor, to: str, role: str) -> None:
        try:
            by = cast("User", request.user)
            found = invitations.invite(vendor_id=vendor.pk, to=to, role=role, by=by)
        except invitations.CannotInvite as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        text = gettext("We’re sending an invitation to %(to)s.") % {"to": found.to}
        self.message_user(request, text, messages.SUCCESS)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """As the vendor's owners change members, so that their tokens end with them."""
        formset.save(commit=False)
        try:
            for member, _fields in formset.changed_objects:
                team.change_role(member, member.role)
            for member in formset.deleted_objects:
                team.remove(member, by=cast("User", request.user))
        except team.LastOwner:  # another page was faster
            text = gettext("A vendor needs an owner. Make another member an owner first.")
            self.message_user(request, text, messages.ERROR)
        for member in formset.new_objects:
            member.save()
