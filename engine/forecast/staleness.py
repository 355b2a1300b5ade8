"""How stale a cache without validation serves: reads of a value that a write had overtaken."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.forecast.accesses import MOST_TRACES, UNSEEN, Accesses, Indices, Times
from engine.forecast.covering import load_starts


class Staleness(NamedTuple):
    """Over all reads of the trace, under one TTL and no bound on the size."""

    stale: int
    """Reads served after the first write that came after their load."""
    age_sum: float
    """Sum over them of the time since that write."""
    age_max: float
    """The greatest of these; always less than the TTL."""


def staleness(accesses: Accesses, ttls: Iterable[float]) -> dict[float, Staleness]:
    """Staleness by TTL. For a load that serves reads f..n-1, with w the first unseen write after
    it and i the first read after w: n - i reads are stale, each by its time since w.
    """
    found = _overtaking(accesses)
    return {ttl: _staleness(accesses, found, load_starts(accesses.reads, ttl)) for ttl in ttls}


class Prices(NamedTuple):
    """What one TTL costs when nothing is checked."""

    staleness: Staleness
    needless: int
    """Loads of a value that was there, had expired, and had not changed."""


def prices(accesses: Accesses, ttls: Iterable[float]) -> dict[float, Prices]:
    """Both prices by TTL, without a bound on the size."""
    found = _overtaking(accesses)
    result = {}
    for ttl in ttls:
        starts = load_starts(accesses.reads, ttl)
        result[ttl] = Prices(
            _staleness(accesses, found, starts), _needless(accesses, found, starts)
        )
    return result


class _Overtaken(NamedTuple):
    """For each read: the first unseen write of its key after it, and the first read after that."""

    read: Indices
    """Index into the reads; their number where no write or no read comes."""
    time: Times
    """Time of the write."""


@lru_cache(maxsize=MOST_TRACES)
def _overtaking(accesses: Accesses) -> _Overtaken:
    reads = accesses.reads
    writes = np.flatnonzero(accesses.operations == UNSEEN)
    never = _Overtaken(np.full(len(reads), len(reads)), np.zeros_like(reads.times))
    key_of_write, known = reads.dense_keys(accesses.keys[writes], accesses)
    writes, key_of_write = writes[known], key_of_write[known]
    if not len(writes):
        return never
    # One number per access that orders by key, then by place in the trace.
    stride = len(accesses.times) + 1
    write_order = np.sort(key_of_write * stride + writes)
    read_order = reads.keys * stride + reads.sequence
    following = np.searchsorted(write_order, read_order)
    exists = following < len(write_order)
    write = write_order[np.where(exists, following, 0)]
    exists &= write // stride == reads.keys
    read = np.where(exists, np.searchsorted(read_order, write), len(reads))
    return _Overtaken(read, accesses.times[write % stride])


def _staleness(accesses: Accesses, overtaken: _Overtaken, starts: Indices) -> Staleness:
    reads = accesses.reads
    ends = np.append(starts[1:], len(reads))
    first_stale = overtaken.read[starts]
    written = overtaken.time[starts]
    hit = first_stale < ends
    if not hit.any():
        return Staleness(0, 0, 0)
    first_stale, ends, written = first_stale[hit], ends[hit], written[hit]
    # Sums of times from the trace's beginning on stay small enough to be exact for whole times.
    begin = accesses.times[0]
    sums = np.concatenate([np.zeros(1, reads.times.dtype), np.cumsum(reads.times - begin)])
    counts = ends - first_stale
    ages = sums[ends] - sums[first_stale] - counts * (written - begin)
    return Staleness(
        int(counts.sum()), ages.sum().item(), (reads.times[ends - 1] - written).max().item()
    )


def _needless(accesses: Accesses, overtaken: _Overtaken, starts: Indices) -> int:
    """Loads that no change forced, and before which nothing was written since the load before."""
    again = ~accesses.reads.forced[starts[1:]]
    unchanged = overtaken.read[starts[:-1]] > starts[1:]
    return int(np.count_nonzero(again & unchanged))
