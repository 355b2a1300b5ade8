"""What agents were given: sections, budgets, starts without a task, who asked."""

from __future__ import annotations

import msgspec
import pytest
from textual.widgets import Input

from engine.service.messages import (
    ChangeSettings,
    DeliveryView,
    Failed,
    GetStart,
    ListStarts,
    SectionView,
    StartView,
    TrafficSource,
    TrafficView,
)
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.dialogs.budgets import BudgetsDialog
from tui.live.alerts_panel import quiet
from tui.starts.delivery import delivery_rows
from tui.starts.screen import start_cells
from tui.starts.waterfall import summary_rows
from tui.text import line, plain, width_of

GIVEN = DeliveryView(
    caller="SubagentStart",
    rendering="full",
    characters=2_989,
    whole=9_479,
    budget=3_000,
    setting="budgets.subagent_start",
    sections=[
        SectionView("head", 2_178, 2_178),
        SectionView("SOP", 809, 7_299),
    ],
)
WITHOUT_TASK = StartView(
    id=7,
    clock="14:02:31",
    task_id=0,
    agent_role="editor",
    total_ms=1.2,
    warm=False,
    modeled=False,
    source="claude",
    changed="no task",
    event="SubagentStart",
    shortened=True,
)


def text_of(delivery: DeliveryView, width: int = 60) -> str:
    return "\n".join(plain(row).rstrip() for row in delivery_rows(delivery, width))


def test_each_section_with_what_was_left_out() -> None:
    text = text_of(GIVEN)

    assert "budget 3,000" in text
    assert "budgets.subagent_start, B changes it" in text.replace("\n", " ")
    rows = {row.split()[0]: row.split()[1:] for row in text.splitlines() if row}
    assert rows["head"] == ["2,178", "2,178"]
    assert rows["SOP"] == ["809", "7,299", "▲", "6,490"]
    assert rows["between"][-1] == "2"
    assert rows["total"] == ["2,989", "9,479", "▲", "6,490"]


def test_a_text_that_is_whole_has_one_figure_a_section() -> None:
    whole = msgspec.structs.replace(
        GIVEN, rendering="agentpm", budget=None, setting="", characters=2_987, whole=2_987
    )
    text = text_of(whole)

    assert "never shortened" in text
    assert "left out" not in text


@pytest.mark.parametrize("width", [30, 44, 120])
def test_no_row_is_wider_than_the_panel(width: int) -> None:
    assert all(width_of(row) <= width for row in delivery_rows(GIVEN, width))


def test_a_start_without_a_task_is_told_as_one() -> None:
    detail = msgspec.structs.replace(samples.DETAIL, start=WITHOUT_TASK)
    text = "\n".join(plain(row) for row in summary_rows(detail))
    assert "no task" in text
    assert "the project's context" in text
    assert "SubagentStart" in text

    cells = [
        plain(line(cell) if isinstance(cell, str) else cell) for cell in start_cells(WITHOUT_TASK)
    ]
    assert cells[1] == "none"
    assert cells[-1] == "▲ SubagentStart"


async def test_a_start_without_a_task_is_news_for_the_list() -> None:
    async with running(samples.live_without_traffic()) as (_, link, pilot):
        await pilot.press("5")
        await until(pilot, lambda: len(link.sent(ListStarts)) == 1)
        traffic = TrafficView(without_task=1)
        link.push(msgspec.structs.replace(samples.live_without_traffic(), traffic=traffic))
        await until(pilot, lambda: len(link.sent(ListStarts)) == 2)


async def test_the_start_in_full_shows_its_sections() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[GetStart] = msgspec.structs.replace(samples.DETAIL, delivery=GIVEN)
        await pilot.press("5")
        await until(pilot, lambda: "checkout-guardian" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "what the agent was given" in screen_text(app))
        assert "▲ 2,989 of 3,000 characters: SOP −6,490" in screen_text(app)


async def test_who_asked_and_what_was_refused_are_on_live() -> None:
    traffic = TrafficView(
        starts_per_s=3.0,
        starts=15,
        sources={"hook": 12, "claude": 3},
        without_task=2,
        refused=4,
        refusal="the token is wrong",
    )
    live = samples.snapshot(traffic=traffic, source=TrafficSource.LIVE, playback=None)
    async with running(live, size=(160, 40)) as (app, _, _pilot):
        text = screen_text(app)
        assert "3.0 starts/s: hook 12, Claude Code 3" in text
        assert "without a task 2" in text
        assert "refused 4 the token is wrong" in text


def test_the_last_refusal_is_told_where_there_is_no_alert() -> None:
    traffic = TrafficView(refused=3, refusal="the token is wrong")
    told = plain(quiet(samples.snapshot(alerts=[], traffic=traffic), 100))

    assert "requests refused: 3, the last one: the token is wrong" in told


async def test_budgets_are_changed_in_place() -> None:
    settings = {**samples.settings_of(), "budgets.pre_tool_use": 8_000}
    async with running(samples.snapshot(settings=settings)) as (app, link, pilot):
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BudgetsDialog))
        fields = {field.id: field for field in app.screen.query(Input)}
        assert fields["budgets-pre_tool_use"].value == "8,000"
        assert fields["budgets-agentpm"].value == "no bound"

        fields["budgets-subagent_start"].value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: "allowed is 500" in screen_text(app))
        assert not link.commands

        link.replies[ChangeSettings] = Failed(reason="the engine is ending", remedy="")
        fields["budgets-subagent_start"].value = "6,000"
        await pilot.press("enter")
        await until(pilot, lambda: "the engine is ending" in screen_text(app))
        assert isinstance(app.screen, BudgetsDialog), "what was typed is kept"

        del link.replies[ChangeSettings]
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, BudgetsDialog))
        assert link.commands == 2 * [ChangeSettings(changes={"budgets.subagent_start": 6_000})]

        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BudgetsDialog))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, BudgetsDialog))
        assert len(link.commands) == 2, "what is left as it is changes nothing"
