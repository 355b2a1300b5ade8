"""Toasts: few, short, and those of one moment in one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.service.messages import Event


Severity = Literal["information", "warning", "error"]
MOST = 2
"""Toasts on the screen at once."""
GATHER_S = 0.7
"""Events that come within it become one toast."""
SECONDS: dict[Severity, float] = {"information": 3.0, "warning": 5.0, "error": 6.0}
_LINES = 3
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
