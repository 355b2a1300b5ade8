"""Budgets as settings of each caller, and what the screens are told of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.context.measure import characters, rendered_sections
from engine.hook.callers import HookCaller
from engine.service.messages import StartDetail
from engine.settings import Settings, with_setting
from tests.hook.conftest import Reply, Served, post, serve

EVENTS: dict[HookCaller, dict[str, Any]] = {
    HookCaller.SUBAGENT_START: {"hook_event_name": "SubagentStart", "agent_type": "long"},
    HookCaller.USER_PROMPT_SUBMIT: {"hook_event_name": "UserPromptSubmit", "prompt": "task 7"},
    HookCaller.PRE_TOOL_USE: {
        "hook_event_name": "PreToolUse",
        "tool_name": "Agent",
        "tool_input": {"prompt": "task 7", "subagent_type": "long"},
    },
}


@pytest.fixture
async def claude(project: Path, tmp_path: Path, folder: Path) -> AsyncIterator[Served]:
    """A project with an agent whose SOP is longer than every budget."""
    root = Path(shutil.copytree(project, tmp_path / "copy"))
    for path in (root / ".claude" / "agents").rglob("*.md"):
        path.write_text(path.read_text() + "\nAll of this matters. \N{ROCKET}\n" * 2_000)
    (root / ".claude" / "agents" / "long.md").write_text("All of this matters.\n" * 2_000)
    async with serve(root, folder) as one:
        yield one


async def ask(served: Served, caller: HookCaller, query: str = "", **changes: Any) -> Reply:
    body = EVENTS[caller] | changes
    reply = await served.ask(post(f"/claude-code{query}", json.dumps(body).encode()))
    assert reply.status == 200, reply.text
    return reply


def given(reply: Reply) -> str:
    output = json.loads(reply.body)["hookSpecificOutput"]
    if "updatedInput" in output:
        added: str = output["updatedInput"]["prompt"].removeprefix("task 7\n\n")
        return added
    text: str = output["additionalContext"]
    return text


async def change(served: Served, path: str, value: object) -> None:
    await served.engine.apply(with_setting(served.engine.settings, path, value))


def newest(served: Served) -> StartDetail:
    detail = served.engine.monitor.start(served.engine.monitor.starts(1).starts[0].id)
    assert detail is not None
    return detail


@pytest.mark.parametrize("caller", EVENTS)
async def test_each_event_has_a_budget_of_its_own(claude: Served, caller: HookCaller) -> None:
    await change(claude, caller.setting, 3_000)
    for other in EVENTS:
        length = characters(given(await ask(claude, other)))
        if other is caller:
            assert 2_000 < length <= 3_000
        else:
            assert 3_000 < length <= 10_000


async def test_a_change_holds_at_once_and_is_taken_back(claude: Served) -> None:
    caller = HookCaller.USER_PROMPT_SUBMIT
    usual = given(await ask(claude, caller))
    await change(claude, caller.setting, "no bound")
    whole = given(await ask(claude, caller))
    await claude.engine.apply(Settings())

    assert characters(usual) <= 10_000 < characters(whole)
    assert "[…" in usual
    assert "[…" not in whole
    assert given(await ask(claude, caller)) == usual


async def test_the_request_counts_more_than_the_setting(claude: Served) -> None:
    caller = HookCaller.SUBAGENT_START
    await change(claude, caller.setting, 3_000)
    small = await ask(claude, caller, "?budget=900")
    whole = await ask(claude, caller, "?budget=0")

    assert characters(given(small)) <= 900
    assert small.headers["x-taskstart-budget"] == "900"
    assert characters(given(whole)) > 10_000
    assert whole.headers["x-taskstart-budget"] == "0"


async def test_agentpms_own_text_is_never_shortened(claude: Served) -> None:
    await change(claude, "budgets.agentpm", 900)
    own = await claude.ask(post("/taskstart", b'{"task_id": 7}'))
    full = await claude.ask(post("/taskstart?rendering=full", b'{"task_id": 7}'))

    assert characters(own.text) > 900
    assert characters(full.text) <= 901  # the newline behind it is none of the context's


async def test_a_start_shows_what_the_agent_was_given(claude: Served) -> None:
    text = given(await ask(claude, HookCaller.USER_PROMPT_SUBMIT))

    detail = newest(claude)
    delivery = detail.delivery
    assert delivery is not None
    assert detail.text == text
    assert (delivery.caller, delivery.rendering) == ("UserPromptSubmit", "full")
    assert (delivery.budget, delivery.setting) == (10_000, "budgets.user_prompt_submit")
    assert delivery.characters == characters(text) < delivery.whole
    assert "The prompt names this task." in detail.text
    lost = {one.name: one.whole - one.characters for one in delivery.sections}
    assert lost["SOP"] > 0 == lost["head"]
    assert (detail.start.event, detail.start.shortened) == ("UserPromptSubmit", True)


async def test_a_start_by_agentpm_is_measured_too(claude: Served) -> None:
    text = (await claude.ask(post("/taskstart", b'{"task_id": 7}'))).text

    delivery = newest(claude).delivery
    assert delivery is not None
    assert (delivery.caller, delivery.rendering, delivery.budget) == ("AgentPM", "agentpm", None)
    assert delivery.characters == characters(text) - 1
    assert sum(one.characters for one in delivery.sections) == delivery.characters


async def test_a_context_without_a_task_is_listed_and_is_no_start(claude: Served) -> None:
    text = given(await ask(claude, HookCaller.SUBAGENT_START, agent_type="nobody"))

    detail, views = newest(claude), claude.engine.monitor.views()
    assert (detail.start.task_id, detail.start.agent_role) == (0, "nobody")
    assert detail.start.changed == "none active"
    assert detail.text == text
    assert detail.delivery is not None
    assert "no active one" in detail.text
    assert sum(detail.phases.values()) == pytest.approx(detail.start.total_ms)
    assert (views.traffic.without_task, views.traffic.starts, views.points) == (1, 0, [])


async def test_refusals_are_told_to_the_screens(claude: Served) -> None:
    await claude.ask(post("/claude-code", b'{"hook_event_name": "Stop"}'))
    await claude.ask(post("/taskstart", b'{"task_id": 4711}'))

    traffic = claude.engine.monitor.views().traffic
    assert (traffic.refused, traffic.errors) == (1, 1)
    assert traffic.refusal.startswith("unknown event 'Stop'")
    assert traffic.sources == {"hook": 1}


async def test_sections_in_the_structured_form_add_up(claude: Served) -> None:
    asked = b'{"task_id": 7}'
    for query in ("?format=json", "?format=json&rendering=full&budget=2000"):
        value = json.loads((await claude.ask(post(f"/taskstart{query}", asked))).body)
        assert value["characters"] == characters(value["text"])
        between = 2 * (len(value["sections"]) - 1) if value["budget"] else 0
        assert sum(one["characters"] for one in value["sections"]) + between == value["characters"]


def test_sections_of_agentpms_rendering_are_found_by_their_headings() -> None:
    text = "a\n### 🔍 Merged Context (Task → Work Item → Project)\nb\n**Context Confidence**: 5%"

    assert rendered_sections(text) == [("head", 2), ("merged context", 53), ("confidence", 26)]
    assert rendered_sections("") == [("head", 0)]
