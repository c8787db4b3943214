"""Clients, looked up by email address."""

from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.destinations.dynamodb import DynamoTable
from imports.formats.csv_formats import CsvMaybeWithoutHeader
from imports.rules import Column, MaxLength, OneOf, Required, Unique
from imports.rules.contact import Email, Phone

DATASET = Dataset(
    key="clients",
    title="Clients",
    noun="client",
    nouns="clients",
    prefix="client-data/uploads/",
    by_vendor=False,
    personal=True,
    columns=(
        Column("name", "Name", Required(), MaxLength(200), example="Jo Miller"),
        Column(
            "email",
            "Email",
            Required(),
            Email(),
            example="jo.miller@example.com",
            about=_("Identifies the client: there is one for each address."),
        ),
        Column("company", "Company", Required(), MaxLength(200), example="Miller & Sons"),
        Column("phone", "Phone", Phone(), example="0421 555 0123"),
        Column(
            "status",
            "Status",
            OneOf(code="INVALID_STATUS", names=("Active", "Inactive")),
            example="Active",
        ),
    ),
    identity="email",
    unique=(
        Unique(
            "email",
            code="DUPLICATE_EMAIL",
            scope="platform",
            taken="",
            repeated=_("Email '{value}' is already used in row {row} of this file"),
            remedy=_("Keep only the current row for each client."),
        ),
    ),
    known_rows=_("Existing clients are replaced, unless a newer file has updated them."),
    modes=("create", "check"),
    format=CsvMaybeWithoutHeader(),
    destination=DynamoTable(setting="CLIENTS_TABLE"),
    report_before=("email", "name"),
    report_after=("company", "phone", "status"),
)
