"""Percentiles of lists of measured values, by nearest rank: each is one of the values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

ENOUGH_FOR_P95 = 20
ENOUGH_FOR_P99 = 100
"""With fewer values a high percentile is little more than the largest of them."""

Value = TypeVar("Value", int, float)


def percentile(ordered: Sequence[Value], percent: float) -> Value:
    """The least value that at least `percent` of all values are at or below.

    Args:
        ordered: values in ascending order.
        percent: over 0, at most 100.

    Raises:
        ValueError: there are no values.
    """
    if not ordered:
        raise ValueError("no values have no percentile")
    # Multiplied first: 0.55 * 100 is more than 55.
    return ordered[max(math.ceil(percent * len(ordered) / 100) - 1, 0)]
