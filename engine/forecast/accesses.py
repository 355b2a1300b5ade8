"""A trace of accesses: what every forecast is computed from.

An access is (time, key, operation). Accesses of equal time happen in the order in which they
stand. Times are in any one unit, and TTLs are given in that unit.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

READ = 0
WRITE = 1
"""A write that invalidates its key."""
UNSEEN = 2
"""A write that the cache does not hear of: it makes what is cached stale."""

OPERATIONS = {"r": READ, "w": WRITE, "u": UNSEEN}

_EXACT = 2.0**53
"""Whole numbers up to here are exact in a float."""

MOST_TRACES = 16
"""Traces of which intermediate results are kept: two for each cache that is asked about."""

Times = npt.NDArray[Any]
"""int64 where every time is whole, else float64."""
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Accesses:
    """A trace in the order of its happening."""

    times: Times
    keys: Indices
    """Keys as small whole numbers."""
    operations: npt.NDArray[np.int8]

    @cached_property
    def reads(self) -> Reads:
        """Its reads by key, for the forecasts that need no cache size."""
        return Reads.of(self)

    @cached_property
    def span(self) -> float:
        """Time from the first access to the last."""
        return float(self.times[-1] - self.times[0]) if len(self.times) else 0.0

    @cached_property
    def distinct_keys(self) -> int:
        """How many keys are read."""
        return len(np.unique(self.keys[self.operations == READ]))

    def with_unseen_writes(self) -> Accesses:
        """The same trace where no write is heard of, as under freshness by TTL alone."""
        changed = self.operations.copy()
        changed[changed == WRITE] = UNSEEN
        return Accesses(self.times, self.keys, changed)


def accesses_of(rows: Iterable[tuple[float, Hashable, str]]) -> Accesses:
    """A trace from (time, key, operation) rows; rows out of order are sorted by time.

    Raises:
        KeyError: an operation is none of r, w and u.
    """
    numbers: dict[Hashable, int] = {}
    times: list[float] = []
    keys: list[int] = []
    operations: list[int] = []
    for time, key, operation in rows:
        times.append(time)
        keys.append(numbers.setdefault(key, len(numbers)))
        operations.append(OPERATIONS[operation])
    return _in_order(_as_array(times), np.array(keys, np.int64), np.array(operations, np.int8))


def accesses_from_arrays(times: Times, keys: Indices, operations: npt.NDArray[np.int8]) -> Accesses:
    """A trace from arrays; keys may be any whole numbers."""
    return _in_order(times, keys, operations)


def _as_array(times: Sequence[float]) -> Times:
    if all(isinstance(time, int) for time in times):
        return np.array(times, np.int64)
    return np.array(times, np.float64)


def _in_order(times: Times, keys: Indices, operations: npt.NDArray[np.int8]) -> Accesses:
    if len(times) and np.any(times[1:] < times[:-1]):
        order = np.argsort(times, kind="stable")
        times, keys, operations = times[order], keys[order], operations[order]
    return Accesses(times, keys, operations)


@dataclass(frozen=True, eq=False)
class Reads:
    """The reads of a trace sorted by key, then by order of happening."""

    times: Times
    keys: Indices
    """Dense: 0 for the first key, one more at each next."""
    sequence: Indices
    """Each read's place in the trace."""
    forced: Flags
    """The first read of its key, or the first after a write that invalidated it: always a miss."""
    gaps: Times
    """Time since the read before in this order; negative or meaningless where the key changes."""
    spread: npt.NDArray[np.float64]
    """Times moved apart by key, so that one search finds places within every key at once."""
    exact: bool
    """Whether the times are whole and `spread` holds them without rounding."""
    clamp: float
    """A TTL longer than the whole trace; every longer one gives the same."""

    @classmethod
    def of(cls, accesses: Accesses) -> Reads:
        """The reads of `accesses`."""
        place = np.flatnonzero(accesses.operations == READ)
        place = place[np.argsort(accesses.keys[place], kind="stable")]
        keys = accesses.keys[place]
        first = np.ones(len(keys), np.bool_)
        first[1:] = keys[1:] != keys[:-1]
        dense = np.cumsum(first) - 1
        times = accesses.times[place]
        whole = times.dtype.kind == "i"
        gaps = np.diff(times, prepend=times[:1])
        clamp = math.ceil(accesses.span) + 1.0
        begin = accesses.times[0] if len(accesses.times) else 0
        spread = (times - begin).astype(np.float64) + dense * (2.0 * clamp + 1.0)
        exact = bool(whole and (not len(spread) or spread[-1] + clamp < _EXACT))
        forced = first | _after_write(accesses, place, first)
        return cls(times, dense, place, forced, gaps, spread, exact, clamp)

    def __len__(self) -> int:
        return len(self.times)

    def dense_keys(self, keys: Indices, accesses: Accesses) -> tuple[Indices, Flags]:
        """The numbers in `self.keys` of keys of the trace, and which of them are read at all."""
        first = np.flatnonzero(np.diff(self.keys, prepend=-1))
        names = accesses.keys[self.sequence[first]]
        place = np.searchsorted(names, keys)
        known = place < len(names)
        known[known] = names[place[known]] == keys[known]
        return place, known


def _after_write(accesses: Accesses, place: Indices, first: Flags) -> Flags:
    """Which reads have an invalidating write between them and the read before of the same key."""
    writes = np.flatnonzero(accesses.operations == WRITE)
    if not len(writes) or not len(place):
        return np.zeros(len(place), np.bool_)
    # Reads and writes in one order by key; a read's count of writes before it shows whether one
    # came since the read before.
    both = np.concatenate([place, writes])
    order = np.lexsort((both, accesses.keys[both]))
    is_write = order >= len(place)
    before = np.cumsum(is_write)
    counts = np.empty(len(place), np.int64)
    counts[order[~is_write]] = before[~is_write]
    changed = np.zeros(len(place), np.bool_)
    changed[1:] = counts[1:] != counts[:-1]
    return changed & ~first
