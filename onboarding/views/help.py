"""How a file must look: the help page and the template, both from the data set's declarations;
and what helps when something goes wrong.

Everybody may read about what vendors upload; what only staff upload is for staff.
"""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from imports.datasets import all_datasets
from imports.rules.wording import in_megabytes
from onboarding.answers import answered, sent_by_vendors
from onboarding.datasets import offered
from onboarding.help import approved_lists, error_codes, refusals
from onboarding.modes import modes_of
from vendors.access import access_of


@require_safe
@login_not_required
def datasets_offered(request: HttpRequest) -> HttpResponse:
    """Help in general is the help of the first data set; its page leads to the others."""
    return redirect("help", next(iter(offered(access_of(request.user)))))


@require_safe
@login_not_required
def show(request: HttpRequest, dataset: str) -> HttpResponse:
    datasets = offered(access_of(request.user))
    if dataset not in datasets:
        return not_for_all(request, dataset)
    found = datasets[dataset]
    return render(
        request,
        "onboarding/help.html",
        {
            "dataset": found,
            "datasets": datasets.values(),
            "modes": modes_of(found),
            "max_bytes": in_megabytes(found.byte_limit),
            "codes": error_codes(found),
            "refusals": refusals(found),
            "identity_label": found.label(found.identity),
            "lists": approved_lists(found),
        },
    )


@require_safe
@login_not_required
def troubleshooting(request: HttpRequest) -> HttpResponse:
    """What vendors ask, and the answers."""
    dataset = sent_by_vendors()
    page = {"dataset": dataset, "troubles": answered(dataset)}
    return render(request, "onboarding/troubleshooting.html", page)


@require_safe
@login_not_required
def template(request: HttpRequest, dataset: str, extension: str) -> HttpResponse:
    """A file with one row that is right. Raises Http404 for another kind of file."""
    datasets = offered(access_of(request.user))
    if dataset not in datasets:
        return not_for_all(request, dataset)
    found = datasets[dataset]
    if extension != found.format.extension:
        raise Http404(extension)
    name = f"{found.key}-template.{extension}"
    return HttpResponse(
        found.format.template(found),
        content_type=found.format.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def not_for_all(request: HttpRequest, key: str) -> HttpResponse:
    """To the login, where that may open the data set of this key. Raises Http404 else."""
    if key in all_datasets() and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    raise Http404(key)
