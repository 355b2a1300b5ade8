"""Importing history: what is asked, what is sent, what is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.service.messages import (
    CancelImport,
    Command,
    Failed,
    Imported,
    ImportHistory,
    Play,
    ReplyBody,
    Snapshot,
)
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink
from tui.dialogs.import_history import transcripts_of

SIZES = [(80, 24), (120, 36), (200, 50)]
IMPORTED = Imported(
    path="/data/recordings/shop-agentpm.jsonl",
    name="shop-agentpm",
    starts=43,
    report="project     /srv/shop, 50 tasks\ncolumn      tasks.started_at: 43 of 50 gave TaskStarts",
)


class SlowLink(FakeLink):
    """Imports until it is told to give it up."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.given_up = asyncio.Event()

    async def request(self, command: Command) -> ReplyBody:
        reply = await super().request(command)
        if isinstance(command, CancelImport):
            self.given_up.set()
        if isinstance(command, ImportHistory):
            await self.given_up.wait()
            return Failed(code="service", reason="the import was cancelled", remedy="")
        return reply


@pytest.mark.parametrize("size", SIZES)
async def test_the_database_is_imported_and_its_report_shown(size: tuple[int, int]) -> None:
    async with running(samples.live_without_traffic(), size=size) as (app, link, pilot):
        link.replies[ImportHistory] = IMPORTED
        await pilot.press("i")
        await until(pilot, lambda: "the database's own times" in screen_text(app))
        assert not link.sent(ImportHistory)
        await pilot.press("enter")
        await until(pilot, lambda: "43 starts: shop-agentpm" in screen_text(app))
        assert link.sent(ImportHistory) == [ImportHistory()]
        assert "43 of 50 gave TaskStarts" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "replay")
        assert link.sent(Play) == [Play(name=IMPORTED.path)]


async def test_the_projects_transcripts_are_found_and_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    snapshot = samples.live_without_traffic()
    folder = transcripts_of(snapshot.project.root, tmp_path)
    folder.mkdir(parents=True)
    async with running(snapshot) as (app, link, pilot):
        link.replies[ImportHistory] = Imported(path="", name="", starts=0, report="no starts")
        await pilot.press("i")
        await until(pilot, lambda: "takes this project's" in screen_text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "nothing was written" in screen_text(app))
        assert link.sent(ImportHistory) == [ImportHistory(transcripts=str(folder))]
        await pilot.press("enter")
        assert not link.sent(Play)


async def test_a_refusal_stays_in_the_dialog() -> None:
    async with running(samples.live_without_traffic()) as (app, link, pilot):
        link.replies[ImportHistory] = Failed(code="x", reason="/x cannot be read", remedy="look")
        await pilot.press("i", *"/x", "enter")
        await until(pilot, lambda: "✖ /x cannot be read" in screen_text(app))
        assert "reading …" not in screen_text(app)


async def test_closing_the_dialog_gives_the_import_up() -> None:
    snapshot = samples.live_without_traffic()
    link = SlowLink(snapshot)
    async with running(snapshot, link=link) as (app, _, pilot):
        await pilot.press("i", "enter")
        await until(pilot, lambda: "reading … 0 s" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, link.given_up.is_set)
        assert "cancelled" not in screen_text(app)
        assert len(app.screen_stack) == 1
