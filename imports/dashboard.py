"""The admin site."""

from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    pass
