"""The changes of settings that this console has seen, with what was measured before and since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.service.messages import MetricName, Snapshot
from engine.settings import SETTING_SPECS
from engine.settings.words import format_value
from tui import format as fmt
from tui.text import BLANK, Line, Piece, clip, fit, item, line, spread, width_of, wrap
from tui.widgets.panel import Frame, Panel

_MOST = 50


@dataclass(slots=True)
class Change:
    """One change; `after` is measured until the next one."""

    clock: str
    text: str
    before: float | None
    stale_before: int
    after: float | None = None
    starts: int = 0
    stale_after: int = 0


class ChangeLog:
    """Follows the snapshots' settings."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._settings: dict[str, Any] | None = None
        self._of = ""
        self._last: Snapshot | None = None

    def take(self, snapshot: Snapshot) -> None:
        """Note what has changed, and measure the newest change."""
        shown = snapshot.source.value + (snapshot.playback.name if snapshot.playback else "")
        if self._settings is not None and shown == self._of:
            text = difference(self._settings, snapshot.settings)
            if text:
                before = self._last or snapshot
                self.changes.append(Change(snapshot.clock, text, hit_rate(before), stale(before)))
                del self.changes[:-_MOST]
            elif self.changes:
                newest = self.changes[-1]
                newest.after, newest.starts = hit_rate(snapshot), snapshot.window.starts
                newest.stale_after = stale(snapshot)
        self._settings, self._of, self._last = snapshot.settings, shown, snapshot


def hit_rate(snapshot: Snapshot) -> float | None:
    """The one defined hit rate, percent."""
    return next((m.value for m in snapshot.metrics if m.name is MetricName.HIT_RATE), None)


def stale(snapshot: Snapshot) -> int:
    """Answers found to have been out of date when served."""
    return snapshot.stale.stale if snapshot.stale else 0


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What was changed, in words; empty when nothing was."""
    # The summary `optimizations` repeats what the eight switches say.
    paths = [p for p in after if p != "optimizations" and before.get(p) != after[p]]
    if not paths:
        return ""
    if len(paths) > 2:
        return f"{len(paths)} settings at once"
    return ", ".join(_words(path, before.get(path), after[path]) for path in paths)


def _words(path: str, before: Any, after: Any) -> str:
    spec = SETTING_SPECS.get(path)
    if spec is None:
        return f"{path} {before} → {after}"
    return f"{spec.title} {format_value(spec, before)} → {format_value(spec, after)}"


class ChangesPanel(Panel):
    """The newest changes first."""

    TITLE = "changes, hit rate"

    def __init__(self) -> None:
        super().__init__(id="changes")
        self.changes: list[Change] = []

    def aside(self) -> Line:
        """The keys that act on changes."""
        return line(
            Piece("u", "key", "app.undo"),
            " undo  ",
            Piece("^r", "key", "app.redo"),
            " redo  ",
            Piece("w", "key", "app.save"),
            " save",
        )

    def footnote(self) -> Line:
        """What `u` would take back."""
        words = self.snapshot.can_undo if self.snapshot else ""
        return line(Piece(f"u takes back: {words}", "muted")) if words else BLANK

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """One change a line, or how to make one."""
        if not self.changes:
            words = (
                "No change yet. ◂ ▸ change the value under the cursor; "
                "what that does to the hit rate will stand here."
            )
            return [line(Piece(row, "muted")) for row in wrap(words, width)][:height]
        return [change_line(change, width) for change in reversed(self.changes)][:height]


def change_line(change: Change, width: int) -> Line:
    """When and what at the left, before and since at the right."""
    before = fmt.DASH if change.before is None else f"{change.before:.1f} %"
    after = fmt.DASH if change.after is None else f"{change.after:.1f} %"
    role = "muted"
    if change.before is not None and change.after is not None:
        gain = change.after - change.before
        role = "ok" if gain > 0.5 else "warn" if gain < -0.5 else "muted"
    right: list[Piece] = []
    if change.stale_before or change.stale_after:
        right.append(Piece(f"stale {change.stale_before} → {change.stale_after}  ", "warn"))
    right.append(Piece(f"{before} → {after}", role))
    room = width - width_of(right) - 1
    left = fit(
        [
            item(line(Piece(change.clock, "muted")), "", rank=1),
            item(change.text, clip(change.text, room), rank=2),
        ],
        room,
    )
    return spread(left, tuple(right), width)
