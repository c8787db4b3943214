"""The upload form: it checks the file, stores it and leaves the rest to the pipeline."""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from config.logging import about
from config.web_server import BODY_REJECTED
from imports.dataset import Dataset
from imports.intake import receive
from imports.models import Upload
from imports.rules.refusals import Refused
from imports.rules.wording import in_megabytes
from onboarding.datasets import datasets_for
from onboarding.middleware.for_vendor import vendor_to_say
from onboarding.uploads.forms import UploadForm
from onboarding.uploads.modes import choice_of
from onboarding.uploads.storing import store
from onboarding.uploads.upload_checks import browser_check, check, refuse_if_cut
from onboarding.views.uploads.vendors import suggested
from vendors.access import Access, access_of
from vendors.models import Vendor

log = logging.getLogger(__name__)


def new_upload(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    if not access.acts:
        return render(request, "onboarding/no_vendor.html", {"access": access}, status=403)
    datasets = datasets_for(access)
    dataset = dataset_of(request, datasets)
    filled = (request.POST, request.FILES) if request.method == "POST" else ()
    page = form_page(access, datasets, dataset, *filled, wanted=request.GET.getlist("mode"))
    if request.method != "POST":
        return render(request, "onboarding/new_upload.html", page)

    form = page["form"]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        refuse_if_cut(request, dataset)
        if form.is_valid():
            vendor = form.cleaned_data.get("vendor")
            if dataset.by_vendor and vendor is None:
                vendor = Vendor.objects.visible_to(access).get()
            file, choice = form.cleaned_data["file"], form.cleaned_data["mode"]
            is_understood = check(file, dataset=dataset, mode=choice.mode, vendor=vendor)
            upload = receive.open_upload(
                vendor=vendor,
                dataset=dataset.key,
                mode=choice.mode,
                only_check=choice.only_check,
                file_name=file.name,
                size=file.size,
                by=request.user,
            )
            if store(upload, file):
                page_name = "upload" if is_understood else "columns"
                response = redirect(page_name, upload.upload_id)
                response.status_code = HTTPStatus.SEE_OTHER
                return response
            page["unstored"] = upload
            status = HTTPStatus.SERVICE_UNAVAILABLE
    except Refused as refused:
        page["refused"] = refused
        record(refused, request, form, dataset)
    return render(request, "onboarding/new_upload.html", page, status=status)


def form_page(
    access: Access,
    datasets: dict[str, Dataset],
    dataset: Dataset,
    *filled: Any,
    wanted: Sequence[str] = (),
) -> dict[str, Any]:
    """What the page of the form shows; `wanted` is what is chosen at first in the field `mode`."""
    senders = Vendor.objects.visible_to(access)
    asks_vendor = access.sees_all and dataset.by_vendor
    return {
        "access": access,
        "vendor": vendor_to_say(access.user),
        "form": UploadForm(
            *filled, dataset=dataset, senders=senders, ask_vendor=asks_vendor, wanted=wanted
        ),
        "vendors": suggested(senders, "") if asks_vendor else (),
        "dataset": dataset,
        "datasets": datasets.values(),
        "browser_check": json.dumps(browser_check(dataset)),
        "max_bytes": in_megabytes(dataset.byte_limit),
    }


def record(
    refused: Refused,
    request: HttpRequest,
    form: UploadForm,
    dataset: Dataset,
    *,
    size: int | None = None,
) -> None:
    """List the rejected file among the vendor's uploads, if it is clear whose it is."""
    access = access_of(request.user)
    vendor = None
    if dataset.by_vendor and access.sees_all:
        form.is_valid()
        vendor = getattr(form, "cleaned_data", {}).get("vendor")
    elif dataset.by_vendor:
        vendor = Vendor.objects.visible_to(access).first()
    if dataset.by_vendor and vendor is None:
        return
    file = request.FILES.get("file") if size is None else None
    choice = choice_of([mode for mode in request.POST.getlist("mode") if mode in dataset.modes])
    upload = receive.refuse_at_form(
        refused,
        vendor=vendor,
        dataset=dataset.key,
        mode=choice.mode if choice else Upload.Mode.CREATE,
        only_check=choice is not None and choice.only_check,
        file_name=(file and file.name) or gettext("Name unknown"),
        size=size_of(request, file) if size is None else size,
        by=request.user,
    )
    with about(upload_id=upload.upload_id, vendor_id=upload.vendor_prefix):
        log.info("refused at the form: %s", refused.code)


def size_of(request: HttpRequest, file: "UploadedFile[bytes] | None") -> int:
    """In bytes; of a file that did not arrive, that of the request."""
    if file is not None:
        return file.size or 0
    return int(request.META.get("CONTENT_LENGTH") or 0)


def refuse_size(request: HttpRequest, size: int) -> HttpResponse:
    """The page for a file that is too large for every data set of the person, before it is sent."""
    access = access_of(request.user)
    datasets = datasets_for(access)
    dataset = dataset_of(request, datasets)
    page = form_page(access, datasets, dataset)
    try:
        dataset.refuse_by_size(size)
    except Refused as refused:
        page["refused"] = refused
        if BODY_REJECTED in request.META:  # and not only asked
            record(refused, request, page["form"], dataset, size=size)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "onboarding/new_upload.html", page, status=status)


def dataset_of(request: HttpRequest, datasets: dict[str, Dataset]) -> Dataset:
    """The data set of the form: the one named in the request, or the first. Raises Http404."""
    key = request.POST.get("dataset") or request.GET.get("dataset") or next(iter(datasets))
    if key not in datasets:
        raise Http404(key)
    return datasets[key]
