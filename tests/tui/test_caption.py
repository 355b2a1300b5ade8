"""What is said above the panels: whole at every width, and without moving what lies below."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from engine.replay.events import Op
from engine.replay.workload import read_workload
from engine.service.messages import PlayState, Snapshot
from scenarios.reader import list_scenarios
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.app import ConsoleApp
from tui.text import plain, width_of
from tui.widgets.caption import CaptionLine, caption_rows

LONG = "Every stale answer is an agent that works from the past; press v to see old beside new."


def _is_shown(app: ConsoleApp, snapshot: Snapshot) -> bool:
    return app.feed.snapshot is snapshot


def _said(width: int, **changes: object) -> list[str]:
    playback = msgspec.structs.replace(samples.PLAYBACK, **changes)
    rows = caption_rows(playback, width)
    assert all(width_of(row) <= width for row in rows)
    return [plain(row) for row in rows]


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize(
    "changes",
    [
        {"caption": LONG},
        {"state": PlayState.FINISHED, "result": LONG},
        {"state": PlayState.FAILED, "error": LONG},
    ],
)
def test_nothing_said_is_cut(width: int, changes: dict[str, object]) -> None:
    words = " ".join(_said(width, next_label="", **changes)).split()
    assert words[1:] == LONG.split()


def test_what_comes_next_is_told_as_far_as_there_is_room() -> None:
    short = "SOPs compiled once."
    assert _said(80, caption=short)[0].endswith("in 1 s: +4 parallel assembly ")
    assert _said(80, caption="x" * 60)[0].endswith("in 1 s: +4 ")
    assert "in 1 s" not in _said(80, caption="x" * 60, next_label="check every start")[0]


async def test_shorter_words_leave_the_panels_where_they_are() -> None:
    def playing(number: int, caption: str, name: str) -> Snapshot:
        playback = msgspec.structs.replace(
            samples.PLAYBACK, name=name, caption=caption, next_label=""
        )
        return samples.snapshot(number=number, playback=playback)

    async with running(samples.snapshot(), size=(80, 24)) as (app, link, pilot):
        heights = []
        for number, (words, name) in enumerate(
            [("short", "the-plan"), (LONG, "the-plan"), ("short", "the-plan"), ("short", "tour")], 2
        ):
            shown = playing(number, words, name)
            link.push(shown)
            await until(pilot, partial(_is_shown, app, shown))
            heights.append(app.screen.query_one(CaptionLine).size.height)
        assert heights == [2, 2, 2, 1]


async def test_why_the_engine_ended_is_told_whole_with_what_to_press() -> None:
    why = "the engine's process was ended by a signal (9) while it answered; its log says no more"
    async with running(samples.snapshot(), size=(80, 24)) as (app, link, pilot):
        link.die(why)
        await until(pilot, lambda: "press E to start it again" in screen_text(app))
        assert why in " ".join(screen_text(app).split())


def test_captions_of_the_bundled_scenarios_need_one_row_on_the_smallest_terminal() -> None:
    captions = [
        event.text
        for info in list_scenarios()
        for event in read_workload(info.path).events
        if event.op is Op.NOTE
    ]
    assert len(captions) > 20
    assert [words for words in captions if len(_said(80, caption=words)) > 1] == []
