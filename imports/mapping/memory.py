"""What a vendor said about columns, kept for their next files. It affects no other vendor's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from imports import datasets
from imports.models import ColumnMapping, HeaderMemory, Upload
from imports.models.mapping import MAX_NAME
from imports.rules.columns import header_name
from imports.rules.matching import Answers, Known, fingerprint


def known_of(upload: Upload) -> Known:
    """What was said about this file, and by its vendor, if it has one, about earlier ones."""
    answers = Answers.from_json(upload.mapping) if upload.mapping else None
    if upload.vendor_id is None:
        return Known(this_file=answers)
    return known_of_vendor(upload.vendor_id, upload.dataset, answers)


def known_of_vendor(vendor_id: str, dataset: str, this_file: Answers | None = None) -> Known:
    names = HeaderMemory.objects.filter(vendor=vendor_id, dataset=dataset)

    @cache
    def of_header(key: str) -> Answers | None:
        mappings = ColumnMapping.objects.filter(vendor=vendor_id, dataset=dataset, fingerprint=key)
        found = mappings.values_list("answers", flat=True).first()
        return Answers.from_json(found) if found else None

    return Known(dict(names.values_list("name", "key")), of_header, this_file)


@transaction.atomic
def remember(upload: Upload, header: Sequence[str], answers: Answers, *, by: User | None) -> None:
    """Keep what was said of the upload's file for files with this header; and of each name in it
    that we would have understood differently, for files with other headers. Nothing is kept of
    files that no vendor sends, or that have no header."""
    if upload.vendor_id is None or answers.first_is_data:
        return
    kept = {"by": by, "at": now()}
    of_vendor: dict[str, Any] = {"vendor_id": upload.vendor_id, "dataset": upload.dataset}
    before = known_of_vendor(upload.vendor_id, upload.dataset).headers(fingerprint(header))
    if before and not answers.encoding:
        answers = replace(answers, encoding=before.encoding)
    ColumnMapping.objects.update_or_create(
        **of_vendor,
        fingerprint=fingerprint(header),
        defaults={"header": [*header], "answers": answers.to_json(), **kept},
    )
    by_itself = datasets.get(upload.dataset).match(header)
    understood = {source.position: key for key, source in by_itself.items()}
    said = {position: key for key, position in answers.positions.items()}
    names = {
        header_name(cell): HeaderMemory(
            **of_vendor, name=header_name(cell), written=cell, key=said.get(i, ""), **kept
        )
        for i, cell in enumerate(header)
        if said.get(i) != understood.get(i) and header_name(cell) and len(cell) <= MAX_NAME
    }
    HeaderMemory.objects.bulk_create(
        names.values(),
        update_conflicts=True,
        unique_fields=["vendor", "dataset", "name"],
        update_fields=["written", "key", "by", "at"],
    )


def remember_encoding(
    upload: Upload, header: Sequence[str], codec: str, *, by: User | None
) -> None:
    """Keep in which encoding files with this header are, beside what was said of its columns."""
    if upload.vendor_id is None or not header:
        return
    before = known_of_vendor(upload.vendor_id, upload.dataset).headers(fingerprint(header))
    answers = replace(before or Answers({}), encoding=codec)
    ColumnMapping.objects.update_or_create(
        vendor_id=upload.vendor_id,
        dataset=upload.dataset,
        fingerprint=fingerprint(header),
        defaults={"header": [*header], "answers": answers.to_json(), "by": by, "at": now()},
    )


@transaction.atomic
def forget(name: HeaderMemory) -> None:
    """Ask about this name again, and about headers that have it."""
    mappings = ColumnMapping.objects.filter(vendor=name.vendor_id, dataset=name.dataset)
    gone = [
        mapping.pk
        for mapping in mappings
        if name.name in {header_name(cell) for cell in mapping.header}
    ]
    mappings.filter(pk__in=gone).delete()
    name.delete()
