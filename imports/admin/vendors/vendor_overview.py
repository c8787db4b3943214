"""The overview of a vendor, to which the list of vendors leads."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from imports.admin.row_pages import row_page
from imports.admin.vendors.vendor_page import LISTED, vendor_page
from vendors.models import Vendor

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

    from config.admin_base import ModelAdmin as Base
else:
    from unfold.views import ChangeList

    Base = object


class VendorList(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return overview_url(result)


class VendorOverview(Base):
    """The part of the admin of vendors that shows an overview of each."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return VendorList

    def get_urls(self) -> list[URLPattern]:
        return [row_page(self, "overview", self.overview_view), *super().get_urls()]

    def overview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Raises Http404 if there is no such vendor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        vendor = self.get_object(request, unquote(object_id))
        if vendor is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            **vendor_page(vendor, request.user.has_perm),
            "title": str(vendor),
            "opts": self.opts,
            "listed": LISTED,
            "may_change": self.has_change_permission(request, vendor),
        }
        return TemplateResponse(request, "imports/admin/vendor.html", context)


def overview_url(vendor: Vendor) -> str:
    return reverse("admin:vendors_vendor_overview", args=[quote(vendor.pk)])
