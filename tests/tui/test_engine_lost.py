"""An engine that ends, or never begins, costs the console nothing but its figures."""

from __future__ import annotations

from engine.service.messages import EngineState
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink


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


async def test_the_first_frame_does_not_wait_for_the_engine() -> None:
    async with running() as (app, _, pilot):
        await pilot.pause()
        text = screen_text(app)
        assert "starting the engine" in text
        assert "key metrics" in text


async def test_an_engine_that_cannot_be_started_is_said() -> None:
    link = FakeLink(fail_open="no engine answers")
    async with running(link=link) as (app, _, pilot):
        await until(pilot, lambda: "no engine answers" in screen_text(app))
        assert "press E" in screen_text(app)
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
        assert link.restarted == 1


async def test_the_banner_follows_to_other_screens() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.die()
        await until(pilot, lambda: bool(app.feed.lost))
        await pilot.press("2")
        await until(pilot, lambda: "THE ENGINE HAS ENDED" in screen_text(app))
