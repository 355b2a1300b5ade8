"""Panels: painted content with a frame, or with a rule on top where room is short."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from tui.text import BLANK, Line, Piece, line, pad, spread, width_of
from tui.widgets.layout import is_roomy
from tui.widgets.painted import Painted

if TYPE_CHECKING:
    from engine.service.messages import Snapshot


LOST = "-lost"
"""The class of a screen whose figures are the last of an engine that has ended."""


class Frame(enum.Enum):
    """How a panel is set off from its neighbours."""

    BOX = "box"
    RULE = "rule"
    BARE = "bare"


class Panel(Painted):
    """A titled part of a screen that shows a part of the snapshot."""

    TITLE: ClassVar[str] = ""
    COMPACT_FRAME: ClassVar[Frame] = Frame.RULE
    """The frame on a small terminal; a roomy one always gets the box."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Show this snapshot; redraws what changed."""
        self.snapshot = snapshot
        self.repaint()

    # What a subclass gives. `frame` says how much room its lines have around them.

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """The lines inside the frame."""
        raise NotImplementedError

    def heading(self) -> Line:
        """What the frame's top says at the left."""
        return line(Piece(self.TITLE, "title")) if self.TITLE else BLANK

    def aside(self) -> Line:
        """What the frame's top says at the right; left out where it has no room."""
        return BLANK

    def footnote(self) -> Line:
        """What the box's bottom says; a rule has none."""
        return BLANK

    @property
    def is_of_the_past(self) -> bool:
        """Whether the snapshot is the last of an engine that has ended."""
        return self.screen.has_class(LOST)

    @property
    def frame(self) -> Frame:
        """The frame for the present size of the terminal."""
        return Frame.BOX if is_roomy(self.app.size) else self.COMPACT_FRAME

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Frame and content."""
        frame = self.frame
        border = "focus" if self.has_focus else "border"
        if frame is Frame.BARE:
            return self.body(width, height, frame)
        if frame is Frame.RULE:
            content = self.body(width - 1, height - 1, frame)
            top = edge(self.heading(), self.aside(), width, border)
            return [top, *((Piece(" "), *row) for row in content)]
        content = list(self.body(width - 4, height - 2, frame))[: height - 2]
        content += [BLANK] * (height - 2 - len(content))
        side = Piece("│", border)
        top = edge(self.heading(), self.aside(), width - 2, border)
        bottom = edge(self.footnote(), BLANK, width - 2, border)
        return [
            (Piece("╭", border), *top, Piece("╮", border)),
            *((side, Piece(" "), *pad(row, width - 4), Piece(" "), side) for row in content),
            (Piece("╰", border), *bottom, Piece("╯", border)),
        ]


def edge(left: Line, right: Line, width: int, border: str) -> Line:
    """A horizontal edge with words in it."""
    dash = Piece("─", border)
    head = (dash, Piece(" "), *left, Piece(" ")) if width_of(left) else (dash,)
    if width_of(head) > width:
        head = pad(head, width)
    tail = (Piece(" "), *right, Piece(" "), dash) if width_of(right) else ()
    if width_of(head) + width_of(tail) + 1 > width:
        tail = ()
    return spread(head, tail or (dash,), width, dash)
