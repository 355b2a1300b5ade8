"""How often each SQL statement ran and how long it took, over the life of an engine."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from hdrh.histogram import HdrHistogram

from engine.storage.statements import StatementName

_LONGEST_NS = 60_000_000_000
_SIGNIFICANT_DIGITS = 2
_FOLD_AT = 512


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """One statement's figures."""

    name: StatementName
    count: int
    p95_ms: float
    share: float
    """Share of all statements' time, 0 to 1."""


class _Times:
    __slots__ = ("histogram", "total_ns")

    def __init__(self) -> None:
        self.histogram = HdrHistogram(1, _LONGEST_NS, _SIGNIFICANT_DIGITS)
        self.total_ns = 0


class StatementStatistics:
    """Collects statement times from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[StatementName, int]] = []
        self._times: dict[StatementName, _Times] = {}

    def record(self, name: StatementName, nanoseconds: int) -> None:
        """Note one execution, its rows fetched. Costs an append; histograms are fed in batches."""
        # `list.append` is atomic, so that a connection's thread takes the lock only to fold.
        pending = self._pending
        pending.append((name, nanoseconds))
        if len(pending) >= _FOLD_AT:
            with self._lock:
                self._fold()

    def _fold(self) -> None:
        # Other threads go on appending meanwhile: `pop` takes what is there, and the list stays
        # the same object, so that nothing is lost.
        pending = self._pending
        while pending:
            name, nanoseconds = pending.pop()
            times = self._times.get(name)
            if times is None:
                times = self._times[name] = _Times()
            times.histogram.record_value(min(max(nanoseconds, 1), _LONGEST_NS))
            times.total_ns += nanoseconds

    def summaries(self) -> list[StatementSummary]:
        """Every statement that ran, the one with the largest share of the time first."""
        with self._lock:
            self._fold()
            everything = sum(times.total_ns for times in self._times.values()) or 1
            found = [
                StatementSummary(
                    name=name,
                    count=times.histogram.get_total_count(),
                    p95_ms=times.histogram.get_value_at_percentile(95.0) / 1e6,
                    share=times.total_ns / everything,
                )
                for name, times in self._times.items()
            ]
        return sorted(found, key=lambda summary: summary.share, reverse=True)
