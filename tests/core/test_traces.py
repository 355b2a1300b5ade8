"""What a start's trace says of the caches that it asked."""

from __future__ import annotations

import pytest

from engine.core.caches import NEEDS
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.trace import Level, LookUp, Namespace, Outcome, Phase
from tests.core.rig import NONE, Project, opened, outcomes, statement_counts, with_only, without

HIT = (LookUp(Namespace.ANSWERS, Outcome.HIT, Level.L1),)


async def test_first_second_and_later_starts(wal_project: Project) -> None:
    async with opened(wal_project) as engine:
        first = (await engine.task_start(1)).trace
        assert outcomes(first) == dict.fromkeys(Namespace, Outcome.FIRST_TIME)
        assert not first.warm
        assert first.asked_database

        second = (await engine.task_start(1)).trace
        assert second.lookups == HIT
        assert second.warm
        assert not second.asked_database

        other = (await engine.task_start(2)).trace  # of the same agent and project
        assert outcomes(other) == {
            Namespace.ANSWERS: Outcome.FIRST_TIME,
            Namespace.ROWS: Outcome.FIRST_TIME,
            Namespace.RULES: Outcome.HIT,
            Namespace.PLUGIN_FACTS: Outcome.HIT,
            Namespace.AGENTS: Outcome.HIT,
            Namespace.SOPS: Outcome.HIT,
        }


async def test_a_write_elsewhere_costs_one_read_and_no_rebuild(wal_project: Project) -> None:
    async with opened(wal_project) as engine:
        await engine.task_start(1)
        wal_project.write("UPDATE tasks SET name = 'elsewhere' WHERE id = 2")
        after = (await engine.task_start(1)).trace
        assert after.warm
        assert after.asked_database
        assert after.phases[Phase.ASSEMBLY] == after.phases[Phase.RENDER] == 0
        assert outcomes(after) == dict.fromkeys(
            (Namespace.ANSWERS, Namespace.ROWS, Namespace.RULES), Outcome.CONFIRMED
        )
        assert (await engine.task_start(1)).trace.lookups == HIT


async def test_a_write_of_a_delivered_value_rebuilds(wal_project: Project) -> None:
    async with opened(wal_project) as engine:
        await engine.task_start(1)
        wal_project.write("UPDATE tasks SET name = 'another name' WHERE id = 1")
        after = (await engine.task_start(1)).trace
        assert not after.warm
        assert outcomes(after) == {
            Namespace.ANSWERS: Outcome.CHANGED,
            Namespace.ROWS: Outcome.CHANGED,
            Namespace.RULES: Outcome.CONFIRMED,
            Namespace.PLUGIN_FACTS: Outcome.CONFIRMED,
            Namespace.AGENTS: Outcome.CONFIRMED,
            Namespace.SOPS: Outcome.HIT,
        }
        assert (await engine.task_start(1)).trace.lookups == HIT


@pytest.mark.parametrize("number", list(map(int, Optimization)))
@pytest.mark.parametrize("choose", [with_only, without], ids=["on", "off"])
async def test_a_cache_is_asked_exactly_while_its_optimization_is_on(
    template: Project, number: int, choose: object
) -> None:
    assert callable(choose)
    settings: Settings = choose(number)
    async with opened(template, settings) as engine:
        trace = (await engine.task_start(1)).trace
        asked = {name for name, outcome in outcomes(trace).items() if outcome is not Outcome.OFF}
        assert asked == {name for name, needed in NEEDS.items() if settings.has(needed)}


async def test_the_baseline_asks_the_database_every_time(template: Project) -> None:
    async with opened(template, NONE) as engine:
        for turn in (1, 2):
            trace = (await engine.task_start(1)).trace
            assert set(outcomes(trace).values()) == {Outcome.OFF}
            assert not trace.warm
            counts = statement_counts(engine)
            assert counts["task"] == turn
            assert sum(counts.values()) == 12 * turn, counts


async def test_a_failed_start_is_on_record(template: Project) -> None:
    async with opened(template) as engine:
        with pytest.raises(Exception, match="Task 999 not found"):
            await engine.task_start(999, "ledger-monk", source="hook")
        (start,) = engine.monitor.starts(limit=10).starts
        assert (start.task_id, start.agent_role) == (999, "ledger-monk")
        assert start.error is not None
        assert "999" in start.error
