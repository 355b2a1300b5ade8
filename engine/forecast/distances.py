"""LRU stack distances of a trace with invalidations.

The distance of a read is the smallest size of an LRU cache in which its key would still be
present. An invalidated entry leaves a hole: its slot stays counted until an access from above
consumes the topmost hole. Deleting it from the order instead is wrong, because in a smaller cache
another key may have been evicted already while the slot was taken.
"""

from __future__ import annotations

import heapq
from functools import lru_cache

import numpy as np

from engine.forecast.accesses import MOST_TRACES, READ, WRITE, Accesses, Indices


@lru_cache(maxsize=MOST_TRACES)
def stack_distances(accesses: Accesses) -> Indices:
    """The distance of each read, in the order of `accesses.reads`; 0 where it misses at any size.

    Time O(N log N).
    """
    in_order = np.array(_distances(accesses), np.int64)
    place = np.cumsum(accesses.operations == READ) - 1
    distances: Indices = in_order[place[accesses.reads.sequence]]
    return distances


def _distances(accesses: Accesses) -> list[int]:
    """The distances in the order of the trace."""
    reads = int(np.count_nonzero(accesses.operations == READ))
    tree = [0] * (reads + 1)
    """Fenwick tree over positions 1..reads: which positions are taken, by a key or a hole."""
    taken = 0
    position: dict[int, int] = {}
    holes: list[int] = []
    """A max-heap of the holes' positions, negated."""
    distances: list[int] = []
    newest = 0
    for key, operation in zip(accesses.keys.tolist(), accesses.operations.tolist(), strict=True):
        if operation == READ:
            at = position.get(key)
            freed = 0
            if at is None:
                distances.append(0)
                if holes:
                    freed = -heapq.heappop(holes)
            else:
                below = 0
                index = at - 1
                while index:
                    below += tree[index]
                    index &= index - 1
                distances.append(taken - below)
                hole_above = holes and -holes[0] > at
                freed = -heapq.heapreplace(holes, -at) if hole_above else at
            newest += 1
            position[key] = newest
            index = newest
            while index <= reads:
                tree[index] += 1
                index += index & -index
            taken += 1
            if freed:
                taken -= 1
                index = freed
                while index <= reads:
                    tree[index] -= 1
                    index += index & -index
        elif operation == WRITE and key in position:
            heapq.heappush(holes, -position.pop(key))
    return distances
