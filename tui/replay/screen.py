"""Replay: choose a scenario, play it, watch it, read its result."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import ScreenResume

from engine.service.messages import (
    KeepReference,
    ListScenarios,
    Play,
    PlayState,
    ReplyBody,
    ScenarioList,
    ScenarioView,
    Snapshot,
)
from tui.actions import Scope, bindings_of
from tui.live.latency_chart import LatencyChart
from tui.replay.playback_panel import PlaybackPanel, span
from tui.screen import ConsoleScreen
from tui.text import Line, Piece, line
from tui.widgets.list_table import ListTable, Row
from tui.widgets.table import Column

_OVER = (PlayState.FINISHED, PlayState.STOPPED, PlayState.FAILED)


class ScenarioTable(ListTable):
    """The bundled scenarios and the user's recordings."""

    TITLE = "scenarios"
    EMPTY = "Looking for scenarios …"
    # A list's own k moves the cursor up; here it keeps a run.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in bindings_of(Scope.REPLAY) if binding.id == "keep-run"
    ]
    COLUMNS = (
        Column("", 1, rank=101),
        Column("name", 14, rank=100),
        Column("wall", 6, right=True, rank=90),
        Column("starts", 6, right=True, rank=60),
        Column("writes", 6, right=True, rank=50),
        Column("", 1, rank=95),
        Column("what you will see", 44, rank=98, flexible=True),
        Column("last result", 15, rank=40),
    )

    def __init__(self) -> None:
        super().__init__(id="scenarios")
        self.scenarios: list[ScenarioView] = []

    def aside(self) -> Line:
        """What the badges mean."""
        return line(Piece("● native ", "native"), Piece("≈ modeled", "modeled"))

    def take(self, scenarios: list[ScenarioView]) -> None:
        """Show this list."""
        self.scenarios = scenarios
        self._fill()

    def show(self, snapshot: Snapshot) -> None:
        """Mark the one that plays."""
        self.snapshot = snapshot
        self._fill()

    def _fill(self) -> None:
        playback = self.snapshot.playback if self.snapshot else None
        playing = playback.name if playback and playback.state not in _OVER else ""
        self.set_rows(
            [
                Row(view.path or view.name, scenario_cells(view, view.name == playing))
                for view in self.scenarios
            ]
        )


def scenario_cells(view: ScenarioView, playing: bool) -> list[Line | str]:
    """The cells of one scenario."""
    last = "playing" if playing else view.last_result or "never played"
    told = view.line if view.bundled else f"yours: {view.line}"
    return [
        line(Piece("▶", "ok")) if playing else " ",
        line(Piece(view.name, "strong")),
        span(view.wall_s),
        f"{view.starts:,}",
        f"{view.writes:,}",
        line(Piece("≈", "modeled") if view.modeled else Piece("●", "native")),
        told,
        line(Piece(last, "" if view.last_result else "muted")),
    ]


class ReplayScreen(ConsoleScreen):
    """List, playback, and the dots of the starts where there is room."""

    SCOPE = Scope.REPLAY
    CSS_PATH = "replay.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.REPLAY)]
    AUTO_FOCUS = "ScenarioTable"

    def __init__(self) -> None:
        super().__init__()
        self._state: PlayState | None = None

    def compose_panels(self) -> ComposeResult:
        """From choosing to result."""
        yield ScenarioTable()
        yield PlaybackPanel()
        yield LatencyChart(id="replay-chart")

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Look which scenarios there are."""
        super().on_screen_resume(event)
        self._ask()

    def show(self, snapshot: Snapshot) -> None:
        """A replay that has just ended has a new result in the list."""
        super().show(snapshot)
        state = snapshot.playback.state if snapshot.playback else None
        if state != self._state or not self.query_one(ScenarioTable).scenarios:
            self._state = state
            self._ask()

    def _ask(self) -> None:
        if self.console.feed.snapshot is not None and not self.console.feed.lost:
            self.console.send(ListScenarios(), self._take)

    def _take(self, reply: ReplyBody) -> None:
        if isinstance(reply, ScenarioList):
            self.query_one(ScenarioTable).take(reply.scenarios)

    def action_play(self) -> None:
        """Play what is under the cursor."""
        self.query_one(ScenarioTable).action_choose()

    def action_keep(self) -> None:
        """Compare the runs to come with the one that has just ended, or with none any more."""
        results = self.console.results
        if results.newest_is_kept:
            results.forget()
            self.console.send(KeepReference(report={}))
        elif report := results.keep():
            self.console.send(KeepReference(report=dict(report)))
        else:
            self.notify("No run has ended yet that could be kept.", markup=False)

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Play it."""
        playback = self.console.feed.snapshot.playback if self.console.feed.snapshot else None
        speed = playback.speed if playback and playback.state not in _OVER else 1.0
        self.console.send(Play(name=str(event.key), speed=speed))
