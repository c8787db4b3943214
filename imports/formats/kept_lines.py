"""What a scan has read, on disk, so that the reading that follows it costs nothing."""

import weakref
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

PREFIX = "onboarding-"


class KeptLines:
    """Lines in a file that is deleted with this object."""

    def __init__(self) -> None:
        self._file = NamedTemporaryFile(prefix=PREFIX, suffix=".rows")  # noqa: SIM115 - see below
        weakref.finalize(self, self._file.close)
        self.path = Path(self._file.name)

    def add(self, line: bytes) -> None:
        self._file.write(line + b"\n")

    def __iter__(self) -> Iterator[bytes]:
        self._file.flush()
        with self.path.open("rb") as file:
            yield from file
