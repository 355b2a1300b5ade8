"""Starts per second, errors, warm starts, lateness, the agents' wait."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import TrafficSource, TrafficView
from tui import format as fmt
from tui import states
from tui.text import BLANK, Line, Piece, fit, item, line
from tui.widgets.panel import Frame, Panel


class TrafficLine(Panel):
    """One line between the metrics and the charts."""

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
        replay = self.snapshot.source is TrafficSource.REPLAY
        errors = f"{traffic.errors} ({traffic.errors_per_min:.1f}/min)" if traffic.errors else "0"
        wait = fmt.amount(traffic.agent_wait_ms, "ms")
        why = "  (a replay has no hook process)" if replay and traffic.agent_wait_ms is None else ""
        rate = line(Piece("traffic ", "muted"), f"{traffic.starts_per_s:.1f} starts/s")
        items = [
            item((*rate, *_sources(traffic)), rate, rank=9),
            item(
                line(Piece("errors ", "muted"), Piece(errors, "alert" if traffic.errors else "")),
                rank=8,
            ),
            item(
                line(
                    Piece("warm starts ", "muted"),
                    f"{fmt.count(traffic.warm)} of {fmt.count(traffic.starts)}",
                ),
                rank=7,
            ),
            item(
                line(Piece("behind schedule ", "muted"), fmt.amount(traffic.behind_ms, "ms")),
                "",
                rank=6,
            ),
            item(
                line(Piece("agent waits ", "muted"), wait, Piece(why, "muted")),
                line(Piece("agent waits ", "muted"), wait),
                "",
                rank=5,
            ),
        ]
        if traffic.without_task:
            text = fmt.count(traffic.without_task)
            items.append(item(line(Piece("without a task ", "muted"), text), "", rank=8))
        if traffic.refused:
            short = line(Piece("refused ", "muted"), Piece(fmt.count(traffic.refused), "warn"))
            items.append(item((*short, Piece(f" {traffic.refusal}", "muted")), short, rank=10))
        stale = self.snapshot.stale
        if stale is not None:
            role = "warn" if stale.stale else "muted"
            told = Piece(states.stale_words(stale), role, "app.stale_examples")
            items.insert(3, item(line(told), "", rank=7))
        return [(Piece(" "), *fit(items, width - 2, line("   ")))]


def _sources(traffic: TrafficView) -> Line:
    """Who asked, of live traffic: `hook 12, claude 3`."""
    if not traffic.sources or set(traffic.sources) == {"replay"}:
        return BLANK
    told = ", ".join(
        f"{states.source_word(name)} {fmt.count(count)}" for name, count in traffic.sources.items()
    )
    return line(Piece(f" from {told}", "muted"))
