"""The key metrics, the latency chart, the phases and the optimizations."""

from __future__ import annotations

import math

from engine.optimizations import PUBLISHED, Optimization
from engine.service.messages import (
    MetricName,
    MetricState,
    MetricView,
    OptimizationView,
    PhasesView,
    PhaseView,
    StartPoint,
)
from engine.trace import PHASE_TITLES


def metrics(*, hit_rate: MetricState = MetricState.ALERT) -> list[MetricView]:
    """The five, the hit rate beyond its limit."""
    falling: list[float | None] = [*[146.0] * 20, *[120.8] * 20, *[77.0] * 20]
    return [
        MetricView(
            name=MetricName.TASKSTART,
            value=77.4,
            unit="ms",
            limit=100.0,
            state=MetricState.OK,
            state_for_s=10,
            history=falling,
            counted="n 35  p50 76.2  p99 –",
            modeled=True,
        ),
        MetricView(
            name=MetricName.DATABASE,
            value=35.1,
            unit="ms",
            limit=40.0,
            state=MetricState.WARN,
            state_for_s=18,
            history=[*[65.0] * 20, *[26.0] * 40],
            counted="n 35  all 35 asked it",
            modeled=True,
        ),
        MetricView(
            name=MetricName.HIT_RATE,
            value=66.7,
            unit="%",
            limit=90.0,
            limit_is_minimum=True,
            state=hit_rate,
            state_for_s=18,
            history=[None] * 20 + [33.0] * 20 + [66.7] * 20,
            counted="70 of 105 look-ups",
        ),
        MetricView(
            name=MetricName.MEMORY,
            value=48.0,
            unit="MB",
            limit=500.0,
            state=MetricState.OK,
            state_for_s=31,
            history=[*(40.0 + i / 8 for i in range(60))],
            counted="resident, peak 49",
        ),
        MetricView(
            name=MetricName.CPU,
            value=7.1,
            unit="%",
            limit=50.0,
            state=MetricState.TOO_FEW,
            state_for_s=31,
            history=[*[9.0] * 30, *[7.1] * 30],
            counted="of one core",
        ),
    ]


def points() -> list[StartPoint]:
    """Five starts a second: 146 ms, then 121 ms, then 77 ms; one failed."""
    found = []
    for i in range(155):
        at = i * 0.2
        level = 145.5 if at < 10 else 120.8 if at < 20 else 76.5
        total = level + 2.0 * math.sin(i * 1.7) + (i % 7) * 0.3
        found.append(StartPoint(at, total, False, i == 140, at < 20))
    return found


def phases() -> PhasesView:
    """Where the time goes at the third step."""
    now = (0.1, 0.1, 25.8, 0.0, 0.0, 0.0, 50.1, 0.2)
    all_off = (0.1, None, 65.3, 20.1, 0.0, 10.1, 50.1, 0.2)
    return PhasesView(
        phases=[
            PhaseView(name=title, now_ms=n, all_off_ms=a, slowest_ms=None if n is None else n * 1.1)
            for title, n, a in zip(PHASE_TITLES.values(), now, all_off, strict=True)
        ],
        starts=35,
        modeled=True,
        all_off_starts=40,
        all_off_when="measured here 14:02:00",
        all_off_modeled=True,
    )


def optimizations(on: tuple[int, ...] = (1, 2, 3)) -> list[OptimizationView]:
    """The eight, the first three on."""
    saved = {1: 39.5, 2: 20.1, 3: 10.1}
    return [
        OptimizationView(
            number=int(o),
            title=PUBLISHED[o].title,
            published=PUBLISHED[o].promise,
            on=int(o) in on,
            saved_ms=saved.get(int(o)),
        )
        for o in Optimization
    ]
