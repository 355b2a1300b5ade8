"""Below the table: the value under the cursor, and the cache's hit rate over time."""

from __future__ import annotations

from collections.abc import Sequence

from engine.trace import Level
from tui import format as fmt
from tui.caches.fields import RowKey, What, default_of, spec_of, worded
from tui.caches.history import SECONDS, RateHistory
from tui.plots import plotext_plot
from tui.plots.plotext_plot import Plot, Rule, Series
from tui.text import BLANK, Line, Piece, fit, item, line, wrap
from tui.widgets.panel import Frame, Panel

_LIMIT_PERCENT = 90.0


class ValuePanel(Panel):
    """What the value under the cursor is, and how it is changed."""

    TITLE = "the value under the cursor"

    def __init__(self) -> None:
        super().__init__(id="value")
        self.row: RowKey | None = None
        self.what = What.KEEP_FOR
        self.value = 0.0
        self.error = ""

    def heading(self) -> Line:
        """The setting's name and value."""
        if self.row is None:
            return line(Piece(self.TITLE, "title"))
        path = self.row.path(self.what)
        value = worded(path, self.value)
        return line(Piece(spec_of(path).title, "title"), "  ", Piece(value, "draft"))

    def aside(self) -> Line:
        """The default."""
        if self.row is None:
            return BLANK
        path = self.row.path(self.what)
        return line(Piece(f"default {worded(path, default_of(path))}", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """What it means, then the keys; or what was wrong with a typed value."""
        if self.row is None or self.snapshot is None:
            return [BLANK]
        rows = [line(words) for words in wrap(self._meaning(self.row), width)]
        if self.error:
            rows = [line(Piece(row, "failed")) for row in wrap(f"✖ {self.error}", width)]
        keys = fit(
            [
                item(
                    line(
                        Piece("◂ ▸", "key"),
                        " finer   ",
                        Piece("⇧◂ ⇧▸", "key"),
                        " half, double",
                    ),
                    rank=9,
                ),
                item(line(Piece("e", "key", "screen.type_value"), " type"), rank=8),
                item(
                    line(Piece("tab", "key", "screen.other_value"), " the other value"), "", rank=7
                ),
                item(line(Piece("R", "key", "screen.reset"), " reset"), "", rank=6),
                item(line(Piece("u", "key", "app.undo"), " undo"), "", rank=5),
            ],
            width,
            line("   "),
        )
        return [*rows[: max(1, height - 1)], keys]

    def _meaning(self, row: RowKey) -> str:
        assert self.snapshot is not None
        settings = self.snapshot.settings
        if self.what is What.SIZE:
            if row.level:
                return (
                    f"{Level(row.level).label} of each cache holds at most so many entries; "
                    "the one used longest ago leaves first."
                )
            return "Entries kept at most, in any level; the one used longest ago leaves first."
        if row.level:
            return (
                f"In every cache, {Level(row.level).label} serves an entry no longer than this "
                "after it was loaded."
            )
        levels = " · ".join(
            f"{level.name} {fmt.duration(float(settings[f'levels.{level.name}.ttl_seconds']))}"
            for level in Level
        )
        return f"An entry is kept for the shorter of this and its level's: {levels}."


class RatePanel(Panel):
    """The chosen cache's hit rate over the last two minutes."""

    def __init__(self, history: RateHistory) -> None:
        super().__init__(id="rate")
        self.cache = "answers"
        self._history = history
        self._rendered: tuple[tuple[Plot, int, int], list[Line]] | None = None

    def heading(self) -> Line:
        """Which cache."""
        title = next(
            (
                c.title
                for c in (self.snapshot.caches if self.snapshot else [])
                if c.name == self.cache
            ),
            self.cache,
        )
        return line(Piece(f"{title}: hit rate over time", "title"))

    def aside(self) -> Line:
        """What the vertical lines are."""
        return line(Piece("│ change", "mark"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """The plot, or why there is none."""
        if self.snapshot is None or not plotext_plot.is_loaded():
            return [BLANK]
        stretches = self._history.stretches(self.cache)
        if not stretches:
            return [
                BLANK,
                line(Piece("This cache has not been asked yet.", "muted")),
                line(Piece("s plays a scenario, t starts one task.", "muted")),
            ]
        plot = rate_plot(
            stretches, [mark.at_s for mark in self.snapshot.marks], self.snapshot.now_s
        )
        wanted = (plot, width, height)
        if self._rendered is None or self._rendered[0] != wanted:
            self._rendered = (wanted, plotext_plot.render(plot, width, height))
        return self._rendered[1]


def rate_plot(
    stretches: Sequence[tuple[tuple[float, float], ...]], marks: Sequence[float], now_s: float
) -> Plot:
    """Percent over seconds before now."""
    begin = min(stretches[0][0][0], now_s - 20.0)
    span = min(now_s - begin, float(SECONDS))
    shown = [
        tuple((at - now_s, rate) for at, rate in stretch if at >= now_s - span)
        for stretch in stretches
    ]
    return Plot(
        series=tuple(Series(points, "warm") for points in shown if points),
        rules=(
            Rule(_LIMIT_PERCENT, "limit"),
            *(Rule(at - now_s, "mark", vertical=True) for at in marks if at >= now_s - span),
        ),
        x_range=(-span, 0.0),
        y_range=(0.0, 100.0),
        x_ticks=(
            (-span, f"{fmt.minutes(span)} ago"),
            (-span / 2, fmt.minutes(span / 2)),
            (0.0, "now"),
        ),
        y_ticks=((0.0, "0 %"), (50.0, "50 %"), (_LIMIT_PERCENT, "90 %")),
    )
