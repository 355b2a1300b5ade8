"""The chosen cache's hit rate over the last two minutes."""

from __future__ import annotations

from collections.abc import Sequence

from tui import format as fmt
from tui.caches.history import SECONDS, RateHistory
from tui.plots import plotext_plot
from tui.plots.plotext_plot import Plot, Rule, Series
from tui.text import BLANK, Line, Piece, line
from tui.widgets.panel import Frame, Panel

_LIMIT_PERCENT = 90.0


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
