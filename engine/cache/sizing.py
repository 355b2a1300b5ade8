"""How many bytes live objects take, measured on a sample."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodType,
    ModuleType,
)

# These are shared by the whole process; no entry would give their memory back.
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
_VISIT_AT_MOST = 5_000


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
