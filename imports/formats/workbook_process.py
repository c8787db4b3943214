"""The process that reads a workbook, as the process that needs its rows sees it.

Whatever a file does to its reader, such as using up its memory or its time, ends that process only.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from django.utils.translation import gettext_lazy as _

from imports.formats.kept_lines import KeptLines
from imports.rules.refusals import Refused
from imports.rules.spreadsheet import MARK
from imports.rules.wording import REPLACEMENT, in_megabytes

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-S", "-E", "-m", "imports.formats.xlsx.child")
AT_ONCE = threading.BoundedSemaphore(2)  # of a process, because each may use 256 MB
SILENCE = 120  # seconds without a row: it waits for nothing, so it is stopped or lost
MAX_LINE = 16_000_000  # bytes: a row of 1,000,000 characters, escaped

PROBLEMS = {
    "damaged": _("it is damaged or incomplete"),
    "macros": _("it contains macros"),
    "entities": _("it contains a document type, which no spreadsheet program writes"),
    "order": _("the cells of row {row:,} are not in order"),
    "crashed": _("our reader stopped at it"),
    "parts": _("it has {count:,} parts, such as sheets and pictures, and the limit is {limit:,}"),
    "unpacked": _("unpacked it has {size}, and the limit is {limit}"),
    "text": _("it has a text of more than {limit:,} characters"),
    "row": _("row {row:,} has more than {limit:,} characters"),
    "columns": _("row {row:,} has a value beyond column {limit:,}"),
    "sheet": _("its sheet has more than {limit:,} characters"),
    "styles": _("it has more than {limit:,} formats of cells"),
    "elements": _("it has too many elements that are not cells"),
    "memory": _("it needs too much memory"),
    "time": _("it takes too much time"),
    "": "",
}


class ReaderLost(OSError):
    """The process was ended from outside, or has an error of ours. The file may be a good one."""


class Reader:
    """A process that reads one workbook; a context that ends it. Iterating gives its answers."""

    def __init__(self, path: Path, *arguments: str) -> None:
        self._command = (*COMMAND, str(path.resolve()), *arguments)

    def __enter__(self) -> Self:
        AT_ONCE.acquire()
        try:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except BaseException:
            AT_ONCE.release()
            raise
        return self

    def __exit__(self, *args: object) -> None:
        self._process.kill()
        self._process.communicate()
        AT_ONCE.release()

    @property
    def pid(self) -> int:
        return self._process.pid

    def choose(self, sheet: str) -> None:
        """Read the rows of this sheet."""
        line = json.dumps(sheet).encode() + b"\n"
        try:
            self._pipe("stdin").write(line)
            self._pipe("stdin").flush()
        except BrokenPipeError:
            raise self._end() from None

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def answers(self, keep: KeptLines | None = None) -> Iterator[Any]:
        """What each line says, which is also added to the lines to `keep`. Raises Refused if the
        workbook cannot be read, and ReaderLost."""
        for line in self._lines():
            if keep:
                keep.add(line)
            answer = parsed(line)
            if isinstance(answer, dict) and "refused" in answer:
                raise refused(answer["refused"], answer["problem"], answer["detail"])
            yield answer
        raise self._end()

    def _lines(self) -> Iterator[bytes]:
        output = self._pipe("stdout").fileno()
        poll = select.poll()
        poll.register(output)
        rest = b""
        while len(rest) <= MAX_LINE and poll.poll(SILENCE * 1000):
            piece = os.read(output, 1 << 20)
            if not piece:
                return
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
        self._process.kill()

    def _end(self) -> Exception:
        """Why it ended without an answer."""
        status = self._process.wait()
        if status == -signal.SIGXCPU:
            return refused("XLSX_TOO_LARGE", "time", {})
        if status in {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS}:
            return refused("BROKEN_XLSX", "crashed", {})
        return ReaderLost(f"the reader of workbooks ended with status {status}")


def parsed(line: bytes) -> Any:
    return json.loads(line.decode().replace(MARK, REPLACEMENT))


def refused(code: str, problem: str, detail: dict[str, Any]) -> Refused:
    if problem == "unpacked":
        detail = {name: in_megabytes(size) for name, size in detail.items()}
    return Refused(code, problem=str(PROBLEMS[problem]).format(**detail))
