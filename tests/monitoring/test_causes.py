"""An alert names the likely cause from the data, and what to press."""

from __future__ import annotations

import pytest

from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS, Optimization
from engine.service.messages import MetricName
from engine.settings import Freshness, LoadingStrategy, Settings
from engine.trace import LookUp, Namespace, Outcome, Phase
from tests.monitoring.rig import Rig, lookups, trace


def without(*off: Optimization) -> Settings:
    return Settings(optimizations=ALL_OPTIMIZATIONS - set(off))


def why(rig: Rig, metric: MetricName | str) -> str:
    return next(alert.why for alert in rig.active() if alert.metric == metric)


def slow(phase: Phase, settings: Settings) -> str:
    rig = Rig(settings=settings)
    rig.play([trace(phases={Phase.RENDER: 10.0, phase: 120.0})] * 40, every_s=0.2)
    return why(rig, MetricName.TASKSTART)


@pytest.mark.parametrize(
    ("phase", "off", "key"),
    [
        (Phase.DATABASE, Optimization.PARALLEL_QUERIES, "o 1"),
        (Phase.DATABASE, Optimization.CONNECTION_POOL, "o 7"),
        (Phase.PLUGIN_FACTS, Optimization.PLUGIN_FACTS_CACHE, "o 2"),
        (Phase.AGENT_SOPS, Optimization.SOP_PRECOMPILATION, "o 3"),
        (Phase.ASSEMBLY, Optimization.PARALLEL_ASSEMBLY, "o 4"),
        (Phase.AGENT_VALIDATION, Optimization.AGENT_VALIDATION, "o 5"),
        (Phase.QUEUE, Optimization.CONNECTION_POOL, "o 7"),
    ],
)
def test_a_slow_start_names_its_largest_phase_and_what_shortens_it(
    phase: Phase, off: Optimization, key: str
) -> None:
    line = slow(phase, without(off))

    assert line.startswith(f"{phase.label} takes 120 of 130 ms: ")
    assert line.endswith(f"→ {key}")


def test_with_all_on_no_switch_is_recommended() -> None:
    for phase in Phase:
        assert "→ o " not in slow(phase, Settings())


def test_a_slow_database_that_is_asked_query_by_query() -> None:
    rig = Rig(settings=Settings(optimizations=NO_OPTIMIZATIONS))
    rig.play([trace(phases={Phase.DATABASE: 65.0})] * 40, every_s=0.2)

    assert why(rig, MetricName.DATABASE) == (
        "65 ms a start: the queries run one after another → o 1"
    )


def test_a_slow_database_with_a_strategy_of_many_statements() -> None:
    rig = Rig(settings=Settings(loading=LoadingStrategy.SEQUENTIAL))
    rig.play([trace(phases={Phase.DATABASE: 65.0})] * 40, every_s=0.2)

    assert "loading is sequential" in why(rig, MetricName.DATABASE)


def misses(settings: Settings, *looked_up: LookUp) -> str:
    rig = Rig(settings=settings)
    rig.play([trace(looked_up=looked_up)] * 40, every_s=0.2)
    rig.advance(10.0)
    return why(rig, MetricName.HIT_RATE)


def test_first_times_with_finished_answers_off() -> None:
    settings = without(Optimization.PARALLEL_ASSEMBLY, Optimization.TIERED_CACHE)
    looked_up = lookups(
        (Namespace.ROWS, Outcome.FIRST_TIME),
        (Namespace.PLUGIN_FACTS, Outcome.HIT),
        (Namespace.SOPS, Outcome.HIT),
    )

    assert misses(settings, *looked_up) == ("40 of 120 look-ups: nothing kept yet → o 4, o 6")


def test_first_times_without_warming() -> None:
    line = misses(
        Settings(warming=False),
        *lookups((Namespace.ROWS, Outcome.HIT), (Namespace.ANSWERS, Outcome.FIRST_TIME)),
    )

    assert line == ("40 of 80 look-ups: nothing kept yet → turn warming on")


def test_entries_that_expire_needlessly() -> None:
    line = misses(
        Settings(freshness=Freshness.TTL),
        LookUp(Namespace.ANSWERS, Outcome.EXPIRED, needless=True),
        LookUp(Namespace.ROWS, Outcome.EXPIRED),
        LookUp(Namespace.AGENTS, Outcome.EXPIRED),
    )

    assert line == (
        "120 of 120 look-ups came after the time was up, 40 needlessly, most in answers "
        "→ 2 Caches: keep for longer or check every start"
    )


def test_entries_without_room() -> None:
    line = misses(Settings(), LookUp(Namespace.SOPS, Outcome.NO_ROOM))

    assert line == (
        "40 of 40 look-ups found their entry pushed out, most in SOPs → 2 Caches: more entries"
    )


def test_entries_that_were_changed_and_starts_that_waited() -> None:
    changed = misses(Settings(), LookUp(Namespace.ANSWERS, Outcome.CHANGED))
    joined = misses(Settings(), LookUp(Namespace.ANSWERS, Outcome.JOINED))

    assert "came after the database had changed, most in answers" in changed
    # Checked at every start, it would have been served if it had only expired.
    assert misses(Settings(), LookUp(Namespace.ANSWERS, Outcome.EXPIRED)) == changed
    assert "waited for another start's load" in joined


def test_memory_names_lean_memory_when_it_is_off() -> None:
    rig = Rig(settings=without(Optimization.LEAN_MEMORY))
    rig.process.resident_mb = 700.0
    rig.advance(10.0)
    assert why(rig, MetricName.MEMORY).endswith("→ o 8")

    rig.monitor.configure(Settings())
    assert "2 Caches" in why(rig, MetricName.MEMORY)


def test_cpu_tells_cold_starts_from_traffic_from_warming() -> None:
    rig = Rig(settings=without(Optimization.PARALLEL_ASSEMBLY))
    rig.cpu_percent = 90.0
    rig.advance(10.0)
    assert "warming" in why(rig, MetricName.CPU)

    rig.play([trace()] * 40, every_s=0.2)
    assert why(rig, MetricName.CPU).startswith("40 of 40 starts are built anew")
    assert why(rig, MetricName.CPU).endswith("→ o 4")

    rig.monitor.mark("+4")
    rig.play([trace(warm=True)] * 40, every_s=0.2)
    assert "nearly all warm" in why(rig, MetricName.CPU)


def test_errors_name_the_most_frequent_reason() -> None:
    rig = Rig()
    failures = ["no such task"] * 3 + ["the database is locked"]
    rig.play([trace(error=reason) for reason in failures], every_s=1.0)
    rig.advance(2.0)

    assert why(rig, "errors") == "3 of 4: no such task → 5 TaskStarts"
