"""Changing settings while starts run: at once, wholly or not at all, and never a wrong answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.core.engine import Engine
from engine.errors import DatabaseError, SettingError
from engine.optimizations import Optimization
from engine.settings import CacheSettings, LoadingStrategy, Settings
from engine.trace import Namespace, Outcome
from tests.core.rig import (
    ALL,
    NONE,
    Expected,
    Project,
    changed,
    opened,
    outcomes,
    plain,
    truth,
    with_only,
    without,
)
from tests.core.test_failures import locked
from tests.core.test_sharing import entries, slow_assembly
from tests.waiting import until

REQUESTS = ((1, None), (2, None), (3, None), (1, "ledger-monk"))


@asynccontextmanager
async def traffic(engine: Engine, expected: Expected) -> AsyncIterator[list[int]]:
    """Starts that run meanwhile, with a count of them; every answer must be right."""
    count = [0]
    over = asyncio.Event()

    async def start_on_and_on(offset: int) -> None:
        while not over.is_set():
            request = REQUESTS[(count[0] + offset) % len(REQUESTS)]
            assert plain(await engine.task_start(*request)) == expected[request]
            count[0] += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for offset in range(4):
            group.create_task(start_on_and_on(offset))
        try:
            yield count
        finally:
            over.set()


def _open_connections(engine: Engine) -> int:
    view = engine.pool_view()
    return view.opened - view.closed


async def apply_all(engine: Engine, expected: Expected, every: Iterable[Settings]) -> None:
    """Apply one after the other, letting some starts happen under each."""
    async with traffic(engine, expected) as count:
        for settings in every:
            await engine.apply(settings)
            assert engine.settings == settings
            seen = count[0]
            await until(lambda seen=seen: count[0] > seen + 4)  # type: ignore[misc]


async def test_every_optimization_switched_while_starts_run(project: Project) -> None:
    expected = await truth(project, REQUESTS)
    async with opened(project) as engine:
        numbers = [int(item) for item in Optimization]
        every = [*map(without, numbers), NONE, ALL, NONE, *map(with_only, numbers)]
        await apply_all(engine, expected, every)


async def test_pool_loading_and_profile_changed_while_starts_run(wal_project: Project) -> None:
    expected = await truth(wal_project, REQUESTS)
    async with opened(wal_project) as engine:
        base = without(4)
        await apply_all(
            engine,
            expected,
            [
                changed(base, pool_size=1),
                changed(base, pool_size=8, loading=LoadingStrategy.PARALLEL),
                changed(base, pool_size=2, loading=LoadingStrategy.PARALLEL),
                changed(without(7), loading=LoadingStrategy.PARALLEL),
                changed(base, pool_size=3, loading=LoadingStrategy.SEQUENTIAL),
                changed(base, profile="slow-disk"),
                changed(without(4, 7), profile="slow-disk"),
                changed(base, busy_timeout_seconds=1.0),
                ALL,
            ],
        )
        assert engine.pool_view().size == 4


async def test_the_pool_has_the_size_that_was_asked_for(template: Project) -> None:
    async with opened(template) as engine:
        for size in (7, 1, 3):
            await engine.apply(changed(ALL, pool_size=size))
            await until(lambda size=size: _open_connections(engine) == size)  # type: ignore[misc]
            assert engine.pool_view().size == size
        await engine.apply(without(7))
        view = engine.pool_view()
        assert not view.on
        assert view.opened == view.closed


@pytest.mark.parametrize("settings", [ALL, NONE], ids=["all", "none"])
async def test_a_bad_profile_changes_nothing(template: Project, settings: Settings) -> None:
    async with opened(template, settings) as engine:
        usual = await engine.task_start(1)
        with pytest.raises(SettingError, match="no-such-profile"):
            await engine.apply(changed(NONE, profile="no-such-profile", pool_size=9))
        assert engine.settings == settings
        again = await engine.task_start(1)
        assert plain(again) == plain(usual)
        assert again.trace.profile == "native"
        assert again.trace.optimizations == settings.optimizations
        assert again.trace.warm == settings.has(Optimization.PARALLEL_ASSEMBLY)


async def test_what_cannot_be_opened_changes_nothing(project: Project) -> None:
    before = without(7, 4)
    aside = project.database.with_name("aside.db")
    async with opened(project, before) as engine:
        usual = plain(await engine.task_start(1))
        project.database.rename(aside)
        with pytest.raises(DatabaseError):
            await engine.apply(changed(ALL, profile="slow-disk"))
        aside.rename(project.database)
        assert engine.settings == before
        assert not engine.pool_view().on
        answer = await engine.task_start(1)
        assert plain(answer) == usual
        assert answer.trace.modeled_ns == 0
        await engine.apply(ALL)
        assert plain(await engine.task_start(1)) == usual


async def test_a_pool_that_cannot_grow_stays_as_it_is(project: Project) -> None:
    aside = project.database.with_name("aside.db")
    async with opened(project) as engine:
        project.database.rename(aside)
        with pytest.raises(DatabaseError):
            await engine.apply(changed(ALL, pool_size=7))
        aside.rename(project.database)
        await engine.task_start(1)
        assert engine.settings == ALL
        await until(lambda: engine.pool_view().size == 4)


async def test_a_lock_is_no_hindrance_to_other_settings(project: Project) -> None:
    """SOPs that cannot be compiled now, for want of the agents, are compiled when needed."""
    async with opened(project, changed(NONE, busy_timeout_seconds=0.05)) as engine:
        wanted = changed(ALL, busy_timeout_seconds=0.05)
        with locked(project):
            await engine.apply(wanted)
        assert engine.settings == wanted
        assert (await engine.task_start(1)).payload["agent_sop"]


async def test_a_lock_is_waited_for_as_long_as_the_settings_say(project: Project) -> None:
    for settings in (ALL, without(7, 4), NONE):
        async with opened(project, changed(settings, busy_timeout_seconds=60.0)) as engine:
            await engine.apply(changed(settings, busy_timeout_seconds=0.05))
            with locked(project):
                async with asyncio.timeout(20):
                    with pytest.raises(DatabaseError):
                        await engine.task_start(1)


async def test_a_cache_that_is_switched_off_forgets(template: Project) -> None:
    async with opened(template) as engine:
        await engine.task_start(1)
        await engine.apply(without(4))
        assert entries(engine, Namespace.ANSWERS) == 0
        trace = (await engine.task_start(1)).trace
        assert not trace.warm
        assert outcomes(trace)[Namespace.ANSWERS] is Outcome.OFF
        await engine.apply(ALL)
        assert not (await engine.task_start(1)).trace.warm
        assert (await engine.task_start(1)).trace.warm


async def test_a_smaller_cache_is_smaller_at_once(template: Project) -> None:
    async with opened(template) as engine:
        for task_id in range(1, 9):
            await engine.task_start(task_id)
        assert entries(engine, Namespace.ANSWERS) == 8
        caches = {**ALL.caches, Namespace.ANSWERS: CacheSettings(1800.0, 3)}
        await engine.apply(changed(ALL, caches=caches))
        assert entries(engine, Namespace.ANSWERS) == 3
        assert (await engine.task_start(8)).trace.warm
        trace = (await engine.task_start(1)).trace
        assert outcomes(trace)[Namespace.ANSWERS] is Outcome.NO_ROOM


async def test_clearing_forgets_everything(template: Project) -> None:
    async with opened(template) as engine:
        usual = plain(await engine.task_start(1))
        engine.clear_caches()
        assert {view.entries for view in engine.cache_views()} == {0}
        answer = await engine.task_start(1)
        assert plain(answer) == usual
        assert set(outcomes(answer.trace).values()) == {Outcome.FIRST_TIME}


@pytest.mark.parametrize("change", ["clear", "apply"])
@pytest.mark.parametrize("numbers", [(1, 2, 3, 4, 5), (2, 3, 4, 5)], ids=["shared", "serial"])
async def test_a_load_that_was_overtaken_stores_nothing(
    template: Project, tmp_path: Path, numbers: tuple[int, ...], change: str
) -> None:
    settings = changed(with_only(*numbers), profile=slow_assembly(tmp_path, 200))
    async with opened(template, settings) as engine:
        usual = plain(await engine.task_start(1))
        engine.clear_caches()
        start = asyncio.create_task(engine.task_start(1))
        await until(lambda: entries(engine, Namespace.SOPS) > 0)
        if change == "clear":
            engine.clear_caches()
        else:
            await engine.apply(changed(settings, pool_size=2))
        assert plain(await start) == usual
        assert entries(engine, Namespace.ANSWERS) == 0
        answer = await engine.task_start(1)
        assert not answer.trace.warm
        assert plain(answer) == usual


async def test_two_changes_at_the_same_time_come_one_after_the_other(template: Project) -> None:
    async with opened(template) as engine:
        wanted = [changed(ALL, pool_size=size) for size in (2, 6, 3)]
        await asyncio.gather(*(engine.apply(settings) for settings in wanted))
        assert engine.settings == wanted[-1]
        assert engine.pool_view().size == 3
        await until(lambda: _open_connections(engine) == 3)


async def test_two_engines_on_one_project(project: Project) -> None:
    async with opened(project) as one, opened(project, without(4)) as other:
        for turn in range(3):
            project.write("UPDATE tasks SET name = ? WHERE id = 1", f"Name {turn}")
            first, second = await one.task_start(1), await other.task_start(1)
            assert plain(first) == plain(second)
            assert first.payload["task"]["name"] == f"Name {turn}"
        await one.apply(NONE)
        assert (await other.task_start(1)).trace.optimizations == without(4).optimizations
