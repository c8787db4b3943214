"""The help page: what a file must look like, from the data set's declarations.

Anyone may read about what vendors upload; what only staff upload is for staff.
"""

import json

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from imports.datasets import all_datasets
from imports.rules.wording import in_megabytes
from onboarding.datasets import datasets_for
from onboarding.help.help import (
    approved_lists,
    file_error_codes,
    hold_reasons,
    notice_codes,
    row_error_codes,
    warning_codes,
)
from onboarding.help.json_schema import schema_of
from onboarding.help.known import known
from onboarding.uploads.modes import modes_of
from vendors.access import access_of


@require_safe
@login_not_required
def help_index(request: HttpRequest) -> HttpResponse:
    """Help in general is the help of the first data set; its page links to the others."""
    return redirect("help", next(iter(datasets_for(access_of(request.user)))))


@require_safe
@login_not_required
def help_page(request: HttpRequest, dataset: str) -> HttpResponse:
    access = access_of(request.user)
    datasets = datasets_for(access)
    if dataset not in datasets:
        return ask_for_login(request, dataset)
    found = datasets[dataset]
    return render(
        request,
        "onboarding/help.html",
        {
            "dataset": found,
            "datasets": datasets.values(),
            "modes": modes_of(found),
            "max_bytes": in_megabytes(found.byte_limit),
            "row_errors": row_error_codes(found),
            "warnings": warning_codes(found),
            "notices": notice_codes(found),
            "holds": hold_reasons(found),
            "file_errors": file_error_codes(found),
            "identity_label": found.label(found.identity),
            "lists": known(request, approved_lists, found),
            "quality": [(found.label(key), points) for key, points in found.quality.items()],
            "has_score": access.vendor_id is not None,
        },
    )


@require_safe
@login_not_required
def help_schema(request: HttpRequest, dataset: str) -> HttpResponse:
    """The rules of a row as JSON Schema, for programs that send some."""
    found = datasets_for(access_of(request.user)).get(dataset)
    if found is None:
        return ask_for_login(request, dataset)
    schema = json.dumps(known(request, schema_of, found), indent=2, ensure_ascii=False)
    return render(request, "onboarding/help_schema.html", {"dataset": found, "schema": schema})


def ask_for_login(request: HttpRequest, key: str) -> HttpResponse:
    """To the login, where that may open the data set of this key. Raises Http404 otherwise."""
    if key in all_datasets() and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    raise Http404(key)
