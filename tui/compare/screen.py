"""Compare: two results side by side, with their differences, and no verdict from one run each."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import ScreenResume

from engine.service.messages import GetReference, Reference, ReplyBody, Snapshot
from tui import format as fmt
from tui import states
from tui.actions import Scope, bindings_of
from tui.compare.results import ENOUGH, Figure, Result
from tui.screen import ConsoleScreen
from tui.text import BLANK, Item, Line, Piece, clip, item, line, wrap
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, FittedColumn, fit_columns, table_row

_COLUMNS = (
    Column("", 17, rank=100),
    Column("A", 18, right=True, rank=99, flexible=True),
    Column("B", 18, right=True, rank=98, flexible=True),
    Column("B − A", 12, right=True, rank=97),
    Column("", 8, flexible=True),
)


_WORKLOAD_CELLS = 24
"""Of a workload's name within a sentence."""
_LEAST_STEM = 6
"""Cells of a name before its part; with fewer it says nothing."""


class ComparePanel(Panel):
    """Two results, or what to do to get them."""

    TITLE = "two results side by side"

    def __init__(self) -> None:
        super().__init__(id="compare")
        self.chosen: tuple[Result, Result] | None = None
        self.known = 0
        """How many results there are to choose from."""
        self.kept: Result | None = None
        """The reference run."""

    def aside(self) -> Line:
        """How to choose others."""
        if self.chosen is None or self.known < 3:
            return BLANK
        return line(
            Piece("a", "key", "screen.choose('a')"),
            " ",
            Piece("b", "key", "screen.choose('b')"),
            f" another of {self.known}",
        )

    def footnote(self) -> Line:
        """What the differences are not."""
        return line(Piece("one run each: differences, no verdict", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> list[Line]:
        """The two, or the way to them."""
        if self.chosen is None:
            return empty_rows(width, self.kept)
        rows = compare_rows(*self.chosen, width)
        if frame is not Frame.BOX:
            rows += [BLANK, self.footnote()]
        if len(rows) > height:
            rows = [row for row in rows if row]
        return rows[:height]


def empty_rows(width: int, kept: Result | None) -> list[Line]:
    """How to get two results."""
    words = (
        "Nothing to compare yet. Results of replays that end while this console is open stand "
        "here: a scenario that changes settings gives one for each of its parts."
    )
    if kept is not None:
        words += (
            f"\n\nKept with k: {kept.name} ({kept.clock}). The next replay of it stands beside it."
        )
    return [
        BLANK,
        *(line(row) for row in wrap(words, width)),
        BLANK,
        line(Piece("  s", "key", "app.show('replay')"), "   play a scenario to its end"),
    ]


def compare_rows(a: Result, b: Result, width: int) -> list[Line]:
    """Heads, then one row for each figure that either has."""
    columns = fit_columns(_COLUMNS, width)
    left = {figure.name: figure for figure in a.figures}
    right = {figure.name: figure for figure in b.figures}
    names = dict.fromkeys([*left, *right])
    rows = _heads(a, b, columns)
    for words in doubts(a, b):
        rows += [line(Piece(row, "warn")) for row in wrap(f"▲ {words}", width)]
    return [*rows, BLANK, *(_row(columns, left.get(name), right.get(name)) for name in names)]


def doubts(a: Result, b: Result) -> list[str]:
    """Why a difference between the two may be none of their settings."""
    if (a.workload, a.clock) == (b.workload, b.clock):
        return []  # parts of one run
    found = []
    if a.workload != b.workload:
        found.append(
            f"different workloads, {_work(a)} and {_work(b)}: what differs below may be "
            "the work's doing, not the settings'"
        )
    elif a.stopped or b.stopped:
        ended = " and ".join(
            f"{side} was stopped after {_starts_of(one)}"
            for side, one in (("A", a), ("B", b))
            if one.stopped
        )
        found.append(f"{ended}: they did not play the same")
    elif a.starts != b.starts:
        found.append(f"not the same traffic: A played {_starts_of(a)}, B {_starts_of(b)}")
    if a.modeled != b.modeled:
        found.append("one is modeled, the other native: their times cannot be compared")
    if a.speed is not None and b.speed is not None and a.speed != b.speed:
        speeds = f"A {states.speed_text(a.speed)}, B {states.speed_text(b.speed)}"
        found.append(
            f"played at different speeds, {speeds}: the faster, the less time between starts, "
            "for warming too"
        )
    return found


def _work(result: Result) -> str:
    return f"{short_name(result.workload, _WORKLOAD_CELLS)} ({_starts_of(result)})"


def _starts_of(result: Result) -> str:
    return f"{fmt.count(result.starts)} start{'' if result.starts == 1 else 's'}"


def short_name(name: str, width: int) -> str:
    """A result's name in `width` cells; its end tells it from others, and which part it is."""
    if cell_len(name) <= width:
        return name
    stem, comma, which = name.rpartition(", ")
    room = width - cell_len(comma + which) if comma else width
    if not comma or room < _LEAST_STEM:
        stem, comma, which, room = name, "", "", width
    tail = stem[-(room // 2) :]
    while cell_len(tail) > room // 2:
        tail = tail[1:]
    return f"{set_cell_size(stem, room - cell_len(tail) - 1).rstrip()}…{tail}{comma}{which}"


def _heads(a: Result, b: Result, columns: list[FittedColumn]) -> list[Line]:
    widths = {position: width for position, _, width in columns}
    first, second = widths.get(1, 18), widths.get(2, 18)
    names = [
        line(Piece(f"A {short_name(a.name, first - 2)}", "title")),
        line(Piece(f"B {short_name(b.name, second - 2)}", "title")),
    ]
    told = [
        line(Piece(clip(a.settings, first), "muted")),
        line(Piece(clip(b.settings, second), "muted")),
    ]
    return [
        table_row(columns, ["", *names, line(Piece("B − A", "muted")), ""]),
        table_row(columns, ["", *told, "", ""]),
        table_row(columns, ["", _when(a), _when(b), "", ""]),
    ]


def _when(result: Result) -> Item:
    badge = states.cost_badge(result.modeled)
    run = "run of" if result.whole else "of the run of"
    return item(
        line(*badge, Piece(f"  {run} {result.clock}", "muted")),
        line(*badge, Piece(f"  run {result.clock}", "muted")),
        line(*badge, Piece(f"  {result.clock}", "muted")),
        line(states.cost_glyph(result.modeled), Piece(f" {result.clock}", "muted")),
    )


def _row(columns: list[FittedColumn], a: Figure | None, b: Figure | None) -> Line:
    known = a or b
    name = known.name if known else ""
    return table_row(columns, [name, _figure(a), _figure(b), difference(a, b), ""])


def _figure(figure: Figure | None) -> Line:
    if figure is None or figure.value is None:
        n = f"n {fmt.count(figure.n)}  " if figure and figure.n else ""
        return line(Piece(f"{n}", "muted"), fmt.DASH)
    n = f"n {fmt.count(figure.n)}  " if figure.n is not None else ""
    return line(Piece(n, "muted"), Piece(_worded(figure, figure.value), "strong"))


def _worded(figure: Figure, value: float) -> str:
    if figure.unit == "ms":
        return f"{fmt.milliseconds(value)} ms"
    if figure.unit == "%":
        return f"{value:.1f} %"
    return fmt.count(round(value))


def difference(a: Figure | None, b: Figure | None) -> Line:
    """B less A; too few samples on either side have none."""
    if a is None or b is None or a.value is None or b.value is None:
        few = any(f is not None and f.n is not None and f.n < ENOUGH for f in (a, b))
        return line(Piece("· too few" if few else fmt.DASH, "few"))
    if a.n is not None and min(a.n, b.n or 0) < ENOUGH:
        return line(Piece("· too few", "few"))
    gap = b.value - a.value
    sign = "+" if gap > 0 else "−" if gap < 0 else ""
    # The difference of two shares is no share of anything.
    size = f"{abs(gap):.1f} points" if a.unit == "%" else _worded(a, abs(gap))
    return line(f"{sign}{size}")


class CompareScreen(ConsoleScreen):
    """Two of the results that this console has seen."""

    SCOPE = Scope.COMPARE
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.COMPARE)]

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[int, int] | None = None
        self._of: list[Result] = []

    def compose_panels(self) -> ComposeResult:
        """One panel."""
        yield ComparePanel()

    def on_screen_resume(self, event: ScreenResume) -> None:
        """There may be new results."""
        super().on_screen_resume(event)
        self._choose()
        results = self.console.results
        if not results.asked and self.console.feed.snapshot is not None:
            results.asked = True
            self.console.send(GetReference(), self._recall)

    def _recall(self, reply: ReplyBody) -> None:
        if isinstance(reply, Reference) and reply.kept_at is not None:
            clock = f"{reply.kept_at.astimezone():%d %b %H:%M}"
            self.console.results.recall(reply.report, clock)
            self._choose()

    def show(self, snapshot: Snapshot) -> None:
        """There may be new results."""
        super().show(snapshot)
        self._choose()

    def _choose(self) -> None:
        results = self.console.results
        if results.all is not self._of:
            self._of, self._places = results.all, results.pair()
        panel = self.query_one(ComparePanel)
        panel.known, panel.kept = len(results.all), results.kept
        places = self._places
        panel.chosen = (results.all[places[0]], results.all[places[1]]) if places else None
        panel.repaint()

    def action_choose(self, side: str) -> None:
        """The next result at one of the sides; never the one at the other side."""
        if self._places is None:
            return
        a, b = self._places
        now, other = (a, b) if side == "a" else (b, a)
        count = len(self.console.results.all)
        if count < 3:
            self.notify("These two are all that there is to compare so far.", markup=False)
            return
        chosen = (now + 1) % count
        if chosen == other:
            chosen = (chosen + 1) % count
        self._places = (chosen, b) if side == "a" else (a, chosen)
        self._choose()
