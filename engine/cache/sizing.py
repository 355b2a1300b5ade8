"""How many bytes live objects take, measured on a sample."""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Hashable, Iterable
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import TypeVar

from engine.cache.lru import ResizableLru

# These are shared by the whole process; no entry would give their memory back.
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
_VISIT_AT_MOST = 5_000
_SAMPLE = 4
_SAMPLE_EVERY_SECONDS = 10.0

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class LiveSampler:
    """The bytes per entry of a cache's live entries, measured anew every ten seconds at most."""

    def __init__(self) -> None:
        self._found: float | None = None
        self._sampled_at = 0.0

    def bytes_per_entry(self, items: ResizableLru[K, T]) -> float | None:
        """Mean bytes of a few entries with all that they refer to; None while there are none.

        Real time counts here even when the cache's own clock is virtual: it is about cost.
        """
        now = time.monotonic()
        if self._found is None or now - self._sampled_at >= _SAMPLE_EVERY_SECONDS:
            self._sampled_at = now
            keys = list(itertools.islice(items, _SAMPLE))
            self._found = sampled_bytes(items.peek(key) for key in keys)
        return self._found


def sampled_bytes(values: Iterable[object]) -> float | None:
    """Mean bytes per value, everything that it alone or the sample together refers to included.

    An object that several values of the sample share counts once. The walk stops after 5,000
    objects, so that a sample never holds the event loop for more than a millisecond or so; what it
    had finished by then is the sample. None when there is nothing to measure.
    """
    seen: set[int] = set()
    finished = 0
    total = 0
    for value in values:
        size = _walk(value, seen)
        if size is None and finished:
            break
        finished += 1
        total += size if size is not None else 0
    return total / finished if finished else None


def _walk(value: object, seen: set[int]) -> int | None:
    total = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, _SHARED):
            continue
        if len(seen) >= _VISIT_AT_MOST:
            return None
        seen.add(id(item))
        total += sys.getsizeof(item)
        waiting.extend(gc.get_referents(item))
    return total
