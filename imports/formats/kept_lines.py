"""What a scan has read, on disk, so that the reading that follows it costs nothing."""

import os
import weakref
from collections.abc import Iterator
from tempfile import TemporaryFile

AT_ONCE = 1 << 20  # bytes


class KeptLines:
    """Lines in a file without a name, which is gone when this object is, or its process."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        weakref.finalize(self, self._file.close)

    def add(self, line: bytes) -> None:
        self._file.write(line + b"\n")

    def __iter__(self) -> Iterator[bytes]:
        self._file.flush()
        place, rest = 0, b""
        while piece := os.pread(self._file.fileno(), AT_ONCE, place):
            place += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
