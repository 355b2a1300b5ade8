"""Hand-made forecasts, previews, suggestions, stale answers and reports, of one replayed workday."""

from __future__ import annotations

from typing import Any

from engine.service.messages import (
    EffectView,
    ForecastView,
    Preview,
    SettingDifference,
    SettingsDiff,
    SizeForecast,
    StaleExamples,
    StaleExampleView,
    Suggestion,
    TtlForecast,
)

NOW = EffectView(
    reads=622,
    hits=149,
    hit_rate=0.24,
    stale=65,
    oldest_s=1_560.0,
    needless=118,
    memory_bytes=300_000,
    disk_bytes=80_000,
)
DRAFTED = EffectView(
    reads=622,
    hits=249,
    hit_rate=0.4,
    stale=145,
    oldest_s=70_200.0,
    needless=49,
    memory_bytes=900_000,
    disk_bytes=80_000,
)
WARMED = EffectView(reads=622, hits=616, hit_rate=0.99, stale=0, needless=0)
_CURVE = (
    (1.0, 0.0, 0),
    (10.0, 0.01, 0),
    (60.0, 0.02, 4),
    (300.0, 0.09, 23),
    (1_800.0, 0.24, 65),
    (7_200.0, 0.29, 101),
    (86_400.0, 0.40, 145),
    (7 * 86_400.0, 0.55, 391),
    (30 * 86_400.0, 0.60, 391),
)

FORECAST = ForecastView(
    cache="answers",
    reads=622,
    cold=231,
    keys=231,
    changes=391,
    by_ttl=[
        TtlForecast(ttl, round(622 * rate), rate, stale, 0.85 * ttl if stale else 0.0, 9, ttl > 1e6)
        for ttl, rate, stale in _CURVE
    ],
    by_size=[
        SizeForecast(size, round(622 * rate), rate)
        for size, rate in ((1, 0.01), (10, 0.1), (100, 0.32), (200, 0.58), (231, 0.629))
    ],
    ttl_now_s=1_800.0,
    size_now=100_000,
    freshness="ttl",
    predicted=NOW,
    measured=EffectView(reads=622, hits=151, hit_rate=0.243, stale=65, text_differs=9),
    warmed=WARMED,
)

PREVIEW = Preview(
    cache="answers",
    label="answers keep for 30 min → 1 day",
    now=NOW,
    draft=DRAFTED,
    notes=["warming prepares first starts too: measured may be higher"],
)

SUGGESTION = Suggestion(
    reachable=True,
    changes={"freshness": "strict", "warming": True},
    label="freshness ttl → strict, warming off → on",
    why=[
        "now 24.0 %; wanted are 90.0 %",
        "no time to keep reaches it on this traffic: the best is 59.9 % at 90 days",
    ],
    now=NOW,
    draft=WARMED,
)

_LINES = [f"- rule {number}: keep the cart's total" for number in range(12)]
STALE_EXAMPLES = StaleExamples(
    examples=[
        StaleExampleView(
            task_id=131,
            agent_role="checkout-guardian",
            age_s=1_560.0,
            served="\n".join(["# Task 131: Show the delivery date", *_LINES, "Status: draft"]),
            current="\n".join(["# Task 131: Show the delivery day", *_LINES, "Status: draft"]),
        ),
        StaleExampleView(task_id=7, agent_role=None, age_s=9.0, served="# Task 7", current=""),
    ]
)

DIFFERENCES = SettingsDiff(
    path="/home/you/shop/taskstart.toml",
    exists=True,
    differences=[
        SettingDifference(
            path="caches.answers.ttl_seconds",
            title="answers keep for",
            in_file="30 min",
            now="1 day",
        )
    ],
)


def report(workload: str = "workday", *, p50: float = 0.4, n: int = 180) -> dict[str, Any]:
    """A replay's figures; its settings changed once, after which few starts came."""
    latency = {"n": n, "mean_ms": p50, "p50_ms": p50, "p95_ms": 9 * p50, "max_ms": 20 * p50}
    few = {"n": 9, "mean_ms": 0.1, "p50_ms": 0.1, "p95_ms": None, "max_ms": 0.4}
    return {
        "workload": workload,
        "modeled": False,
        "freshness": "ttl",
        "optimizations": "all",
        "starts": n,
        "warm": n // 4,
        "errors": 0,
        "latency": latency,
        "database": {"n": 3 * n // 4, "p95_ms": 2.2},
        "segments": [
            {
                "label": "",
                "starts": n - 9,
                "warm": n // 4 - 9,
                "errors": 0,
                "latency": {**latency, "n": n - 9},
                "stale": {"checked": 41, "stale": 2, "text_differs": 1, "oldest_s": 1560.0},
            },
            {
                "label": "check every start",
                "starts": 9,
                "warm": 9,
                "errors": 0,
                "latency": few,
                "stale": None,
            },
        ],
        "caches": [{"name": "answers", "asked": n, "answered": n // 4, "needless": 17}],
        "hit_rate": 0.25,
        "stale": {"checked": 41, "stale": 2, "text_differs": 1, "oldest_s": 1560.0},
        "worst_behind_ms": 0.3,
    }
