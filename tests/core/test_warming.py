"""Warming: the next start of whatever is likely to be asked for finds a finished answer."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest

from engine.clock import VirtualClock
from engine.core.engine import Engine
from engine.core.warming import Warmer
from engine.errors import InactiveAgentError
from engine.optimizations import Optimization
from engine.service.messages import EngineState
from engine.settings import CacheSettings, Freshness, Settings
from engine.trace import Namespace
from tests.core.rig import ALL, NOW, Project, changed, opened, plain, truth, without
from tests.waiting import until

TASKS = range(1, 13)


async def warm_tasks(engine: Engine) -> set[int]:
    """The tasks whose next start is warm and asks the database nothing."""
    traces = [(await engine.task_start(task_id)).trace for task_id in TASKS]
    return {trace.task_id for trace in traces if trace.warm and not trace.asked_database}


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
@pytest.mark.parametrize("settings", [ALL, without(6), without(7), without(2, 3, 5)])
async def test_every_first_start_is_warm(
    project: Project, settings: Settings, journal_mode: str
) -> None:
    project.set_journal_mode(journal_mode)
    requests = [(task_id, None) for task_id in TASKS]
    expected = await truth(project, requests)
    async with opened(project, settings) as engine:
        await engine.warm_now()
        assert engine.warming == (12, 12)
        assert engine.state is EngineState.READY
        for request in requests:
            answer = await engine.task_start(*request)
            assert answer.trace.warm
            assert not answer.trace.asked_database
            assert plain(answer) == expected[request]


@pytest.mark.parametrize("room", [1, 2, 3, 4, 5, 6])
async def test_what_is_likeliest_comes_first(project: Project, room: int) -> None:
    project.write("UPDATE tasks SET status = 'done'")
    for task_id, status in ((5, "draft"), (7, "active"), (2, "ready")):
        project.write("UPDATE tasks SET status = ? WHERE id = ?", status, task_id)
    caches = {**ALL.caches, Namespace.ANSWERS: CacheSettings(1800.0, room)}
    async with opened(project, changed(ALL, caches=caches)) as engine:
        for recent in (9, 4):
            await engine.task_start(recent)
        engine.clear_caches()
        await engine.warm_now()
        order = [7, 2, 5, 4, 9, 1, 3]
        for task_id in order[:room]:
            assert (await engine.task_start(task_id)).trace.warm, task_id
        assert not (await engine.task_start(order[room])).trace.warm


async def test_a_role_that_was_asked_for_is_prepared_too(project: Project) -> None:
    async with opened(project) as engine:
        await engine.task_start(1, "ledger-monk")
        project.write("UPDATE projects SET description = 'new'")
        await engine.warm_now()
        trace = (await engine.task_start(1, "ledger-monk")).trace
        assert trace.warm
        assert not trace.asked_database


async def test_tasks_without_an_answer_are_passed_over(project: Project) -> None:
    project.write("UPDATE agents SET is_active = 0 WHERE role = 'payment-diplomat'")
    project.write("UPDATE tasks SET work_item_id = 88 WHERE id = 2")
    async with opened(project) as engine:
        await engine.warm_now()
        for task_id in (1, 3, 4, 5, 6, 8, 11):
            assert (await engine.task_start(task_id)).trace.warm
        with pytest.raises(InactiveAgentError):
            await engine.task_start(12)
        project.write("UPDATE agents SET is_active = 1")
        await engine.warm_now()
        assert (await engine.task_start(12)).trace.warm


async def test_a_task_without_an_answer_leaves_nothing_to_the_garbage_collector(
    project: Project,
) -> None:
    project.write("UPDATE agents SET is_active = 0 WHERE role = 'payment-diplomat'")
    async with opened(project) as engine:
        gc.collect()
        gc.disable()
        try:
            await engine.warm_now()
            assert not [one for one in gc.get_objects() if isinstance(one, InactiveAgentError)]
        finally:
            gc.enable()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tasks SET name = 'new' WHERE id = 1",
        "UPDATE rules SET enabled = 0 WHERE id = 1",
        "UPDATE agents SET capabilities = '[]'",
        "UPDATE tasks SET assigned_to = 'ledger-monk'",
        "UPDATE contexts SET confidence_factors = NULL",
        "DELETE FROM work_item_summaries",
        "DELETE FROM contexts WHERE entity_type = 'task'",
        "UPDATE projects SET name = 'Another name'",
    ],
)
async def test_after_a_commit_everything_is_warm_and_right_again(
    wal_project: Project, statement: str
) -> None:
    requests = [(1, None), (3, None), (12, None), (1, "checkout-captain")]
    async with opened(wal_project) as engine:
        await engine.warm_now()
        wal_project.write(statement)
        await engine.warm_now()
        expected = await truth(wal_project, requests)
        assert await warm_tasks(engine) == set(TASKS)
        for request in requests:
            assert plain(await engine.task_start(*request)) == expected[request]
        wal_project.write("UPDATE tasks SET name = 'elsewhere' WHERE id = 8")
        await engine.warm_now()
        for request in requests:
            answer = await engine.task_start(*request)
            assert plain(answer) == expected[request]


async def test_dates_and_files_are_followed_without_a_commit(project: Project) -> None:
    project.write(
        "UPDATE contexts SET updated_at = ? WHERE entity_type = 'task' AND entity_id = 1",
        (NOW - timedelta(days=3, hours=23)).strftime("%Y-%m-%d %H:%M:%S"),
    )
    clock = VirtualClock(NOW)
    async with opened(project, without(6), clock=clock) as engine:
        await engine.warm_now()
        clock.advance(3600)
        project.sop("ledger-monk").write_text("New words.", encoding="utf-8")
        await engine.warm_now()
        answer = await engine.task_start(1)
        assert answer.trace.warm
        assert answer.payload["freshness_days"] == 4
        assert (await engine.task_start(11)).payload["agent_sop"] == "New words."


async def test_without_an_answers_cache_there_is_nothing_to_warm(template: Project) -> None:
    async with opened(template, without(4)) as engine:
        await engine.warm_now()
        assert engine.warming == (0, 0)
        assert engine.state is EngineState.READY


async def test_an_engine_warms_by_itself(project: Project) -> None:
    settings = changed(ALL, warming_cpu_percent=100.0)
    async with Engine.open(project.root, settings=settings) as engine:
        assert engine.state is EngineState.WARMING
        await until(lambda: engine.state is EngineState.READY)
        assert await warm_tasks(engine) == set(TASKS)


async def test_a_defect_in_the_background_is_told_and_starts_are_answered(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(warmer: Warmer) -> None:
        raise LookupError("a defect")

    monkeypatch.setattr(Warmer, "plan", broken)
    async with Engine.open(project.root, settings=ALL) as engine:
        await until(lambda: bool(engine.trouble))
        assert "LookupError('a defect')" in engine.trouble
        assert "Task #1" in (await engine.task_start(1)).text
        assert engine.state is not EngineState.FAILED
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_an_engine_checks_by_itself(project: Project) -> None:
    settings = changed(ALL, warming_cpu_percent=100.0, freshness=Freshness.TTL)
    async with Engine.open(project.root, settings=settings) as engine:
        await until(lambda: engine.state is EngineState.READY)
        project.write("UPDATE tasks SET name = 'new' WHERE id = 1")
        assert (await engine.task_start(1)).payload["task"]["name"] != "new"
        await until(lambda: bool(engine.stale_examples()))


async def test_background_work_that_fails_is_seen_and_goes_on(project: Project) -> None:
    settings = changed(ALL, warming_cpu_percent=100.0)
    aside = project.database.with_name("aside.db")
    async with Engine.open(project.root, settings=settings) as engine:
        await until(lambda: engine.state is EngineState.READY)
        project.database.rename(aside)
        await until(lambda: engine.state is EngineState.FAILED)
        aside.rename(project.database)
        await until(lambda: engine.state is EngineState.READY)
        assert (await engine.task_start(1)).text


async def test_nothing_is_warmed_when_nobody_wants_it(project: Project) -> None:
    async with Engine.open(project.root, settings=changed(ALL, warming=False)) as engine:
        assert engine.state is EngineState.READY
        assert not (await engine.task_start(1)).trace.warm
        assert engine.settings.has(Optimization.PARALLEL_ASSEMBLY)
