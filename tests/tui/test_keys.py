"""Keys become commands; nothing else does."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import (
    AcknowledgeAlert,
    ChangeSettings,
    Command,
    Done,
    Event,
    Failed,
    GetStart,
    PausePlayback,
    Play,
    PlayState,
    Redo,
    SaveSettings,
    SetWindow,
    StartTask,
    StepSpeed,
    StopPlayback,
    ToggleRecording,
    Undo,
    WindowView,
)
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.starts.detail import StartScreen


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        (("o", "4"), ChangeSettings(changes={"optimizations.4": True})),
        (("o", "2"), ChangeSettings(changes={"optimizations.2": False})),
        (("o", "0"), ChangeSettings(changes={"optimizations": "none"})),
        (("p",), ChangeSettings(changes={"profile": "native"})),
        (("f",), ChangeSettings(changes={"freshness": "bounded"})),
        (("l",), ChangeSettings(changes={"loading": "sequential"})),
        (("u",), Undo()),
        (("ctrl+r",), Redo()),
        (("w",), SaveSettings()),
        (("r",), ToggleRecording()),
        (("space",), PausePlayback()),
        (("greater_than_sign",), StepSpeed(direction=1)),
        (("less_than_sign",), StepSpeed(direction=-1)),
        (("backspace",), StopPlayback(leave=False)),
        (("right_square_bracket",), SetWindow(seconds=10.0)),
        (("a",), AcknowledgeAlert(id=1)),
    ],
)
async def test_a_key_sends_its_command(keys: tuple[str, ...], command: Command) -> None:
    settings = {**samples.settings_of(), "profile": "plan"}
    async with running(samples.snapshot(settings=settings)) as (_, link, pilot):
        await pilot.press(*keys)
        await until(pilot, lambda: bool(link.commands))
        assert link.commands == [command]


@pytest.mark.parametrize(
    ("chosen_s", "shorter_s", "longer_s"),
    [(0, 0, 10), (10, 0, 30), (60, 30, 300), (3600, 900, 3600)],
)
async def test_the_window_goes_on_from_what_was_chosen(
    chosen_s: float, shorter_s: float, longer_s: float
) -> None:
    window = WindowView(label="last so much", seconds=17.3, starts=9, chosen_s=chosen_s)
    async with running(samples.snapshot(window=window)) as (_, link, pilot):
        await pilot.press("left_square_bracket", "right_square_bracket")
        await until(pilot, lambda: len(link.commands) == 2)
        assert link.commands == [SetWindow(seconds=shorter_s), SetWindow(seconds=longer_s)]


async def test_digits_switch_screens_and_escape_goes_back() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        seen = []
        for digit in "234561":
            await pilot.press(digit)
            seen.append(app.current_mode)
        assert seen == ["caches", "replay", "compare", "starts", "alerts", "live"]
        await pilot.press("escape")
        assert app.current_mode == "alerts"
        await pilot.press("escape")
        assert app.current_mode == "starts"
        assert not link.sent(ChangeSettings)


async def test_a_digit_after_o_and_escape_changes_nothing() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("o", "escape", "4")
        assert app.current_mode == "compare"
        assert not link.sent(ChangeSettings)


async def test_a_replay_that_has_ended_is_left_for_live_traffic() -> None:
    ended = msgspec.structs.replace(samples.PLAYBACK, state=PlayState.FINISHED)
    async with running(samples.snapshot(playback=ended)) as (_, link, pilot):
        await pilot.press("backspace")
        await until(pilot, lambda: bool(link.sent(StopPlayback)))
        assert link.sent(StopPlayback) == [StopPlayback(leave=True)]


async def test_keys_of_a_replay_do_nothing_without_one() -> None:
    async with running(samples.live_without_traffic()) as (_, link, pilot):
        await pilot.press("space", "backspace", "greater_than_sign", "E")
        assert link.commands == []


async def test_enter_plays_the_scenario_under_the_cursor() -> None:
    async with running(samples.live_without_traffic()) as (app, link, pilot):
        await pilot.press("s")
        await until(pilot, lambda: "workday" in screen_text(app))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: bool(link.sent(Play)))
        assert link.sent(Play) == [Play(name="workday", speed=1.0)]


async def test_a_recording_is_played_by_its_path() -> None:
    async with running(samples.live_without_traffic()) as (app, link, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "monday" in screen_text(app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: bool(link.sent(Play)))
        assert link.sent(Play) == [Play(name="/home/you/monday.jsonl", speed=1.0)]


async def test_enter_shows_a_start_in_full() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "checkout-guardian" in screen_text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        assert link.sent(GetStart) == [GetStart(id=39)]
        text = screen_text(app)
        assert "BLOCK: never log card numbers" in text
        assert "assemble work item" in text
        await pilot.press("escape")
        assert app.current_mode == "starts"
        assert not isinstance(app.screen, StartScreen)


async def test_a_task_is_started_by_its_id() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("t", *"131", "tab", *"editor", "enter")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        assert link.sent(StartTask) == [StartTask(task_id=131, agent_role="editor")]


async def test_a_refusal_is_told_with_its_remedy() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[SaveSettings] = Failed(reason="no room on the disk", remedy="free some")
        await pilot.press("w")
        await until(pilot, lambda: "no room on the disk" in screen_text(app))
        assert "free some" in screen_text(app)


async def test_what_cannot_be_seen_is_told() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[SaveSettings] = Done(text="written to taskstart.toml")
        await pilot.press("w")
        await until(pilot, lambda: "written to taskstart.toml" in screen_text(app))


async def test_an_event_becomes_one_toast() -> None:
    event = Event(title="recording ended", text="the disk is full", severity="error")
    async with running(samples.live_without_traffic(), event) as (app, _, pilot):
        await until(pilot, lambda: "the disk is full" in screen_text(app))
        assert len(app._notifications) == 1


async def test_a_click_on_a_tab_switches_the_screen() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.click("TabLine", offset=(12, 0))
        await until(pilot, lambda: app.current_mode == "caches")


async def test_enter_on_live_explains_the_alert() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert "every task is new" in screen_text(app)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
