"""Updates of 10,000 rows of which all, some or none differ, compared with one that writes all."""

from dataclasses import replace

from bench import files, load_step, plain_sql, uploading
from bench.table import Line
from bench.timing import in_turn
from bench.twins import empty_twin, make_twin

ROWS = 10_000
VENDOR = "BENCH-UPDATE"
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

    works = [plain, *(lambda n=n: project(changed(before, n)) for n in EVERY.values())]
    in_turn(1, *works)
    theirs, *ours = in_turn(runs, *works)
    return [
        Line(
            f"10,000 rows, update: {what}",
            str(times),
            f"COPY and UPDATE … FROM of all: {theirs}",
            f"{times.median / theirs.median:.1f} × its time",
            "–" if times is ours[0] else "faster than if all differ",
            times is ours[0] or times.median < ours[0].median,
        )
        for what, times in zip(EVERY, ours, strict=True)
    ]


def changed(file: files.File, every: int) -> files.File:
    """The file with another stock quantity in each row of that many, beginning with the last."""
    at = file.columns.index("stock_quantity")
    rows = [[*row] for row in file.rows]
    for row in rows[every - 1 :: every]:
        row[at] = str(int(row[at]) + 1)
    return replace(file, rows=rows)
