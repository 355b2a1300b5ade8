"""The changes of settings that this console has seen: predicted, measured, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.optimizations import ALL_OPTIMIZATIONS
from engine.service.messages import Snapshot
from engine.settings import SETTING_SPECS
from engine.settings.words import format_value
from engine.trace import Namespace
from tui import format as fmt
from tui.caches.history import engine_shown
from tui.text import BLANK, Line, Piece, clip, fit, item, line, spread, width_of, wrap
from tui.widgets.panel import Frame, Panel

_MOST = 50
ENOUGH = 20
"""Look-ups on either side of a change below which there is no verdict."""
_SURE = 1.96
"""Standard errors that a difference must exceed: chance alone exceeds them once in twenty."""

_LIMITS = ("caches.", "levels.")
_FELT = (*_LIMITS, "optimizations.", "freshness", "bounded_ms", "warming", "loading")
"""Beginnings of the settings that can move a hit rate; an alert's limit cannot, for one."""


class Rate(NamedTuple):
    """How often a cache answered."""

    hits: int = 0
    asked: int = 0
    first: int = 0
    """Asked for the first time: a miss however long entries are kept and however many."""

    @property
    def again(self) -> Rate:
        """Of what had been there before."""
        return Rate(self.hits, self.asked - self.first)

    @property
    def words(self) -> str:
        """`24.0 %`; a dash when nothing was asked."""
        return fmt.percent(self.hits, self.asked)


NOTHING = Rate()


@dataclass(slots=True)
class Change:
    """One change; what came after is measured until the next one."""

    clock: str
    text: str
    cache: str
    predicted: float | None
    """Hit rate of the draft, 0 to 1; None when nobody looked at one."""
    before: Rate
    stale_before: Rate | None
    """Stale of those checked, from the change before until this one; None: none could be."""
    after: Rate = NOTHING
    stale_after: Rate | None = None
    of_limits: bool = False
    """Only how long or how many entries are kept has changed."""
    of_caches: bool = True
    """Something has changed that a cache can feel."""


@dataclass(frozen=True, slots=True)
class _Expectation:
    changes: Mapping[str, Any]
    cache: str
    hit_rate: float | None


class ChangeLog:
    """Follows the snapshots' settings."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._settings: dict[str, Any] | None = None
        self._of = ("", "")
        self._last: Snapshot | None = None
        self._expected: _Expectation | None = None
        self._checked_until = NOTHING
        """Stale and checked answers up to the newest change: the engine counts on."""

    def expect(self, changes: Mapping[str, Any], cache: str, hit_rate: float | None) -> None:
        """Remember what was predicted of the change that comes now."""
        self._expected = _Expectation(dict(changes), cache, hit_rate)

    def take(self, snapshot: Snapshot) -> None:
        """Note what has changed, and measure the newest change."""
        shown = engine_shown(snapshot)
        if self._settings is not None and shown == self._of:
            text = difference(self._settings, snapshot.settings)
            if text:
                self._note(text, snapshot)
            elif self.changes:
                newest = self.changes[-1]
                newest.after = rate_of(snapshot, newest.cache)
                newest.stale_after = self._stale_since(snapshot)
        else:
            self._checked_until = NOTHING
        self._settings, self._of, self._last = snapshot.settings, shown, snapshot

    def _note(self, text: str, snapshot: Snapshot) -> None:
        before = self._last or snapshot
        expected, self._expected = self._expected, None
        if expected is not None and any(
            snapshot.settings.get(path) != value for path, value in expected.changes.items()
        ):
            expected = None
        cache = expected.cache if expected else Namespace.ANSWERS.value
        paths = _changed(self._settings or {}, snapshot.settings)
        self.changes.append(
            Change(
                clock=snapshot.clock,
                text=text,
                cache=cache,
                predicted=expected.hit_rate if expected else None,
                before=rate_of(before, cache),
                stale_before=self._stale_since(before),
                of_limits=all(path.startswith(_LIMITS) for path in paths),
                of_caches=any(path.startswith(_FELT) for path in paths),
            )
        )
        self._checked_until = stale(before) or NOTHING
        del self.changes[:-_MOST]

    def _stale_since(self, snapshot: Snapshot) -> Rate | None:
        counted, until = stale(snapshot), self._checked_until
        if counted is None:
            return None
        if counted.asked < until.asked:
            # The engine has begun to count anew.
            self._checked_until = until = NOTHING
        return Rate(counted.hits - until.hits, counted.asked - until.asked)


def rate_of(snapshot: Snapshot, cache: str) -> Rate:
    """The cache's hit rate over the snapshot's window."""
    view = next((view for view in snapshot.caches if view.name == cache), None)
    return Rate(view.hits, view.asked, view.first_time) if view is not None and view.on else Rate()


def stale(snapshot: Snapshot) -> Rate | None:
    """Stale of those checked, as the engine has counted them; None in strict."""
    found = snapshot.stale
    return None if found is None else Rate(found.stale, found.checked)


def clear_gain(before: Rate, after: Rate) -> float:
    """By how much a share has grown; 0 where chance alone explains it."""
    if not (before.asked and after.asked):
        return 0.0
    pooled = (before.hits + after.hits) / (before.asked + after.asked)
    error = math.sqrt(pooled * (1 - pooled) * (1 / before.asked + 1 / after.asked))
    gain = after.hits / after.asked - before.hits / before.asked
    return gain if abs(gain) > _SURE * error else 0.0


def more_stale(before: Rate | None, after: Rate | None) -> bool:
    """Whether more answers are out of date than were before."""
    if after is None or not after.hits:
        return False
    if before is None or not before.asked:
        return before is None
    return clear_gain(before, after) > 0


def verdict(change: Change) -> Piece:
    """Whether the change helped; no verdict from few look-ups, nor from what chance explains."""
    if not change.of_caches:
        return Piece("· not of the caches", "muted")
    if more_stale(change.stale_before, change.stale_after):
        return Piece("✖ more stale", "warn")
    if min(change.before.asked, change.after.asked) < ENOUGH:
        return Piece("· too few", "few")
    gain = clear_gain(change.before, change.after)
    if not gain:
        return Piece("= no clear change", "muted")
    if change.of_limits and not clear_gain(change.before.again, change.after.again):
        # A cache that fills anew misses whatever its limits are.
        return Piece("= cold starts only", "muted")
    return Piece("✓ better", "ok") if gain > 0 else Piece("✖ worse", "warn")


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What was changed, in words; empty when nothing was."""
    paths = _changed(before, after)
    if not paths:
        return ""
    if len(paths) > 2:
        return _switched(paths, after) or f"{len(paths)} settings at once"
    return ", ".join(_words(path, before.get(path), after[path]) for path in paths)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    # The summary `optimizations` repeats what the eight switches say.
    return [p for p in after if p != "optimizations" and before.get(p) != after[p]]


