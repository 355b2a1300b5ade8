"""TTLs and sizes to forecast when none are asked for: 1, 2, 5, 10, 20, 50 and so on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

from engine.forecast.accesses import Accesses

T = TypeVar("T")

_TTLS_AT_MOST = 24
_JOINT_EVERY = 3
"""Of the joint cells, those of one TTL and one size per power of ten: each is played in full."""


def ttl_grid(accesses: Accesses) -> list[float]:
    """From the least gap that matters up to the first TTL beyond the whole trace."""
    span = max(accesses.span, 1.0)
    greatest = math.ceil(math.log10(span))
    found = [value for value in _steps(greatest - 8, greatest + 1) if value < span]
    beyond = next(value for value in _steps(greatest - 1, greatest + 2) if value >= span)
    return [*found, beyond][-_TTLS_AT_MOST:]


def size_grid(accesses: Accesses) -> list[int]:
    """From one entry up to the first size that holds every key."""
    most = max(accesses.distinct_keys, 1)
    found: list[int] = []
    for value in _steps(0, len(str(most)) + 1):
        found.append(int(value))
        if value >= most:
            break
    return found


def thinned(values: Sequence[T]) -> list[T]:
    """The last of `values` and every third before it."""
    return list(values[::-1][::_JOINT_EVERY][::-1])


def _steps(first: int, last: int) -> Iterator[float]:
    """1, 2 and 5 times each power of ten from `first` to before `last`."""
    for power in range(first, last):
        for digit in (1, 2, 5):
            # Through text, so that a tenth is 0.1 and not 0.1 and a rounding error.
            yield float(f"{digit}e{power}")
