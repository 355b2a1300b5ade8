"""An alert that is over, or seen, reads like one."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import AcknowledgeAlert
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.alerts.explain import explanation
from tui.text import plain


def test_a_past_alert_is_over_and_not_ok() -> None:
    head = plain(explanation(samples.PAST_ALERT, 76)[0])
    assert head.startswith("✓ over ")
    assert "ok" not in head.split()


async def test_what_was_seen_is_not_offered_to_be_acknowledged() -> None:
    seen = msgspec.structs.replace(samples.ALERT, acknowledged=True)
    for alert, offered in ((samples.ALERT, True), (seen, False)):
        async with running(samples.snapshot(alerts=[alert])) as (app, link, pilot):
            await pilot.press("enter")
            await until(pilot, lambda: "esc close" in screen_text(app))
            assert ("a acknowledge · esc" in screen_text(app)) is offered
            await pilot.press("a")
            await pilot.pause()
            assert bool(link.commands) is offered


async def test_the_whole_explanation_has_room_on_a_small_screen() -> None:
    alert = msgspec.structs.replace(
        samples.ALERT,
        why="40 of 120 look-ups were the first for their key since the cache was empty → o 4, o 6",
        saved="before-alert-20260302-140322",
        acknowledged=True,
    )
    async with running(samples.snapshot(alerts=[alert]), size=(80, 24)) as (app, _, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "before-alert" in screen_text(app))
        _, _, shown = " ".join(screen_text(app).split()).partition("what to press")
        for words in ("o 4, o 6", "140322", "≈ modeled", "✓ seen"):
            assert words in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_of_several_alerts_a_small_screen_shows_one_and_explains_all(
    size: tuple[int, int],
) -> None:
    slow = msgspec.structs.replace(
        samples.ALERT, id=9, text="TaskStart p95 120 ms > 100 ms", why="database takes 90 of 120 ms"
    )
    async with running(samples.snapshot(alerts=[slow, samples.ALERT]), size=size) as ran:
        app, link, pilot = ran
        await until(pilot, lambda: "1 of 2" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "alert 1 of 2" in screen_text(app))
        assert "database takes 90" in screen_text(app)
        await pilot.press("right")
        await until(pilot, lambda: "alert 2 of 2" in screen_text(app))
        assert samples.ALERT.why in screen_text(app)
        await pilot.press("right", "left", "a")
        await until(pilot, lambda: bool(link.commands))
        assert link.commands == [AcknowledgeAlert(id=samples.ALERT.id)]


async def test_one_alert_alone_is_not_counted() -> None:
    async with running(samples.snapshot(), size=(80, 24)) as (app, _, _pilot):
        assert "1 of 1" not in screen_text(app)
