"""One start in full: phases, waterfall, look-ups, sections, warnings, the answer's text."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import Screen

from engine.service.messages import StartDetail
from tui.starts.delivery import delivery_rows, loss_rows
from tui.starts.waterfall import failed_rows, look_up_rows, phase_rows, span_rows, summary_rows
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.bars import KeyLine
from tui.widgets.layout import is_roomy
from tui.widgets.sheet import Sheet

_HINT = "↑↓ scroll · tab the other box"


class StartScreen(Screen[None]):
    """Lies above the screen it was opened from; Esc goes back there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.go_back", "back", id="back"),
    ]
    CSS_PATH = "starts.tcss"
    AUTO_FOCUS = "#start-answer"

    def __init__(self, detail: StartDetail) -> None:
        super().__init__()
        self._detail = detail

    def compose(self) -> ComposeResult:
        """Figures and answer: side by side where there is room."""
        with Container(id="start", classes="-wide" if is_roomy(self.app.size) else ""):
            with VerticalScroll(id="start-figures") as figures:
                figures.border_title = "what this start did"
                figures.border_subtitle = _HINT
                yield Sheet(self.figures)
            with VerticalScroll(id="start-answer") as answer:
                answer.border_title = "the answer the agent reads"
                answer.border_subtitle = _HINT
                yield Sheet(self.answer)
        yield KeyLine("back")

    def on_resize(self) -> None:
        """Side by side or one above the other."""
        self.query_one("#start").set_class(is_roomy(self.app.size), "-wide")

    def figures(self, width: int) -> list[Line]:
        """Summary, phases, spans, look-ups, sections, warnings."""
        detail = self._detail
        heading = line(Piece("where the time went, ms", "title"))
        if detail.start.error:
            rows = failed_rows(detail.phases, width)
            return [*summary_rows(detail), BLANK, heading, *rows]
        lines = [
            *summary_rows(detail),
            BLANK,
            heading,
            *phase_rows(detail.phases, width),
            BLANK,
            line(Piece("spans", "title")),
            *span_rows(detail.spans, detail.start.total_ms, width),
            BLANK,
            line(Piece("look-ups", "title")),
            *look_up_rows(detail.lookups),
        ]
        if detail.delivery is not None:
            lines += [
                BLANK,
                line(Piece("what the agent was given, characters", "title")),
                *delivery_rows(detail.delivery, width),
            ]
        if detail.warnings:
            lines += [BLANK, line(Piece("warnings", "title"))]
            for warning in detail.warnings:
                lines += [line(Piece(row, "warn")) for row in wrap(f"▲ {warning}", width)]
        return lines

    def answer(self, width: int) -> list[Line]:
        """What the budget has cost, and the text, wrapped between words."""
        if not self._detail.text:
            why = (
                "This start failed: there is no answer."
                if self._detail.start.error
                else ("The text is no longer kept: only the newest answers are.")
            )
            return [line(Piece(why, "muted"))]
        given = self._detail.delivery
        losses = loss_rows(given, width) if given is not None else []
        text = [line(row) for row in wrap(self._detail.text, width)]
        return [*losses, BLANK, *text] if losses else text
