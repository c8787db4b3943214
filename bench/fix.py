"""The page that corrects 10,000 rejected rows with three wrong values, and the correction."""

import io
import time

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from bench import files, uploading
from bench.table import Line
from bench.timing import Times
from imports import actions
from imports.corrections.fixes import Fixes
from imports.intake.receive import new_upload_id, store
from imports.models import Upload
from imports.rules.replacements import Value

ROWS, OTHERS = 10_000, 1_000_000  # errors
VENDOR = "BENCH-FIX"
WRONG = ("Garden and Outdoor", "Toyz", "Computer")
PAGE_AIM, AIM = 0.200, 3.0  # seconds
OTHER_ERRORS = """
INSERT INTO validation_errors
    (upload_id, run, row_number, column_name, error_type, error_message, severity, cell)
SELECT %s, 1, number, 'price', 'INVALID_PRICE', 'Price must be a number', 'error', 'x'
FROM generate_series(1, %s) AS number
"""


def measure(runs: int) -> list[Line]:
    owner = uploading.vendor(VENDOR)
    file = files.product_file(ROWS, seed=31, columns=files.REQUIRED)
    at = file.columns.index("category")
    for number, row in enumerate(file.rows):
        row[at] = WRONG[number % len(WRONG)]
    other = Upload.objects.create(
        upload_id=new_upload_id(), vendor=owner, vendor_prefix=VENDOR, step=Upload.Step.DONE
    )
    with connection.cursor() as cursor:
        cursor.execute(OTHER_ERRORS, [other.pk, OTHERS])
        cursor.execute("ANALYZE validation_errors")
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    staff = User.objects.get(username="admin")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    pages, corrections = Times(), Times()
    try:
        for _ in range(runs + 1):
            uploading.empty_catalog()
            upload = uploading.import_one(file.csv(), VENDOR).upload
            with pages.run():
                page = client.get(f"/uploads/{upload.upload_id}/fix/").content.decode()
            if page.count("fix-value") < len(WRONG):
                raise uploading.NotImported("the page does not show the values")
            corrections.seconds.append(correct(upload))
    finally:
        other.delete()
    for times in (pages, corrections):
        del times.seconds[0]  # of processes that have not worked yet
    return [
        Line(
            "10,000 rejected rows with three wrong values: the page that corrects them",
            str(pages),
            "1 million other errors in the table",
            "",
            f"≤ {PAGE_AIM:.1f} s",
            pages.median <= PAGE_AIM,
        ),
        Line(
            "10,000 rejected rows: from three answers to the correction's final status",
            str(corrections),
            "",
            "",
            f"≤ {AIM:.0f} s",
            corrections.median <= AIM,
        ),
    ]


def correct(upload: Upload) -> float:
    """Say what the values are to be; return the seconds until the rows are imported."""
    began = time.perf_counter()
    fixes = Fixes({Value("category", wrong): "Books" for wrong in WRONG})
    correction = actions.correct(upload.upload_id, fixes, known=0, by=None)
    if correction.upload is None:
        raise uploading.NotImported(f"nothing was sent: {correction.judged}")
    store(correction.upload, io.BytesIO(correction.body))
    uploading.wait_until(correction.upload.upload_id, "completed_at")
    seconds = time.perf_counter() - began
    uploading.check(Upload.objects.get(pk=correction.upload.pk), ROWS)
    return seconds
