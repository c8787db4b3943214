"""The first page: what needs doing, what is in progress, what came last, and totals."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imports.reports.corrections import corrected
from imports.reports.quality import quality_of
from onboarding.home.home import MOST_IN_PROGRESS, in_progress, last_uploads, totals_of
from onboarding.home.to_do import DAYS, DAYS_UNREAD, MOST, to_do
from vendors.access import access_of

SHOWN = 8  # tasks; the others are folded


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    found = to_do(access)
    running = in_progress(access)
    last = last_uploads(access)
    totals = totals_of(access)
    page = {
        "access": access,
        "to_do": found,
        "tasks_shown": found.tasks[:SHOWN],
        "tasks_folded": found.tasks[SHOWN:],
        "most": MOST,
        "days": DAYS,
        "days_unread": DAYS_UNREAD,
        "running": running[:MOST_IN_PROGRESS],
        "runs_more": len(running) > MOST_IN_PROGRESS,
        "last": last,
        "corrected": corrected(last),
        "totals": totals,
        "quality": quality_of(access),
        "is_new": not (last or totals.products),
    }
    return render(request, "onboarding/home.html", page)
