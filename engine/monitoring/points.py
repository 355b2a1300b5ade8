"""The dots of the latency chart and the marks on its time axis.

One dot is one start. Only where more than 600 starts are to be drawn are some left out: of each
300th of the axis the slowest and the fastest stay, and a failed one in the place of the fastest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from engine.service.messages import Mark, StartPoint
from engine.trace import Trace

POINTS = 600
AXIS_SECONDS = 60.0
MARKS = 200


class _Point(NamedTuple):
    at_s: float
    total_ms: float
    warm: bool
    failed: bool


class LatencyPoints:
    """The last starts, thinned when there are too many."""

    def __init__(self) -> None:
        self._points: list[_Point] = []
        self._reach_s = AXIS_SECONDS

    def reach(self, seconds: float) -> None:
        """Thin as an axis of so many seconds needs it, of at least a minute."""
        self._reach_s = max(AXIS_SECONDS, seconds)

    def extend(self, times: Sequence[float], traces: Sequence[Trace]) -> None:
        """Add starts, answered at `times`, in order of time."""
        self._points += [
            _Point(at_s, trace.total_ns / 1e6, trace.warm, trace.error is not None)
            for at_s, trace in zip(times, traces, strict=True)
        ]
        if len(self._points) >= 2 * POINTS:
            self._thin()

    def _thin(self) -> None:
        """Bring the points down to `POINTS`: thin what is dense, then let the oldest go."""
        kept: list[_Point] = []
        bucket_s = 2 * self._reach_s / POINTS
        for _, group in groupby(self._points, key=lambda point: point.at_s // bucket_s):
            kept += _extremes(list(group))
        self._points = kept[-POINTS:]

    def views(self, since_s: float, changed_s: float) -> list[StartPoint]:
        """At most 600 dots from `since_s` on, oldest first.

        Those of starts begun before `changed_s` are marked so.
        """
        if len(self._points) > POINTS:
            self._thin()
        return [
            StartPoint(
                point.at_s,
                point.total_ms,
                point.warm,
                point.failed,
                point.at_s - point.total_ms / 1e3 < changed_s,
            )
            for point in self._points
            if point.at_s >= since_s
        ]


def _extremes(points: list[_Point]) -> list[_Point]:
    if len(points) <= 2:
        return points
    slowest = max(points, key=lambda point: point.total_ms)
    failed = [point for point in points if point.failed]
    other = failed[0] if failed else min(points, key=lambda point: point.total_ms)
    return sorted({slowest, other}, key=lambda point: point.at_s)


class Marks:
    """The last changes on the time axis."""

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque(maxlen=MARKS)

    def add(self, at_s: float, label: str) -> None:
        """Mark a change."""
        self._marks.append(Mark(at_s, label))

    def views(self, since_s: float) -> list[Mark]:
        """The marks from `since_s` on, oldest first."""
        return [mark for mark in self._marks if mark.at_s >= since_s]
