"""What a project's data may not do to the terminal."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Control characters could begin an escape sequence; marks of direction turn around what follows
# them; half a character cannot be written at all. None of the first two takes a cell.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_HALVES = re.compile("[\ud800-\udfff]")


class HarmlessText(LineFilter):
    """Takes out of every row what a terminal would obey instead of showing it.

    It works on finished rows, so that no text gets by it: names and answers come from a database
    that anybody may have written to.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, their texts printable."""
        del background
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [
            Segment(_HALVES.sub("�", _COMMANDS.sub("", text)), style, control)
            for text, style, control in segments
        ]
