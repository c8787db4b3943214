"""The page that asks what the columns of a file are, and imports the file with the answer."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.category_names import comparable
from imports import actions
from imports.datasets import all_datasets, label_of
from imports.mapping import memory
from imports.models import ColumnMapping, HeaderMemory, Upload, ValueMap
from imports.rules.matching import Answers
from imports.rules.text import Approved, approved_in
from onboarding.uploads.column_choice import MAX_WRONG, ColumnForm, question_of
from onboarding.uploads.encodings import readings_of
from onboarding.views.uploads.encoding import encoding_page
from onboarding.views.uploads.upload import acted, by, get_actionable_upload
from vendors.access import access_of

PER_PAGE = 50  # names
MOST_FILES = 100


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, upload_id: str) -> HttpResponse:
    upload = get_actionable_upload(request, upload_id)
    if upload.is_being_finished:
        return render(request, "onboarding/columns_wait.html", {"upload": upload})
    if found := readings_of(upload):
        return encoding_page(request, upload, found)
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
    answers = form.question.answers(form.choice)
    return acted(
        request,
        upload.upload_id,
        lambda: actions.import_as_mapped(upload.upload_id, answers, by=by(request)),
        gettext("We’ll read your next file with these columns the same way."),
    )


@require_safe
def remembered(request: HttpRequest) -> HttpResponse:
    """What vendors said about columns: the person's vendor, or for staff all vendors."""
    access = access_of(request.user)
    names = HeaderMemory.objects.visible_to(access).select_related("vendor", "by")
    files = ColumnMapping.objects.visible_to(access).select_related("vendor", "by")
    values = ValueMap.objects.visible_to(access).select_related("vendor", "by")
    found = Paginator(names, PER_PAGE).get_page(request.GET.get("page"))
    values_page = Paginator(values, PER_PAGE).get_page(request.GET.get("values"))
    is_broken = broken_values()
    page = {
        "access": access,
        "page": found,
        "names": [(name, label_of(name.dataset, name.key)) for name in found],
        "values": [
            (each, label_of(each.dataset, each.column_name), is_broken(each))
            for each in values_page
        ],
        "values_page": values_page,
        "files": [(file, constants_of(file)) for file in files[:MOST_FILES]],
    }
    return render(request, "onboarding/remembered.html", page)


def broken_values() -> Callable[[ValueMap], bool]:
    """A function that tells whether a value is replaced by one that is no longer on its list."""
    lists: dict[tuple[str, str], set[str] | None] = {}

    def is_broken(value: ValueMap) -> bool:
        key = (value.dataset, value.column_name)
        if key not in lists:
            rule = rule_with_list(*key)
            lists[key] = set(map(comparable, rule.names())) if rule else None
        names = lists[key]
        return names is not None and comparable(value.text) not in names

    return is_broken


def rule_with_list(dataset: str, column: str) -> Approved | None:
    """The rule of a column that has a list to choose from."""
    found = all_datasets().get(dataset)
    return approved_in(found.by_key[column]) if found and column in found.by_key else None


def constants_of(file: ColumnMapping) -> list[tuple[str, str]]:
    """(label, text) of the columns that have one text for all rows."""
    constants = Answers.from_json(file.answers).constants
    return [(label_of(file.dataset, key), text) for key, text in constants.items()]


@require_POST
def forget(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Ask again about a name or about files of one header; replace a value no longer."""
    access = access_of(request.user)
    of_kind = {"name": HeaderMemory, "file": ColumnMapping, "value": ValueMap}
    rows = of_kind[kind].objects.visible_to(access)
    row = get_object_or_404(rows, pk=number)
    if not access.acts:
        raise PermissionDenied("may view what is remembered, not delete it")
    if isinstance(row, HeaderMemory):
        memory.forget(row)
    else:
        row.delete()
    text = gettext("Forgotten. We’ll ask again when a file has it.")
    messages.success(request, gettext("Forgotten.") if kind == "value" else text)
    return redirect("remembered")
