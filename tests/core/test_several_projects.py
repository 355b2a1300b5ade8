"""A database of several projects: nothing of one is ever taken for another's."""

from __future__ import annotations

import asyncio

import pytest

from engine.settings import LoadingStrategy, Settings
from tests.core.rig import ALL, Project, changed, opened, plain, truth, with_only, without

FACTS = '{"plugin_facts": {"%s": {"version": "1", "plugin": "a", "files": "b"}}}'
REQUESTS = ((1, None), (9, None), (2, None), (10, None))


@pytest.fixture
def two_projects(wal_project: Project) -> Project:
    """Work item 2 (tasks 9 to 12) belongs to a second project with facts, rules and agents of its own."""
    write = wal_project.write
    write("UPDATE contexts SET confidence_factors = ? WHERE entity_id = 1", FACTS % "python")
    write("INSERT INTO projects (id, name, path) VALUES (2, 'The other shop', '/other')")
    write("UPDATE work_items SET project_id = 2 WHERE id = 2")
    write(
        "INSERT INTO contexts (project_id, context_type, entity_type, entity_id, confidence_factors)"
        " VALUES (2, 'project_context', 'project', 2, ?)",
        FACTS % "django",
    )
    write(
        "INSERT INTO rules (project_id, rule_id, name, enforcement_level)"
        " VALUES (2, 'ZZ-001', 'the-only-rule', 'BLOCK')"
    )
    write(
        "INSERT INTO agents (project_id, role, display_name, capabilities)"
        " VALUES (2, 'payment-diplomat', 'The other diplomat', '[\"python\"]')"
    )
    return wal_project


SETTINGS: dict[str, Settings] = {
    "all": ALL,
    "parallel, no answers": changed(without(4), loading=LoadingStrategy.PARALLEL),
    "serial": without(1),
    "plugin facts": with_only(2),
    "rules": with_only(1),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
async def test_each_task_gets_its_own_projects_context(
    two_projects: Project, settings: Settings
) -> None:
    expected = await truth(two_projects, REQUESTS)
    assert "ZZ-001" in expected[9, None][1]
    assert "django" in expected[9, None][1]
    async with opened(two_projects, settings) as engine:
        for turn in range(2):
            for request in REQUESTS:
                answer = await engine.task_start(*request)
                assert plain(answer) == expected[request], (turn, request)
            two_projects.write("UPDATE tasks SET priority = 1 + ? WHERE id = 5", turn)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
async def test_at_the_same_time(two_projects: Project, settings: Settings) -> None:
    expected = await truth(two_projects, REQUESTS)
    async with opened(two_projects, settings) as engine:
        for turn in range(4):
            order = REQUESTS if turn % 2 else REQUESTS[::-1]
            answers = await asyncio.gather(*(engine.task_start(*request) for request in order))
            for request, answer in zip(order, answers, strict=True):
                assert plain(answer) == expected[request], (turn, request)
            two_projects.write("UPDATE tasks SET priority = 1 + ? WHERE id = 5", turn % 3)
            await engine.task_start(*REQUESTS[turn % 4])


async def test_warming_keeps_them_apart(two_projects: Project) -> None:
    expected = await truth(two_projects, REQUESTS)
    async with opened(two_projects) as engine:
        for turn in range(2):
            await engine.warm_now()
            for request in REQUESTS:
                answer = await engine.task_start(*request)
                assert answer.trace.warm
                assert plain(answer) == expected[request], (turn, request)
            two_projects.write("UPDATE tasks SET priority = 1 WHERE id = 5")
