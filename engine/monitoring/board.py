"""The five metrics now, their histories of a minute, and the judging of their alerts."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from engine.monitoring.alerts import AlertBook
from engine.monitoring.causes import Situation, explain
from engine.monitoring.metrics import Reading, read_errors, read_metrics
from engine.monitoring.pieces import Pieces
from engine.monitoring.resources import ResourceMeter
from engine.monitoring.window import Window
from engine.service.messages import MetricName, MetricState, MetricView
from engine.settings.model import Settings

QUIET_S = 60.0
"""After so long without a start what starts cost is history: it is shown, and not judged."""

HISTORY = 60
"""Values that a history holds, one a second."""

_FAILURE_SECONDS = 60.0
_MOST_FAILURES = 10_000
"""More failures a minute than these are not told apart from these."""

_NUMBER = re.compile(r"\d+")


class MetricBoard:
    """Reads the metrics over the window, and keeps what lasts longer than a look."""

    def __init__(
        self,
        window: Window,
        resources: ResourceMeter,
        alerts: AlertBook,
        settings: Settings,
        in_flight: Callable[[], int],
    ) -> None:
        self.settings = settings
        self._window = window
        self._resources = resources
        self._alerts = alerts
        self._in_flight = in_flight
        self._failures: deque[tuple[float, str]] = deque(maxlen=_MOST_FAILURES)
        self._histories: dict[str, deque[float | None]] = {
            name: deque(maxlen=HISTORY) for name in MetricName
        }

    def failed(self, at_s: float, reason: str) -> None:
        """Count a failed start."""
        self._failures.append((at_s, reason))

    def failures(self, now: float) -> int:
        """Failed starts of the last minute."""
        while self._failures and self._failures[0][0] <= now - _FAILURE_SECONDS:
            self._failures.popleft()
        return len(self._failures)

    def starts_per_s(self, now: float) -> float:
        """Starts of the window, failed ones too, per second."""
        # A window of less than a second would show the first start after a change as a flood.
        seconds = max(1.0, now - self._window.began_s(now))
        return self._window.aggregate.starts / seconds

    def tick(self, now: float, wall: datetime) -> Pieces[None]:
        """Once a second: read memory and CPU, write the histories, judge the alerts."""
        self._resources.sample(now)
        yield
        quiet = self._is_quiet(now)
        for reading in self.judge(now, wall):
            known = not (quiet and reading.is_of_starts)
            self._histories[reading.name].append(reading.value if known else None)

    def judge(self, now: float, wall: datetime) -> list[Reading]:
        """The five metrics over the window as it is; the alerts follow them."""
        readings = read_metrics(self._window.aggregate, self._resources, self.settings.limits)
        situation: Situation | None = None
        quiet = self._is_quiet(now)
        for reading in (*readings, read_errors(self.failures(now))):
            why = ""
            if quiet and reading.is_of_starts:
                self._alerts.update(replace(reading, value=None), why, now, wall)
                continue
            if reading.state is MetricState.ALERT:
                situation = situation or self._situation(now)
                why = explain(reading.name, situation)
            self._alerts.update(reading, why, now, wall)
        return readings

    def _is_quiet(self, now: float) -> bool:
        """Whether the window's last start is so long ago that it tells nothing of now."""
        last_s = self._window.last_s
        return last_s is not None and now - last_s > QUIET_S

    def _situation(self, now: float) -> Situation:
        return Situation(
            self._window.aggregate,
            self.settings,
            self.starts_per_s(now),
            self._in_flight(),
            # Reasons name their task; what failed alike counts together.
            Counter(_NUMBER.sub("…", reason) for _, reason in self._failures),
        )

    def views(self, readings: list[Reading], now: float) -> list[MetricView]:
        """The metrics as the screens show them."""
        return [self._view(reading, now) for reading in readings]

    def _view(self, reading: Reading, now: float) -> MetricView:
        state, seconds = self._alerts.state(reading.name, now)
        return MetricView(
            name=MetricName(reading.name),
            value=reading.value,
            unit=reading.unit,
            limit=reading.limit,
            limit_is_minimum=reading.limit_is_minimum,
            state=state,
            state_for_s=seconds,
            history=list(self._histories[reading.name]),
            counted=reading.counted,
            modeled=reading.modeled,
        )
