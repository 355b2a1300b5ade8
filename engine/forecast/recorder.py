"""The last accesses of a live cache, kept for forecasts. Imports no numpy; costs 16 bytes each."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator
from typing import Final, Literal

import msgspec

_OPERATION_BITS = 2
_KEY_MASK = (1 << 61) - 1
"""So much of a key's hash fits beside its operation into a signed 64-bit number. Two of a million
keys share it once in four million traces."""

_READ: Final = 0
_WRITE: Final = 1
DATED: Final = 3
"""The value went out of date by the calendar; every cache hears of that."""


def mark_of(key: Hashable) -> int:
    """How `key` is told from others in a recording; the same within one process only."""
    return hash(key) & _KEY_MASK


class Recorded(msgspec.Struct, frozen=True):
    """Accesses as they were kept, in their order; `engine.forecast.recorded` decodes them."""

    times: bytes
    """float64 each, in native byte order."""
    marks: bytes
    """int64 each: a key's hash and, in the lowest two bits, the operation."""

    @property
    def count(self) -> int:
        """How many accesses there are."""
        return len(self.times) // 8

    def accesses(self) -> Iterator[tuple[float, int, bool]]:
        """Each read and write as time, mark of its key, and whether it is a write; in time's order."""
        times, marks = array("d", self.times), array("q", self.marks)
        for place in sorted(range(len(times)), key=times.__getitem__):
            mark = marks[place]
            if mark & DATED == DATED:
                continue
            yield times[place], mark >> _OPERATION_BITS, bool(mark & _WRITE)


class AccessRecorder:
    """A ring of accesses; the oldest give way. A record takes about 0.3 microseconds."""

    def __init__(self, capacity: int = 131_072) -> None:
        """`capacity` is the number of accesses kept."""
        self._capacity = capacity
        self._times = array("d", bytes(8 * capacity))
        self._marks = array("q", bytes(8 * capacity))
        self._place = 0
        self._full = False
        self._rounds = 0

    @property
    def total(self) -> int:
        """How many accesses were ever recorded."""
        return self._rounds * self._capacity + self._place

    def __len__(self) -> int:
        return self._capacity if self._full else self._place

    def read(self, time: float, key: Hashable) -> None:
        """`key` was looked up at `time`, whatever came of it."""
        self._record(time, key, _READ)

    def write(self, time: float, key: Hashable) -> None:
        """The value of `key` was changed at `time`."""
        self._record(time, key, _WRITE)

    def dated(self, time: float, key: Hashable) -> None:
        """The value of `key` was found to have gone out of date by the calendar."""
        self._record(time, key, DATED)

    def _record(self, time: float, key: Hashable, operation: Literal[0, 1, 3]) -> None:
        place = self._place
        self._times[place] = time
        self._marks[place] = (hash(key) & _KEY_MASK) << _OPERATION_BITS | operation
        place += 1
        if place == self._capacity:
            place = 0
            self._full = True
            self._rounds += 1
        self._place = place

    def snapshot(self) -> Recorded:
        """A copy of what is kept, the oldest access first."""
        if not self._full:
            return Recorded(
                self._times[: self._place].tobytes(), self._marks[: self._place].tobytes()
            )
        place = self._place
        return Recorded(
            self._times[place:].tobytes() + self._times[:place].tobytes(),
            self._marks[place:].tobytes() + self._marks[:place].tobytes(),
        )

    def clear(self) -> None:
        """Forget all accesses."""
        self._place = 0
        self._full = False
