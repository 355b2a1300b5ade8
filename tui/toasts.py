"""Toasts: few, short, and those of one moment in one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from tui.text import clip

if TYPE_CHECKING:
    from engine.service.messages import Event


Severity = Literal["information", "warning", "error"]
MOST = 2
"""Toasts on a roomy screen at once; on a small one only one."""
GATHER_S = 0.7
"""Events that come within it become one toast."""
SECONDS: dict[Severity, float] = {"information": 3.0, "warning": 5.0, "error": 6.0}
_LINES = 3
_ALERTS = frozenset({"ALERT", "ALERT again", "alert over"})
_WITH_ALERTS = frozenset({"live", "alerts"})
"""Screens that show the alerts themselves."""
_SMALL_CELLS = 140
"""Text of a toast on a small screen: two rows of the smallest."""
_RANK: dict[Severity, int] = {"information": 0, "warning": 1, "error": 2}


def without_folders(text: str) -> str:
    """`text` with the absolute path in it as its last name: a toast has no room for the way there."""
    return re.sub(r"(?<=\s)/.*/", "", text)


def severity_of(event: Event) -> Severity:
    """The event's severity as toasts know it."""
    match event.severity:
        case "warning":
            return "warning"
        case "error":
            return "error"
        case _:
            return "information"


def is_shown_anyway(title: str, *, mode: str, replayed: bool) -> bool:
    """Whether the screen says it without a toast.

    In a replay limits are crossed by the minute, on purpose, and the tab counts them; its result
    is the caption.

    Args:
        title: the event's.
        mode: the screen that is shown.
        replayed: a replay is displayed.
    """
    if title in _ALERTS:
        return replayed or mode in _WITH_ALERTS
    return replayed and title.endswith(" has finished")


def on_few_rows(title: str, text: str) -> str:
    """Title and text in one or two rows of a small screen."""
    words = " · ".join(row for row in (*title.split("\n"), *text.split("\n")) if row)
    return clip(words, _SMALL_CELLS)


class Gathering:
    """Collects events for a moment, then tells them as one."""

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], object],
        tell: Callable[[str, str, Severity], None],
    ) -> None:
        self._later = later
        self._tell = tell
        self._events: list[Event] = []

    def add(self, event: Event) -> None:
        """Tell this event soon, with others of the moment."""
        if not self._events:
            self._later(GATHER_S, self._flush)
        self._events.append(event)

    def _flush(self) -> None:
        events, self._events = self._events, []
        title, text, severity = merged(events)
        self._tell(title, text, severity)


def merged(events: list[Event]) -> tuple[str, str, Severity]:
    """Title, text and severity of one toast for all of the events, the gravest first."""
    ordered = sorted(events, key=lambda event: -_RANK[severity_of(event)])
    severity = severity_of(ordered[0])
    if len(ordered) == 1:
        return ordered[0].title, ordered[0].text, severity
    rows = [f"{event.title}: {event.text}" for event in ordered[:_LINES]]
    if len(ordered) > _LINES:
        rows.append(f"and {len(ordered) - _LINES} more")
    return "", "\n".join(rows), severity
