"""What the screens say at every size, lists and footers above all."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from engine.service.messages import ListScenarios, ListStarts, ScenarioList, StartList, TrafficView
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink
from tui.replay.scenario_table import result_item, scenario_cells, shown_name
from tui.text import fit, plain


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_what_plays_and_how_fast_is_told_at_every_size(size: tuple[int, int]) -> None:
    async with running(samples.snapshot(), size=size) as (app, link, pilot):
        await until(pilot, lambda: "replay 5.0 starts/s" in screen_text(app))
        told = screen_text(app)
        for words in ("the-plan", "errors 1 (1.9/min)", "0 of 35", "behind"):
            assert words in told
        live = samples.live_without_traffic()
        agents = TrafficView(starts_per_s=3.0, starts=15, sources={"hook": 12, "claude": 3})
        link.push(msgspec.structs.replace(live, number=2, traffic=agents))
        asked_by = "3.0 starts/s: hook 12, Claude Code 3"
        await until(pilot, lambda: asked_by in screen_text(app))
        assert "LIVE" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_key_in_the_footer_says_what_it_does(size: tuple[int, int]) -> None:
    async with running(samples.snapshot(), size=size) as (app, _, pilot):
        for screen in "123456":
            await pilot.press(screen)
            await until(pilot, lambda: "1-6 screens" in screen_text(app))
            footer = screen_text(app).splitlines()[-1]
            hints = [hint.split(maxsplit=1) for hint in footer.split("  ") if hint.strip()]
            assert len(hints) >= 5
            assert all(len(hint) == 2 for hint in hints), footer


async def test_the_rule_above_an_empty_list_has_no_gap() -> None:
    idle = samples.live_without_traffic()
    link = FakeLink(idle)
    link.replies[ListStarts] = StartList(starts=[], total=0)
    async with running(idle, size=(80, 24), link=link) as (app, _, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "No TaskStart yet" in screen_text(app))
        (top,) = [row for row in screen_text(app).splitlines() if row.startswith("─ TaskStarts")]
        assert top == "─ TaskStarts ".ljust(80, "─")


def test_a_recording_named_by_its_time_is_known_by_it() -> None:
    now = datetime(2026, 11, 24).astimezone()
    own = msgspec.structs.replace(samples.SCENARIOS.scenarios[-1], line="yours: from workday")
    this_year, before, own_name, no_time = (
        msgspec.structs.replace(own, name=name)
        for name in (
            "big-shop-20261123-220639",
            "big-shop-20251123-220639",
            "monday",
            "x-20269999-000000",
        )
    )
    assert shown_name(this_year, now) == ("23 Nov 22:06", "big-shop")
    assert shown_name(before, now) == ("23 Nov 2025", "big-shop")
    assert shown_name(own_name, now) == ("monday", "")
    assert shown_name(no_time, now) == ("x-20269999-000000", "")
    assert "yours: big-shop, from workday" in scenario_cells(this_year, playing=False)


async def test_a_list_longer_than_its_panel_shows_which_part_is_in_view() -> None:
    async with running(samples.snapshot(), size=(80, 24)) as (app, _, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "┃" in screen_text(app))
        rows = screen_text(app).splitlines()
        begin = next(y for y, row in enumerate(rows) if row.endswith("┃"))
        await pilot.press("end")
        await until(pilot, lambda: screen_text(app).splitlines()[-2].endswith("┃"))
        assert not screen_text(app).splitlines()[begin].endswith("┃")
        await pilot.press("6")
        await until(pilot, lambda: "why, and what to press" in screen_text(app))
        assert "┃" not in screen_text(app)


async def test_the_scenario_under_the_cursor_is_told_whole() -> None:
    idle = samples.live_without_traffic()
    async with running(idle, size=(80, 24)) as (app, link, pilot):
        long = msgspec.structs.replace(samples.SCENARIOS.scenarios[1], line="a story " * 12)
        first, *_ = samples.SCENARIOS.scenarios
        link.replies[ListScenarios] = ScenarioList(scenarios=[first, long])
        await pilot.press("3", "down")
        await until(pilot, lambda: "play it on a copy" in screen_text(app))
        await until(pilot, lambda: screen_text(app).count("a story") >= 12 + 5)


async def test_while_typing_the_footer_promises_no_keys() -> None:
    async with running(samples.snapshot(), size=(80, 24)) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "S suggest" in screen_text(app))
        await pilot.press("e")
        link.push(samples.snapshot(number=2))
        await until(pilot, lambda: "take what is typed" in screen_text(app))
        assert "S suggest" not in screen_text(app)


@pytest.mark.parametrize(
    ("result", "at_20", "at_40"),
    [
        ("", "never played", "never played"),
        ("p50 145.9 → 0.9 ms", "p50 145.9 → 0.9 ms", "p50 145.9 → 0.9 ms"),
        (
            "p95 43.2 ms · warm 88 % · n 1,572",
            "p95 43.2 ms",
            "p95 43.2 ms · warm 88 % · n 1,572",
        ),
        ("first start 115.3 → 0.4 ms", "115.3 → 0.4 ms", "first start 115.3 → 0.4 ms"),
        (
            "p95 43.2 ms · warm 8 % · n 72 · 12 failed",
            "12 failed",
            "p95 43.2 ms · warm 8 % · 12 failed",
        ),
        ("no start was answered, 3 failed", "3 failed", "no start was answered, 3 failed"),
    ],
)
def test_a_result_is_fitted_to_its_column_and_never_cut(
    result: str, at_20: str, at_40: str
) -> None:
    assert [plain(fit([result_item(result)], width)) for width in (20, 40)] == [at_20, at_40]


async def test_the_list_is_asked_for_anew_when_other_costs_are_in_force() -> None:
    live = samples.fast_and_native()
    async with running(live) as (_, link, pilot):
        await pilot.press("3")
        await until(pilot, lambda: bool(link.sent(ListScenarios)))
        asked = len(link.sent(ListScenarios))
        link.push(msgspec.structs.replace(live, number=live.number + 1, profile="plan"))
        await until(pilot, lambda: len(link.sent(ListScenarios)) == asked + 1)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_the_time_of_a_replay_is_never_shown_as_the_time_of_day(
    size: tuple[int, int],
) -> None:
    def first_row() -> str:
        return screen_text(app).splitlines()[0]

    replayed = samples.snapshot()
    async with running(replayed, size=size) as (app, link, pilot):
        await until(pilot, lambda: "demo" in first_row() or "replay 14:02" in first_row())
        assert ("14:02:31" in first_row()) == ("replay" in first_row())
        assert ("14:02:31 in the replay" in first_row()) == (size[0] >= 120)
        link.push(msgspec.structs.replace(samples.live_without_traffic(), number=9))
        await until(pilot, lambda: "14:02:31" in first_row() and "replay" not in first_row())
