"""In strict mode whatever an answer depends on is in the very next answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.errors import InactiveAgentError, NotFoundError
from engine.settings import LoadingStrategy, Settings
from tests.core.rig import (
    ALL,
    NONE,
    NOW,
    Expected,
    Project,
    changed,
    opened,
    plain,
    truth,
    with_only,
    without,
)

TASK = 1
ROLE = "checkout-captain"
REQUESTS = ((TASK, None), (TASK, ROLE))
"""By its own assignment, and naming the same role: alike until it is assigned to another."""

Change = Callable[[Project], None]


def _sql(statement: str) -> Change:
    return lambda project: project.write(statement)


def _same_size_and_time(project: Project) -> None:
    path = project.sop(ROLE)
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Checkout", b"Lookout!", 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def _replace_sop(project: Project) -> None:
    other = project.sop(ROLE).with_suffix(".new")
    other.write_text("A file renamed over the other.", encoding="utf-8")
    other.replace(project.sop(ROLE))


def _point_elsewhere(project: Project) -> None:
    elsewhere = project.root / "captain.md"
    elsewhere.write_text("Another file.", encoding="utf-8")
    project.write("UPDATE agents SET file_path = 'captain.md' WHERE role = ?", ROLE)


def _add_amalgamation(project: Project) -> None:
    (project.amalgamations / "lang_python_methods.txt").write_text("x", encoding="utf-8")


def _remove_amalgamations(project: Project) -> None:
    for path in project.amalgamations.iterdir():
        path.unlink()


def _replace_database(project: Project) -> None:
    other = Project(project.root.parent / "other")
    project.copy(other.root).write("UPDATE tasks SET name = 'of another file' WHERE id = 1")
    other.set_journal_mode("delete")
    for suffix in ("-wal", "-shm"):  # they belong to the file that goes
        Path(f"{project.database}{suffix}").unlink(missing_ok=True)
    other.database.replace(project.database)


CHANGES: dict[str, Change] = {
    "task": _sql("UPDATE tasks SET name = 'A new name' WHERE id = 1"),
    "task reassigned": _sql("UPDATE tasks SET assigned_to = 'cart-wrangler' WHERE id = 1"),
    "task moved": _sql("UPDATE tasks SET work_item_id = 2 WHERE id = 1"),
    "work item": _sql("UPDATE work_items SET business_context = 'new' WHERE id = 1"),
    "project": _sql("UPDATE projects SET description = 'new' WHERE id = 1"),
    "project context": _sql(
        'UPDATE contexts SET confidence_factors = \'{"plugin_facts": {"python": {}}}\''
        " WHERE entity_type = 'project'"
    ),
    "work item context": _sql(
        'UPDATE contexts SET six_w_data = \'{"end_users": ["robots"]}\''
        " WHERE entity_type = 'work_item' AND entity_id = 1"
    ),
    "task context": _sql(
        "UPDATE contexts SET updated_at = '2026-02-20 00:00:00'"
        " WHERE entity_type = 'task' AND entity_id = 1"
    ),
    "task context removed": _sql(
        "DELETE FROM contexts WHERE entity_type = 'task' AND entity_id = 1"
    ),
    "agent": _sql("UPDATE agents SET capabilities = '[\"frontend\"]' WHERE id = 1"),
    "agent removed": _sql("DELETE FROM agents WHERE id = 1"),
    "agent's file": _point_elsewhere,
    "rule changed": _sql("UPDATE rules SET enforcement_level = 'ENHANCE'"),
    "rule switched off": _sql("UPDATE rules SET enabled = 0 WHERE id % 2"),
    "rules removed": _sql("DELETE FROM rules"),
    "summary added": _sql(
        "INSERT INTO work_item_summaries (work_item_id, session_date, summary_text)"
        " VALUES (1, '2026-03-01', 'Something has happened.')"
    ),
    "summaries removed": _sql("DELETE FROM work_item_summaries"),
    "SOP rewritten": lambda project: _write(project.sop(ROLE), "Rewritten."),
    "SOP of same size and time": _same_size_and_time,
    "SOP replaced by renaming": _replace_sop,
    "SOP deleted": lambda project: project.sop(ROLE).unlink(),
    "contexts file added": _add_amalgamation,
    "contexts files removed": _remove_amalgamations,
    "database replaced by renaming": _replace_database,
}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


ENGINES: dict[str, Settings] = {
    "all": ALL,
    "sequential, no answers": changed(without(4), loading=LoadingStrategy.SEQUENTIAL),
    "parallel, no pool": changed(without(7), loading=LoadingStrategy.PARALLEL),
    "serial": without(1),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_in_the_very_next_answer(
    wal_project: Project, expected: Expected, change: str
) -> None:
    async with AsyncExitStack() as stack:
        engines = {
            name: await stack.enter_async_context(opened(wal_project, settings))
            for name, settings in ENGINES.items()
        }
        for name, engine in engines.items():
            for request in REQUESTS:
                assert plain(await engine.task_start(*request)) == expected[request], name
        CHANGES[change](wal_project)
        after = await truth(wal_project, REQUESTS)
        assert after[TASK, None] != expected[TASK, None], "the change must be one that is delivered"
        for name, engine in engines.items():
            for request in (*REQUESTS, *REQUESTS):
                assert plain(await engine.task_start(*request)) == after[request], name


@pytest.mark.parametrize(
    "settings",
    [*ENGINES.values(), with_only(2, 3, 5)],
    ids=[*ENGINES, "facts, SOPs and agents"],
)
async def test_changes_in_turn_in_rollback_journal_mode(
    project: Project, settings: Settings
) -> None:
    request = (TASK, None)
    async with opened(project, settings) as engine, opened(project, NONE) as baseline:
        for name in ("task", "SOP deleted", "agent", "SOP rewritten", "rules removed", "project"):
            CHANGES[name](project)
            expected = plain(await baseline.task_start(*request))
            for _ in range(3):
                assert plain(await engine.task_start(*request)) == expected, name


async def test_a_sop_that_appears_is_found(project: Project) -> None:
    content = project.sop(ROLE).read_text(encoding="utf-8")
    project.sop(ROLE).unlink()
    async with opened(project) as engine:
        assert (await engine.task_start(TASK)).payload["agent_sop"] is None
        project.sop(ROLE).write_text(content, encoding="utf-8")
        assert (await engine.task_start(TASK)).payload["agent_sop"] == content


async def test_a_preferred_sop_that_appears_wins(project: Project) -> None:
    project.write("UPDATE agents SET file_path = 'docs/captain.md' WHERE role = ?", ROLE)
    async with opened(project) as engine:
        usual = (await engine.task_start(TASK)).payload["agent_sop"]
        assert usual == project.sop(ROLE).read_text(encoding="utf-8")
        (project.root / "docs").mkdir()
        (project.root / "docs" / "captain.md").write_text("Preferred.", encoding="utf-8")
        assert (await engine.task_start(TASK)).payload["agent_sop"] == "Preferred."


async def test_the_agents_folder_may_come_and_go(project: Project) -> None:
    folder = project.sop(ROLE).parent
    async with opened(project) as engine:
        usual = plain(await engine.task_start(TASK))
        folder.rename(folder.with_name("away"))
        assert (await engine.task_start(TASK)).payload["agent_sop"] is None
        folder.with_name("away").rename(folder)
        assert plain(await engine.task_start(TASK)) == usual


@pytest.mark.parametrize("settings", ENGINES.values(), ids=list(ENGINES))
async def test_an_answer_ends_with_its_date(project: Project, settings: Settings) -> None:
    project.write(
        "UPDATE contexts SET updated_at = ? WHERE entity_type = 'task' AND entity_id = 1",
        (NOW - timedelta(days=3, hours=1)).strftime("%Y-%m-%d %H:%M:%S"),
    )
    clock = VirtualClock(NOW)
    async with opened(project, settings, clock=clock) as engine:
        for hours, days in ((0, 3), (22, 3), (1, 4), (23, 4), (1, 5)):
            clock.advance(hours * 3600)
            for _ in range(2):
                assert (await engine.task_start(TASK)).payload["freshness_days"] == days


@pytest.mark.parametrize("settings", ENGINES.values(), ids=list(ENGINES))
async def test_what_ceases_to_have_an_answer_and_has_one_again(
    project: Project, settings: Settings
) -> None:
    async with opened(project, settings) as engine:
        usual = plain(await engine.task_start(TASK))
        project.write("UPDATE agents SET is_active = 0 WHERE role = ?", ROLE)
        for _ in range(2):
            with pytest.raises(InactiveAgentError, match="'checkout-captain' is inactive"):
                await engine.task_start(TASK)
        project.write("UPDATE agents SET is_active = 1 WHERE role = ?", ROLE)
        assert plain(await engine.task_start(TASK)) == usual

        project.write("PRAGMA foreign_keys = OFF")
        project.write("UPDATE tasks SET id = 777 WHERE id = 1")
        for _ in range(2):
            with pytest.raises(NotFoundError, match="Task 1 not found"):
                await engine.task_start(TASK)
        project.write("UPDATE tasks SET id = 1 WHERE id = 777")
        assert plain(await engine.task_start(TASK)) == usual
