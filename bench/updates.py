"""Updates of 10,000 rows of which all, some or none differ, compared with one that writes all; the
check of such an update, and undos."""

from dataclasses import replace

from django.utils.timezone import now

from bench import files, load_step, plain_sql, uploading
from bench.table import Line
from bench.timing import in_turn
from bench.twins import empty_twin, make_twin
from imports.intake.receive import open_undo
from imports.models import Upload
from imports.steps import undo as steps

ROWS = 10_000
VENDOR = "BENCH-UPDATE"
MOST_SECONDS = 1.0
AFTERWARDS = ("check of an update of all", "undo of an update of all", "undo of 10,000 new ones")
EVERY = {"all differ": 1, "5 % differ": 20, "none differ": ROWS + 1}


def measure(runs: int) -> list[Line]:
    owner = uploading.vendor(VENDOR)
    make_twin(plain_sql.TABLE)
    before = files.product_file(ROWS, seed=23, columns=files.ALL)

    def plain() -> float:
        empty_twin(plain_sql.TABLE)
        plain_sql.copy_and_insert(before, VENDOR)
        return plain_sql.copy_and_update(changed(before, 1), VENDOR)

    def project(after: files.File) -> float:
        uploading.empty_catalog()
        load_step.load_staged(before, owner)
        return load_step.load_staged(after, owner, mode="update")

    def check() -> float:
        uploading.empty_catalog()
        load_step.load_staged(before, owner)
        after = changed(before, 1)
        checked = load_step.staged(after, owner, mode="update", only_check=True)
        return load_step.load_all(after, checked)

    def undo(mode: str) -> float:
        uploading.empty_catalog()
        load_step.load_staged(before, owner)
        after = changed(before, 1) if mode == "update" else others(before)
        undone = load_step.staged(after, owner, mode=mode)
        load_step.load_all(after, undone)
        return load_step.run_step(begun(open_undo(undone, by=None)), steps.undo)

    works = [plain, *(lambda n=n: project(changed(before, n)) for n in EVERY.values())]
    after = [check, lambda: undo("update"), lambda: undo("create")]
    in_turn(1, *works, *after)
    theirs, *ours = in_turn(runs, *works, *after)
    return [
        Line(
            f"10,000 rows, update: {what}",
            str(times),
            f"COPY and UPDATE … FROM of all: {theirs}",
            f"{times.median / theirs.median:.1f} × its time",
            "–" if times is ours[0] else "faster than if all differ",
            times is ours[0] or times.median < ours[0].median,
        )
        for what, times in zip(EVERY, ours, strict=False)
    ] + [
        Line(
            f"10,000 rows, {what}",
            str(times),
            f"update of all: {ours[0]}",
            f"{times.median / ours[0].median:.1f} × its time",
            f"≤ {MOST_SECONDS:.0f} s",
            times.median <= MOST_SECONDS,
        )
        for what, times in zip(AFTERWARDS, ours[len(EVERY) :], strict=True)
    ]


def begun(upload: Upload) -> Upload:
    """The upload as a worker holds it."""
    upload.status, upload.token, upload.started_at = Upload.Status.PROCESSING, 1, now()
    upload.save()
    return upload


def others(file: files.File) -> files.File:
    """A file of as many other products."""
    at = [file.columns.index(key) for key in ("vendor_product_id", "sku")]
    rows = [[f"{cell}-2" if i in at else cell for i, cell in enumerate(row)] for row in file.rows]
    return replace(file, rows=rows)


def changed(file: files.File, every: int) -> files.File:
    """The file with another stock quantity in each row of that many, beginning with the last."""
    at = file.columns.index("stock_quantity")
    rows = [[*row] for row in file.rows]
    for row in rows[every - 1 :: every]:
        row[at] = str(int(row[at]) + 1)
    return replace(file, rows=rows)
