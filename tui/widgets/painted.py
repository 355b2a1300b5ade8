"""A widget that is painted as lines of pieces and redraws only the lines that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.text import BLANK, Line

ROLES: tuple[str, ...] = (
    "muted",
    "title",
    "border",
    "focus",
    "strong",
    "ok",
    "warn",
    "alert",
    "few",
    "modeled",
    "native",
    "key",
    "accent",
    "cursor",
    "cursor-blurred",
    "draft",
    "banner",
    "tab",
    "dot",
    "warm",
    "failed",
    "past",
    "mark",
    "limit",
    "phase-0",
    "phase-1",
    "phase-2",
    "phase-3",
    "phase-4",
    "phase-5",
    "phase-6",
    "phase-7",
)


class Painted(Widget):
    """Base of everything drawn by lines.

    A subclass gives its lines in `paint`; `repaint` compares them with what is on the screen and
    refreshes the rows that differ.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in ROLES}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._painted_for: tuple[int, int] | None = None

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The lines to show in `width` x `height` cells."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Paint again and refresh the rows that changed."""
        width, height = self.size
        if not (width and height and self.is_attached):
            return
        before, size_before = self._lines, self._painted_for
        self._remember(width, height)
        if size_before != (width, height):
            self.refresh()
            return
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, self._lines, strict=True))
            if old != new
        ]
        if changed:
            self.refresh(*changed)

    def _remember(self, width: int, height: int) -> None:
        lines = tuple(self.paint(width, height))[:height]
        self._lines = lines + (BLANK,) * (height - len(lines))
        self._painted_for = (width, height)

    def on_resize(self, _event: Resize) -> None:
        """A new size needs new lines."""
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One row for Textual's compositor."""
        width, height = self.size
        if self._painted_for != (width, height):
            self._remember(width, height)
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        return self.to_strip(self._lines[y], width)

    def to_strip(self, pieces: Line, width: int) -> Strip:
        """The strip of one line, exactly `width` cells wide."""
        segments = [Segment(p.text, self._style(p.role, p.click)) for p in pieces if p.text]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _style(self, role: str, click: str) -> Style:
        style = self.get_component_rich_style(f"role--{role}") if role else self.rich_style
        return style + Style(meta={"@click": click}) if click else style
