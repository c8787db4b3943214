"""The admin site: one door, its own content policy, and a first page that says how imports do."""

from typing import TYPE_CHECKING, Any

from csp.decorators import csp
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from imports.admin import dashboard_stats

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    index_title = "Dashboard"
    index_template = "imports/admin/dashboard.html"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the admin gets the admin's policy; errors and all else the portal's."""
        return csp(settings.ADMIN_CONTENT_SECURITY_POLICY)(super().admin_view(view, cacheable))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one login page, the portal's, and one throttle on it.

        Raises PermissionDenied for people who are logged in and are not staff.
        """
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        index = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(index)
        return redirect_to_login(request.GET.get("next") or index, resolve_url(settings.LOGIN_URL))

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from imports.admin import troubleshooting  # noqa: PLC0415 - models are not there before

        page = self.admin_view(troubleshooting.page)
        return [path("troubleshooting/", page, name="troubleshooting"), *super().get_urls()]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**dashboard(request), **(extra_context or {})})


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """The figures this person may see."""
    may = request.user.has_perm
    context: dict[str, Any] = {}
    if may("imports.view_upload"):
        days = dashboard_stats.days()
        context |= {
            "days": list(reversed(days)),
            "most_uploads": max(day.uploads for day in days) or 1,
            "total": dashboard_stats.total(days),
            "in_progress": dashboard_stats.in_progress(),
        }
    if may("imports.view_rowerror"):
        found = dashboard_stats.top_error_types()
        context |= {
            "error_types": found,
            "most_errors": max((each.count for each in found.types), default=1),
        }
    if may("imports.view_alarm"):
        context["alarms"] = dashboard_stats.open_alarms()
    return context
