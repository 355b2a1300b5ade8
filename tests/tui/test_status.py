"""The status line of a small screen keeps what matters, whatever else has to be said."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import Snapshot, Stays
from tests.tui import samples
from tests.tui.console import running, screen_text, until

LONG = msgspec.structs.replace(samples.PLAYBACK, name="Kettle-Crate-20261123-224236")
CROWDED = msgspec.structs.replace(
    samples.fast_and_native(),
    playback=LONG,
    modeled=True,
    profile="plan",
    stays=Stays.CONSOLES,
    recording=True,
    recorded=12_345,
)


@pytest.mark.parametrize(
    ("shown", "mode"),
    [
        (CROWDED, "1"),
        (CROWDED, "2"),
        (msgspec.structs.replace(samples.live_without_traffic(), recording=True), "1"),
    ],
)
async def test_a_recording_is_always_said(shown: Snapshot, mode: str) -> None:
    async with running(shown, size=(80, 24)) as (app, _, pilot):
        await pilot.press(mode)
        await until(pilot, lambda: "● REC" in screen_text(app).splitlines()[1])
        if shown is CROWDED:
            row = screen_text(app).splitlines()[1]
            for words in ("▶ Kettle-Crate", "MODELED", "65 of 622 STALE", "● stays"):
                assert words in row
