"""Files of any columns, kept row by row as they are."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.destinations.dynamodb import OWN_ATTRIBUTES, DynamoRows
from imports.formats.csv_formats import CsvOfAnyColumns
from imports.rules import Column

DATASET = Dataset(
    key="csv",
    title="Any CSV",
    noun="row",
    nouns="rows",
    prefix="csv/",
    by_vendor=False,
    any_columns=True,
    # For template and help page only: a file's own header says what its columns are.
    columns=(
        Column("Sensor", "Sensor", example="Hall 3"),
        Column("Measured at", "Measured at", example="2026-11-20 09:30"),
        Column("Temperature", "Temperature", example="21.5"),
    ),
    ragged=True,
    known_rows=_("Each upload keeps its own rows; those of other uploads do not change."),
    modes=("create", "check"),
    max_rows=settings.CSV_MAX_ROWS,
    max_bytes=settings.CSV_MAX_BYTES,
    format=CsvOfAnyColumns(reserved=OWN_ATTRIBUTES),
    destination=DynamoRows(setting="CSV_DATA_TABLE"),
)
