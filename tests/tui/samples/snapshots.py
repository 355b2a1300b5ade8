"""Whole snapshots: the plan's third step, and a few other moments."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.service.messages import (
    EngineState,
    Mark,
    MetricState,
    PhasesView,
    PhaseView,
    PlayState,
    PoolView,
    ProjectView,
    Snapshot,
    StaleView,
    StartPoint,
    StatementView,
    TrafficSource,
    TrafficView,
    TrialView,
    WindowView,
)
from engine.settings import SETTING_SPECS, Settings, get_setting
from engine.trace import PHASE_TITLES
from tests.tui.samples.alerts import ALERT, PAST_ALERT
from tests.tui.samples.caches import caches
from tests.tui.samples.figures import metrics, optimizations, phases, points
from tests.tui.samples.replays import PLAYBACK

PROJECT = ProjectView(name="demo", root="/home/you/shop", tasks=300, agents=40, demo=True)


def settings_of(settings: Settings | None = None) -> dict[str, Any]:
    """All settings by path, as a snapshot carries them."""
    values = {path: get_setting(settings or Settings(), path) for path in SETTING_SPECS}
    plain: dict[str, Any] = msgspec.to_builtins(values)
    return plain


def snapshot(**changes: Any) -> Snapshot:
    """The plan's third step, playing; `changes` replace fields."""
    base = Snapshot(
        number=1,
        now_s=31.0,
        clock="14:02:31",
        uptime_s=31,
        engine=EngineState.READY,
        project=PROJECT,
        source=TrafficSource.REPLAY,
        playback=PLAYBACK,
        profile="plan",
        modeled=True,
        freshness="strict",
        bounded_ms=10.0,
        loading="batched",
        warming=False,
        settings=settings_of(),
        metrics=metrics(),
        window=WindowView(label="since the last change 0:07", seconds=7, starts=35),
        traffic=TrafficView(starts_per_s=5.0, errors=1, errors_per_min=1.9, starts=35, behind_ms=0),
        points=points(),
        marks=[
            Mark(10.0, "+1 parallel queries"),
            Mark(20.0, "+2 plugin facts"),
            Mark(28.0, "+3 compiled SOPs"),
        ],
        phases=phases(),
        caches=caches(),
        pool=PoolView(on=False, opened=35, closed=35),
        statements=[
            StatementView(
                name="batch",
                count=120,
                p95_ms=25.2,
                share=0.71,
                plan="SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
            ),
            StatementView(name="rules", count=1, p95_ms=0.36, share=0.29, plan="SCAN rules"),
        ],
        optimizations=optimizations(),
        alerts=[ALERT, PAST_ALERT],
    )
    return msgspec.structs.replace(base, **changes)


def live_without_traffic() -> Snapshot:
    """A fresh console on one's own project."""
    return snapshot(
        source=TrafficSource.LIVE,
        playback=None,
        profile="native",
        modeled=False,
        metrics=[
            msgspec.structs.replace(
                metric, value=None, state=MetricState.TOO_FEW, history=[], counted="n 0"
            )
            for metric in metrics()
        ],
        window=WindowView(label="since the engine started 0:31", seconds=31, starts=0),
        traffic=TrafficView(),
        points=[],
        marks=[],
        phases=PhasesView(
            phases=[PhaseView(name=title) for title in PHASE_TITLES.values()], starts=0
        ),
        alerts=[],
        optimizations=optimizations(tuple(range(1, 9))),
        warmed=300,
        to_warm=300,
        warming=True,
        statements=[],
        pool=PoolView(on=True, size=4, wait_p95_ms=0.02, opened=4),
        trial=TrialView(tasks=20, all_off_ms=0.61, cold_ms=0.09, warm_ms=0.03),
    )


def fast_and_native() -> Snapshot:
    """Everything on, native: far below the limit, in ttl mode with stale answers."""
    return snapshot(
        profile="native",
        modeled=False,
        freshness="ttl",
        settings={**settings_of(), "freshness": "ttl", "warming": False},
        stale=StaleView(checked=622, stale=65, text_differs=9, oldest_s=1_560),
        points=[
            StartPoint(i * 0.1, 0.02 + (i % 9) * 0.004 if i % 11 else 0.9, bool(i % 11), False)
            for i in range(310)
        ],
        marks=[],
        alerts=[],
        playback=msgspec.structs.replace(
            PLAYBACK,
            name="workday",
            state=PlayState.FINISHED,
            position_s=60,
            duration_s=60,
            virtual_s=2 * 28_800,
            virtual_duration_s=2 * 28_800,
            skipped_s=50_000,
            result="warm starts 24 % → 99 %, 0 stale",
            caption="",
            next_label="",
            next_in_s=None,
            then="",
        ),
        optimizations=optimizations(tuple(range(1, 9))),
    )
