"""The times without an engine, as alerts: one that has died cannot raise an alert itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tui import wire as m

FIRST_ID = 1 << 40
"""Beyond the ids of any engine's own alerts."""
_KEPT = 20


@dataclass(slots=True)
class _Outage:
    id: int
    reason: str
    clock: str
    began_s: float
    ended_s: float | None = None
    acknowledged: bool = False


class Outages:
    """When this console had no engine, and why."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._outages: list[_Outage] = []
        self._ids = FIRST_ID

    def begin(self, reason: str) -> None:
        """There is no engine; while that lasts, only the reason may change."""
        if self._outages and self._outages[-1].ended_s is None:
            self._outages[-1].reason = reason
            return
        clock = f"{datetime.now().astimezone():%H:%M:%S}"
        self._outages.append(_Outage(self._ids, reason, clock, self._now()))
        del self._outages[:-_KEPT]
        self._ids += 1

    def end(self) -> None:
        """There is one again."""
        if self._outages and self._outages[-1].ended_s is None:
            self._outages[-1].ended_s = self._now()

    def acknowledge(self, alert: int) -> bool:
        """Mark an outage as seen; False when the alert is none of them."""
        for outage in self._outages:
            if outage.id == alert:
                outage.acknowledged = True
                return True
        return False

    def added_to(self, snapshot: m.Snapshot) -> m.Snapshot:
        """The snapshot with the outages among its alerts."""
        if not self._outages:
            return snapshot
        import msgspec

        others = [alert for alert in snapshot.alerts if alert.id < FIRST_ID]
        mine = [self._view(outage) for outage in self._outages]
        return msgspec.structs.replace(snapshot, alerts=[*others, *mine])

    def _view(self, outage: _Outage) -> m.AlertView:
        ended_s = self._now() if outage.ended_s is None else outage.ended_s
        return m.AlertView(
            id=outage.id,
            metric="engine",
            state=m.MetricState.ALERT if outage.ended_s is None else m.MetricState.OK,
            text=outage.reason,
            why="agents still get their context, more slowly, from hooks of their own → press E",
            began_at=outage.clock,
            seconds=ended_s - outage.began_s,
            active=outage.ended_s is None,
            acknowledged=outage.acknowledged,
        )
