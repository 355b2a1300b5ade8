"""Things that happen now and then, counted over a window."""

from __future__ import annotations

from collections import deque

KEPT = 2_048


class Moments:
    """When something happened, and what was said of it the last time."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=KEPT)
        self._last = ""

    def add(self, at_s: float, said: str = "") -> None:
        """It happened at `at_s` of the monitor's time."""
        self._times.append(at_s)
        self._last = said

    def since(self, since_s: float) -> int:
        """How often since; of very many, the last 2,048."""
        return sum(1 for at_s in self._times if at_s >= since_s)

    def last(self, since_s: float) -> str:
        """What was said the last time; empty where that was before `since_s`."""
        return self._last if self._times and self._times[-1] >= since_s else ""
