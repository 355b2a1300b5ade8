"""What a caller is told when there is no answer, and that the engine goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.core.answer import Answer
from engine.errors import (
    DatabaseBusyError,
    DatabaseError,
    DatabaseMissingError,
    DatabaseSchemaError,
    InactiveAgentError,
    NotFoundError,
    ProjectError,
    RequestError,
    SettingError,
    TaskStartError,
    TimeoutExceededError,
)
from engine.settings import Freshness, LoadingStrategy, Settings
from tests.core.rig import ALL, NONE, Project, changed, opened, plain, with_only, without
from tests.storage.project import LOCK_EXCLUSIVELY, disturbed_by

ENGINES: dict[str, Settings] = {
    "all": ALL,
    "none": NONE,
    "parallel, no answers": changed(without(4), loading=LoadingStrategy.PARALLEL),
    "serial": without(1),
    "no pool": without(7),
    "answers alone": with_only(4),
}
EVERY_WAY = pytest.mark.parametrize("settings", ENGINES.values(), ids=list(ENGINES))


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Another process holds the database for itself."""
    with disturbed_by(LOCK_EXCLUSIVELY, project.database):
        yield


async def _outcome(start: asyncio.Task[Answer]) -> Answer | BaseException:
    (result,) = await asyncio.gather(start, return_exceptions=True)
    return result


@EVERY_WAY
async def test_a_locked_database_fails_all_who_ask_and_recovers(
    project: Project, settings: Settings
) -> None:
    async with opened(project, changed(settings, busy_timeout_seconds=0.1)) as engine:
        usual = plain(await engine.task_start(1))
        with locked(project):
            async with asyncio.timeout(30):
                starts = [asyncio.create_task(engine.task_start(1 + n % 2)) for n in range(8)]
                results = [await _outcome(start) for start in starts]
            for result in results:
                assert isinstance(result, DatabaseBusyError)
                assert str(project.database) in result.reason
                assert result.remedy
        assert plain(await engine.task_start(1)) == usual


async def test_a_locked_database_does_not_concern_who_trusts(project: Project) -> None:
    settings = changed(ALL, freshness=Freshness.TTL, busy_timeout_seconds=0.1)
    async with opened(project, settings) as engine:
        usual = plain(await engine.task_start(1))
        with locked(project):
            assert plain(await engine.task_start(1)) == usual


@EVERY_WAY
async def test_a_start_takes_no_longer_than_it_may(project: Project, settings: Settings) -> None:
    settings = changed(settings, busy_timeout_seconds=20.0, start_timeout_seconds=0.2)
    async with opened(project, changed(settings, start_timeout_seconds=20.0)) as engine:
        usual = plain(await engine.task_start(1))
        await engine.apply(settings)
        with locked(project):
            async with asyncio.timeout(10):
                with pytest.raises(TimeoutExceededError, match="Task 1: no answer within 0"):
                    await engine.task_start(1)
        await engine.apply(changed(settings, start_timeout_seconds=20.0))
        assert plain(await engine.task_start(1)) == usual


async def test_nor_does_another_read(project: Project) -> None:
    settings = changed(ALL, busy_timeout_seconds=20.0, start_timeout_seconds=0.2)
    async with opened(project, settings) as engine:
        with locked(project):
            async with asyncio.timeout(10):
                with pytest.raises(TimeoutExceededError, match="could not be read within 0"):
                    await engine.read(_count_tasks)
        assert await engine.read(_count_tasks) == 12


def _count_tasks(connection: sqlite3.Connection) -> int:
    found: tuple[int] = connection.execute("SELECT count(*) FROM tasks").fetchone()
    return found[0]


@EVERY_WAY
async def test_a_task_that_does_not_exist(template: Project, settings: Settings) -> None:
    async with opened(template, settings) as engine:
        for task_id in (999, "999", 2**63 - 1, 2**63, -1, "-1", "twelve", 1.5, "1.5", 999):
            with pytest.raises(NotFoundError, match=f"Task {task_id} not found"):
                await engine.task_start(task_id)


async def test_an_id_of_a_wrong_type(template: Project) -> None:
    async with opened(template) as engine:
        for task_id in (None, 0, "", True, False, [1], {"id": 1}, b"1"):
            with pytest.raises(RequestError, match="task_id"):
                await engine.task_start(task_id)


async def test_a_role_of_a_wrong_type(template: Project) -> None:
    async with opened(template) as engine:
        for role in (5, ["a"], True, b"role", "lone \udc80 surrogate"):
            with pytest.raises(RequestError, match="agent_role"):
                await engine.task_start(1, role)


