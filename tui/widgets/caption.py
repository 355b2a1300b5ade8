"""What is said above the panels: a replay's caption, its result, or what is wrong with the engine."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Resize

from tui import wire as m
from tui.actions import BY_ID
from tui.text import BLANK, Item, Line, Piece, clip, fit, item, line, spread, width_of, wrap
from tui.widgets.painted import Painted

_MOST_ROWS = 3
_WORTH_KNOWING = 10
"""Cells that the caption's last row leaves free before what comes next is said beside it."""


class CaptionLine(Painted):
    """As many rows as the words need; within one replay they do not become fewer.

    So the panels below move at most once while captions of different length follow each other.
    """

    def __init__(self) -> None:
        super().__init__(classes="bar", id="caption")
        self._snapshot: m.Snapshot | None = None
        self._lost = ""
        self._held = 0
        self._held_for: tuple[str, int] | None = None

    def show(self, snapshot: m.Snapshot | None, lost: str) -> None:
        """Show the caption of this snapshot; `lost` says why there is no engine, or is empty."""
        self._snapshot, self._lost = snapshot, lost
        self._take_room()
        self.repaint()

    def on_resize(self, event: Resize) -> None:
        """Another width may need another number of rows."""
        self._take_room()
        super().on_resize(event)

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The words; nothing when there is nothing to say."""
        return self._rows(width) or [BLANK]

    def _take_room(self) -> None:
        width = self.app.size.width
        playback = self._snapshot.playback if self._snapshot and not self._lost else None
        said_for = (playback.name if playback else "", width)
        if said_for != self._held_for:
            self._held, self._held_for = 0, said_for
        needed = len(self._rows(width))
        self._held = max(self._held, needed) if playback else needed
        self.set_class(not self._held, "-empty")
        rows = max(1, self._held)
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows

    def _rows(self, width: int) -> list[Line]:
        snapshot = self._snapshot
        if self._lost:
            if snapshot is None:
                return _banner(f"NO ENGINE: {self._lost}", width, "try again")
            return _banner(f"THE ENGINE HAS ENDED: {self._lost}", width)
        if snapshot is None:
            return []
        if snapshot.engine_error:
            return _banner(snapshot.engine_error, width)
        return caption_rows(snapshot.playback, width) if snapshot.playback else []


def caption_rows(playback: m.PlaybackView, width: int) -> list[Line]:
    """What a replay has to say: why it failed, its result, its caption and what comes next."""
    if playback.error:
        return _told("✖", "alert", playback.error, "alert", width)
    if playback.state is m.PlayState.FINISHED and playback.result:
        return _told("■", "ok", playback.result, "", width)
    if playback.state is m.PlayState.PREPARING:
        what = "copying the project, so that nothing is written to it"
        return _told("…", "muted", what, "", width)
    rows = _told("▸", "accent", playback.caption, "strong", width) if playback.caption else []
    if playback.next_label and playback.next_in_s is not None:
        last = rows.pop() if rows else line(" ")
        rows.append(_with_next(last, playback.next_label, playback.next_in_s, width))
    return rows


def _told(glyph: str, glyph_role: str, words: str, role: str, width: int) -> list[Line]:
    heads = (Piece(f" {glyph} ", glyph_role), Piece("   "))
    return [
        (heads[min(number, 1)], Piece(row, role))
        for number, row in enumerate(_wrapped(words, width - 3))
    ]


def _wrapped(words: str, width: int) -> list[str]:
    rows = wrap(words, width)
    if len(rows) > _MOST_ROWS:
        rows[_MOST_ROWS - 1 :] = [clip(" ".join(rows[_MOST_ROWS - 1 :]), width)]
    return rows


def _with_next(left: Line, label: str, in_s: float, width: int) -> Line:
    """The next change at the right end, as far as there is room; a step of the plan by its number."""
    room = width - width_of(left) - 4
    if room < _WORTH_KNOWING:
        return left
    when = f"in {in_s:.0f} s: "
    short = f"{when}{label.split(' ')[0]}" if label.startswith("+") else ""
    said: Item = item(line(Piece(when + label, "muted")), line(Piece(short, "muted")), "")
    ahead = fit([said], room)
    return spread(left, (*ahead, Piece(" ")), width) if ahead else left


def _banner(trouble: str, width: int, then: str = "start it again") -> list[Line]:
    """Why there is no engine, across the whole width; its last words say what to press."""
    call = f"press E to {then} "
    rows = _wrapped(f"✖ {trouble}", width - 2)
    if len(rows[-1]) + len(call) + 3 > width:
        if len(rows) == _MOST_ROWS:
            rows[-1] = clip(rows[-1], width - len(call) - 3)
        else:
            rows.append("")
    rows[-1] = f"{rows[-1].ljust(width - len(call) - 1)}{call}"
    return [(Piece(f" {row}".ljust(width), "banner", BY_ID["engine"].call),) for row in rows]
