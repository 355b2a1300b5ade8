"""The engine's monitor: takes every finished start, and gives what the screens show.

Nothing is computed on the way of a start: `record` appends to a queue, which is folded into columns
and histograms once a second (`tick`), when somebody looks (`views`), and where it grows too long.
Percentiles are computed when somebody looks, never per start.

All times of charts, windows, durations and rates are seconds of the injected `now`, real time,
also while a replay moves a virtual clock: a window of a minute is a minute of the person who
watches, however much time of the workload it covers. Only clock times (`wall`) follow the
engine's own, maybe virtual, wall clock.

A monitor belongs to one event loop's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import compress

from engine.monitoring.agent_waits import AgentWaits
from engine.monitoring.aggregate import PhaseSums
from engine.monitoring.alerts import AlertBook, AlertPolicy
from engine.monitoring.board import MetricBoard
from engine.monitoring.caches import count_lookups
from engine.monitoring.metrics import Reading
from engine.monitoring.moments import Moments
from engine.monitoring.phases import AllOffReference, phases_view
from engine.monitoring.pieces import Pieces, at_once
from engine.monitoring.points import AXIS_SECONDS, LatencyPoints, Marks
from engine.monitoring.resources import ProcessResources, ResourceMeter, ResourceReader
from engine.monitoring.samples import (
    CAPACITY,
    STRADDLES,
    Batch,
    KeptAnswer,
    KeptDelivery,
    Recorded,
    SampleRing,
)
from engine.monitoring.savings import Savings
from engine.monitoring.starts import RecentStarts
from engine.monitoring.totals import Totals
from engine.monitoring.views import LifetimeFigures, MonitorViews
from engine.monitoring.window import Window
from engine.service.messages import (
    AlertView,
    Event,
    StartDetail,
    StartList,
    StartPoint,
    TrafficView,
    WindowView,
)
from engine.settings.model import Settings
from engine.trace import Trace

BATCH = 32
"""Starts that are folded in one piece: a fifth of a millisecond, several times that after the
processor has slept. 64 would cost a quarter less time altogether, in pauses half as long again."""

MOST_WAITING = 512
"""Starts that may wait to be folded. Where more come between two ticks, every 32nd start pays for
the folding of 32; below that, whoever ticks does, and no agent meets the pause but by chance."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Monitor:
    """What is known of an engine's starts."""

    def __init__(
        self,
        now: Callable[[], float],
        *,
        wall: Callable[[], datetime] = _utc_now,
        settings: Settings | None = None,
        policy: AlertPolicy | None = None,
        resources: ResourceReader | None = None,
        in_flight: Callable[[], int] = lambda: 0,
        capacity: int = CAPACITY,
    ) -> None:
        self._now = now
        self._wall = wall
        self._in_flight = in_flight
        began = now()
        self._waiting: deque[Recorded] = deque()
        self._recorded = 0
        self._ring = SampleRing(capacity)
        self._window = Window(self._ring, began)
        self._resources = ResourceMeter(resources or ProcessResources())
        self._alerts = AlertBook(began, policy or AlertPolicy())
        self._board = MetricBoard(
            self._window, self._resources, self._alerts, settings or Settings(), in_flight
        )
        self._points = LatencyPoints()
        self._marks = Marks()
        self._recent = RecentStarts(now, wall)
        self._reference = AllOffReference()
        self._savings = Savings()
        self._totals = Totals()
        self._slowest = PhaseSums()
        self._slowest_s = float("-inf")
        self._behind_ns: int | None = None
        self._agent_waits = AgentWaits()
        self._without_task = Moments()
        self._refusals = Moments()
        self._profile = self._board.settings.profile

    # ---- taking starts in ---------------------------------------------------------------

    def record(
        self,
        trace: Trace,
        *,
        at_s: float,
        source: str,
        behind_ns: int = 0,
        answer: KeptAnswer | None = None,
    ) -> int:
        """Take a finished start; returns its number, for `start`.

        One without a task is listed and counted apart: it is no TaskStart, and its time has no
        part in any figure.

        Args:
            trace: the start, complete; not changed afterwards.
            at_s: when it was answered, seconds of the monitor's `now`.
            source: who asked (api, replay, console, cli, hook, claude).
            behind_ns: how long after its intended time it was sent.
            answer: its answer; kept for the last 200 starts.
        """
        number = self._recorded = self._recorded + 1
        # A plain tuple: naming its fields costs as much as all the rest, and can wait.
        waiting = self._waiting
        waiting.append((number, trace, at_s, source, behind_ns, answer))
        if len(waiting) > MOST_WAITING:
            self._fold_batch()
        return number

    def delivered(self, trace: Trace, delivery: KeptDelivery) -> None:
        """Say what the agent was given of a recorded start, where it is not the answer's text."""
        self._recent.delivered(trace, delivery)

    def refused(self, route: str, status: int, line: str) -> None:
        """A hook's request was refused before it could be a start, with this line."""
        self._refusals.add(self._now(), line)
        self._totals.refused[route, status] += 1

    def agent_waited(self, wait_ns: int) -> None:
        """An agent's hook reports how long its agent waited, its own process's start included."""
        self._agent_waits.add(self._now(), wait_ns)

    def _fold(self) -> None:
        while self._waiting:
            self._fold_batch()

    def _fold_in_pieces(self) -> Pieces[None]:
        # Those that come meanwhile are for the next time.
        for _ in range(0, len(self._waiting), BATCH):
            if self._waiting:
                self._fold_batch()
                yield

    def _fold_batch(self) -> None:
        waiting = self._waiting
        batch = Batch.of([waiting.popleft() for _ in range(min(BATCH, len(waiting)))])
        self._recent.extend(batch)
        without_task = [trace.is_without_task for trace in batch.traces]
        if not any(without_task):
            self._count(batch)
            return
        for at_s in compress(batch.at_s, without_task):
            self._without_task.add(at_s)
            self._totals.without_task += 1
        counted = batch.only([not one for one in without_task])
        if counted is not None:
            self._count(counted)

    def _count(self, batch: Batch) -> None:
        starts = len(batch.traces)
        self._window.record(batch)
        self._totals.observe(batch, self._ring.last_patterns(starts))
        self._points.extend(batch.at_s, batch.traces)
        flags = self._ring.last_flags(starts)
        for at_s, trace, flag in zip(batch.at_s, batch.traces, flags, strict=True):
            if not flag & STRADDLES:
                self._savings.observe(trace)
                self._reference.observe(trace, self._wall)
            if trace.error is not None:
                self._board.failed(at_s, trace.error)
        self._profile = batch.traces[-1].profile
        self._behind_ns = batch.behind_ns[-1] if batch.sources[-1] == "replay" else None

    # ---- what is changed from outside ---------------------------------------------------

    def configure(self, settings: Settings) -> None:
        """Take the settings that are in force now: limits, and what explanations draw on."""
        self._fold()
        self._board.settings = settings
        # Until a start comes, its phases are compared with what starts cost under this profile.
        self._profile = settings.profile

    def mark(self, label: str) -> None:
        """A setting was changed now: a mark on the time axis, and the default window begins anew."""
        now = self._now()
        self._fold()
        self._marks.add(now, label)
        self._window.change(now)
        self._forget_slowest()
        self._alerts.changed()
        self._savings.changed()
        self._reference.changed()

    def set_window(self, seconds: float) -> None:
        """Reach back `seconds`; 0 is "since the last change, at most 60 s".

        Raises:
            ValueError: `seconds` is negative.
        """
        self._fold()
        self._window.choose(seconds, self._now())
        self._points.reach(seconds)
        self._forget_slowest()

    def set_all_off(self, traces: Iterable[Trace]) -> None:
        """Take starts made for this purpose, with everything off, as the reference."""
        self._reference.measured(traces, self._wall())

    def alerts(self) -> list[AlertView]:
        """The active alerts, then the past ones, as they were last judged."""
        return self._alerts.views(self._now())

    def acknowledge(self, number: int) -> bool:
        """Mark an alert as seen; False when there is none of that number."""
        return self._alerts.acknowledge(number)

    def silence(self, metric: str, seconds: float) -> None:
        """Report no transition of `metric` for so many seconds."""
        self._alerts.silence(metric, seconds, self._now())

    # ---- looking ------------------------------------------------------------------------

    def tick(self) -> None:
        """Once a second: read memory and CPU, write the histories, judge the alerts."""
        at_once(self.tick_in_pieces())

    def tick_in_pieces(self) -> Pieces[None]:
        """As `tick`, in pieces."""
        yield from self._fold_in_pieces()
        now = self._now()
        self._window.advance(now)
        yield
        yield from self._board.tick(now, self._wall())

    def take_events(self) -> list[Event]:
        """The transitions of alerts since this was last asked, each once, as toasts."""
        return self._alerts.take_events()

    def views(self) -> MonitorViews:
        """All parts of a snapshot that come from the starts."""
        return at_once(self.views_in_pieces())

    def views_in_pieces(self) -> Pieces[MonitorViews]:
        """As `views`, in pieces; a start that ends meanwhile may be in some parts and not in others."""
        yield from self._fold_in_pieces()
        now = self._now()
        self._window.advance(now)
        yield
        readings = self._board.judge(now, self._wall())
        yield
        began = self._window.began_s(now)
        points = self._points.views(min(began, now - AXIS_SECONDS), self._window.changed_s)
        yield
        if now - self._slowest_s >= 1.0:
            yield from self._find_slowest(now)
        return self._views(now, readings, points)

    def _forget_slowest(self) -> None:
        self._slowest = PhaseSums()
        self._slowest_s = float("-inf")

    def _find_slowest(self, now: float) -> Pieces[None]:
        # It looks at every start of the window, so once a second is often enough.
        self._slowest_s = now
        slowest = yield from self._window.aggregate.find_slowest()
        if self._slowest_s == now:
            self._slowest = slowest

    def _views(self, now: float, readings: list[Reading], points: list[StartPoint]) -> MonitorViews:
        window, aggregate = self._window, self._window.aggregate
        began = window.began_s(now)
        return MonitorViews(
            now_s=now,
            metrics=self._board.views(readings, now),
            window=WindowView(
                label=window.label(now),
                seconds=now - began,
                starts=aggregate.starts,
                chosen_s=window.chosen_s,
            ),
            traffic=self._traffic(now),
            points=points,
            marks=self._marks.views(min(began, now - AXIS_SECONDS)),
            phases=phases_view(aggregate, self._slowest, self._reference, self._profile),
            lookups=count_lookups(aggregate.patterns),
            optimizations=self._savings.views(self._board.settings.optimizations),
            alerts=self._alerts.views(now),
        )

    def _traffic(self, now: float) -> TrafficView:
        aggregate = self._window.aggregate
        began_s = self._window.began_s(now)
        return TrafficView(
            starts_per_s=self._board.starts_per_s(now),
            errors=aggregate.failed,
            errors_per_min=float(self._board.failures(now)),
            warm=aggregate.warm,
            starts=aggregate.starts,
            behind_ms=None if self._behind_ns is None else self._behind_ns / 1e6,
            agent_wait_ms=self._agent_waits.median_ms(began_s),
            in_flight=self._in_flight(),
            sources=aggregate.sources,
            without_task=self._without_task.since(began_s),
            refused=self._refusals.since(began_s),
            refusal=self._refusals.last(began_s),
        )

    def lifetime(self) -> LifetimeFigures:
        """Everything since the engine started, for monitoring systems."""
        self._fold()
        return LifetimeFigures(
            totals=self._totals,
            resources=self._resources.last,
            in_flight=self._in_flight(),
            active_alerts=frozenset(
                alert.metric for alert in self._alerts.views(self._now()) if alert.active
            ),
            alerts=self._alerts.begun,
        )

    def starts(self, limit: int = 200, before: int | None = None) -> StartList:
        """The last starts, newest first; `before` pages on by number."""
        self._fold()
        return self._recent.views(limit, before)

    def start(self, number: int) -> StartDetail | None:
        """One start in full; None when it is no longer kept."""
        self._fold()
        return self._recent.detail(number)
