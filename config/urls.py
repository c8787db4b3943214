"""URLs: the admin for staff, the REST API for programs; everything else is the portal."""

from django.contrib import admin
from django.urls import include, path

from onboarding.api.api import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("onboarding.urls")),
]

handler500 = "onboarding.views.server_error.server_error"
