"""10,000 rows from the upload to the final status: as a workbook, and as CSV."""

from collections.abc import Callable

from bench import files, uploading, whole_upload
from bench.table import Line
from bench.timing import in_turn

ROWS = 10_000
VENDOR = "BENCH-WORKBOOK"
AIM = 1.5  # seconds more


def measure(runs: int) -> list[Line]:
    uploading.vendor(VENDOR)
    whole_upload.warm_up()
    file = files.product_file(ROWS, seed=13)

    def imported(body: bytes) -> Callable[[], float]:
        def run() -> float:
            uploading.empty_catalog()
            ended = uploading.import_one(body, VENDOR)
            uploading.check(ended.upload, ROWS)
            uploading.wait_for_quiet()
            return ended.seconds

        return run

    as_workbook, as_csv = in_turn(runs, imported(file.workbook()), imported(file.csv()))
    more = as_workbook.median - as_csv.median
    return [
        Line(
            "10,000 rows of 14 columns as a workbook, upload to final status",
            f"{as_workbook}",
            f"the same rows as CSV: {as_csv}",
            f"{more:+.2f} s",
            f"≤ {AIM} s more",
            more <= AIM,
        )
    ]
