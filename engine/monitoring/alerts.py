"""Alerts that behave: they wait before they begin and before they end, merge, and can be seen.

A metric beyond its limit becomes an alert once it has stayed there for a minimum duration; until
then it is a warning. The alert ends once the metric has kept the limit, with a small margin, for
a while: without the margin a value that swings around its limit would begin and end for ever.
After a change of settings the new starts decide, without the margin. An alert whose metric
crosses its limit again shortly after its end goes on as the same alert. Every transition is
reported once; of an alert that comes and goes, the first return and, when it stays away, the end.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.monitoring.metrics import Reading
from engine.monitoring.wording import clock_text, duration_text
from engine.service.messages import AlertView, Event, MetricName, MetricState

KEPT = 200
"""Ended alerts that are remembered."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """How long things must last, in seconds, and the margin as a share of the limit."""

    raise_after_s: float = 1.0
    slow_raise_after_s: float = 5.0
    """For memory and CPU, which a start of the engine or a burst may push up for a moment."""
    filling_raise_after_s: float = 10.0
    """For the hit rate: caches that have just begun, or were emptied, miss until they are filled."""
    clear_after_s: float = 2.0
    clear_margin: float = 0.02
    merge_within_s: float = 30.0
    forget_after_s: float = 60.0
    """An alert that has had too few samples for so long ends."""

    def raise_after(self, metric: str) -> float:
        """Seconds that `metric` must be beyond its limit before it is an alert."""
        match metric:
            case MetricName.MEMORY | MetricName.CPU:
                return self.slow_raise_after_s
            case MetricName.HIT_RATE:
                return self.filling_raise_after_s
            case _:
                return self.raise_after_s


@dataclass(slots=True)
class _Alert:
    id: int
    metric: str
    text: str
    why: str
    began_s: float
    began_at: str
    modeled: bool
    ended_s: float | None = None
    acknowledged: bool = False
    returns: int = 0
    """How often it went on after it had ended."""
    over_text: str = ""
    over_unreported: bool = False
    """It has ended, but has returned before: its end is news once it stays away."""

    def view(self, now: float) -> AlertView:
        ended = self.ended_s
        return AlertView(
            id=self.id,
            metric=self.metric,
            state=MetricState.ALERT if ended is None else MetricState.OK,
            text=self.text,
            why=self.why,
            began_at=self.began_at,
            seconds=(now if ended is None else ended) - self.began_s,
            active=ended is None,
            acknowledged=self.acknowledged,
            modeled=self.modeled,
        )


@dataclass(slots=True)
class _Track:
    """How long one metric has been in what condition."""

    state: MetricState = MetricState.TOO_FEW
    since_s: float = 0.0
    beyond_since_s: float | None = None
    within_since_s: float | None = None
    unknown_since_s: float | None = None
    fresh: bool = False
    """A setting was changed since the metric was last within or beyond its limit."""
    silent_until_s: float = float("-inf")
    alert: _Alert | None = None
    """The active one."""
    last: _Alert | None = None
    """The last one that ended."""


@dataclass(slots=True)
class AlertBook:
    """The state of every metric, and all alerts."""

    began_s: float
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    _tracks: dict[str, _Track] = field(default_factory=dict)
    _ended: deque[_Alert] = field(default_factory=lambda: deque(maxlen=KEPT))
    _events: list[Event] = field(default_factory=list)
    _begun: Counter[str] = field(default_factory=Counter)

    def _track(self, metric: str) -> _Track:
        track = self._tracks.get(metric)
        if track is None:
            track = self._tracks[metric] = _Track(since_s=self.began_s)
        return track

    @property
    def begun(self) -> Mapping[str, int]:
        """How many alerts each metric has had."""
        return self._begun

    def changed(self) -> None:
        """A setting was changed: what the metrics say next is about something new."""
        for track in self._tracks.values():
            track.fresh = True
            track.beyond_since_s = track.within_since_s = None

    def state(self, metric: str, now: float) -> tuple[MetricState, float]:
        """The state of a metric, and for how many seconds it has been in it; as an alert, for as
        long as the alert lasts, also where it went on after a pause."""
        track = self._track(metric)
        if track.state is MetricState.ALERT and track.alert is not None:
            return track.state, now - track.alert.began_s
        return track.state, now - track.since_s

    def update(self, reading: Reading, why: str, now: float, wall: datetime) -> None:
        """Judge one metric now; `why` says what explains it and what to press."""
        track = self._track(reading.name)
        self._report_late_end(track, now)
        if reading.value is None:
            self._unknown(track, now)
        elif reading.state is MetricState.ALERT:
            self._beyond(track, reading, why, now, wall)
        else:
            self._within(track, reading, now)
        state = self._shown(track, reading)
        if state is not track.state:
            track.state, track.since_s = state, now

    def _report_late_end(self, track: _Track, now: float) -> None:
        last = track.last
        if last is None or last.ended_s is None or not last.over_unreported:
            return
        if now - last.ended_s > self.policy.merge_within_s:
            self._report_over(track, last, now)

    @staticmethod
    def _shown(track: _Track, reading: Reading) -> MetricState:
        if reading.value is not None and track.alert is not None:
            return MetricState.ALERT
        return MetricState.WARN if reading.state is MetricState.ALERT else reading.state

    def _unknown(self, track: _Track, now: float) -> None:
        track.beyond_since_s = track.within_since_s = None
        if track.unknown_since_s is None:
            track.unknown_since_s = now
        if track.alert and now - track.unknown_since_s >= self.policy.forget_after_s:
            self._end(track, track.alert, now, "too few starts lately to judge by")

    def _beyond(
        self, track: _Track, reading: Reading, why: str, now: float, wall: datetime
    ) -> None:
        track.unknown_since_s = track.within_since_s = None
        track.fresh = False
        if track.beyond_since_s is None:
            track.beyond_since_s = now
        if track.alert is None:
            lasted = now - track.beyond_since_s
            if lasted < self.policy.raise_after(reading.name):
                return
            track.alert = self._begin(track, reading, why, now, wall)
        track.alert.text, track.alert.why = reading.text, why
        track.alert.modeled = reading.modeled

    def _within(self, track: _Track, reading: Reading, now: float) -> None:
        track.unknown_since_s = track.beyond_since_s = None
        if track.alert is None:
            track.fresh = False
            return
        if not reading.within(0.0 if track.fresh else self.policy.clear_margin):
            track.within_since_s = None
            return
        if track.within_since_s is None:
            track.within_since_s = now
        if now - track.within_since_s >= self.policy.clear_after_s:
            track.fresh = False
            self._end(track, track.alert, now, reading.text)

    def _begin(
        self, track: _Track, reading: Reading, why: str, now: float, wall: datetime
    ) -> _Alert:
        last = track.last
        if last and last.ended_s is not None and now - last.ended_s <= self.policy.merge_within_s:
            self._ended.remove(last)
            last.ended_s, last.over_unreported = None, False
            last.returns += 1
            if last.returns == 1:
                again = Event(title="ALERT again", text=reading.text, severity="error")
                self._report(track, again, now)
            return last
        self._begun[reading.name] += 1
        alert = _Alert(
            self._begun.total(),
            reading.name,
            reading.text,
            why,
            now,
            clock_text(wall),
            reading.modeled,
        )
        self._report(track, Event(title="ALERT", text=reading.text, severity="error"), now)
        return alert

    def _end(self, track: _Track, alert: _Alert, now: float, reason: str) -> None:
        alert.ended_s = now
        self._ended.append(alert)
        track.alert, track.last = None, alert
        alert.over_text = f"{reason}, after {duration_text(now - alert.began_s)}"
        alert.over_unreported = True
        if not alert.returns:
            self._report_over(track, alert, now)

    def _report_over(self, track: _Track, alert: _Alert, now: float) -> None:
        alert.over_unreported = False
        self._report(track, Event(title="alert over", text=alert.over_text), now)

    def _report(self, track: _Track, event: Event, now: float) -> None:
        if now >= track.silent_until_s:
            self._events.append(event)

    def _all(self) -> list[_Alert]:
        active = [track.alert for track in self._tracks.values() if track.alert]
        return sorted(active, key=lambda alert: -alert.began_s) + list(reversed(self._ended))

    def acknowledge(self, number: int) -> bool:
        """Mark an alert as seen; False when there is none of that number."""
        for alert in self._all():
            if alert.id == number:
                alert.acknowledged = True
                return True
        return False

    def silence(self, metric: str, seconds: float, now: float) -> None:
        """Report no transition of `metric` for so long; its alerts are kept and shown."""
        self._track(metric).silent_until_s = now + seconds

    def take_events(self) -> list[Event]:
        """The transitions since this was last asked, oldest first."""
        events, self._events = self._events, []
        return events

    def views(self, now: float) -> list[AlertView]:
        """The active alerts, then the past ones, newest first."""
        return [alert.view(now) for alert in self._all()]
