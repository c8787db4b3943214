"""Metrics for a Prometheus server, which shows a token of its own."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from imports.monitoring.prometheus import CONTENT_TYPE, exposition, measure


@login_not_required
@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Nothing is queried unless the token is right. Raises Http404 if METRICS_TOKEN is not set."""
    if not settings.METRICS_TOKEN:
        raise Http404("no token is set")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(measure()), content_type=CONTENT_TYPE)
