"""The five key metrics against their limits."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import MetricName, MetricState, MetricView
from tui import format as fmt
from tui import states
from tui.replay_end import is_of_starts, is_over
from tui.text import BLANK, Line, Piece, clip, line
from tui.widgets.panel import Frame, Panel
from tui.widgets.table import Column, FittedColumn, fit_columns, table_header, table_row

_GAUGE = 13
_LIMIT_AT = 10

COLUMNS = (
    Column("metric", 14, rank=100),
    Column("now", 9, right=True, rank=99),
    Column("limit", 8, right=True, rank=98),
    Column("state", 9, rank=97),
    Column("for", 5, right=True, rank=40),
    Column("limit is at ┃", _GAUGE + 2, rank=30),
    Column("last 60 s", 10, rank=60, flexible=True),
    Column("counted", 18, rank=70, flexible=True),
)


LAST_COLUMNS = tuple(
    column._replace(title="last") if column.title == "now" else column for column in COLUMNS
)


class MetricsPanel(Panel):
    """One row per key metric: value, limit, state, since when, history, what was counted."""

    TITLE = "key metrics"

    def aside(self) -> Line:
        """The window."""
        if self.snapshot is None:
            return BLANK
        pieces = [Piece(self.snapshot.window.label)]
        if self.frame is Frame.BOX:
            pieces += [
                Piece("  "),
                Piece("[", "key", "app.window(-1)"),
                Piece(" "),
                Piece("]", "key", "app.window(1)"),
                Piece(" window"),
            ]
        return tuple(pieces)

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """A header where there is room, then the five."""
        last = self.is_of_the_past
        over = self.snapshot is not None and is_over(self.snapshot.playback)
        fitted = fit_columns(LAST_COLUMNS if last else COLUMNS, width)
        rows = [table_header(fitted)] if frame is Frame.BOX else []
        metrics = self.snapshot.metrics if self.snapshot else []
        if not metrics:
            rows += [line(Piece(f"{name.value:<16}{fmt.DASH}", "muted")) for name in MetricName]
            return rows
        return rows + [
            metric_row(metric, fitted, last=last, at_end=over and is_of_starts(metric.name))
            for metric in metrics
        ]


def metric_row(
    metric: MetricView, fitted: list[FittedColumn], *, last: bool = False, at_end: bool = False
) -> Line:
    """The row of one metric.

    Args:
        last: it was so when the engine ended, and nobody judges it now.
        at_end: its replay is over, so that no start comes that could change it.
    """
    widths = {column.title: width for _, column, width in fitted}
    sign = "≥" if metric.limit_is_minimum else "≤"
    ending = states.is_ending(metric)
    past = last or at_end
    alarming = metric.state is MetricState.ALERT and not ending and not past
    warning = (ending or metric.state is MetricState.WARN) and not past
    role = "alert" if alarming else "warn" if warning else "strong"
    spark = fmt.sparkline(
        metric.history, widths.get("last 60 s", 0), max(metric.limit, _top(metric.history))
    )
    return table_row(
        fitted,
        [
            line(Piece(metric.name.value, "alert" if alarming else "")),
            line(Piece(fmt.amount(metric.value, metric.unit), role)),
            f"{sign}{fmt.limit(metric.limit, metric.unit):>7}",
            line(_state(metric, last=last, at_end=at_end)),
            line(Piece("" if past else fmt.minutes(metric.state_for_s), "muted")),
            gauge(metric),
            line(Piece(spark, "accent")),
            line(Piece(whole_parts(metric.counted, widths.get("counted", 0)), "muted")),
        ],
    )


def _state(metric: MetricView, *, last: bool, at_end: bool) -> Piece:
    if last:
        return states.LAST
    if at_end:
        return states.AT_END[metric.state]
    return states.ENDING if states.is_ending(metric) else states.metric_state(metric.state)


def whole_parts(text: str, width: int) -> str:
    """As many of the parts of `text`, which two blanks separate, as fit; at least the first."""
    parts = text.split("  ")
    while len(parts) > 1 and len("  ".join(parts)) > width:
        parts.pop()
    return clip("  ".join(parts), width)


def _top(history: list[float | None]) -> float:
    return max((value for value in history if value is not None), default=0.0)


def gauge(metric: MetricView) -> Line:
    """The value as a bar, with the limit as a line that a bar beyond it crosses."""
    if metric.value is None or metric.limit <= 0:
        return line(Piece("▕" + " " * _GAUGE + "▏", "muted"))
    fraction = metric.value / metric.limit * _LIMIT_AT / _GAUGE
    bar = fmt.bar(fraction, _GAUGE)
    role = {MetricState.ALERT: "failed", MetricState.WARN: "warn"}.get(metric.state, "accent")
    if states.is_ending(metric):
        role = "warn"
    return line(
        Piece("▕", "muted"),
        Piece(bar[:_LIMIT_AT], role),
        Piece("┃", "limit"),
        Piece(bar[_LIMIT_AT + 1 :], role),
        Piece("▏", "muted"),
    )
