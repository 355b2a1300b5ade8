"""Values that cannot be used cost their own place in the answer, and are the first to be told of."""

from __future__ import annotations

import pytest

from engine.settings import LoadingStrategy
from tests.core.rig import ALL, Project, changed, opened, plain, truth, with_only, without

UNUSABLE: dict[str, tuple[str, str]] = {
    "task name": ("UPDATE tasks SET name = '  ' WHERE id = 1", "tasks 1: name"),
    "task json": ("UPDATE tasks SET quality_metadata = '[' WHERE id = 1", "tasks 1: quality_"),
    "task bytes": ("UPDATE tasks SET description = x'FF00' WHERE id = 1", "tasks 1: description"),
    "task text not UTF-8": (
        "UPDATE tasks SET description = CAST(x'61FF62' AS TEXT) WHERE id = 1",
        "tasks 1: description",
    ),
    "work item": ("UPDATE work_items SET name = '' WHERE id = 1", "work_items 1: name"),
    "project": ("UPDATE projects SET tech_stack = '{}'", "projects 1: tech_stack"),
    "project context": (
        "UPDATE contexts SET six_w_data = '[1]' WHERE entity_type = 'project'",
        "contexts 1: six_w_data",
    ),
    "task context": (
        "UPDATE contexts SET six_w_data = '{\"end_users\": 5}' WHERE entity_type = 'task'",
        "contexts 3: six_w_data",
    ),
    "plugin facts": (
        "UPDATE contexts SET confidence_factors = '{\"plugin_facts\": [1]}'"
        " WHERE entity_type = 'project'",
        "contexts 1: confidence_factors",
    ),
    "agent": ("UPDATE agents SET capabilities = 'none' WHERE id = 1", "agents 1: capabilities"),
    "agent's file": (
        "UPDATE agents SET file_path = '/etc/passwd' WHERE id = 1",
        "agents 1: file_path",
    ),
    "summary": (
        "UPDATE work_item_summaries SET context_metadata = '[' WHERE id = 3",
        "work_item_summaries 3: context_metadata",
    ),
    "rule": ("UPDATE rules SET rule_id = 'nonsense' WHERE id = 1", "rules 1: rule_id"),
}
SETTINGS = {
    "all": ALL,
    "parallel": changed(without(4), loading=LoadingStrategy.PARALLEL),
    "parts": with_only(2, 3, 5),
}


@pytest.mark.parametrize("what", UNUSABLE)
async def test_unusable_values_are_told_first_in_every_way(project: Project, what: str) -> None:
    statement, warning = UNUSABLE[what]
    request = (1, None)
    usual = (await truth(project, [request]))[request]
    project.write(statement)
    expected = (await truth(project, [request]))[request]
    assert expected != usual
    for name, settings in SETTINGS.items():
        async with opened(project, settings) as engine:
            for _ in range(2):
                answer = await engine.task_start(*request)
                assert plain(answer) == expected, name
            assert answer.warnings[0].startswith(warning), answer.warnings
            assert " unusable (" in answer.warnings[0]
            assert f"- {answer.warnings[0]}" in answer.text


async def test_a_sop_that_cannot_be_read(project: Project) -> None:
    project.sop("checkout-captain").write_bytes(b"caf\xe9")
    expected = await truth(project, [(1, None)])
    for settings in SETTINGS.values():
        async with opened(project, settings) as engine:
            answer = await engine.task_start(1)
            assert plain(answer) == expected[1, None]
            assert answer.payload["agent_sop"] is None
            assert "not valid UTF-8" in answer.warnings[0]
