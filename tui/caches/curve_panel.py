"""The hit rate of a cache against how long or how many it keeps, on the recorded traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message

from engine.service.messages import ForecastView
from tui import format as fmt
from tui.caches.curves import Curve, Tick, curve_of, unscale
from tui.caches.fields import What
from tui.plots import plotext_plot
from tui.plots.plotext_plot import Area, Plot
from tui.text import BLANK, Line, Piece, fit, item, line, width_of, wrap
from tui.widgets.panel import Frame, Panel

_FEWEST_ROWS = 4
"""Of the plot, its axis included; what stands below it goes first."""


class CurvePanel(Panel):
    """The curve, the setting in force and the draft on it, and what each time costs."""

    class Picked(Message):
        """A place of the axis was clicked."""

        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = value

    class Turned(Message):
        """The wheel was turned above the curve."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    def __init__(self) -> None:
        super().__init__(id="curve")
        self.title = "answers"
        self.what = What.KEEP_FOR
        self.view: ForecastView | None = None
        self.failure = ""
        """Why there is no forecast."""
        self.draft: float | None = None
        """How long or how many the draft would keep in truth."""
        self._curve: Curve | None = None
        self._area: Area | None = None
        self._rendered: tuple[tuple[Plot, int, int], list[Line]] | None = None

    def heading(self) -> Line:
        """Which cache, against what."""
        against = "how long" if self.what is What.KEEP_FOR else "how many"
        return line(Piece(f"{self.title}: hit rate against {against}", "title"))

    def aside(self) -> Line:
        """On how much traffic."""
        if self.view is None or not self.view.reads:
            return BLANK
        return line(Piece(f"exact on {fmt.count(self.view.reads)} reads", "muted"))

    def footnote(self) -> Line:
        """The signs."""
        return line(
            Piece("●", "accent"),
            Piece(" predicted ", "muted"),
            Piece("○", "strong"),
            Piece(" measured  grey: longer than recorded", "muted"),
        )

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """The curve between its line of words and its rows of prices."""
        self._curve = None
        if not plotext_plot.is_loaded() or self.view is None:
            words = self.failure or "Reading the recorded traffic …"
            return [BLANK, *(line(Piece(row, "muted")) for row in wrap(words, width))]
        curve = curve_of(self.view, self.what, self.draft, width - 8)
        if curve is None:
            return _no_traffic(width)
        below = 2 if self.what is What.KEEP_FOR else 0
        below = max(0, min(below, height - 2 - _FEWEST_ROWS))
        plot_height = max(2, height - 2 - below)
        rows = self._plot(curve.plot, width, plot_height)
        area = plotext_plot.area_of(rows, width)
        self._curve, self._area = curve, area
        prices = [
            _below("stale", curve, area, width, _stale),
            _below("oldest", curve, area, width, _oldest),
        ]
        return [
            _instead(self.view, width),
            self._labels(curve, area, width),
            *rows,
            *prices[:below],
        ]

    def _plot(self, plot: Plot, width: int, height: int) -> list[Line]:
        wanted = (plot, width, height)
        if self._rendered is None or self._rendered[0] != wanted:
            self._rendered = (wanted, plotext_plot.render(plot, width, height))
        return self._rendered[1]

    def _labels(self, curve: Curve, area: Area, width: int) -> Line:
        """`now 30 min` and `draft 1 day` above their lines."""
        marks = [(area.column(curve.plot, curve.now), f"now {self._said(curve.now)}", "accent")]
        if curve.draft is not None and curve.draft != curve.now:
            column = area.column(curve.plot, curve.draft)
            marks.append((column, f"draft {self._said(curve.draft)}", "draft"))
        marks.sort()
        places: list[tuple[int, str, str]] = []
        free = 0
        for index, (column, text, role) in enumerate(marks):
            rest = sum(len(other) + 1 for _, other, _ in marks[index + 1 :])
            begin = max(free, min(column - len(text) // 2, width - len(text) - rest))
            places.append((begin, text, role))
            free = begin + len(text) + 1
        return _placed(places)

    def _said(self, place: float) -> str:
        value = unscale(place)
        if self.what is What.KEEP_FOR:
            return fmt.duration(round(value, 3))
        return fmt.count(round(value))

    # ---- mouse ------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        """A click on the plot drafts the value below it."""
        if self._curve is None or self._area is None or event.y < 1:
            return
        inset = 2 if self.frame is Frame.BOX else 1
        place = self._area.value(self._curve.plot, event.x - inset)
        self.post_message(self.Picked(unscale(place)))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel drafts finely."""
        event.stop()
        self.post_message(self.Turned(-1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel drafts finely."""
        event.stop()
        self.post_message(self.Turned(1))


def _no_traffic(width: int) -> list[Line]:
    words = "No traffic is recorded of this cache yet; its curve is made from what it is asked."
    return [
        BLANK,
        *(line(Piece(row, "muted")) for row in wrap(words, width)),
        line(Piece("s", "key", "app.show('replay')"), Piece("  play a scenario", "muted")),
        line(Piece("t", "key", "app.task"), Piece("  start one task", "muted")),
    ]


def _instead(view: ForecastView, width: int) -> Line:
    """What validation would give instead of a time, and how many starts nothing can answer."""
    words = fmt.share(view.warmed.hit_rate)
    now = view.freshness == "strict"
    what = "strict, warmed" if now else "strict instead, warmed"
    cold = f"{fmt.count(view.cold)} of {fmt.count(view.reads)}"
    return fit(
        [
            item(line(Piece(f"{what}: {words}, 0 stale", "ok")), rank=9),
            item(line(Piece(f"cold starts {cold}", "muted")), f"cold {cold}", "", rank=5),
        ],
        width,
        line(Piece(" · ", "muted")),
    )


def _stale(tick: Tick) -> str:
    return "" if tick.stale is None else fmt.count(tick.stale)


def _oldest(tick: Tick) -> str:
    return fmt.duration(max(tick.oldest_s, 0.001)) if tick.stale and tick.oldest_s else fmt.DASH


def _below(title: str, curve: Curve, area: Area, width: int, figure: Callable[[Tick], str]) -> Line:
    """A row of figures, each below its tick."""
    places: list[tuple[int, str, str]] = [(0, title, "muted")]
    free = len(title) + 1
    for tick in curve.ticks:
        text = figure(tick)
        column = area.column(curve.plot, tick.at)
        begin = max(free, min(column - len(text) // 2, width - len(text)))
        if begin > column + 4:
            continue
        places.append((begin, text, "warn" if text not in ("0", fmt.DASH) else "muted"))
        free = begin + len(text) + 1
    return _placed(places)


def _placed(places: Sequence[tuple[int, str, str]]) -> Line:
    """Texts at their columns."""
    pieces: list[Piece] = []
    for begin, text, role in places:
        gap = begin - width_of(pieces)
        if gap > 0:
            pieces.append(Piece(" " * gap))
        pieces.append(Piece(text, role))
    return tuple(pieces)
