"""The process that reads a workbook: `python -m imports.formats.xlsx.child PATH [--sheets]`.

Before it looks at the file it limits itself: memory, CPU seconds, no writing, no processes. Each
line that it prints is JSON:

- with --sheets first {"sheets": [[name, first rows], …]};
- then, when a line of its input has said the name of a sheet as JSON,
  [[row, cells, kinds], …] for some rows at a time;
- at the end {"merged": …}, or {"refused": code, "problem": …, "detail": …} wherever it ends early.
"""

import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from imports.formats.xlsx.archive import Unreadable, too_large
from imports.formats.xlsx.workbook import Row, Sheet, Workbook

MEMORY = 256 * 1024 * 1024  # bytes
CPU_SECONDS = 60
ROWS_AT_FIRST = 20
CHARACTERS_AT_ONCE = 50_000

LIMITS = {
    resource.RLIMIT_AS: (MEMORY, MEMORY),
    resource.RLIMIT_CPU: (CPU_SECONDS, CPU_SECONDS + 5),
    resource.RLIMIT_FSIZE: (0, 0),
    resource.RLIMIT_NPROC: (0, 0),
    resource.RLIMIT_CORE: (0, 0),
}


def main(path: Path, *, says_sheets: bool) -> None:
    for kind, limits in LIMITS.items():
        resource.setrlimit(kind, limits)
    try:
        with path.open("rb") as file:
            workbook = Workbook(file)
            if says_sheets:
                say({"sheets": [[s.name, [*first_rows(workbook, s)]] for s in workbook.sheets]})
            wanted = json.loads(sys.stdin.readline())
            sheet = next(sheet for sheet in workbook.sheets if sheet.name == wanted)
            for rows in batches(workbook.rows(sheet)):
                say(rows)
            say({"merged": workbook.merged})
    except Unreadable as error:
        say({"refused": error.code, "problem": error.problem, "detail": error.detail})
    except MemoryError:
        refused = too_large("memory")
        say({"refused": refused.code, "problem": refused.problem, "detail": refused.detail})


def first_rows(workbook: Workbook, sheet: Sheet) -> Iterator[Row]:
    return islice(workbook.rows(sheet), ROWS_AT_FIRST)


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += sum(map(len, row[1]))
        if characters > CHARACTERS_AT_ONCE:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def say(answer: object) -> None:
    line = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), says_sheets="--sheets" in sys.argv[2:])
