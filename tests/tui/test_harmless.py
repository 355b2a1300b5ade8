"""No text of a project reaches the terminal as a command."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from engine.service.messages import Event, StartTask
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.harmless import HarmlessText
from tui.starts.detail import StartScreen

_BACKGROUND = Color(0, 0, 0)
EVIL = "clear \x1b[2J title \x1b]0;x\x07 turn \u202ethis half \ud83d [/nope] [red]red[/]"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_left_can_be_written_and_commands_nothing(text: str) -> None:
    (left,) = HarmlessText().apply([Segment(text)], _BACKGROUND)
    left.text.encode()
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in left.text)
    # The row keeps its width, hence its layout.
    assert cell_len(left.text) == cell_len(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_what_can_be_seen_stays(text: str) -> None:
    segments = [Segment(text)]
    assert HarmlessText().apply(segments, _BACKGROUND) == segments


async def test_names_and_answers_cannot_command_the_terminal() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.push(Event(text=EVIL, title=EVIL, severity="warning"))
        link.replies[StartTask] = msgspec.structs.replace(samples.DETAIL, text=EVIL)
        await pilot.press("t", *"131", "enter")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await until(pilot, lambda: "[red]red" in screen_text(app))
        text = screen_text(app)
        assert "clear [2J title" in text
        assert not {"\x1b", "\x07", "\u202e", "\ud83d"} & set(text)


@pytest.mark.parametrize("typed", ["", "9999999999999999999", "9" * 30])
async def test_an_id_that_no_task_can_have_is_said_in_the_dialog(typed: str) -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("t", *typed, "enter")
        await until(pilot, lambda: "type the id of a task" in screen_text(app))
        assert link.sent(StartTask) == []
