"""Compare: what two scenarios gave on this machine, side by side."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import ScreenResume

from engine.service.messages import ListScenarios, ReplyBody, ScenarioList, ScenarioView
from tui.actions import Scope, bindings_of
from tui.screen import ConsoleScreen
from tui.text import BLANK, Line, Piece, line, pad, wrap
from tui.widgets.panel import Frame, Panel


class ComparePanel(Panel):
    """Two results, or what to do to get them."""

    TITLE = "two results side by side"

    def __init__(self) -> None:
        super().__init__(id="compare")
        self.results: list[ScenarioView] = []

    def body(self, width: int, height: int, frame: Frame) -> list[Line]:
        """The two, or the way to them."""
        if len(self.results) < 2:
            return self._empty(width)
        half = (width - 3) // 2
        left, right = (
            _card(name, view, half) for name, view in zip("AB", self.results, strict=False)
        )
        rows = max(len(left), len(right))
        left += [BLANK] * (rows - len(left))
        right += [BLANK] * (rows - len(right))
        return [
            (*pad(a, half), Piece(" │ ", "border"), *pad(b, half))
            for a, b in zip(left, right, strict=True)
        ]

    def _empty(self, width: int) -> list[Line]:
        have = len(self.results)
        words = (
            "No scenario has been played to its end yet."
            if not have
            else (f"One result so far: {self.results[0].name}, {self.results[0].last_result}")
        )
        needed = "Play two" if not have else "Play another one"
        return [
            BLANK,
            *(line(row) for row in wrap(words, width)),
            BLANK,
            line(
                Piece("  s", "key", "app.show('replay')"),
                f"   {needed} to the end; their results then stand here side by side.",
            ),
        ]


def _card(name: str, view: ScenarioView, width: int) -> list[Line]:
    badge = Piece("≈ MODELED", "modeled") if view.modeled else Piece("● NATIVE", "native")
    return [
        line(Piece(f"{name}  {view.name}", "title"), "  ", badge),
        BLANK,
        *(line(Piece(row, "strong")) for row in wrap(view.last_result, width)),
        BLANK,
        *(line(Piece(row, "muted")) for row in wrap(view.line, width)),
        line(Piece(f"{view.starts:,} starts, {view.writes:,} writes", "muted")),
    ]


class CompareScreen(ConsoleScreen):
    """The last two results."""

    SCOPE = Scope.COMPARE
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.COMPARE)]

    def compose_panels(self) -> ComposeResult:
        """One panel."""
        yield ComparePanel()

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Ask what has been played."""
        super().on_screen_resume(event)
        if not self.console.feed.lost:
            self.console.send(ListScenarios(), self._take)

    def _take(self, reply: ReplyBody) -> None:
        if isinstance(reply, ScenarioList):
            panel = self.query_one(ComparePanel)
            panel.results = [view for view in reply.scenarios if view.last_result][:2]
            panel.repaint()
