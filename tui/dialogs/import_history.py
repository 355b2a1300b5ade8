"""Import history: what to read, then what was read."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label

from engine.service.messages import CancelImport, Imported, ImportHistory, Play, ReplyBody
from tui.dialogs.base import Dialog
from tui.text import Line, Piece, line, wrap
from tui.widgets.sheet import Writer

_TICK_S = 0.5


def transcripts_of(root: str, home: Path) -> Path:
    """Where Claude Code keeps the transcripts of a project: a folder named by the project's path."""
    return home / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", root)


class ImportDialog(Dialog):
    """One field: transcripts to read, or nothing for the database's own times."""

    HEADING = "import history"
    HINT = "⏎ import · esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "take_found", "the project's transcripts", id="take-transcripts"),
    ]

    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root
        found = transcripts_of(root, Path.home())
        self._found = str(found) if found.is_dir() else ""
        self._began = 0.0
        self._importing = False

    def compose_content(self) -> ComposeResult:
        """What will be read, the field, and a line for what comes of it."""
        yield Label("Only read; what is written is a scenario of your own.")
        yield Label("\nTranscripts of Claude Code: a file or a folder.")
        yield Label("Empty: the times that the project's database holds.")
        yield Input(placeholder="the database's own times", id="import-path")
        there = f"↓ takes this project's: {self._found}" if self._found else "No transcripts found."
        yield Label(there, markup=False)
        yield Label("", id="import-state", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#import-path", Input).focus()
        self.set_interval(_TICK_S, self._tick)

    def on_unmount(self) -> None:
        """Closed while it reads: nobody waits for it any more."""
        if self._importing:
            self._importing = False
            self.console.send(CancelImport())

    def action_take_found(self) -> None:
        """The folder of this project's transcripts."""
        if self._found:
            self.query_one("#import-path", Input).value = self._found

    @on(Input.Submitted)
    def start(self) -> None:
        """Import; the report takes this dialog's place."""
        if self._importing:
            return
        self._importing, self._began = True, time.monotonic()
        self._tick()
        path = self.query_one("#import-path", Input).value.strip()
        command = ImportHistory(transcripts=path)
        self.console.send(command, self._open, refused=self._refused)

    async def _open(self, reply: ReplyBody) -> None:
        if self._importing and isinstance(reply, Imported):
            self._importing = False
            await self.app.switch_screen(ImportedDialog(reply))

    def _refused(self, reason: str) -> None:
        if self._importing:
            self._importing = False
            self._say(f"✖ {reason}")

    def _tick(self) -> None:
        if self._importing:
            self._say(f"reading … {time.monotonic() - self._began:.0f} s   esc gives it up")

    def _say(self, text: str) -> None:
        self.query_one("#import-state", Label).update(text)


class ImportedDialog(Dialog):
    """What was read, used and left out."""

    HEADING = "imported"
    HINT = "⏎ play it · s all scenarios · esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "play", "play it", id="play-imported"),
        Binding("s", "scenarios", "all scenarios", id="scenarios-imported"),
    ]

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self._imported = imported

    def writer(self) -> Writer:
        """The lines for a width."""
        return lambda width: report_rows(self._imported, width)

    def action_play(self) -> None:
        """Play it on Replay."""
        if self._imported.path:
            self.console.send(Play(name=self._imported.path))
            self.action_scenarios()

    def action_scenarios(self) -> None:
        """Replay's list, where it stands now."""
        commands = self.console
        self.dismiss()
        commands.call_next(commands.run_action, "app.show('replay')")


def report_rows(imported: Imported, width: int) -> list[Line]:
    """What came of it, then the importer's own report."""
    if imported.path:
        head = line(Piece("✓ ", "ok"), f"{imported.starts:,} starts: {imported.name}")
    else:
        head = line(Piece("▲ ", "warn"), "there is nothing to play in it; nothing was written")
    told = [row for text in imported.report.splitlines() for row in wrap(text, width) or [""]]
    return [head, line(""), *(line(Piece(row, "muted")) for row in told)]
