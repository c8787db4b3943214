"""Values that may be some time old, so that not every request asks the database for them."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """The last value of each key. Each process has its own."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable, make: Callable[[], Value], *, seconds: float) -> Value:
        """The value of the key, if it is younger; otherwise a new one."""
        if key in self._found:
            moment, value = self._found[key]
            if time.monotonic() - moment < seconds:
                return value
        value = make()
        self._found[key] = (time.monotonic(), value)
        return value

    def clear(self) -> None:
        self._found.clear()
