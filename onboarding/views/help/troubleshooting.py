"""The troubleshooting page: what vendors ask, and the answers."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from onboarding.help.help import error_codes
from onboarding.help.troubleshooting import questions, vendors_dataset


@require_safe
@login_not_required
def troubleshooting(request: HttpRequest) -> HttpResponse:
    dataset = vendors_dataset()
    return render(
        request,
        "onboarding/troubleshooting.html",
        {
            "dataset": dataset,
            "questions": questions(dataset),
            "errors": {error.code: error for error in error_codes(dataset)},
        },
    )
