"""URLs: the admin for staff; everything else is the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("onboarding.urls")),
]

handler500 = "onboarding.views.server_error.server_error"