def _switched(paths: Sequence[str], after: Mapping[str, Any]) -> str:
    """`optimizations 1 2 3 on`; empty when it was something else, or some on and some off."""
    prefix = "optimizations."
    values = {after[path] for path in paths}
    if len(values) > 1 or not all(path.startswith(prefix) for path in paths):
        return ""
    on = "on" if values.pop() else "off"
    if len(paths) == len(ALL_OPTIMIZATIONS):
        return f"all optimizations {on}"
    return f"optimizations {' '.join(path.removeprefix(prefix) for path in paths)} {on}"


def _words(path: str, before: Any, after: Any) -> str:
    spec = SETTING_SPECS.get(path)
    if spec is None:
        return f"{path} {before} → {after}"
    return f"{spec.title} {format_value(spec, before)} → {format_value(spec, after)}"


class ChangesPanel(Panel):
    """The newest changes first."""

    TITLE = "changes"

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
            " save to taskstart.toml",
        )

    def footnote(self) -> Line:
        """What `u` would take back."""
        words = self.snapshot.can_undo if self.snapshot else ""
        return line(Piece(f"u takes back: {words}", "muted")) if words else BLANK

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """One change a line, or how to make one."""
        if not self.changes:
            words = "No change yet. ◂ ▸ draft one, ⏎ applies it; what it did will stand here."
            return [line(Piece(row, "muted")) for row in wrap(words, width)][:height]
        return [change_line(change, width) for change in reversed(self.changes)][:height]


def change_line(change: Change, width: int) -> Line:
    """When and what at the left; predicted, measured, stale and verdict at the right."""
    predicted = fmt.share(change.predicted)
    before, after = change.before.words, change.after.words
    stale_words = ""
    if change.stale_before or change.stale_after:
        sides = (change.stale_before, change.stale_after)
        told = [f"{side.hits} of {side.asked}" if side else "0" for side in sides]
        stale_words = f"stale {told[0]} → {told[1]}"
    n = fmt.count(change.after.asked)
    right = fit(
        [
            item(f"predicted {predicted}", "", rank=5),
            item(f"measured {before} → {after}", f"{before} → {after}", rank=8),
            item(line(Piece(f"n {n}", "muted")), "", rank=6),
            item(line(Piece(stale_words, "warn")), "", rank=7),
            item(line(verdict(change)), rank=9),
        ],
        min(width - 12, max(30, width * 2 // 3)),
    )
    room = width - width_of(right) - 2
    left = fit(
        [
            item(line(Piece(change.clock, "muted")), "", rank=1),
            item(change.text, clip(change.text, room), rank=2),
        ],
        room,
    )
    return spread(left, right, width)
