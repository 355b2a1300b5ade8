"""Toasts are few and short."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from textual.widgets._toast import Toast

from engine.service.messages import Event
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.toasts import MOST, Gathering, Severity, merged, without_folders

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
    async with running(samples.snapshot(), size=(80, 24)) as (app, _, pilot):
        for number in range(5):
            app.notify(f"toast {number}")
            await pilot.pause()
            assert len(app._notifications) <= MOST
        await until(pilot, lambda: "toast 4" in screen_text(app))
        assert all(toast.region.width <= 40 for toast in app.screen.query(Toast))


async def test_in_a_replay_the_end_of_an_alert_is_no_toast() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.push(OVER)
        link.push(msgspec.structs.replace(FINISHED, text="told"))
        await until(pilot, lambda: "has finished" in screen_text(app))
        assert "alert over" not in screen_text(app)


async def test_with_live_traffic_it_is_one() -> None:
    async with running(samples.live_without_traffic()) as (app, link, pilot):
        link.push(OVER)
        await until(pilot, lambda: "alert over" in screen_text(app))


def test_a_path_is_told_by_its_last_name() -> None:
    lost = without_folders("3 starts recorded in /home/you/a b/monday.jsonl, 1 lost")
    assert lost == "3 starts recorded in monday.jsonl, 1 lost"
    assert without_folders("recording to /home/you/monday.jsonl") == "recording to monday.jsonl"
    assert without_folders("warm 23/98") == "warm 23/98"