@EVERY_WAY
async def test_an_inactive_agent(project: Project, settings: Settings) -> None:
    project.write("UPDATE agents SET is_active = 0 WHERE role = 'cart-wrangler'")
    async with opened(project, settings) as engine:
        for _ in range(2):
            with pytest.raises(InactiveAgentError, match="'cart-wrangler' is inactive"):
                await engine.task_start(2, "cart-wrangler")
        assert (await engine.task_start(2)).payload["assigned_agent"] == "checkout-captain"


@EVERY_WAY
async def test_missing_parents(project: Project, settings: Settings) -> None:
    project.write("UPDATE work_items SET project_id = 99 WHERE id = 2")
    project.write("UPDATE tasks SET work_item_id = 88 WHERE id = 1")
    async with opened(project, settings) as engine:
        with pytest.raises(NotFoundError, match="Work item 88 not found"):
            await engine.task_start(1)
        with pytest.raises(NotFoundError, match="Project 99 not found"):
            await engine.task_start(9)
        assert (await engine.task_start(2)).text


HOSTILE_ROLES = ("../../secret", "/etc/passwd", "..", "a/../../../secret", "nul\0", "x" * 5_000)


@EVERY_WAY
async def test_no_role_leads_out_of_the_project(project: Project, settings: Settings) -> None:
    (project.root.parent / "secret.md").write_text("SECRET", encoding="utf-8")
    async with opened(project, settings) as engine:
        for role in HOSTILE_ROLES + HOSTILE_ROLES:
            answer = await engine.task_start(1, role)
            assert answer.payload["agent_sop"] is None
            assert "SECRET" not in answer.text


async def test_an_agents_file_outside_the_project_is_refused(project: Project) -> None:
    (project.root.parent / "secret.md").write_text("SECRET", encoding="utf-8")
    link = project.sop("checkout-captain")
    async with opened(project) as engine:
        for statement in ("'../secret.md'", f"'{project.root.parent / 'secret.md'}'"):
            project.write(f"UPDATE agents SET file_path = {statement} WHERE id = 1")
            answer = await engine.task_start(1)
            assert "SECRET" not in answer.text
            assert answer.warnings[0].startswith("agents 1: file_path unusable")
        project.write("UPDATE agents SET file_path = NULL WHERE id = 1")
        link.unlink()
        link.symlink_to(project.root.parent / "secret.md")
        answer = await engine.task_start(1)
        assert "SECRET" not in answer.text
        assert answer.payload["agent_sop"] is None


async def test_folders_that_cannot_be_opened(template: Project, project: Project) -> None:
    with pytest.raises(ProjectError, match="is not an AgentPM project"):
        async with opened(Project(template.root.parent)):
            pass
    with pytest.raises(SettingError, match="dear"):
        async with opened(template, changed(ALL, profile="dear")):
            pass
    project.write("ALTER TABLE tasks DROP COLUMN quality_metadata")
    with pytest.raises(DatabaseSchemaError, match="quality_metadata"):
        async with opened(project):
            pass
    project.database.unlink()
    with pytest.raises(DatabaseMissingError):
        async with opened(project):
            pass


@EVERY_WAY
async def test_a_database_that_goes_away_and_comes_back(
    project: Project, settings: Settings
) -> None:
    aside = project.database.with_name("aside.db")
    async with opened(project, changed(settings, busy_timeout_seconds=0.1)) as engine:
        usual = plain(await engine.task_start(1))
        project.database.rename(aside)
        with pytest.raises(DatabaseError):
            await engine.task_start(1)
        aside.rename(project.database)
        assert plain(await engine.task_start(1)) == usual


@EVERY_WAY
async def test_a_closed_engine_says_so(template: Project, settings: Settings) -> None:
    async with opened(template, settings) as engine:
        await engine.task_start(1)
    for task_id in (1, 2):
        with pytest.raises(TaskStartError, match="closed"):
            await engine.task_start(task_id)
    with pytest.raises(TaskStartError, match="closed"):
        await engine.warm_now()
    with pytest.raises(TaskStartError, match="closed"):
        await engine.apply(NONE)


async def test_a_closed_engine_that_trusts_says_so_too(template: Project) -> None:
    async with opened(template, changed(ALL, freshness=Freshness.TTL)) as engine:
        await engine.task_start(1)
    with pytest.raises(TaskStartError, match="closed"):
        await engine.task_start(1)


@EVERY_WAY
async def test_closing_ends_the_starts_under_way(template: Project, settings: Settings) -> None:
    async with opened(template, changed(settings, profile="slow-disk")) as engine:
        starts = [asyncio.create_task(engine.task_start(1)) for _ in range(3)]
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        results = [await _outcome(start) for start in starts]
    for result in results:
        assert isinstance(result, Answer | TaskStartError), repr(result)
