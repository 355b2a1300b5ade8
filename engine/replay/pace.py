"""The pace of a replay: which moment of the schedule the wall has reached, and waiting for one."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_NS = 1_000_000_000
_FINE_NS = 1_200_000
"""The event loop's timers are late by up to a millisecond, so the last stretch is waited out in
turns of the loop: a start is sent within microseconds of its time, at a cost of half a
millisecond of CPU."""

_SLOWEST = 1e-3
_FASTEST = 1e6


def check_speed(speed: float) -> float:
    """`speed` itself: 0 (as fast as possible), or a factor of real time from 0.001 to 1,000,000.

    Raises:
        ValueError: it is neither.
    """
    if speed != 0 and not _SLOWEST <= speed <= _FASTEST:
        raise ValueError(
            f"speed {speed:g} is no speed: say 0 for as fast as possible, or 0.001 to 1,000,000"
        )
    return speed


class Wall(Protocol):
    """Real time, as a replay waits for it."""

    def now_ns(self) -> int:
        """Nanoseconds of `time.perf_counter_ns`."""

    async def wait(self, until_ns: int, wake: asyncio.Event, *, exact: bool) -> None:
        """Return at `until_ns`, or earlier once `wake` is set."""


class SystemWall:
    """The machine's own time."""

    def now_ns(self) -> int:
        return time.perf_counter_ns()

    async def wait(self, until_ns: int, wake: asyncio.Event, *, exact: bool) -> None:
        coarse_ns = until_ns - self.now_ns() - (_FINE_NS if exact else 0)
        if coarse_ns > 0:
            try:
                async with asyncio.timeout(coarse_ns / _NS):
                    await wake.wait()
            except TimeoutError:
                pass
        while exact:
            if wake.is_set() or self.now_ns() >= until_ns:
                return
            await asyncio.sleep(0)


class Pace:
    """Maps the wall to seconds of the schedule (wall seconds at speed 1). Speed 0 is `max`."""

    def __init__(self, now_ns: int, speed: float) -> None:
        self._speed = speed
        self._anchor_ns = now_ns
        self._anchor_s = 0.0
        self._running = True
        self._played_ns = 0

    @property
    def speed(self) -> float:
        """Schedule seconds per wall second; 0 is as fast as possible."""
        return self._speed

    @property
    def running(self) -> bool:
        """False while paused."""
        return self._running

    def played_s(self, now_ns: int) -> float:
        """Wall seconds played, pauses not counted."""
        current = now_ns - self._anchor_ns if self._running else 0
        return (self._played_ns + current) / _NS

    def position_s(self, now_ns: int) -> float:
        """Schedule seconds reached; at speed 0 the moment last told by `moved_to`."""
        if not self._running or self._speed == 0:
            return self._anchor_s
        return self._anchor_s + (now_ns - self._anchor_ns) / _NS * self._speed

    def due_ns(self, at_s: float) -> int:
        """The wall time of a moment of the schedule, at the present speed."""
        return self._anchor_ns + round((at_s - self._anchor_s) / self._speed * _NS)

    def pause(self, now_ns: int) -> None:
        """Stand still; in-flight starts are not affected."""
        self._anchor(now_ns, self.position_s(now_ns))
        self._running = False

    def resume(self, now_ns: int) -> None:
        """Go on from where it stood."""
        self._anchor(now_ns, self._anchor_s)
        self._running = True

    def set_speed(self, now_ns: int, speed: float) -> None:
        """Go on at another speed from here."""
        self._anchor(now_ns, self.position_s(now_ns))
        self._speed = speed

    def moved_to(self, now_ns: int, at_s: float) -> None:
        """At speed 0: a moment of the schedule has been reached."""
        self._anchor(now_ns, at_s)

    def _anchor(self, now_ns: int, position_s: float) -> None:
        if self._running:
            self._played_ns += now_ns - self._anchor_ns
        self._anchor_ns = now_ns
        self._anchor_s = position_s
