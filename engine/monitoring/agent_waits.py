"""How long agents waited in all, as their hook's own process measured it from its start."""

from __future__ import annotations

from collections import deque
from statistics import median

KEPT = 2_048


class AgentWaits:
    """The last reported waits."""

    def __init__(self) -> None:
        self._waits: deque[tuple[float, int]] = deque(maxlen=KEPT)

    def add(self, at_s: float, wait_ns: int) -> None:
        """Take a report in, made at `at_s` of the monitor's time."""
        self._waits.append((at_s, wait_ns))

    def median_ms(self, since_s: float) -> float | None:
        """Median of the waits reported since; None when there are none."""
        waits = [wait_ns for at_s, wait_ns in self._waits if at_s >= since_s]
        return median(waits) / 1e6 if waits else None
