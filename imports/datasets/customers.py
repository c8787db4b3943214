"""Customers, for analysis. Personal data."""

from datetime import UTC, date, datetime

from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.destinations.postgres import PostgresTable
from imports.formats.csv_formats import Csv
from imports.rules import Column, MaxLength, Required, Unique, Whole
from imports.rules.contact import Email
from imports.rules.countries import Country
from imports.rules.dates import Date
from imports.rules.people import AGE_FITS, BORN_IN_THE_PAST, Digits, PersonName, age_on
from warehouse.models import Customer

BORN = date(1990, 4, 30)  # the example
MAX_ID = 2**63 - 1  # PostgreSQL's bigint

DATASET = Dataset(
    key="customers",
    title="Customers",
    noun="customer",
    nouns="customers",
    prefix="customers/",
    columns=(
        Column(
            "customer_id",
            "Customer ID",
            Required(),
            Whole(code="INVALID_CUSTOMER_ID", at_least=1, at_most=MAX_ID),
            example="1001",
            about=_("Customers that already exist are skipped."),
        ),
        Column(
            "full_name",
            "Full Name",
            Required(),
            MaxLength(200),
            PersonName(),
            example="Zoë O'Neill",
        ),
        Column("email", "Email", Required(), Email(), example="zoe@example.com"),
        Column(
            "age",
            "Age",
            Required(),
            Whole(code="INVALID_AGE", at_least=1, at_most=120),
            example=str(age_on(datetime.now(UTC).date(), BORN)),
        ),
        Column(
            "date_of_birth",
            "Date of Birth",
            Required(),
            Date(code="INVALID_DATE_OF_BIRTH", after_year=1900),
            example=str(BORN),
        ),
        Column(
            "phone_number",
            "Phone Number",
            Required(),
            Digits(code="INVALID_PHONE", count=10),
            example="5551234567",
            about=_("Ten digits and nothing else."),
        ),
        Column("country", "Country", Country(), example="Germany"),
    ),
    identity="customer_id",
    unique=(
        Unique(
            "customer_id",
            code="DUPLICATE_CUSTOMER_ID",
            scope="platform",
            taken="",
            repeated=_("Customer ID {value} is already used in row {row} of this file"),
            remedy=_("Keep only one row for each customer."),
        ),
        Unique(
            "full_name",
            also=("date_of_birth",),
            code="DUPLICATE_CUSTOMER",
            scope="platform",
            taken=_("'{value}' with this date of birth already has another ID"),
            repeated=_(
                "'{value}' with this date of birth has another ID in row {row} of this file"
            ),
            remedy=_("Use the ID that the customer already has, or remove this row."),
        ),
    ),
    row_rules=(BORN_IN_THE_PAST, AGE_FITS),
    format=Csv(),
    destination=PostgresTable(model=Customer, skip_known=True),
    by_vendor=False,
    report_before=("customer_id",),
    rejected_prefix="rejected/customers/",
    known_rows=_("Customers that already exist are skipped."),
    modes=("create", "check"),
    max_rows=200_000,
    max_bytes=50 * 1024 * 1024,
    personal=True,
)
