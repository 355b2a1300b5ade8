"""A widget that is painted as lines of pieces and redraws only the lines that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.palette import style_of
from tui.text import BLANK, Line, pad, width_of


class Painted(Widget):
    """Base of everything drawn by lines.

    A subclass gives its lines in `paint`; `repaint` compares them with what is on the screen and
    refreshes the rows that differ.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._painted_for: tuple[int, int] | None = None
        self._styles: dict[tuple[str, str], Style] = {}

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
        lines = tuple(
            row if width_of(row) <= width else pad(row, width)
            for row in self.paint(width, height)[:height]
        )
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
            return Strip.blank(width, self._style("", ""))
        return self.to_strip(self._lines[y], width)

    def to_strip(self, pieces: Line, width: int) -> Strip:
        """The strip of one line, exactly `width` cells wide."""
        segments = [Segment(p.text, self._style(p.role, p.click)) for p in pieces if p.text]
        return Strip(segments).adjust_cell_length(width, self._style("", ""))

    def notify_style_update(self) -> None:
        """Another theme or background: all styles are made anew."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, role: str, click: str) -> Style:
        style = self._styles.get((role, click))
        if style is None:
            style = self.rich_style
            if role:
                style = style_of(role, style, self.app.theme_variables)
            if click:
                style += Style(meta={"@click": click})
            self._styles[role, click] = style
        return style
