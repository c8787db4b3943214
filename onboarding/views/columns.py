"""The page that asks what the columns of a file are, and imports the file with the answer."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from imports import actions
from imports.datasets import all_datasets, layout_of
from imports.formats.sample import Sample
from imports.mapping.question import Question
from imports.models import FileSample, Upload
from onboarding.column_choice import ColumnForm
from onboarding.views.upload import by, get_actionable_upload

MAX_WRONG = 0.5  # of the sample's rows; above, a person is asked whether this is right


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, upload_id: str) -> HttpResponse:
    upload = get_actionable_upload(request, upload_id)
    if upload.is_being_finished:
        return render(request, "onboarding/columns_wait.html", {"upload": upload})
    question = question_of(upload)
    if question is None or not upload.can_be_retried:
        return redirect("upload", upload_id)
    form = ColumnForm(question, request.POST if request.method == "POST" else None)
    day = now().date()
    status = HTTPStatus.OK
    is_doubtful = False
    if "import" in request.POST:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if not form.problems:
            is_doubtful = question.wrong_share(form.choice, day) > MAX_WRONG
            if not is_doubtful or "sure" in request.POST:
                return import_as_chosen(request, upload, form)
    page = {
        "upload": upload,
        "dataset": question.dataset,
        "form": form,
        "header": question.layout.column_names,
        "columns": question.dataset.columns,
        "read": question.read(form.choice, day),
        "columns_read": question.columns_read(form.choice),
        "is_doubtful": is_doubtful,
    }
    return render(request, "onboarding/columns.html", page, status=status)


def import_as_chosen(request: HttpRequest, upload: Upload, form: ColumnForm) -> HttpResponse:
    try:
        actions.import_as_mapped(
            upload.upload_id, form.question.answers(form.choice), by=by(request)
        )
    except actions.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, gettext("We’ll read your next file with these columns the same way.")
        )
    return redirect("upload", upload.upload_id)


def question_of(upload: Upload) -> Question | None:
    """What to ask about the upload's file; None if there is nothing to ask."""
    dataset = all_datasets().get(upload.dataset)
    if dataset is None or not upload.is_refused or upload.layout is None:
        return None
    sample = FileSample.objects.filter(upload=upload).first()
    if sample is None:
        return None
    return Question(dataset, upload.base_mode, layout_of(upload), Sample.from_json(sample.content))
