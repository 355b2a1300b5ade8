"""Over which starts the figures are computed.

The default window reaches back to the last change of a setting, and at most 60 seconds; another
one reaches back a fixed time, whatever was changed meanwhile. Where that holds fewer than 20
answered starts, it widens to the last 20 (never beyond a change, in the default), and says so.
It is exact: a start is in it or not by the time at which it was answered, never by a slot.

The seconds are real ones, also while a replay moves a virtual clock: what is watched is the
engine's behaviour in the time of the person who watches.
"""

from __future__ import annotations

from engine.monitoring.aggregate import Aggregate
from engine.monitoring.samples import STRADDLES, Batch, SampleRing
from engine.monitoring.wording import duration_text, reach_text

DEFAULT_SECONDS = 60.0
ENOUGH = 20
"""Fewest samples from which a p95 or a hit rate is given."""


class Window:
    """A sliding stretch of the ring, with its aggregate."""

    def __init__(self, ring: SampleRing, began_s: float) -> None:
        self._ring = ring
        self._seconds = 0.0
        self._began_s = began_s
        self._changed_s = float("-inf")
        self._floor = 0
        """Number of the first start after the last change."""
        self.aggregate = Aggregate(ring)

    @property
    def chosen_s(self) -> float:
        """How far it is to reach back; 0 is "since the last change, at most 60 s"."""
        return self._seconds

    @property
    def changed_s(self) -> float:
        """When the last change was made; minus infinity before the first."""
        return self._changed_s

    def choose(self, seconds: float, now: float) -> None:
        """Reach back `seconds`; 0 is "since the last change, at most 60 s".

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"a window of {seconds:g} s reaches into the future")
        self._seconds = seconds
        self._restart(now)

    def change(self, now: float) -> None:
        """A setting was changed now; all starts recorded so far came before."""
        self._changed_s = now
        self._floor = self._ring.end
        if not self._seconds:
            self._restart(now)

    def _restart(self, now: float) -> None:
        aggregate = self.aggregate
        begin = max(self._ring.begin, 0 if self._seconds else self._floor)
        aggregate.restart(begin, leave_out=0 if self._seconds else STRADDLES)
        # Only what the window holds is taken in: the ring may reach back over many thousands.
        first = self._ring.first_after(now - self._reach, begin)
        first = self._widened(first, begin)
        aggregate.first = aggregate.end = first
        aggregate.extend()

    @property
    def _reach(self) -> float:
        return self._seconds or DEFAULT_SECONDS

    def record(self, batch: Batch) -> None:
        """Put starts into the ring and take them in."""
        aggregate, ring = self.aggregate, self._ring
        # What they will overwrite has to be taken away while it can still be read.
        aggregate.drop(ring.end + len(batch.traces) - ring.capacity)
        ring.extend(batch, changed_s=self._changed_s)
        aggregate.extend()

    def advance(self, now: float) -> None:
        """Let go what has become too old."""
        aggregate = self.aggregate
        until = self._ring.first_after(now - self._reach, aggregate.first)
        aggregate.drop(self._widened(until, aggregate.first))

    def _widened(self, first: int, begin: int) -> int:
        """The latest start, at most `first` and at least `begin`, with enough answered from it on."""
        aggregate, end = self.aggregate, self._ring.end
        near = min(end, first + 4 * ENOUGH)
        answered = sum(1 for number in range(first, near) if aggregate.counts(number))
        if answered < ENOUGH and near < end:
            answered = sum(1 for number in range(first, end) if aggregate.counts(number))
        while first > begin and answered < ENOUGH:
            first -= 1
            answered += aggregate.counts(first)
        return first

    def began_s(self, now: float) -> float:
        """Where the window's time begins."""
        aggregate = self.aggregate
        edge = now - self._reach
        if not self._seconds:
            edge = max(edge, self._changed_s)
        edge = max(edge, self._began_s)
        if aggregate.first < aggregate.end:
            oldest = self._ring.time_of(aggregate.first)
            if oldest <= edge or self._overflowed:
                return oldest
        return edge

    @property
    def _overflowed(self) -> bool:
        return 0 < self._ring.begin == self.aggregate.first

    @property
    def last_s(self) -> float | None:
        """When the window's last start was answered; None where it holds none."""
        aggregate = self.aggregate
        if aggregate.first == aggregate.end:
            return None
        return self._ring.time_of(aggregate.end - 1)

    def label(self, now: float) -> str:
        """The window in words, for example `since the last change 0:07`."""
        aggregate, ring = self.aggregate, self._ring
        reached = duration_text(now - self.began_s(now))
        if aggregate.first < aggregate.end:
            widened = ring.time_of(aggregate.first) <= now - self._reach
            if widened or self._overflowed:
                return f"last {aggregate.starts:,} starts, {reached}"
        if not self._seconds and now - self._changed_s < DEFAULT_SECONDS:
            return f"since the last change {reached}"
        if not self._seconds and now - self._began_s < DEFAULT_SECONDS:
            return f"since the engine started {reached}"
        return f"last {reach_text(self._reach)}"
