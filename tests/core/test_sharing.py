"""Starts of one task at the same time share one load, and nothing that is older than they are."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from engine.core.engine import Engine
from engine.settings import Settings
from engine.trace import LookUp, Namespace, Outcome
from tests.core.rig import ALL, Project, changed, opened, plain, statement_counts, without
from tests.waiting import until

SLOW = changed(ALL, profile="slow-disk")


def entries(engine: Engine, namespace: Namespace) -> int:
    """How many values a cache holds."""
    (view,) = [view for view in engine.cache_views() if view.name == namespace]
    return view.entries


def slow_assembly(folder: Path, milliseconds: int) -> str:
    """A cost profile whose assembly takes long, after everything has been read."""
    path = folder / "slow-assembly.toml"
    path.write_text(f'name = "slow"\n[assembly_ms]\ntask = {milliseconds}\n', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
async def test_two_hundred_starts_load_once(project: Project, journal_mode: str) -> None:
    project.set_journal_mode(journal_mode)
    async with opened(project) as engine:
        answers = await asyncio.gather(*(engine.task_start(1) for _ in range(200)))
        assert len({plain(answer) for answer in answers}) == 1
        assert statement_counts(engine) == {"batch": 1, "rules": 1}
        joined = (LookUp(Namespace.ANSWERS, Outcome.JOINED),)
        assert sum(answer.trace.lookups == joined for answer in answers) == 199
        assert all(sum(answer.trace.phases) == answer.trace.total_ns for answer in answers)


@pytest.mark.parametrize("settings", [without(4), without(6), without(7)])
async def test_loads_are_shared_whatever_is_cached(project: Project, settings: Settings) -> None:
    async with opened(project, settings) as engine:
        answers = await asyncio.gather(*(engine.task_start(1) for _ in range(50)))
        assert len({plain(answer) for answer in answers}) == 1
        assert statement_counts(engine)["batch"] == 1


async def test_different_tasks_and_roles_share_nothing(project: Project) -> None:
    requests = [(1, None), (2, None), (1, "ledger-monk"), (1, "stranger")]
    async with opened(project) as engine:
        answers = await asyncio.gather(*(engine.task_start(*request) for request in requests))
        assert [(a.payload["task"]["id"], a.payload["assigned_agent"]) for a in answers] == [
            (1, "checkout-captain"),
            (2, "checkout-captain"),
            (1, "ledger-monk"),
            (1, "stranger"),
        ]


async def test_a_start_that_is_cancelled_leaves_the_others_alone(project: Project) -> None:
    async with opened(project, SLOW) as engine:
        first = asyncio.create_task(engine.task_start(1))
        second = asyncio.create_task(engine.task_start(1))
        await until(lambda: engine.pool_view().busy > 0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        usual = plain(await second)
        assert statement_counts(engine) == {"batch": 1, "rules": 1}
        assert plain(await engine.task_start(1)) == usual


async def test_a_load_that_nobody_waits_for_ends(project: Project) -> None:
    async with opened(project, SLOW) as engine:
        starts = [asyncio.create_task(engine.task_start(1)) for _ in range(3)]
        await until(lambda: engine.pool_view().busy > 0)
        for start in starts:
            start.cancel()
        await asyncio.wait(starts)
        await until(lambda: engine.pool_view().busy == 0)
        answer = await engine.task_start(1)
        assert not answer.trace.warm


async def test_a_commit_during_a_load_is_in_the_next_start(
    wal_project: Project, tmp_path: Path
) -> None:
    settings = changed(ALL, profile=slow_assembly(tmp_path, 300))
    async with opened(wal_project, settings) as engine:
        before = asyncio.create_task(engine.task_start(1))
        await until(lambda: entries(engine, Namespace.SOPS) > 1)
        wal_project.write("UPDATE tasks SET name = 'Written meanwhile' WHERE id = 1")
        after = await engine.task_start(1)
        assert "Written meanwhile" in after.text
        assert "Draw the guest flow" in (await before).text
        assert "Written meanwhile" in (await engine.task_start(1)).text


@pytest.mark.parametrize("age_s", [0, 3600], ids=["just written", "of an older date"])
async def test_a_sop_written_during_a_load_is_in_the_next_start(
    wal_project: Project, tmp_path: Path, age_s: int
) -> None:
    settings = changed(ALL, profile=slow_assembly(tmp_path, 300))
    path = wal_project.sop("checkout-captain")
    compiled = 1  # that of the one open task is compiled when the engine opens
    async with opened(wal_project, settings) as engine:
        before = asyncio.create_task(engine.task_start(1))
        await until(lambda: entries(engine, Namespace.SOPS) > compiled)
        path.write_text("Written meanwhile.", encoding="utf-8")
        seconds = path.stat().st_mtime - age_s
        os.utime(path, (seconds, seconds))
        after = await asyncio.gather(*(engine.task_start(1) for _ in range(3)))
        assert {answer.payload["agent_sop"] for answer in after} == {"Written meanwhile."}
        assert (await before).payload["agent_sop"] != "Written meanwhile."
        assert (await engine.task_start(1)).payload["agent_sop"] == "Written meanwhile."
