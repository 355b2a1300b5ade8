"""Answers that were out of date, beside the right ones, with the difference marked."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from engine.service.messages import Snapshot, StaleExampleView
from tui import format as fmt
from tui.caches.side_by_side import side_by_side
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.bars import KeyLine
from tui.widgets.sheet import Sheet


class StaleScreen(Screen[None]):
    """One example at a time; lies above the screen it was opened from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.go_back", "back", key_display="esc", id="back"),
        Binding("right,n", "step(1)", "older", key_display="▸", id="older-example"),
        Binding("left,p", "step(-1)", "newer", key_display="◂", id="newer-example"),
    ]
    CSS_PATH = "stale.tcss"
    AUTO_FOCUS = "#stale-example"

    def __init__(self, examples: list[StaleExampleView], snapshot: Snapshot | None) -> None:
        super().__init__()
        # Of many, those whose text differs say most; each kind stays newest first.
        self._examples = sorted(examples, key=lambda one: one.served == one.current)
        self._snapshot = snapshot
        self._place = 0

    def compose(self) -> ComposeResult:
        """The example, scrolled."""
        with VerticalScroll(id="stale-example") as box:
            box.border_title = self._title()
            box.border_subtitle = "◂ newer · ▸ older · ↑↓ scroll · esc back"
            yield Sheet(self.lines)
        yield KeyLine("back")

    def _title(self) -> str:
        if not self._examples:
            return "stale answers"
        return f"stale answer {self._place + 1} of {len(self._examples)}"

    def action_step(self, by: int) -> None:
        """Another example."""
        place = self._place + by
        if 0 <= place < len(self._examples):
            self._place = place
            box = self.query_one("#stale-example", VerticalScroll)
            box.border_title = self._title()
            box.scroll_home(animate=False)
            self.query_one(Sheet).show(self.lines)

    def lines(self, width: int) -> list[Line]:
        """The example's head and its two texts, or why there is none."""
        if not self._examples:
            return none_found(self._snapshot, width)
        return example_rows(self._examples[self._place], width)


def none_found(snapshot: Snapshot | None, width: int) -> list[Line]:
    """Why there is no example."""
    if snapshot is not None and snapshot.freshness == "strict":
        words = (
            "Every start is checked (strict): no stale answer can go out. "
            "Press esc, then f: in bounded and ttl, answers are checked after they went out."
        )
    else:
        words = "No answer has been found out of date yet. Answers are checked after they went out."
    return [BLANK, *(line(row) for row in wrap(words, width))]


def example_rows(example: StaleExampleView, width: int) -> list[Line]:
    """Which task, how old, and the two texts."""
    role = f" as {example.agent_role}" if example.agent_role else ""
    head = line(
        Piece(f"task {example.task_id}{role}", "strong"),
        Piece("  served content read ", "muted"),
        Piece(f"{fmt.duration(max(example.age_s, 0.001))} before", "warn"),
    )
    if not example.current:
        words = "There is no right answer any more: the task is gone, or its agent is inactive."
        rows = [line(Piece(row, "warn")) for row in wrap(words, width)]
        return [head, BLANK, *rows, BLANK, *(line(row) for row in wrap(example.served, width))]
    if example.served == example.current:
        words = "The text that the agent reads is the same; what differs is in the payload only."
        rows = [line(Piece(row, "ok")) for row in wrap(words, width)]
        return [head, BLANK, *rows, BLANK, *(line(row) for row in wrap(example.served, width))]
    return [head, BLANK, *side_by_side(example.served, example.current, width)]
