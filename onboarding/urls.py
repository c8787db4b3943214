"""The portal's addresses."""

from django.urls import path

from onboarding import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
