"""Where the time goes: mean milliseconds per start of each phase, now against all off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.service.messages import PhasesView
from tui import format as fmt
from tui.text import BLANK, Line, Piece, line, pad, width_of
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, fit_columns, table_header, table_row

_PATTERNS = "▓░▒≡▚▤▥▦"


class PhaseRow(NamedTuple):
    """One row: a phase, or several folded into one."""

    name: str
    now: float | None
    all_off: float | None
    number: int

    @property
    def saved(self) -> float | None:
        """Milliseconds less than with all off."""
        if self.now is None or self.all_off is None:
            return None
        return self.all_off - self.now


class PhasesPanel(Panel):
    """A table on roomy screens, two stacked bars on small ones."""

    TITLE = "where the time goes"

    def __init__(self) -> None:
        super().__init__(id="phases")
        self.slowest = False

    def toggle_slowest(self) -> None:
        """All starts, or the slowest 5 %."""
        self.slowest = not self.slowest
        self.repaint()

    def heading(self) -> Line:
        """Title and badge."""
        modeled = self.snapshot is not None and self.snapshot.phases.modeled
        badge = (Piece(" ≈ modeled", "modeled"),) if modeled else ()
        return (Piece(self.TITLE, "title"), *badge)

    def aside(self) -> Line:
        """What is averaged."""
        if self.snapshot is None:
            return BLANK
        which = "slowest 5 %" if self.slowest else f"n {fmt.count(self.snapshot.phases.starts)}"
        words = "mean ms" if self.frame is Frame.BOX else "mean ms per start"
        return line(Piece(f"{words}, {which}", "muted"))

    def footnote(self) -> Line:
        """Where the figures of all off come from."""
        if self.snapshot is None:
            return BLANK
        phases = self.snapshot.phases
        if not phases.all_off_when:
            return line(
                Piece("all off: not measured yet, M measures it", "muted", "app.measure_all_off")
            )
        kind = "modeled" if phases.all_off_modeled else "native"
        note = f"¹ {kind}, {phases.all_off_when}, n {fmt.count(phases.all_off_starts)}"
        return line(Piece(note, "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """The table or the bars."""
        if self.snapshot is None:
            return [BLANK]
        rows = phase_rows(self.snapshot.phases, self.slowest)
        if frame is Frame.BOX and height >= 5:
            return table(rows, width, height)
        return bars(rows, width)


def phase_rows(phases: PhasesView, slowest: bool) -> list[PhaseRow]:
    """The phases as rows; the means add up to the total's."""
    return [
        PhaseRow(p.name, p.slowest_ms if slowest else p.now_ms, p.all_off_ms, number)
        for number, p in enumerate(phases.phases)
    ]


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def fold(rows: list[PhaseRow], room: int) -> list[PhaseRow]:
    """The rows in at most `room`: what weighs least is folded into one, in its place at the end."""
    if len(rows) <= room:
        return rows
    by_weight = sorted(rows, key=lambda row: max(row.now or 0.0, row.all_off or 0.0))
    folded = by_weight[: len(rows) - room + 1]
    kept = [row for row in rows if row not in folded]
    rest = PhaseRow(
        f"{len(folded)} others",
        _sum([row.now for row in folded]),
        _sum([row.all_off for row in folded]),
        len(rows) - 1,
    )
    return [*kept, rest]


def table(rows: list[PhaseRow], width: int, height: int) -> list[Line]:
    """Phase, now with a bar, all off, saved; the total last."""
    total = PhaseRow("total", _sum([r.now for r in rows]), _sum([r.all_off for r in rows]), 0)
    columns = fit_columns(
        (
            Column("", 16, rank=10),
            Column("now", 7, right=True, rank=9),
            Column("", 5, rank=3, flexible=True),
            Column("all off ¹", 9, right=True, rank=8),
            Column("saved", 7, right=True, rank=7),
        ),
        width,
        gap=1,
    )
    shown = fold(rows, height - 2)
    widest = max(total.now or 0.0, total.all_off or 0.0, 1e-9)
    room = next((w for i, _, w in columns if i == 2), 0)
    lines = [table_header(columns, gap=1)]
    for row in shown:
        length = fmt.bar((row.now or 0.0) / widest, room)
        lines.append(table_row(columns, cells_of(row, Piece(length, f"phase-{row.number}")), gap=1))
    lines.append(table_row(columns, cells_of(total, Piece(""), "strong"), gap=1))
    return lines


def cells_of(row: PhaseRow, bar: Piece, role: str = "") -> list[Line | str]:
    """The cells of one row."""
    saved = row.saved
    gain = "ok" if saved is not None and saved > 0 else "muted"
    return [
        line(Piece(row.name, role)),
        line(Piece(fmt.milliseconds(row.now), role)),
        line(bar),
        line(Piece(fmt.milliseconds(row.all_off), role or "muted")),
        line(Piece(fmt.milliseconds(saved).replace("-", "−"), gain)),
    ]


def bars(rows: list[PhaseRow], width: int) -> list[Line]:
    """Two stacked bars on one scale: now, and all off."""
    now, all_off = _sum([r.now for r in rows]), _sum([r.all_off for r in rows])
    widest = max(now or 0.0, all_off or 0.0)
    saved = None if now is None or all_off is None else all_off - now
    tail = f"  saved {fmt.milliseconds(saved)}" if saved is not None else ""
    label = 15
    room = width - label - len(tail) - 1
    first = (
        Piece(f"now {fmt.milliseconds(now):>9}  ", "strong"),
        *stacked([(r.name, r.now, r.number) for r in rows], widest, room),
    )
    if all_off is None:
        second = line(
            Piece("all off: not measured yet, M measures it", "muted", "app.measure_all_off")
        )
    else:
        second = (
            Piece(f"all off {fmt.milliseconds(all_off):>5}  ", "muted"),
            *stacked([(r.name, r.all_off, r.number) for r in rows], widest, room),
        )
    return [(*pad(first, width - len(tail)), Piece(tail, "ok")), second]


_SHORT = {
    "waiting to start": "wait",
    "plugin facts": "facts",
    "agent check": "check",
    "agent SOPs": "SOPs",
}


def stacked(parts: list[tuple[str, float | None, int]], widest: float, room: int) -> Line:
    """Each part as a run of its own pattern, with its name and figure where they fit."""
    pieces: list[Piece] = []
    left = room
    for name, value, number in parts:
        if not value or widest <= 0:
            continue
        length = min(left, round(value / widest * room))
        if length <= 0:
            continue
        left -= length
        short = _SHORT.get(name, name)
        pattern = _PATTERNS[number % len(_PATTERNS)]
        role = f"phase-{number}"
        text = next(
            (
                words
                for words in (
                    f" {short} {fmt.milliseconds(value)} ",
                    f" {short} ",
                    f" {fmt.milliseconds(value)} ",
                )
                if len(words) + 1 <= length
            ),
            "",
        )
        pieces.append(Piece(pattern * (length - len(text)), role))
        if text:
            pieces.append(Piece(text))
    used = width_of(tuple(pieces))
    assert used <= room
    return tuple(pieces)
