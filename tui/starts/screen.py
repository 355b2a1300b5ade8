"""TaskStarts: every start of the displayed engine, newest first; Enter shows one in full."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import ScreenResume

from engine.service.messages import (
    GetStart,
    ListStarts,
    ReplyBody,
    Snapshot,
    StartDetail,
    StartList,
    StartView,
)
from tui import format as fmt
from tui.actions import Scope, bindings_of
from tui.screen import ConsoleScreen
from tui.starts.waterfall import asked_by
from tui.text import Line, Piece, line
from tui.widgets.list_table import ListTable, Row
from tui.widgets.table import Column

_ASK_EVERY_S = 1.0
_LIMIT = 500


class StartsTable(ListTable):
    """One row per start."""

    TITLE = "TaskStarts"
    EMPTY = "No TaskStart yet: press s to play a scenario, or t to start one task."
    COLUMNS = (
        Column("at", 8, rank=90),
        Column("task", 7, right=True, rank=100),
        Column("agent role", 16, rank=80, flexible=True),
        Column("ms", 8, right=True, rank=99),
        Column("start", 8, rank=95),
        Column("because", 14, rank=70, flexible=True),
        Column("costs", 9, rank=30),
        Column("asked by", 15, rank=40),
    )

    def __init__(self) -> None:
        super().__init__(id="starts-table")
        self._total = 0

    def aside(self) -> Line:
        """How many there were, how many are kept."""
        kept = f"newest {fmt.count(len(self._rows))} of {fmt.count(self._total)}"
        return line(Piece(kept if self._total else "", "muted"))

    def take(self, found: StartList) -> None:
        """Show this list."""
        self._total = found.total
        self.set_rows([Row(start.id, start_cells(start)) for start in found.starts])


def start_cells(start: StartView) -> list[Line | str]:
    """The cells of one start."""
    without_task = not start.task_id and not start.error
    if start.error:
        state = Piece("✖ failed", "failed")
    elif without_task:
        state = Piece("· none", "muted")
    else:
        state = Piece("✓ warm", "ok") if start.warm else Piece("○ built", "")
    return [
        start.clock,
        line(Piece("none", "muted")) if without_task else str(start.task_id),
        start.agent_role or line(Piece("none" if without_task else "as assigned", "muted")),
        fmt.milliseconds(start.total_ms),
        line(state),
        line(Piece(start.error, "failed")) if start.error else start.changed,
        line(Piece("≈ modeled", "modeled")) if start.modeled else line(Piece("native", "muted")),
        # The mark says that its budget has cost the context something.
        line(Piece("▲ ", "warn"), asked_by(start)) if start.shortened else asked_by(start),
    ]


class StartsScreen(ConsoleScreen):
    """The list."""

    SCOPE = Scope.STARTS
    CSS_PATH = "starts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.STARTS)]
    AUTO_FOCUS = "StartsTable"

    def __init__(self) -> None:
        super().__init__()
        self._asking = False
        self._shown: tuple[int, float, int] | None = None

    def compose_panels(self) -> ComposeResult:
        """One table."""
        yield StartsTable()

    def on_mount(self) -> None:
        """Ask for news once a second while this screen is shown."""
        self.set_interval(_ASK_EVERY_S, self._ask_if_news)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Ask at once."""
        super().on_screen_resume(event)
        self._shown = None
        self._ask_if_news()

    def _ask_if_news(self) -> None:
        snapshot = self.console.feed.snapshot
        if not self.is_current or self._asking or snapshot is None or self.console.feed.lost:
            return
        newest = _newest(snapshot)
        if newest != self._shown:
            self._shown = newest
            self._asking = True
            self.console.send(ListStarts(limit=_LIMIT), self._take, done=self._asked)

    def _asked(self) -> None:
        self._asking = False

    def _take(self, reply: ReplyBody) -> None:
        if isinstance(reply, StartList):
            self.query_one(StartsTable).take(reply)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        self.query_one(StartsTable).action_choose()

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Show the start in full."""
        if isinstance(event.key, int):
            self.console.send(GetStart(id=event.key), self._open)

    async def _open(self, reply: ReplyBody) -> None:
        from tui.starts.detail import StartScreen

        if isinstance(reply, StartDetail):
            await self.app.push_screen(StartScreen(reply))


def _newest(snapshot: Snapshot) -> tuple[int, float, int]:
    last = snapshot.points[-1].at_s if snapshot.points else 0.0
    return len(snapshot.points), last, snapshot.traffic.without_task
