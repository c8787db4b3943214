"""10,000 rows from the upload to the final status, compared with django-import-export."""

from collections.abc import Callable

from bench import files, reference, uploading
from bench.table import Line
from bench.timing import Times, in_turn
from bench.twins import empty_twin, make_twin

ROWS = 10_000
VENDOR = "BENCH-WHOLE"
AIM = 10  # times as fast
FILES = {
    "all 14 columns": files.product_file(ROWS, seed=11),
    "6 columns, 5 % invalid": files.product_file(
        ROWS, seed=12, columns=files.REQUIRED, mistakes=True
    ),
}


def measure(runs: int) -> list[Line]:
    uploading.vendor(VENDOR)
    make_twin(reference.TABLE)
    warm_up()
    return [_line(what, file, runs) for what, file in FILES.items()]


def warm_up() -> None:
    """Let every process connect to its services, which happens only once per deployment."""
    small = files.product_file(50, seed=10, mistakes=True).csv()
    for _ in range(4):
        uploading.empty_catalog()
        uploading.import_one(small, VENDOR)


def _line(what: str, file: files.File, runs: int) -> Line:
    body = file.csv()
    went_in: set[int] = set()
    with_mail = Times()

    def project() -> float:
        uploading.empty_catalog()
        ended = uploading.import_one(body, VENDOR)
        with_mail.seconds.append(ended.with_mail or 0)
        uploading.check(ended.upload, ROWS)
        went_in.add(ended.upload.valid_records)
        uploading.wait_for_quiet()
        return ended.seconds

    def by(way: Callable[[files.File, str], tuple[float, int]]) -> Callable[[], float]:
        def run() -> float:
            empty_twin(reference.TABLE)
            seconds, valid = way(file, VENDOR)
            went_in.add(valid)
            return seconds

        return run

    ours, theirs, theirs_at_best = in_turn(
        runs, project, by(reference.by_options), by(reference.by_all_means)
    )
    if len(went_in) != 1:
        raise AssertionError(f"different numbers of imported rows: {went_in}")
    ratio = theirs.median / ours.median
    at_best = theirs_at_best.median / ours.median
    return Line(
        f"10,000 rows, upload to final status: {what}",
        f"{ours}; email sent at {with_mail.median:.2f} s",
        f"django-import-export: {theirs}; fully tuned: {theirs_at_best}",
        f"{ratio:.1f} × faster ({at_best:.1f} ×)",
        f"≥ {AIM} × faster",
        ratio >= AIM,
    )
