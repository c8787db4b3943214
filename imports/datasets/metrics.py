"""Measurements that machines send."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.destinations.all_or_nothing import AllOrNothing
from imports.formats.json_format import Json
from imports.rules import Column, MaxLength, Required
from imports.rules.dates import Timestamp
from imports.rules.measures import Finite
from warehouse.models import IncomingMetric, Metric

DATASET = Dataset(
    key="metrics",
    title="Metrics",
    noun="metric",
    nouns="metrics",
    prefix="metrics/",
    columns=(
        Column("name", "Name", Required(), MaxLength(200), example="cpu.load"),
        Column(
            "value",
            "Value",
            Required(),
            Finite(code="INVALID_NUMBER"),
            example="0.75",
            about=_("About 16 digits are kept."),
        ),
        Column(
            "timestamp",
            "Timestamp",
            Required(),
            Timestamp(code="INVALID_TIMESTAMP"),
            example="2026-01-31T12:00:00Z",
            about=_("A metric that already has a value at this time is skipped."),
        ),
    ),
    format=Json(numbers=frozenset({"value"})),
    destination=AllOrNothing(model=Metric, incoming=IncomingMetric),
    by_vendor=False,
    report_before=("name", "timestamp"),
    known_rows=_(
        "If any row has an error, nothing is imported. A metric that already has a value at its "
        "time is skipped."
    ),
    modes=("create",),
    max_rows=settings.METRICS_MAX_ROWS,
    max_bytes=settings.METRICS_MAX_BYTES,
    alarms=True,
)
