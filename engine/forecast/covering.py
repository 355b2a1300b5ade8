"""Hits under a TTL that counts from the load: a covering problem per key.

A load at s serves the reads within [s, s + T). The misses of a key are the least number of such
windows that cover its reads, and greedily from the left is optimal. A read at a forced miss
(cold, invalidated, evicted) begins a window whatever came before; so does a read that comes T or
more after the read before it, because no earlier window can reach it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.forecast.accesses import MOST_TRACES, Accesses, Flags, Indices, Reads
from engine.forecast.distances import stack_distances

_FEW = 48
"""Below so many unfinished chains, plain Python is faster than numpy's overhead per call."""


def ttl_hits(accesses: Accesses, ttls: Iterable[float]) -> dict[float, int]:
    """Hits by TTL in a cache without a bound on its size."""
    reads = accesses.reads
    return {ttl: len(reads) - _count(_Windows(reads, ttl), reads.forced) for ttl in ttls}


def lru_hits(accesses: Accesses, sizes: Iterable[int]) -> dict[int, int]:
    """Hits by size (entries) in an LRU without a TTL."""
    distances = _sorted_distances(accesses)
    cold = int(np.searchsorted(distances, 0, side="right"))
    return {size: int(np.searchsorted(distances, size, side="right")) - cold for size in sizes}


@lru_cache(maxsize=MOST_TRACES)
def _sorted_distances(accesses: Accesses) -> Indices:
    return np.sort(stack_distances(accesses))


def lazy_hits(
    accesses: Accesses, sizes: Iterable[int], ttls: Iterable[float]
) -> dict[tuple[int, float], int]:
    """Hits by (size, TTL) in an LRU whose expired entries keep their place until read or evicted.

    With lazy expiry the order of use does not depend on the TTL, so a read finds its key present
    exactly when its stack distance is at most the size.
    """
    reads = accesses.reads
    distances = stack_distances(accesses)
    forced_by_size = {size: (distances == 0) | (distances > size) for size in sizes}
    hits = {}
    for ttl in ttls:
        windows = _Windows(reads, ttl)
        for size, forced in forced_by_size.items():
            hits[size, ttl] = len(reads) - _count(windows, forced)
    return hits


def load_starts(reads: Reads, ttl: float) -> Indices:
    """Indices into `reads` of those that load, ascending, in a cache without a bound on its size."""
    windows = _Windows(reads, ttl)
    heads = np.flatnonzero(reads.forced | windows.late)
    return np.sort(np.concatenate([heads, *_chains(windows, heads)]))


class _Windows:
    """For one TTL: where the window that begins at each read ends."""

    def __init__(self, reads: Reads, ttl: float) -> None:
        self.size = len(reads)
        self.late = ~(reads.gaps < ttl)
        """Reads that come too late for a window begun at the read before."""
        reach = min(ttl, reads.clamp)
        if reads.exact:
            # Between whole times, "less than 2.5 apart" is "less than 3 apart".
            self.next = np.searchsorted(reads.spread, reads.spread + math.ceil(reach))
            np.maximum(self.next, np.arange(1, self.size + 1), out=self.next)
        else:
            target = reads.spread + reach
            ends = np.maximum(np.searchsorted(reads.spread, target), np.arange(1, self.size + 1))
            self.next = _settle(reads, ends, _close(reads, ends, target), ttl)


def _close(reads: Reads, ends: Indices, target: npt.NDArray[np.float64]) -> Indices:
    """Which windows end so close to a read that rounding may have decided on which side.

    Each of the handful of operations on the way to `target` rounds by half a spacing of the
    greatest number involved at most; eight spacings are more than all of them together.
    """
    if not len(target):
        return np.zeros(0, np.int64)
    slack = 8 * (np.spacing(target[-1]) + np.spacing(np.abs(reads.times).max()))
    after = reads.spread[np.minimum(ends, len(target) - 1)]
    return np.flatnonzero((after - target <= slack) | (target - reads.spread[ends - 1] <= slack))


def _settle(reads: Reads, ends: Indices, close: Indices, ttl: float) -> Indices:
    """Decide the `close` ones by the very comparison that a cache makes.

    Spreading the times rounds them, and `t >= s + T` rounds otherwise than `t - s < T`. Ends
    beyond the key need no correction: its next key begins a chain.
    """
    times, keys = reads.times, reads.keys
    moves = close
    while len(moves):
        before = ends[moves] - 1
        too_far = (before > moves) & ~(times[before] - times[moves] < ttl)
        moves = moves[too_far & (keys[before] == keys[moves])]
        ends[moves] -= 1
    moves = close
    while len(moves):
        moves = moves[ends[moves] < len(times)]
        at = ends[moves]
        moves = moves[(times[at] - times[moves] < ttl) & (keys[at] == keys[moves])]
        ends[moves] += 1
    return ends


def _count(windows: _Windows, forced: Flags) -> int:
    """How many reads load."""
    heads = np.flatnonzero(forced | windows.late)
    return len(heads) + sum(len(more) for more in _chains(windows, heads))


def _chains(windows: _Windows, heads: Indices) -> Iterable[Indices]:
    """The loads after the heads, round by round: each the first read beyond the window before."""
    ends = np.empty(len(heads), np.int64)
    ends[:-1] = heads[1:]
    ends[-1:] = windows.size
    current = heads
    while len(current) > _FEW:
        current = windows.next[current]
        unfinished = current < ends
        current, ends = current[unfinished], ends[unfinished]
        yield current
    found = []
    for index, end in zip(current.tolist(), ends.tolist(), strict=True):
        follow = windows.next[index:end].tolist()
        here = follow[0]
        while here < end:
            found.append(here)
            here = follow[here - index]
    yield np.array(found, np.int64)
