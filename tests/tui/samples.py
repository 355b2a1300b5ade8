"""Hand-made snapshots: the figures of the plan's third step, and of a few other moments."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from engine.optimizations import PUBLISHED, Optimization
from engine.service.messages import (
    AlertView,
    CacheLevelView,
    CacheView,
    EngineState,
    LookUpView,
    Mark,
    MetricName,
    MetricState,
    MetricView,
    OptimizationView,
    PhasesView,
    PhaseView,
    PlaybackView,
    PlayState,
    PoolView,
    ProjectView,
    ScenarioList,
    ScenarioView,
    Snapshot,
    SpanView,
    StaleView,
    StartDetail,
    StartList,
    StartPoint,
    StartView,
    StatementView,
    TrafficSource,
    TrafficView,
    TrialView,
    WindowView,
)
from engine.settings import SETTING_SPECS, Settings, get_setting
from engine.trace import PHASE_TITLES, Namespace

PROJECT = ProjectView(name="demo", root="/home/you/shop", tasks=300, agents=40, demo=True)


def settings_of(settings: Settings | None = None) -> dict[str, Any]:
    """All settings by path, as a snapshot carries them."""
    values = {path: get_setting(settings or Settings(), path) for path in SETTING_SPECS}
    plain: dict[str, Any] = msgspec.to_builtins(values)
    return plain


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


def caches() -> list[CacheView]:
    """All six caches, two of them off."""

    def level(number: int, on: bool, **figures: Any) -> CacheLevelView:
        ttl, most = ((60.0, 1_000), (300.0, 10_000), (1_800.0, 100_000))[number - 1]
        return CacheLevelView(level=number, on=on, ttl_seconds=ttl, max_entries=most, **figures)

    settings = Settings()
    shown: dict[Namespace, dict[str, Any]] = {
        Namespace.ANSWERS: {"on": False, "off_hint": "turn on 4: finished answers are kept"},
        Namespace.ROWS: {"asked": 35, "first_time": 35, "entries": 35},
        Namespace.RULES: {"asked": 35, "hits": 34, "first_time": 1, "entries": 1},
        Namespace.PLUGIN_FACTS: {"asked": 35, "hits": 30, "expired": 5, "needless": 4},
        Namespace.AGENTS: {"on": False, "off_hint": "turn on 5: agent check from cache"},
        Namespace.SOPS: {"asked": 35, "hits": 35, "entries": 40, "bytes_total": 245_000},
    }
    views = []
    for namespace, figures in shown.items():
        limits = settings.caches[namespace]
        hits = figures.get("hits", 0)
        asked = figures.get("asked", 0)
        levels = [
            level(1, True, asked=asked, hits=hits, entries=12, bytes_per_entry=9_120.0, hit_us=0.4),
            level(2, False),
            level(3, False),
        ]
        values: dict[str, Any] = {"on": True, "levels": levels, **figures}
        views.append(
            CacheView(
                name=namespace.value,
                title=namespace.label,
                ttl_seconds=limits.ttl_seconds,
                max_entries=limits.max_entries,
                **values,
            )
        )
    return views


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


ALERT = AlertView(
    id=1,
    metric="cache hit rate",
    state=MetricState.ALERT,
    text="hit rate 66.7 % < 90 %",
    why="every task is new, no row can be cached yet → o 4, o 6",
    began_at="14:02:13",
    seconds=18,
    active=True,
    modeled=True,
)
PAST_ALERT = AlertView(
    id=0,
    metric="TaskStart p95",
    state=MetricState.ALERT,
    text="TaskStart p95 145.9 ms > 100 ms",
    why="65 ms of it are the database's → o 1",
    began_at="14:02:00",
    seconds=12,
    active=False,
    acknowledged=True,
    modeled=True,
)

PLAYBACK = PlaybackView(
    name="the-plan",
    state=PlayState.PLAYING,
    speed=1.0,
    position_s=31,
    duration_s=80,
    virtual_s=31,
    virtual_duration_s=80,
    starts=155,
    total_starts=400,
    worst_behind_ms=0.2,
    caption='3 of 8, SOPs compiled once: "agent SOPs" has just left the table on the right.',
    next_label="+4 parallel assembly",
    next_in_s=1.0,
    then="workday",
)


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


SCENARIOS = ScenarioList(
    scenarios=[
        ScenarioView(
            name="the-plan",
            line="eight steps of the plan, switched on one by one",
            wall_s=80,
            starts=400,
            writes=0,
            modeled=True,
            last_result="145.9 → 0.9 ms",
        ),
        ScenarioView(
            name="first-start",
            line="the first start of the day, cold, then warmed",
            wall_s=30,
            starts=60,
            writes=0,
            modeled=False,
        ),
        ScenarioView(
            name="workday",
            line="agents come back when every TTL has run out",
            wall_s=60,
            starts=180,
            writes=240,
            modeled=False,
            last_result="warm 24 → 99 %",
        ),
        ScenarioView(
            name="fan-out",
            line="40 agents at once: how long does the last one wait?",
            wall_s=40,
            starts=128,
            writes=0,
            modeled=False,
        ),
        ScenarioView(
            name="monday",
            line="recorded 24 Nov, hook, 3 agents",
            wall_s=11_160,
            starts=212,
            writes=96,
            modeled=False,
            bundled=False,
            last_result="p95 0.31 ms",
            path="/home/you/monday.jsonl",
        ),
    ]
)


def start_view(number: int) -> StartView:
    """One start of a list; every fifth failed, every third warm."""
    failed = number % 5 == 0
    warm = not failed and number % 3 == 0
    return StartView(
        id=number,
        clock=f"14:02:{number % 60:02}",
        task_id=100 + number,
        agent_role="checkout-guardian" if number % 2 else None,
        total_ms=0.03 if warm else 76.4,
        warm=warm,
        modeled=True,
        source="replay",
        error=f"task {100 + number} does not exist" if failed else None,
        changed="" if warm or failed else "first time",
    )


STARTS = StartList(starts=[start_view(n) for n in range(40, 0, -1)], total=155)

DETAIL = StartDetail(
    start=start_view(31),
    phases=dict(
        zip(
            (
                "queue",
                "cache",
                "database",
                "plugin_facts",
                "agent_validation",
                "agent_sops",
                "assembly",
                "render",
            ),
            (0.1, 0.1, 25.8, 0.0, 0.0, 0.0, 50.1, 0.2),
            strict=True,
        )
    ),
    spans=[
        SpanView("batch", 0.2, 26.0, 25.0),
        SpanView("assemble task", 26.0, 41.1, 15.0),
        SpanView("assemble work item", 41.1, 56.2, 15.0),
        SpanView("assemble project", 56.2, 76.3, 20.0),
        SpanView("render", 76.3, 76.4, 0.0),
    ],
    lookups=[
        LookUpView("rows", "first_time", None, False),
        LookUpView("plugin_facts", "hit", 1, False),
        LookUpView("sops", "expired", None, True),
    ],
    text="# Task 131: Show the delivery date in the cart\n\n"
    + "The customer wants to know when the order comes before paying for it. " * 6
    + "\n\n## Rules\n- BLOCK: never log card numbers\n\nAssembly Time: 76ms",
    warnings=["work_items 12: metadata unusable (not JSON)"],
)
