"""Summaries of measured times."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

_NS_PER_MS = 1e6
P95_FROM = 20
P99_FROM = 100
"""Fewer samples say nothing about a percentile."""


class Latency(msgspec.Struct, kw_only=True, frozen=True):
    """Milliseconds from the intended start; a percentile is null when there are too few samples."""

    n: int
    mean_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


def percentile(ordered: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of sorted samples: the least with `share` of all at or below it."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latency_of(samples_ns: Sequence[int]) -> Latency:
    """Summary of samples in nanoseconds."""
    n = len(samples_ns)
    if n == 0:
        return Latency(n=0)
    ordered = sorted(samples_ns)
    return Latency(
        n=n,
        mean_ms=sum(ordered) / n / _NS_PER_MS,
        p50_ms=percentile(ordered, 0.5) / _NS_PER_MS,
        p95_ms=percentile(ordered, 0.95) / _NS_PER_MS if n >= P95_FROM else None,
        p99_ms=percentile(ordered, 0.99) / _NS_PER_MS if n >= P99_FROM else None,
        max_ms=ordered[-1] / _NS_PER_MS,
    )
