"""How a file must look: the help page and the template, both from the data set's declarations."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.refusals import ALL
from imports.report_files import lines
from imports.steps.stage import in_megabytes
from onboarding.guide import approved_lists, error_codes, template_rows, worded
from onboarding.words import modes_of


@require_safe
@login_not_required
def datasets_offered(request: HttpRequest) -> HttpResponse:
    """Help in general is the help of the first data set; its page leads to the others."""
    return redirect("help", next(iter(all_datasets())))


@require_safe
@login_not_required
def show(request: HttpRequest, dataset: str) -> HttpResponse:
    found = known(dataset)
    return render(
        request,
        "onboarding/help.html",
        {
            "dataset": found,
            "datasets": all_datasets().values(),
            "modes": modes_of(found),
            "max_bytes": in_megabytes(found.byte_limit),
            "codes": error_codes(found),
            "refusals": [(refusal, worded(refusal.message)) for refusal in ALL],
            "identity_label": found.label(found.identity),
            "lists": approved_lists(found),
        },
    )


@require_safe
@login_not_required
def template(request: HttpRequest, dataset: str) -> HttpResponse:
    """A file with the header, required columns marked by *, and one row that is right."""
    found = known(dataset)
    return HttpResponse(
        b"".join(lines(template_rows(found))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.key}-template.csv"'},
    )


def known(key: str) -> Dataset:
    """The data set of this key. Raises Http404."""
    try:
        return all_datasets()[key]
    except KeyError as error:
        raise Http404(key) from error
