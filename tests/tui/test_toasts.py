"""Toasts are few and short."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from textual.widgets._toast import Toast

from engine.service.messages import Event, Snapshot
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.toasts import MOST, Gathering, Severity, is_shown_anyway, merged, without_folders

BEGAN = Event(title="ALERT", text="CPU, engine 59.5 % > 50 %", severity="error")
OVER = Event(title="alert over", text="CPU, engine 1.8 % ≤ 50 %")
FINISHED = Event(title="workday has finished", text="warm 99 %")


def test_events_of_one_moment_are_told_as_one() -> None:
    timers: list[Callable[[], None]] = []
    told: list[tuple[str, str, Severity]] = []

    def later(_seconds: float, call: Callable[[], None]) -> None:
        timers.append(call)

    gathering = Gathering(later, lambda *toast: told.append(toast))
    gathering.add(FINISHED)
    gathering.add(BEGAN)
    assert (len(timers), told) == (1, [])
    timers.pop()()
    ((title, text, severity),) = told
    assert (title, severity) == ("", "error")
    assert text.splitlines()[0] == "ALERT: CPU, engine 59.5 % > 50 %"
    gathering.add(OVER)
    timers.pop()()
    assert told[1] == ("alert over", OVER.text, "information")


def test_many_events_are_counted() -> None:
    _, text, _ = merged([BEGAN] * 7)
    assert text.splitlines()[-1] == "and 4 more"
    assert len(text.splitlines()) == 4


async def test_no_more_than_two_toasts_are_shown_at_once() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        for number in range(5):
            app.notify(f"toast {number}")
            await pilot.pause()
            assert len(app._notifications) <= MOST
        await until(pilot, lambda: "toast 4" in screen_text(app))
        assert all(toast.region.width <= 60 for toast in app.screen.query(Toast))


@pytest.mark.parametrize("above", ["", "t"])
async def test_on_a_small_screen_a_toast_covers_the_tabs_and_nothing_else(above: str) -> None:
    async with running(samples.snapshot(), size=(80, 24)) as (app, _, pilot):
        if above:
            await pilot.press(above)
        app.notify("the first")
        await pilot.pause()
        app.notify("its text", title="A second one", severity="error")
        await until(pilot, lambda: "A second one · its text" in screen_text(app))
        (toast,) = app.screen.query(Toast)
        await until(pilot, lambda: (toast.region.y, toast.region.height) == (0, 1))


async def test_a_long_toast_has_two_rows_on_a_small_screen() -> None:
    async with running(samples.snapshot(), size=(80, 24)) as (app, _, pilot):
        app.notify("many words " * 40, title="a long story")
        await until(pilot, lambda: "many words" in screen_text(app))
        (toast,) = app.screen.query(Toast)
        assert (toast.region.y, toast.region.height) == (0, 2)
        assert "…" in screen_text(app).split("\n")[1]


async def test_what_the_screen_says_anyway_is_no_toast() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        for event in (BEGAN, OVER, FINISHED):
            link.push(msgspec.structs.replace(event, text="told twice"))
        link.push(Event(title="recording ended", text="disk full", severity="error"))
        await until(pilot, lambda: "disk full" in screen_text(app))
        assert "told twice" not in screen_text(app)


@pytest.mark.parametrize(
    ("title", "mode", "replayed", "shown"),
    [
        ("ALERT", "live", False, True),
        ("alert over", "alerts", False, True),
        ("ALERT", "caches", False, False),
        ("ALERT again", "caches", True, True),
        ("workday has finished", "replay", True, True),
        ("replay failed", "live", True, False),
        ("alert saved", "live", False, False),
    ],
)
def test_an_alert_is_a_toast_where_no_other_row_shows_it(
    title: str, mode: str, *, replayed: bool, shown: bool
) -> None:
    assert is_shown_anyway(title, mode=mode, replayed=replayed) is shown


@pytest.mark.parametrize(
    ("shown", "warned"),
    [
        (samples.live_without_traffic(), True),
        (samples.snapshot(profile="native", settings={}), False),
        (msgspec.structs.replace(samples.live_without_traffic(), profile="plan"), False),
    ],
)
async def test_injected_costs_that_agents_wait_for_are_told(
    shown: Snapshot, *, warned: bool
) -> None:
    plain = msgspec.structs.replace(shown, settings={})
    async with running(plain) as (app, link, pilot):
        await pilot.press("p")
        await until(pilot, lambda: bool(link.commands))
        await pilot.pause()
        assert ("agents wait for these costs, too" in " ".join(screen_text(app).split())) is warned


def test_a_path_is_told_by_its_last_name() -> None:
    lost = without_folders("3 starts recorded in /home/you/a b/monday.jsonl, 1 lost")
    assert lost == "3 starts recorded in monday.jsonl, 1 lost"
    assert without_folders("recording to /home/you/monday.jsonl") == "recording to monday.jsonl"
    assert without_folders("warm 23/98") == "warm 23/98"
