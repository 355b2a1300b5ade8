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
    PlaybackView,
    PlayState,
    ReplyBody,
    ScenarioList,
    Snapshot,
)
from tui.actions import Scope, bindings_of
from tui.live.latency_chart import LatencyChart
from tui.replay.playback_panel import PlaybackPanel
from tui.replay.scenario_table import ScenarioTable
from tui.replay_end import is_over
from tui.screen import ConsoleScreen
from tui.widgets.list_table import ListTable


def _why_not_kept(playback: PlaybackView | None) -> str:
    """Why the run on display cannot be kept; empty where the one that has ended last can be."""
    if playback is None:
        return ""
    if not is_over(playback):
        return f"{playback.name} still plays: k keeps it once it has ended."
    if playback.state is PlayState.FAILED or not playback.starts:
        return f"{playback.name} has no result that could be kept: play it again."
    return ""


class ReplayScreen(ConsoleScreen):
    """List, playback, and the dots of the starts where there is room."""

    SCOPE = Scope.REPLAY
    CSS_PATH = "replay.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.REPLAY)]
    AUTO_FOCUS = "ScenarioTable"

    def __init__(self) -> None:
        super().__init__()
        self._listed_for: tuple[PlayState | None, str] | None = None
        """What plays and which costs are in force, for which the list on display was made."""

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
        """A replay that has just ended has a new result in the list; other costs make all others."""
        super().show(snapshot)
        now = (snapshot.playback.state if snapshot.playback else None, snapshot.profile)
        if now != self._listed_for and self._ask():
            self._listed_for = now

    def _ask(self) -> bool:
        """Ask for the list; False where nobody is there to be asked."""
        if self.console.feed.snapshot is None or self.console.feed.lost:
            return False
        self.console.send(ListScenarios(), self._take)
        return True

    def _take(self, reply: ReplyBody) -> None:
        if isinstance(reply, ScenarioList):
            self.query_one(ScenarioTable).take(reply.scenarios)
            self.on_list_table_moved()

    def on_list_table_moved(self) -> None:
        """Another scenario is under the cursor."""
        panel = self.query_one(PlaybackPanel)
        panel.chosen = self.query_one(ScenarioTable).chosen
        panel.repaint()

    def action_play(self) -> None:
        """Play what is under the cursor."""
        self.query_one(ScenarioTable).action_choose()

    def action_keep(self) -> None:
        """Compare the runs to come with the one that has just ended, or with none any more."""
        results = self.console.results
        snapshot = self.console.feed.snapshot
        if refusal := _why_not_kept(snapshot.playback if snapshot else None):
            self.notify(refusal, markup=False)
        elif results.newest_is_kept:
            results.forget()
            self.console.send(KeepReference(report={}))
        elif report := results.keep():
            self.console.send(KeepReference(report=dict(report)))
        else:
            self.notify("No run has ended yet that could be kept.", markup=False)

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Play it."""
        playback = self.console.feed.snapshot.playback if self.console.feed.snapshot else None
        speed = playback.speed if playback and not is_over(playback) else 1.0
        self.console.send(Play(name=str(event.key), speed=speed))
