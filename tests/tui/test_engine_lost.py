"""An engine that ends, or never begins, costs the console nothing but its figures."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import EngineState, Stay, Stays, TrafficSource
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink
from tui.outages import Outages


async def test_the_end_of_the_engine_is_said_and_e_starts_it_again() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.die("the engine's process was killed by signal 9")
        await until(pilot, lambda: "THE ENGINE HAS ENDED" in screen_text(app))
        text = screen_text(app)
        assert "killed by signal 9" in text
        assert "press E to start it again" in text
        assert "✖ no engine" in text
        assert "TaskStart p95" in text
        await pilot.press("E")
        await until(pilot, lambda: link.restarted == 1)
        link.push(samples.snapshot(number=2, clock="14:05:00"))
        await until(pilot, lambda: "14:05:00" in screen_text(app))
        assert "THE ENGINE HAS ENDED" not in screen_text(app)


async def test_a_dead_engine_is_an_alert_until_there_is_one_again() -> None:
    async with running(samples.snapshot(alerts=[])) as (app, link, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "No alert yet" in screen_text(app))
        link.die("the engine's process was ended by SIGKILL")
        await until(pilot, lambda: "✖1" in screen_text(app))
        text = screen_text(app)
        assert "✖ ALERT" in text
        assert "ended by SIGKILL" in text
        assert "→ press E" in text
        await pilot.press("a")
        await until(pilot, lambda: "✓ seen" in screen_text(app))
        assert not link.commands, "an engine that is gone is not asked"
        await pilot.press("E")
        await until(pilot, lambda: link.restarted == 1)
        link.push(samples.snapshot(number=2, alerts=[]))
        await until(pilot, lambda: "✓ over" in screen_text(app))
        assert "✖1" not in screen_text(app)


def test_an_outage_lasts_until_there_is_an_engine_again() -> None:
    seconds = 0.0
    outages = Outages(lambda: seconds)
    quiet = samples.snapshot(alerts=[])
    assert outages.added_to(quiet) is quiet
    outages.begin("killed")
    seconds = 3.0
    outages.begin("no engine answers")  # a try to start it again
    (alert,) = outages.added_to(quiet).alerts
    assert (alert.text, alert.seconds, alert.active) == ("no engine answers", 3.0, True)
    outages.end()
    seconds = 9.0
    (alert,) = outages.added_to(outages.added_to(quiet)).alerts
    assert (alert.seconds, alert.active, alert.acknowledged) == (3.0, False, False)
    assert not outages.acknowledge(1)
    assert outages.acknowledge(alert.id)
    assert outages.added_to(quiet).alerts[0].acknowledged


@pytest.mark.parametrize(
    ("stays", "said"),
    [(Stays.TOLD, "stays as told"), (Stays.AGENTS, "stays for agents"), (Stays.NO, "engine 0:31 ")],
)
async def test_it_is_said_whether_the_engine_stays(stays: Stays, said: str) -> None:
    shown = samples.snapshot(stays=stays, told_to_stay=stays is Stays.TOLD)
    async with running(shown) as (app, link, pilot):
        assert said in screen_text(app)
        link.push(msgspec.structs.replace(shown, engine=EngineState.WARMING))
        await until(pilot, lambda: "engine warming" in screen_text(app))
        assert ("stays" in screen_text(app)) is (stays is not Stays.NO)
        await pilot.press("K")
        await until(pilot, lambda: link.sent(Stay) == [Stay(on=stays is not Stays.TOLD)])


async def test_the_first_frame_does_not_wait_for_the_engine() -> None:
    async with running() as (app, _, pilot):
        await pilot.pause()
        text = screen_text(app)
        assert "starting the engine" in text
        assert "key metrics" in text


async def test_an_engine_that_cannot_be_started_is_said() -> None:
    link = FakeLink(fail_open="no engine answers")
    async with running(link=link) as (app, _, pilot):
        await until(pilot, lambda: "NO ENGINE: no engine answers" in screen_text(app))
        assert "press E to try again" in screen_text(app)
        assert "ENDED" not in screen_text(app)
        await pilot.press("E")
        await until(pilot, lambda: link.restarted == 1)


async def test_an_engine_that_could_not_open_the_project_is_started_again() -> None:
    failed = samples.snapshot(
        engine=EngineState.FAILED, engine_error="taskstart.toml, line 1: pool_size wants a number"
    )
    async with running(failed) as (app, link, pilot):
        text = screen_text(app)
        assert "pool_size wants a number" in text
        assert "press E to start it again" in text
        await pilot.press("E")
        link.push(failed)
        await until(pilot, lambda: link.restarted == 1)
        link.push(samples.snapshot(number=2, clock="14:05:00"))
        await until(pilot, lambda: "14:05:00" in screen_text(app))
        assert "press E" not in screen_text(app)
        await pilot.press("E")
        link.push(samples.snapshot(number=3, clock="14:05:01"))
        await until(pilot, lambda: "14:05:01" in screen_text(app))
        await until(pilot, lambda: "Nothing to start: the engine is well" in screen_text(app))
        assert link.restarted == 1


@pytest.mark.parametrize("lost", [True, False])
async def test_an_engine_that_is_being_started_is_not_started_once_more(lost: bool) -> None:
    troubled = samples.snapshot(engine_error="the database is gone")
    async with running(troubled) as (app, link, pilot):
        if lost:
            link.die()
            await until(pilot, lambda: bool(app.feed.lost))
        link.may_restart.clear()
        await pilot.press("E")
        if not lost:
            link.push(troubled)
        await until(pilot, lambda: link.restarted == 1)
        await pilot.press("E")
        link.may_restart.set()
        await until(pilot, lambda: not app.feed.lost)
        await pilot.press("E")
        await until(pilot, lambda: "is starting already" in screen_text(app))
        link.push(samples.snapshot(number=2, clock="14:05:00"))
        await until(pilot, lambda: "14:05:00" in screen_text(app))
        link.push(samples.snapshot(number=3, clock="14:05:01"))
        await until(pilot, lambda: "14:05:01" in screen_text(app))
        assert link.restarted == 1


async def test_without_an_engine_nothing_is_said_to_be_ready() -> None:
    async with running(samples.live_without_traffic(), size=(80, 24)) as (app, link, pilot):
        await until(pilot, lambda: "ready and warm" in screen_text(app))
        link.die()
        await until(pilot, lambda: "before the engine ended" in screen_text(app))
        assert "ready and warm" not in screen_text(app)


async def test_a_toast_says_it_only_where_the_banner_is_covered() -> None:
    for key, toasts in (("", 0), ("o", 1)):
        async with running(samples.snapshot()) as (app, link, pilot):
            await pilot.press(*key)
            link.die()
            await until(pilot, lambda: bool(app.feed.lost))
            assert len(app._notifications) == toasts


async def test_the_banner_follows_to_other_screens() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.die()
        await until(pilot, lambda: bool(app.feed.lost))
        await pilot.press("2")
        await until(pilot, lambda: "THE ENGINE HAS ENDED" in screen_text(app))


async def test_the_figures_of_a_dead_engine_look_old_until_there_is_one_again() -> None:
    live = msgspec.structs.replace(samples.fast_and_native(), source=TrafficSource.LIVE, alerts=[])
    async with running(live) as (app, link, pilot):
        await until(pilot, lambda: "✓ ok" in screen_text(app))
        link.die()
        await until(pilot, lambda: "· last" in screen_text(app))
        text = screen_text(app)
        assert f"its last figures, of {live.clock}" in text
        for words in ("✓ ok", " now ", "LIVE traffic"):
            assert words not in text.split("TaskStart latency")[0]
        assert app.screen.query_one("#metrics").opacity < 1
        assert app.screen.query_one("#alerts").opacity == 1
        await pilot.press("E")
        link.push(msgspec.structs.replace(live, number=2))
        await until(pilot, lambda: "✓ ok" in screen_text(app))
        assert "LIVE traffic" in screen_text(app)
        assert app.screen.query_one("#metrics").opacity == 1
