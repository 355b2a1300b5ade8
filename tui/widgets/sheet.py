"""Lines that are as high as they are many, for dialogs and scrolled texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size

from tui.text import Line
from tui.widgets.painted import Painted

Writer = Callable[[int], Sequence[Line]]
"""Gives the lines for a width."""


class Sheet(Painted):
    """Shows what a writer gives; its height follows."""

    def __init__(self, write: Writer, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._write = write

    def show(self, write: Writer) -> None:
        """Show something else."""
        self._write = write
        self.refresh(layout=True)
        self.call_after_refresh(self.repaint)

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The writer's lines."""
        return self._write(width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row for each line."""
        del container, viewport
        return len(self._write(width))
