"""The two injected clocks: monotonic time for deadlines, wall time for ages.

Latencies are never read from here: they are always real, even when a replay's clock is virtual.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the engine asks the time of."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back, and goes on while the machine sleeps."""

    def wall(self) -> datetime:
        """Now, in UTC, with its time zone."""

    def timestamp(self) -> float:
        """`wall` in seconds since 1970, for half its price."""


class SystemClock:
    """The machine's own clocks."""

    # CLOCK_MONOTONIC stands still while a laptop sleeps, so a TTL would outlive the night.
    _CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def monotonic(self) -> float:
        return time.clock_gettime(self._CLOCK)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def timestamp(self) -> float:
        return time.time()


class VirtualClock:
    """A clock that moves only when told to; both of its times move together."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start if start is not None else datetime(2026, 1, 1, tzinfo=UTC)
        self._elapsed = 0.0

    def monotonic(self) -> float:
        return self._elapsed

    def wall(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def timestamp(self) -> float:
        return self.wall().timestamp()

    def advance(self, seconds: float) -> None:
        """Move both times forward.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        self._elapsed += seconds

    def move_to(self, elapsed: float) -> None:
        """Move to `elapsed` seconds after the start; an earlier time leaves the clock alone."""
        self._elapsed = max(self._elapsed, elapsed)


class ShiftedClock:
    """The system's monotonic time with a wall clock that starts at a given instant."""

    def __init__(self, now: datetime) -> None:
        self._system = SystemClock()
        self._now = now
        self._started = self._system.monotonic()

    def monotonic(self) -> float:
        return self._system.monotonic()

    def wall(self) -> datetime:
        return self._now + timedelta(seconds=self._system.monotonic() - self._started)

    def timestamp(self) -> float:
        return self.wall().timestamp()
