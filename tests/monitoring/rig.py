"""A monitor with a clock and a process of the test's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from engine.monitoring.alerts import AlertPolicy
from engine.monitoring.monitor import Monitor
from engine.monitoring.resources import ResourceReading
from engine.monitoring.samples import KeptAnswer
from engine.optimizations import ALL_OPTIMIZATIONS, Optimization
from engine.service.messages import AlertView, MetricName, MetricView
from engine.settings import Settings
from engine.trace import Level, LookUp, Namespace, Outcome, Phase, Trace

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def lookups(*outcomes: tuple[Namespace, Outcome], level: Level = Level.L1) -> tuple[LookUp, ...]:
    """Look-ups with these outcomes, answered by `level` where they were answered."""
    return tuple(
        LookUp(namespace, outcome, level if outcome.answered else None)
        for namespace, outcome in outcomes
    )


def trace(
    total_ms: float = 10.0,
    *,
    phases: dict[Phase, float] | None = None,
    looked_up: Sequence[LookUp] = (),
    warm: bool = False,
    error: str | None = None,
    profile: str = "native",
    optimizations: frozenset[Optimization] = ALL_OPTIMIZATIONS,
    task_id: int = 1,
) -> Trace:
    """A start; without `phases` it spent half in the database and half in assembly."""
    spent = phases or {Phase.DATABASE: total_ms / 2, Phase.ASSEMBLY: total_ms / 2}
    by_phase = tuple(round(1e6 * spent.get(phase, 0.0)) for phase in Phase)
    return Trace(
        task_id,
        None,
        total_ns=sum(by_phase),
        phases=by_phase,
        lookups=tuple(looked_up),
        warm=warm,
        error=error,
        profile=profile,
        optimizations=optimizations,
    )


class FakeProcess:
    """A process that uses what the test says."""

    def __init__(self) -> None:
        self.resident_mb = 48.0
        self.cpu_s = 0.0

    def read(self) -> ResourceReading:
        return ResourceReading(round(self.resident_mb * 1e6), self.cpu_s)


class Rig:
    """A monitor whose time stands still until the test moves it."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        policy: AlertPolicy | None = None,
        capacity: int = 32_768,
    ) -> None:
        self.now = 1_000.0
        self.cpu_percent = 5.0
        self._stopped_s: float | None = None
        self.process = FakeProcess()
        self.monitor = Monitor(
            lambda: self.now,
            wall=self._wall,
            settings=settings,
            policy=policy,
            resources=self.process,
            capacity=capacity,
        )

    def _wall(self) -> datetime:
        since = self.now if self._stopped_s is None else self._stopped_s
        return STARTED + timedelta(seconds=since - 1_000.0)

    def stop_the_clock(self) -> None:
        """As at the end of a replay: its virtual clock goes no further, and time does."""
        self._stopped_s = self.now

    def record(self, one: Trace, *, answer: KeptAnswer | None = None, source: str = "api") -> int:
        return self.monitor.record(one, at_s=self.now, source=source, answer=answer)

    def play(self, traces: Iterable[Trace], *, every_s: float) -> None:
        """Record one start every so many seconds, with a tick each second, as the service does."""
        for one in traces:
            self.advance(every_s)
            self.record(one)

    def advance(self, seconds: float) -> None:
        """Let time pass, with a tick each whole second."""
        until = self.now + seconds
        while int(until) > int(self.now):
            step = int(self.now) + 1 - self.now
            self.now += step
            self.process.cpu_s += step * self.cpu_percent / 100.0
            self.monitor.tick()
        self.process.cpu_s += (until - self.now) * self.cpu_percent / 100.0
        self.now = until

    def metric(self, name: MetricName) -> MetricView:
        return next(view for view in self.monitor.views().metrics if view.name == name)

    def active(self) -> list[AlertView]:
        return [alert for alert in self.monitor.views().alerts if alert.active]
