"""F1: every key that works here, read from the live bindings."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import ActiveBinding

from tui.actions import BY_ID, Scope
from tui.dialogs.base import Dialog
from tui.text import BLANK, Line, Piece, line, wrap
from tui.widgets.sheet import Writer

_WORDS = (
    ("warm start", "a finished answer was served"),
    ("hit", "one look-up in one cache was answered"),
    ("keep for", "the longest that an entry is kept; also called TTL"),
    ("needless", "expired and loaded again, though nothing had changed"),
    ("stale", "served after its content had changed"),
    ("agent SOP", "the agent's standing instructions, a file of the project"),
    ("all off", "every optimization off: what the plan calls current"),
    ("≈ modeled", "with costs injected by a cost profile; native figures are measured"),
)


class HelpDialog(Dialog):
    """Keys by place, then the words on screen."""

    HEADING = "help"
    HINT = "↑↓ scroll · esc close"

    def __init__(self, bindings: list[ActiveBinding]) -> None:
        super().__init__()
        self._active = bindings

    def writer(self) -> Writer:
        """The lines for a width."""
        return lambda width: help_lines(self._active, width)


def help_lines(bindings: Iterable[ActiveBinding], width: int) -> list[Line]:
    """Keys of the screen and the widget first, then those that work everywhere."""
    here: list[Line] = []
    everywhere: list[Line] = []
    seen: set[str] = set()
    for active in bindings:
        binding = active.binding
        # Bindings without an id are Textual's own: copying, moving the focus.
        if not binding.id or not binding.description or binding.id in seen:
            continue
        seen.add(binding.id)
        action = BY_ID.get(binding.id)
        key = (action.shown or action.keys) if action else binding.key_display or binding.key
        if action and len(action.keys.split(",")) > 1 and action.id == "help":
            key = "? F1"
        rows = _entry(key, binding.description, binding.tooltip, active.enabled, width)
        (everywhere if action and action.scope is Scope.APP else here).extend(rows)
    lines: list[Line] = []
    if here:
        lines += [line(Piece("on this screen", "title")), *here, BLANK]
    lines += [line(Piece("everywhere", "title")), *everywhere, BLANK]
    lines.append(line(Piece("words", "title")))
    for word, meaning in _WORDS:
        lines += _entry(word, meaning, "", True, width, key_width=12)
    return lines


def _entry(
    key: str, title: str, help_: str, enabled: bool, width: int, key_width: int = 6
) -> list[Line]:
    label = f"{title}: {help_}" if help_ else title
    if not enabled:
        label += " (not now)"
    first, *rest = wrap(label, width - key_width - 2)
    role = "" if enabled else "muted"
    lines = [line(Piece(f"{key:>{key_width}}  ", "key"), Piece(first, role))]
    lines += [line(Piece(" " * (key_width + 2)), Piece(more, role)) for more in rest]
    return lines
