"""The one line that a replay ends with."""

from __future__ import annotations

from collections.abc import Callable

from engine.percentile import percentile
from engine.replay.latency import latency_of
from engine.replay.tally import Segment, Tally

_NS_PER_MS = 1e6


def result_line(tally: Tally, kind: str) -> str:
    """The one line at the end: the first segment of settings against the last.

    `kind` is `p50`, `warm`, `first` (the first start), `worst` (the slowest) or `stale`; anything else,
    or a replay without a change of settings, gives a plain summary.
    """
    measured = [part for part in tally.segments if part.totals_ns]
    if not measured:
        return f"no start was answered, {tally.errors} failed" if tally.errors else "no starts"
    show = _COMPARED.get(kind) if len(measured) > 1 else None
    line = show(measured[0], measured[-1]) if show else _summary(tally)
    return f"{line} · {tally.errors} failed" if tally.errors else line


def _summary(tally: Tally) -> str:
    latency = latency_of([total for part in tally.segments for total in part.totals_ns])
    middle = _ms(latency.p50_ms) if latency.p95_ms is None else _ms(latency.p95_ms)
    name = "p50" if latency.p95_ms is None else "p95"
    share = 100 * tally.warm / latency.n
    return f"{name} {middle} ms · warm {share:.0f} % · n {latency.n:,}"


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _p50(part: Segment) -> str:
    return _ms(percentile(sorted(part.totals_ns), 50) / _NS_PER_MS)


def _warm(part: Segment) -> str:
    return f"{100 * part.warm / len(part.totals_ns):.0f}"


def _worst(part: Segment) -> str:
    return _ms(max(part.totals_ns) / _NS_PER_MS)


def _first(part: Segment) -> str:
    return _ms((part.first_ns or 0) / _NS_PER_MS)


_COMPARED: dict[str, Callable[[Segment, Segment], str]] = {
    "p50": lambda a, b: f"p50 {_p50(a)} → {_p50(b)} ms",
    "warm": lambda a, b: f"warm {_warm(a)} → {_warm(b)} %",
    "first": lambda a, b: f"first start {_first(a)} → {_first(b)} ms",
    "stale": lambda a, b: f"stale {a.stale.stale:,} / {b.stale.stale:,}",
    "worst": lambda a, b: f"slowest {_worst(a)} → {_worst(b)} ms",
}
