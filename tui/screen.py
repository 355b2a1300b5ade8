"""The base of the six screens: the lines around them, and how snapshots reach their panels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.widgets import Static

from tui.actions import Scope
from tui.commands import EngineCommands
from tui.widgets.bars import KeyLine, StatusLine, TabLine
from tui.widgets.caption import CaptionLine
from tui.widgets.layout import MINIMUM, Layout, layout_of
from tui.widgets.panel import LOST, Panel

if TYPE_CHECKING:
    from engine.service.messages import Snapshot

_STAGGER_S = 0.02
"""Between two panels that share a snapshot, so that no frame has to draw them all."""


class ConsoleScreen(Screen[None]):
    """A screen with tabs, status, caption and keys around its panels."""

    SCOPE: ClassVar[Scope]
    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS: ClassVar[str | None] = ""

    def compose(self) -> ComposeResult:
        """The lines around the panels, and the word shown instead of all where room is short."""
        # Before anything is mounted, so that nothing has to be styled twice.
        self.add_class(layout_of(self.app.size).value)
        with Container(id="console"):
            yield TabLine(self.SCOPE)
            yield StatusLine(with_traffic=self.SCOPE is not Scope.LIVE)
            yield CaptionLine()
            yield from self.compose_panels()
            yield KeyLine()
        yield Static(id="too-small")

    def compose_panels(self) -> ComposeResult:
        """The screen's own panels."""
        raise NotImplementedError

    def on_resize(self, _event: Resize) -> None:
        """Change the layout with the terminal."""
        self._lay_out()

    def _lay_out(self) -> None:
        now = layout_of(self.app.size)
        if not self.has_class(now.value):
            self.remove_class(*(layout.value for layout in Layout if layout is not now))
            self.add_class(now.value)
        if now is Layout.TOO_SMALL:
            width, height = self.app.size
            self.query_one("#too-small", Static).update(
                f"The console needs {MINIMUM.width} × {MINIMUM.height} cells; "
                f"this terminal has {width} × {height}.\n\nMake it larger, or press q to leave."
            )

    def on_screen_resume(self, _event: ScreenResume) -> None:
        """Bring a screen that was away up to date."""
        self.refresh_all()

    def refresh_all(self) -> None:
        """Show the latest that the console knows."""
        feed = self.console.feed
        self.show_lost(feed.lost)
        if feed.snapshot is not None:
            self.show(feed.snapshot)

    @property
    def console(self) -> EngineCommands:
        """The app, as what screens need of it."""
        assert isinstance(self.app, EngineCommands)
        return self.app

    def show(self, snapshot: Snapshot) -> None:
        """Give a snapshot to every panel, one after another."""
        self.query_one(TabLine).show(snapshot)
        self.query_one(StatusLine).show(snapshot, self.console.feed.lost)
        self.query_one(CaptionLine).show(snapshot, self.console.feed.lost)
        self.query_one(KeyLine).repaint()
        for position, panel in enumerate(self.query(Panel)):
            if panel.snapshot is None or position == 0:
                panel.show(snapshot)
            else:
                self.set_timer(position * _STAGGER_S, partial(panel.show, snapshot))

    def show_lost(self, reason: str) -> None:
        """Say that the engine has ended, or no longer; figures of one that has look old."""
        self.set_class(bool(reason), LOST)
        self.query_one(StatusLine).show(self.console.feed.snapshot, reason)
        self.query_one(CaptionLine).show(self.console.feed.snapshot, reason)
