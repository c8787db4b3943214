"""The output of the processes: one readable stream on the console, one log file per process."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

OWN = "supervisor"
WIDTH = len("maintenance")
COLORS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Output:
    """Prefixes every line with the name of its process, in color on a terminal.

    The log of the previous run is kept as `<name>.log.old`.
    """

    def __init__(self, log_dir: Path) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir = log_dir
        self._files: dict[str, BinaryIO] = {}
        self._color = sys.stdout.isatty()
        self.only_files = False

    def line(self, name: str, text: bytes) -> None:
        """Write one line of this process; a full disk or a closed terminal is ignored.

        With `only_files` set, the console shows only the supervisor's lines.
        """
        with suppress(OSError):
            self._file(name).write(text + b"\n")
        if self.only_files and name != OWN:
            return
        with suppress(OSError, ValueError):
            sys.stdout.write(f"{self._prefix(name)} {text.decode(errors='replace')}\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Write a line of the supervisor."""
        self.line(OWN, text.encode())

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of this process's log."""
        path = self.log_dir / f"{name}.log"
        said = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(said.splitlines()[-lines:])

    def close(self) -> None:
        """Close the files; no more lines may be written afterwards."""
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> BinaryIO:
        if name not in self._files:
            path = self.log_dir / f"{name}.log"
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(".log.old"))
            self._files[name] = path.open("wb", buffering=0)
        return self._files[name]

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{WIDTH}} |"
        if not self._color:
            return padded
        color = COLORS[list(self._files).index(name) % len(COLORS)] if name in self._files else 0
        return f"\x1b[{color}m{padded}\x1b[0m"
