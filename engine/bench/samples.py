"""What a list of measured values says: percentiles with their number, and how sure they are."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import msgspec

from engine.percentile import ENOUGH_FOR_P95, ENOUGH_FOR_P99, percentile

_RESAMPLES = 2_000
_SEED = 20_25
"""Fixed, so that the same samples always give the same interval."""


class Interval(msgspec.Struct, frozen=True):
    """A 95 % bootstrap interval."""

    low: float
    high: float


class Summary(msgspec.Struct, frozen=True):
    """A sample's percentiles, in the unit of the sample; None where n is too small to tell."""

    n: int
    p50: float | None
    p50_interval: Interval | None
    p95: float | None
    p99: float | None


class Ratio(msgspec.Struct, frozen=True):
    """The ratio of two medians."""

    value: float
    interval: Interval


def median(values: Sequence[float]) -> float:
    """The nearest-rank (lower) median."""
    return percentile(sorted(values), 50)


def summarize(values: Sequence[float]) -> Summary:
    """The percentiles of `values`; each only from enough of them."""
    n = len(values)
    if n == 0:
        return Summary(0, None, None, None, None)
    ordered = sorted(values)
    return Summary(
        n,
        percentile(ordered, 50),
        _interval(_resampled_medians(ordered, random.Random(_SEED))),
        percentile(ordered, 95) if n >= ENOUGH_FOR_P95 else None,
        percentile(ordered, 99) if n >= ENOUGH_FOR_P99 else None,
    )


def ratio_of_medians(values: Sequence[float], reference: Sequence[float]) -> Ratio | None:
    """Median of `values` over median of `reference`; None where that has no meaning."""
    if not values or not reference:
        return None
    above, below = sorted(values), sorted(reference)
    middle = percentile(below, 50)
    if middle <= 0 or below[0] <= 0:
        return None
    generator = random.Random(_SEED)
    ratios = [
        a / b
        for a, b in zip(
            _resampled_medians(above, generator), _resampled_medians(below, generator), strict=True
        )
    ]
    return Ratio(percentile(above, 50) / middle, _interval(ratios))


def _resampled_medians(ordered: Sequence[float], generator: random.Random) -> list[float]:
    """Medians of bootstrap resamples, drawn directly.

    A resample's values are `ordered[floor(n * u)]` for n uniform u, and that is monotone in u. So
    its k-th smallest value comes from the k-th smallest u, which is Beta(k, n + 1 - k) distributed
    (order statistics of the uniform distribution): one draw stands for n.
    """
    n = len(ordered)
    k = math.ceil(n / 2)
    return [
        ordered[min(int(n * generator.betavariate(k, n + 1 - k)), n - 1)] for _ in range(_RESAMPLES)
    ]


def _interval(values: list[float]) -> Interval:
    values.sort()
    return Interval(percentile(values, 2.5), percentile(values, 97.5))
