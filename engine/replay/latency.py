"""Summaries of measured times."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.percentile import ENOUGH_FOR_P95, ENOUGH_FOR_P99, percentile

_NS_PER_MS = 1e6


class Latency(msgspec.Struct, kw_only=True, frozen=True):
    """Milliseconds from the intended start; a percentile is null when there are too few samples."""

    n: int
    mean_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


def latency_of(samples_ns: Sequence[int]) -> Latency:
    """Summary of samples in nanoseconds."""
    n = len(samples_ns)
    if n == 0:
        return Latency(n=0)
    ordered = sorted(samples_ns)
    return Latency(
        n=n,
        mean_ms=sum(ordered) / n / _NS_PER_MS,
        p50_ms=percentile(ordered, 50) / _NS_PER_MS,
        p95_ms=percentile(ordered, 95) / _NS_PER_MS if n >= ENOUGH_FOR_P95 else None,
        p99_ms=percentile(ordered, 99) / _NS_PER_MS if n >= ENOUGH_FOR_P99 else None,
        max_ms=ordered[-1] / _NS_PER_MS,
    )


def in_words(milliseconds: float | None) -> str:
    """`0.310`; a dash where nothing is known."""
    return "–" if milliseconds is None else f"{milliseconds:.3f}"
