"""The replay that is on: progress, speed, lateness, what comes next, the result line."""

from __future__ import annotations

from collections.abc import Sequence

from engine.lengths import length_text
from engine.service.messages import PlaybackView, PlayState, ScenarioView
from tui import format as fmt
from tui import states
from tui.text import BLANK, Line, Piece, fit, item, line, wrap
from tui.widgets.panel import Frame, Panel


class PlaybackPanel(Panel):
    """Progress and result."""

    TITLE = "playing"

    def __init__(self) -> None:
        super().__init__(id="playback")
        self.chosen: ScenarioView | None = None
        """The scenario under the list's cursor, told while nothing plays."""

    def _playback(self) -> PlaybackView | None:
        return self.snapshot.playback if self.snapshot else None

    def heading(self) -> Line:
        """What is played."""
        playback = self._playback()
        return line(Piece(playback.name if playback else "nothing is playing", "title"))

    def aside(self) -> Line:
        """Speed and lateness."""
        playback = self._playback()
        if playback is None:
            return BLANK
        late = f"at most {playback.worst_behind_ms:.1f} ms late"
        role = "warn" if playback.worst_behind_ms > 50 else "muted"
        return line(f"{states.speed_text(playback.speed)}  ", Piece(late, role))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """Progress, counts, what comes next or the result."""
        playback = self._playback()
        if playback is None:
            return chosen_rows(self.chosen, width)[:height]
        return playback_rows(playback, width)[:height]


def chosen_rows(chosen: ScenarioView | None, width: int) -> list[Line]:
    """What would play, whole, and how."""
    keys = fit(
        [
            item(
                line(Piece("⏎", "key"), " play it on a copy: nothing is written to the project"),
                line(Piece("⏎", "key"), " play it on a copy"),
            )
        ],
        width,
    )
    if chosen is None:
        return [BLANK, keys]
    facts = f"{_counted(chosen.starts, 'start')}, {_counted(chosen.writes, 'write')}"
    head = fit(
        [
            item(line(Piece(chosen.name, "strong")), rank=9),
            item(length_text(chosen.wall_s), rank=8),
            item(facts, "", rank=7),
            item(states.cost_badge(chosen.modeled), "", rank=6),
        ],
        width,
        line("   "),
    )
    return [head, *(line(row) for row in wrap(chosen.line, width)), BLANK, keys]


def _counted(number: int, what: str) -> str:
    return f"{fmt.count(number)} {what}{'' if number == 1 else 's'}"


def playback_rows(playback: PlaybackView, width: int) -> list[Line]:
    """The lines for one state of a replay; its caption stands above all panels."""
    rows = [progress(playback, width), counts(playback, width)]
    if playback.error:
        rows += [line(Piece(row, "alert")) for row in wrap(f"✖ {playback.error}", width)]
        return rows
    if playback.state is PlayState.FINISHED:
        result = playback.result or "played to its end"
        rows += [line(Piece(row, "ok")) for row in wrap(f"■ result: {result}", width)]
        keys = [
            item(line(Piece("⏎", "key"), " play again"), rank=3),
            item(line(Piece("⌫", "key", "app.stop"), " back to live traffic"), rank=2),
        ]
        if playback.then:
            keys.append(item(line(Piece(f"next by itself: {playback.then}", "muted")), "", rank=1))
        rows.append(fit(keys, width, line("   ")))
        return rows
    if playback.next_label and playback.next_in_s is not None:
        ahead = f"in {playback.next_in_s:.0f} s: {playback.next_label}"
        rows += [BLANK, line(Piece(ahead, "muted"))]
    return rows


def progress(playback: PlaybackView, width: int) -> Line:
    """State, time and a bar."""
    glyph, word = states.PLAY[playback.state]
    time = fmt.played(playback.position_s, playback.duration_s)
    label = f"{glyph} {word or 'playing'} {time} "
    room = max(4, width - len(label) - 2)
    done = playback.position_s / playback.duration_s if playback.duration_s else 0.0
    if playback.state is PlayState.FINISHED:
        done = 1.0
    return line(
        Piece(label, "strong"),
        Piece("▕", "muted"),
        Piece(fmt.bar(done, room), "accent"),
        Piece("▏", "muted"),
    )


def counts(playback: PlaybackView, width: int) -> Line:
    """Starts, writes, the workload's own time."""
    without_row = playback.writes_without_row
    items = [
        item(
            line(
                Piece("starts ", "muted"),
                f"{fmt.count(playback.starts)} of {fmt.count(playback.total_starts)}",
            ),
            rank=9,
        ),
        item(
            line(
                Piece("writes ", "muted"),
                f"{fmt.count(playback.writes)} of {fmt.count(playback.total_writes)}",
            ),
            "",
            rank=8,
        ),
    ]
    if without_row:
        missed = f"▲ {fmt.count(without_row)}"
        items.append(
            item(
                line(Piece(f"{missed} named nothing in this project", "warn")),
                line(Piece(f"{missed} without a row", "warn")),
                rank=7,
            )
        )
    if playback.virtual_duration_s > playback.duration_s * 1.01 or playback.skipped_s:
        virtual = f"{length_text(playback.virtual_s)} of {length_text(playback.virtual_duration_s)}"
        items.append(item(line(Piece("recorded time ", "muted"), virtual), "", rank=6))
    if playback.skipped_s:
        skipped = f"{length_text(playback.skipped_s)} idle skipped"
        items.append(item(line(Piece(skipped, "muted")), "", rank=5))
    return fit(items, width, line("   "))
