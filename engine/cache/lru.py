"""cachetools' LRU with a bound that can be changed while it is in use."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from typing import TypeVar

from cachetools import Cache, LRUCache

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class ResizableLru(LRUCache[K, T]):
    """Exact least-recently-used order; `bound` takes effect at the next `trim`.

    cachetools fixes `maxsize` at creation and can be resized by a rebuild only, which for 100,000
    entries blocks for a fifth of a second. So its own bound is left open and kept from outside.
    """

    def __init__(self, bound: int) -> None:
        super().__init__(maxsize=math.inf)
        self.bound = bound

    def peek(self, key: K) -> T:
        """The item of `key` without using it; `[]`, `get`, `values` and `items` all count as use.

        Raises:
            KeyError: there is none.
        """
        return Cache.__getitem__(self, key)

    def trim(self) -> Iterator[tuple[K, T]]:
        """Remove and yield least recently used items until the bound is kept; exhaust it."""
        while len(self) > self.bound:
            yield self.popitem()
