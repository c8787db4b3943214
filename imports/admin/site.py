"""The admin site: one login page, its own content security policy, and a dashboard of imports."""

from typing import TYPE_CHECKING, Any

from csp.decorators import csp
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from imports.admin.dashboard import attention, dashboard_stats
from imports.monitoring.stalled import STALLED_AFTER
from imports.rules.quantities import minutes
from vendors.access import VIEW_UPLOADS

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    index_title = _("Dashboard")
    index_template = "imports/admin/dashboard.html"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Admin pages get the admin's policy; error pages and all others get the portal's."""
        return csp(settings.ADMIN_CONTENT_SECURITY_POLICY)(super().admin_view(view, cacheable))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The portal's login page is the only one, so that one throttle protects it.

        Raises PermissionDenied for users who are logged in and are not staff.
        """
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        index = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(index)
        return redirect_to_login(request.GET.get("next") or index, resolve_url(settings.LOGIN_URL))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Called as in the menu."""
        title = {"title": _("Change password")}
        return super().password_change(request, {**title, **(extra_context or {})})

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Raises Http404 for a page that is not there."""
        try:
            return super().search(request, extra_context)  # type: ignore[no-any-return, misc]
        except InvalidPage as error:
            raise Http404("no such page") from error

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # Models are loaded later than this module.
        from imports.admin import troubleshooting  # noqa: PLC0415
        from imports.admin.catalog import ledger  # noqa: PLC0415
        from imports.admin.dashboard import system  # noqa: PLC0415

        pages = {
            "troubleshooting": troubleshooting.page,
            "system": system.page,
            "find": ledger.page,
        }
        return [
            *(path(f"{name}/", self.admin_view(page), name=name) for name, page in pages.items()),
            *super().get_urls(),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Built when a page asks for it: each gets it, and the sidebar of ours shows another."""
        return SimpleLazyObject(lambda: UnfoldAdminSite.get_app_list(self, request, app_label))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**dashboard(request), **(extra_context or {})})


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """The numbers that this user may see."""
    may = request.user.has_perm
    context: dict[str, Any] = {}
    if may(VIEW_UPLOADS):
        days = dashboard_stats.days()
        context |= {
            "days": list(reversed(days)),
            "today": days[-1],
            "total": dashboard_stats.total(days),
            "figure": dashboard_stats.uploads_by_day(days),
            "in_progress": dashboard_stats.in_progress(),
            "stalled_after": minutes(STALLED_AFTER.total_seconds()),
        }
    if may("imports.view_rowerror"):
        found = dashboard_stats.top_error_types()
        context |= {
            "error_types": found,
            "error_days": dashboard_stats.ERROR_DAYS,
            "most_errors": max((each.count for each in found.types), default=1),
        }
    if may("imports.view_alarm"):
        context["alarms"] = dashboard_stats.open_alarms()
    context["waiting"] = attention.of_day(request)
    return context
