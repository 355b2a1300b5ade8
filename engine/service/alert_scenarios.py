"""Saves what led to an alert: the time before it, and what follows until it is over.

An alert has one file, also when it comes and goes; alerts that begin while another's file is
written share it; and after a file the same metric gets no other for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from engine.errors import WorkloadError
from engine.replay.alert_files import new_alert_file
from engine.replay.events import Op, WorkloadEvent
from engine.replay.live_traffic import LiveChange, LiveRing, LiveStart
from engine.replay.recorder import Recorder
from engine.replay.workload import WorkloadHeader
from engine.service.messages import AlertView, Event

log = logging.getLogger(__name__)

COOL_DOWN_S = 300.0
"""Least time between two files because of the same metric."""
LONGEST_AFTER_S = 300.0
"""Most that is added after the alert's beginning."""
MOST_STARTS = 100_000
"""Of one file; 7 MB of workload and 15 MB of run."""

MakeRecorder = Callable[[Path, WorkloadHeader, float], Recorder]
"""A recorder, not yet entered: file, header, monotonic seconds of its beginning."""


class _Saving:
    """A file that is being written."""

    def __init__(self, alert: AlertView, now: float) -> None:
        self.alerts = {alert.id}
        self.began_at = now
        self.name = ""
        """Of the scenario, once it can be played."""
        self.recorder: Recorder | None = None
        self.over = asyncio.Event()


class AlertScenarios:
    """Follows the live engine's alerts; told of them once a second."""

    def __init__(
        self,
        ring: LiveRing,
        make_recorder: MakeRecorder,
        *,
        tasks: asyncio.TaskGroup,
        announce: Callable[[Event], None],
        folder: Callable[[], Path],
    ) -> None:
        """`folder` tells where to save; `tasks` owns the writing."""
        self._ring = ring
        self._make_recorder = make_recorder
        self._tasks = tasks
        self._announce = announce
        self._folder = folder
        self._seen: set[int] = set()
        self._active: set[int] = set()
        self._tried_at: dict[str, float] = {}
        self._saving: _Saving | None = None
        self._task: asyncio.Task[None] | None = None
        self.saved: dict[int, str] = {}
        """Alerts and the names of the scenarios that hold them."""

    @property
    def recorder(self) -> Recorder | None:
        """What takes the traffic of an alert that lasts; None when none does."""
        saving = self._saving
        return saving.recorder if saving is not None and not saving.over.is_set() else None

    def look(self, alerts: Sequence[AlertView], seconds: float, now: float, wall: datetime) -> None:
        """Begin or end a file; `seconds` before an alert are saved, 0 saves nothing."""
        active = {alert.id: alert for alert in alerts if alert.active}
        begun = [alert for number, alert in active.items() if number not in self._seen]
        known = {alert.id for alert in alerts}
        self._seen = (self._seen & known) | active.keys()
        self.saved = {number: name for number, name in self.saved.items() if number in known}
        if self.recorder is not None:
            tell_alerts(self.recorder, now, self._active, alerts)
        self._active = set(active)
        for alert in reversed(begun):
            if self._saving is not None:
                self._join(self._saving, alert, now)
            elif seconds and self._may_save(alert, seconds, now):
                self._tried_at[alert.metric] = now
                saving = self._saving = _Saving(alert, now)
                self._task = self._tasks.create_task(
                    self._save(saving, alert, seconds, wall), name="alert-scenario"
                )
        if self._saving is not None and self._is_over(self._saving, active.keys(), now):
            self._saving.over.set()

    def forget(self) -> None:
        """The alerts that are told of from now on are another engine's, with numbers of their own."""
        self._seen.clear()
        self._active.clear()
        self.saved.clear()
        if self._saving is not None:
            self._saving.over.set()

    async def aclose(self) -> None:
        """End the file that is being written."""
        if self._saving is not None:
            self._saving.over.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _may_save(self, alert: AlertView, seconds: float, now: float) -> bool:
        if now - self._tried_at.get(alert.metric, float("-inf")) < COOL_DOWN_S:
            return False
        # Without a start there is nothing to play.
        return any(isinstance(entry, LiveStart) for entry in self._ring.since(now - seconds))

    def _join(self, saving: _Saving, alert: AlertView, now: float) -> None:
        saving.alerts.add(alert.id)
        self._tried_at[alert.metric] = now
        if saving.name:
            self.saved[alert.id] = saving.name
        if saving.recorder is not None:
            _caption(saving.recorder, now, alert)

    def _is_over(self, saving: _Saving, active: Collection[int], now: float) -> bool:
        recorder = saving.recorder
        if recorder is None:
            return False
        return (
            saving.alerts.isdisjoint(active)
            or now - saving.began_at >= LONGEST_AFTER_S
            or recorder.recorded >= MOST_STARTS
            or recorder.error != ""
        )

    async def _save(
        self, saving: _Saving, alert: AlertView, seconds: float, wall: datetime
    ) -> None:
        try:
            await self._write(saving, alert, seconds, wall)
        except (WorkloadError, OSError) as error:
            self._failed(f"{error}")
        except Exception as error:
            # Whatever goes wrong with a file must not end the engine that serves agents.
            log.exception("an alert could not be saved")
            self._failed(repr(error))
        finally:
            self._saving = None

    async def _write(
        self, saving: _Saving, alert: AlertView, seconds: float, wall: datetime
    ) -> None:
        path = await asyncio.to_thread(new_alert_file, self._folder(), wall.astimezone())
        header = WorkloadHeader(
            line=f"before the alert '{alert.metric}' at {alert.began_at}, saved by itself",
            description=" ".join(part for part in (alert.text, alert.why) if part),
        )
        async with self._make_recorder(path, header, saving.began_at - seconds) as recorder:
            recorder.add_past(self._ring.since(saving.began_at - seconds))
            _caption(recorder, saving.began_at, alert)
            recorder.alert(saving.began_at, f"ALERT {alert.text}")
            saving.recorder = recorder
            await recorder.flush()
            if not recorder.error:
                self._tell(saving, path.stem, seconds)
                await saving.over.wait()
        if recorder.error:
            self._failed(recorder.error)

    def _tell(self, saving: _Saving, name: str, seconds: float) -> None:
        saving.name = name
        self.saved.update(dict.fromkeys(saving.alerts, name))
        text = f"{name} holds the {seconds:g} s of live traffic before it; what follows is added"
        self._announce(Event(title="alert saved", text=text))

    def _failed(self, reason: str) -> None:
        text = f"what led to the alert is not saved, or not in full: {reason}"
        self._announce(Event(title="alert not saved", text=text, severity="warning"))


def tell_alerts(
    recorder: Recorder, now: float, before: Collection[int], alerts: Sequence[AlertView]
) -> None:
    """Record the alerts that have begun or ended since `before` were active."""
    for alert in alerts:
        if alert.active != (alert.id in before):
            recorder.alert(now, f"{'ALERT' if alert.active else 'over:'} {alert.text}")


def _caption(recorder: Recorder, at: float, alert: AlertView) -> None:
    words = WorkloadEvent(t=0.0, op=Op.NOTE, text=f"ALERT {alert.text}")
    recorder.add(LiveChange(at, words))
