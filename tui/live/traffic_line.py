"""Starts per second, errors, warm starts, lateness, the agents' wait."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import TrafficSource, TrafficView
from tui import format as fmt
from tui import states
from tui.text import BLANK, Item, Line, Piece, clip, fit, item, line
from tui.widgets.layout import is_roomy
from tui.widgets.panel import Frame, Panel

_REFUSAL = 60


class TrafficLine(Panel):
    """One line between the metrics and the charts, at every size."""

    COMPACT_FRAME = Frame.BARE

    @property
    def frame(self) -> Frame:
        """Never framed."""
        return Frame.BARE

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """As much as fits."""
        if self.snapshot is None:
            return [BLANK]
        traffic = self.snapshot.traffic
        replayed = self.snapshot.source is TrafficSource.REPLAY
        items = [
            _rate(traffic, replayed=replayed),
            _errors(traffic),
            _warm(traffic),
            *([_behind(traffic)] if replayed or traffic.behind_ms is not None else []),
            *([_without_task(traffic)] if traffic.without_task else []),
            _waits(traffic, replayed=replayed),
            *([_refused(traffic)] if traffic.refused else []),
        ]
        stale = self.snapshot.stale
        if stale is not None:
            role = "warn" if stale.stale else "muted"
            told, short = (
                line(Piece(words, role, "app.stale_examples"))
                for words in (states.stale_words(stale), states.stale_count(stale))
            )
            items.insert(3, item(told, short, "", rank=5))
        between = line("   " if is_roomy(self.app.size) else "  ")
        return [(Piece(" "), *fit(items, width - 2, between))]


def _rate(traffic: TrafficView, *, replayed: bool) -> Item:
    """Starts per second, and who asks: `replay 5.0 starts/s`, `3.0 starts/s: hook 12, Python 3`."""
    rate = f"{traffic.starts_per_s:.1f} starts/s"
    if replayed:
        return item(line(Piece("replay ", "muted"), rate), rank=9)
    if not traffic.sources:
        return item(line(Piece("traffic ", "muted"), rate), rank=9)
    told = ", ".join(
        f"{states.source_word(name)} {fmt.count(count)}" for name, count in traffic.sources.items()
    )
    return item(line(rate, Piece(f": {told}", "strong")), rate, rank=9)


def _errors(traffic: TrafficView) -> Item:
    text = f"{traffic.errors} ({traffic.errors_per_min:.1f}/min)" if traffic.errors else "0"
    role = "alert" if traffic.errors else ""
    return item(line(Piece("errors ", "muted"), Piece(text, role)), rank=8)


def _warm(traffic: TrafficView) -> Item:
    counts = f"{fmt.count(traffic.warm)} of {fmt.count(traffic.starts)}"
    return item(
        line(Piece("warm starts ", "muted"), counts),
        line(Piece("warm ", "muted"), counts),
        rank=4,
    )


def _behind(traffic: TrafficView) -> Item:
    late = fmt.amount(traffic.behind_ms, "ms")
    return item(
        line(Piece("behind schedule ", "muted"), late),
        line(Piece("behind ", "muted"), late),
        "",
        rank=5,
    )


def _without_task(traffic: TrafficView) -> Item:
    count = fmt.count(traffic.without_task)
    return item(
        line(Piece("without a task ", "muted"), count),
        line(Piece("no task ", "muted"), count),
        rank=3,
    )


def _waits(traffic: TrafficView, *, replayed: bool) -> Item:
    waits = line(Piece("agent waits ", "muted"), fmt.amount(traffic.agent_wait_ms, "ms"))
    if replayed and traffic.agent_wait_ms is None:
        return item((*waits, Piece("  (a replay has no hook process)", "muted")), waits, "", rank=2)
    return item(waits, "", rank=5)


def _refused(traffic: TrafficView) -> Item:
    """How many requests were refused, and what the last was told as far as there is room."""
    count = line(Piece("refused ", "muted"), Piece(fmt.count(traffic.refused), "warn"))
    told = Piece(f" {clip(traffic.refusal, _REFUSAL)}", "muted")
    return item((*count, told), count, rank=1)
