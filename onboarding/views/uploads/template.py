"""The templates to download: a file of a data set with one correct row, or a workbook with none."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from imports.dataset import Dataset
from imports.formats import workbook_writer
from imports.formats.file_types import XLSX
from onboarding.datasets import datasets_for
from onboarding.help.known import known
from onboarding.views.help.help import ask_for_login
from vendors.access import access_of


@require_safe
@login_not_required
def template(request: HttpRequest, dataset: str, extension: str) -> HttpResponse:
    """Raises Http404 for another kind of file than the data set's."""
    datasets = datasets_for(access_of(request.user))
    if dataset not in datasets:
        return ask_for_login(request, dataset)
    found = datasets[dataset]
    if extension == "xlsx" and found.format.may_be_workbook:
        content, media_type = known(request, workbook, found), XLSX
    elif extension == found.format.extension:
        content = found.format.template(found)
        media_type = f"{found.format.media_type}; charset=utf-8"
    else:
        raise Http404(extension)
    name = f"{found.key}-template.{extension}"
    return HttpResponse(
        content,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def workbook(dataset: Dataset) -> bytes:
    return workbook_writer.template(dataset, dataset.title)
