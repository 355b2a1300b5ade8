"""Claude Code's events on a real project."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.hook.conftest import Reply, Served, post, serve


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(project, tmp_path / "copy"))


@pytest.fixture
def roles(copy: Path) -> list[str]:
    """Three active agents; the first has one active task, the second two, the third none."""
    database = sqlite3.connect(copy / ".agentpm" / "data" / "agentpm.db")
    with database:
        found = database.execute("SELECT role FROM agents WHERE is_active = 1 ORDER BY id LIMIT 3")
        names = [row[0] for row in found]
        database.execute("UPDATE tasks SET status = 'ready' WHERE status = 'active'")
        for task_id, role in ((3, names[0]), (4, names[1]), (5, names[1])):
            database.execute(
                "UPDATE tasks SET status = 'active', assigned_to = ? WHERE id = ?", (role, task_id)
            )
    database.close()
    return names


@pytest.fixture
async def claude(copy: Path, roles: list[str], folder: Path) -> AsyncIterator[Served]:
    async with serve(copy, folder) as one:
        yield one


async def event(served: Served, *, query: str = "", task: str = "", **body: Any) -> Reply:
    headers = {"X-TaskStart-Task": task} if task else {}
    return await served.ask(post(f"/claude-code{query}", json.dumps(body).encode(), **headers))


def context(reply: Reply) -> str:
    output = json.loads(reply.body)["hookSpecificOutput"]
    assert reply.status == 200
    text: str = output["additionalContext"]
    return text


async def test_the_one_active_task_of_a_role(claude: Served, roles: list[str]) -> None:
    reply = await event(claude, hook_event_name="SubagentStart", agent_type=roles[0], agent_id="a")

    text = context(reply)
    assert text.startswith("# Task #3: ")
    assert "the one active task" in text
    assert json.loads(reply.body)["hookSpecificOutput"]["hookEventName"] == "SubagentStart"


async def test_several_active_tasks_mean_none(claude: Served, roles: list[str]) -> None:
    text = context(await event(claude, hook_event_name="SubagentStart", agent_type=roles[1]))

    assert text.startswith("# Project ")
    assert "#4, #5" in text
    assert "## Agent SOP" in text


async def test_no_active_task_gives_the_project_and_the_agent(
    claude: Served, roles: list[str]
) -> None:
    text = context(await event(claude, hook_event_name="SubagentStart", agent_type=roles[2]))

    assert text.startswith("# Project ")
    assert f"Agent: {roles[2]}" in text
    assert "has no active one" in text


@pytest.mark.parametrize("rendering", ["full", "agentpm"])
async def test_an_agent_that_the_project_does_not_know_is_said_where_it_harms_nothing(
    claude: Served, roles: list[str], rendering: str
) -> None:
    asked = json.dumps({"task_id": 7, "agent_role": f"{roles[0]}x"}).encode()
    text = (await claude.ask(post(f"/taskstart?rendering={rendering}", asked))).text

    said = f"The project knows no agent named {roles[0]}x (close: {roles[0]}"
    assert (said in text) == (rendering == "full")


async def test_a_start_of_an_unknown_agent_names_close_ones(
    claude: Served, roles: list[str]
) -> None:
    event_name = {"hook_event_name": "SubagentStart"}
    text = context(await event(claude, **event_name, agent_type=f"{roles[2]}x"))
    assert f"The project knows no agent named {roles[2]}x (close: {roles[2]}" in text

    for known in (roles[2], "general-purpose", "Explore", "plugin:reviewer"):
        text = context(await event(claude, **event_name, agent_type=known))
        assert "has no active one" in text
        assert "knows no agent" not in text


async def test_the_environment_names_the_task(claude: Served, roles: list[str]) -> None:
    reply = await event(claude, hook_event_name="SubagentStart", agent_type=roles[0], task="9")

    assert context(reply).startswith("# Task #9: ")


async def test_a_named_task_that_is_missing_is_said(claude: Served) -> None:
    text = context(await event(claude, hook_event_name="UserPromptSubmit", prompt="do task 4711"))

    assert text.startswith("# Project ")
    assert "Task 4711 not found" in text


async def test_an_inactive_agent_is_said_with_the_projects_context(
    claude: Served, copy: Path
) -> None:
    database = sqlite3.connect(copy / ".agentpm" / "data" / "agentpm.db")
    with database:
        database.execute("UPDATE agents SET is_active = 0")
        (role,) = database.execute("SELECT role FROM agents ORDER BY id LIMIT 1").fetchone()
    database.close()

    text = context(await event(claude, hook_event_name="SubagentStart", agent_type=role, task="3"))

    assert text.startswith("# Project ")
    assert "TASKSTART_TASK names this task. But: " in text
    assert "inactive" in text


async def test_an_unknown_role_leaves_the_task_its_own_agent(
    claude: Served, roles: list[str]
) -> None:
    text = context(
        await event(claude, hook_event_name="SubagentStart", agent_type="general-purpose", task="3")
    )

    assert f"Agent: {roles[0]}" in text


async def test_a_subagents_prompt_gets_the_context_of_the_task_it_names(claude: Served) -> None:
    arguments = {
        "prompt": "Do task #8",
        "subagent_type": "nobody",
        "description": "d",
        "model": "m",
    }
    reply = await event(
        claude, hook_event_name="PreToolUse", tool_name="Agent", tool_input=arguments
    )

    output = json.loads(reply.body)["hookSpecificOutput"]
    updated = output["updatedInput"]
    assert updated["prompt"].startswith("Do task #8\n\n# Task #8: ")
    assert {**updated, "prompt": arguments["prompt"]} == arguments
    assert "permissionDecision" not in output


@pytest.mark.parametrize(
    "body",
    [
        {"tool_name": "Bash", "tool_input": {"command": "ls task 8"}},
        {"tool_name": "Agent", "tool_input": {"prompt": "Do it", "subagent_type": "x"}},
        {"tool_name": "Task", "tool_input": {"prompt": "task 8 or task 9"}},
    ],
)
async def test_other_tool_uses_are_left_alone(claude: Served, body: dict[str, Any]) -> None:
    reply = await event(claude, hook_event_name="PreToolUse", task="7", **body)

    assert (reply.status, json.loads(reply.body)) == (200, {})


async def test_the_limit_of_claude_code_holds_unless_another_is_chosen(
    claude: Served, copy: Path, roles: list[str]
) -> None:
    sop = copy / ".claude" / "agents" / "long.md"
    sop.write_text("---\nname: long\n---\n" + "All of this matters. 🚨\n" * 2_000)
    asked = {"hook_event_name": "SubagentStart", "agent_type": "long"}

    usual = context(await event(claude, **asked))
    small = await event(claude, query="?budget=2000", **asked)
    whole = context(await event(claude, query="?budget=0", **asked))

    assert len(usual.encode("utf-16-le")) // 2 <= 10_000 < len(whole)
    assert len(context(small).encode("utf-16-le")) // 2 <= 2_000
    assert int(small.headers["x-taskstart-characters"]) <= 2_000
    assert "SOP=" in small.headers["x-taskstart-sections"]
    assert "[… cut:" in usual
    assert "name: long" not in whole


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"hook_event_name": "Stop"}, "unknown event 'Stop'"),
        ({}, "hook_event_name is missing"),
        ({"hook_event_name": 5}, "must be text"),
        ({"hook_event_name": "SubagentStart", "agent_type": "x" * 101}, "longer than"),
        ({"hook_event_name": "SubagentStart", "agent_type": ["x"]}, "agent_type must be text"),
        ({"hook_event_name": "SubagentStart", "agent_type": "\ud800"}, "not valid Unicode"),
        ({"hook_event_name": "UserPromptSubmit", "prompt": {"a": 1}}, "prompt must be text"),
        ({"hook_event_name": "PreToolUse", "tool_name": 7}, "tool_name must be text"),
        (
            {"hook_event_name": "PreToolUse", "tool_name": "Task", "tool_input": {"prompt": 7}},
            "prompt must be text",
        ),
        ({"hook_event_name": "PreToolUse", "tool_name": "Agent"}, "tool_input must be an object"),
    ],
)
async def test_wrong_events(claude: Served, body: dict[str, Any], words: str) -> None:
    reply = await event(claude, **body)

    assert reply.status == 400
    assert words in reply.text


async def test_lone_surrogates_in_a_prompt_come_back_as_they_were(claude: Served) -> None:
    arguments = {"prompt": "task 7 \ud800", "subagent_type": "x", "description": "\udfff"}
    reply = await event(
        claude, hook_event_name="PreToolUse", tool_name="Agent", tool_input=arguments
    )

    updated = json.loads(reply.body)["hookSpecificOutput"]["updatedInput"]
    assert updated["prompt"].startswith("task 7 \ud800\n\n# Task #7: ")
    assert updated["description"] == "\udfff"


async def test_a_role_cannot_lead_out_of_the_project(claude: Served, copy: Path) -> None:
    (copy.parent / "secret.md").write_text("the secret")

    for role in ("../../../secret", str(copy.parent / "secret"), "../../../secret\0"):
        text = context(await event(claude, hook_event_name="SubagentStart", agent_type=role))
        assert "the secret" not in text
        assert "leads out of the project" in text


async def test_starts_are_told_apart_by_their_source(claude: Served) -> None:
    await event(claude, hook_event_name="UserPromptSubmit", prompt="task 7")
    await claude.ask(post("/taskstart", b'{"task_id": 7}'))

    starts = claude.engine.monitor.starts(5).starts
    assert [start.source for start in starts] == ["hook", "claude"]


async def test_a_changed_rule_is_seen_at_once(claude: Served, copy: Path, roles: list[str]) -> None:
    asked = {"hook_event_name": "SubagentStart", "agent_type": roles[0]}
    first = context(await event(claude, query="?budget=0", **asked))
    assert context(await event(claude, query="?budget=0", **asked)) == first

    database = sqlite3.connect(copy / ".agentpm" / "data" / "agentpm.db")
    with database:
        database.execute("UPDATE rules SET name = 'renamed-for-good'")
    database.close()

    assert "renamed-for-good" in context(await event(claude, query="?budget=0", **asked))
