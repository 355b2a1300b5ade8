"""Summaries and result lines."""

from __future__ import annotations

import math
import statistics

import pytest

from engine.errors import NotFoundError
from engine.replay.latency import latency_of
from engine.replay.result import result_line
from engine.replay.tally import StartKind, Tally
from engine.service.messages import StaleView
from engine.trace import Trace

MS = 1_000_000


@pytest.mark.parametrize(("n", "p95", "p99"), [(1, 0, 0), (19, 0, 0), (20, 1, 0), (100, 1, 1)])
def test_percentiles_need_enough_samples(n: int, p95: int, p99: int) -> None:
    samples = [number * MS for number in range(1, n + 1)]
    latency = latency_of(samples)
    assert latency.n == n
    assert latency.mean_ms == pytest.approx(statistics.mean(samples) / MS)
    assert latency.p50_ms == math.ceil(n / 2)
    assert latency.max_ms == n
    assert (latency.p95_ms is not None, latency.p99_ms is not None) == (bool(p95), bool(p99))


def test_nothing_measured_is_no_figure() -> None:
    assert latency_of([]).p50_ms is None


def played(*segments: list[tuple[float, bool]]) -> Tally:
    tally = Tally()
    for number, starts in enumerate(segments):
        if number:
            tally.new_segment(f"change {number}", StaleView())
        for total_ms, warm in starts:
            trace = Trace(1, None, total_ns=round(total_ms * MS), warm=warm)
            tally.answered(trace, StartKind.OTHER, tally.segment)
        tally.end_segment(StaleView(checked=9, stale=4 * (not number)))
    return tally


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("p50", "p50 20.0 → 0.05 ms"),
        ("warm", "warm 0 → 50 %"),
        ("first", "first start 30.0 → 2.00 ms"),
        ("worst", "slowest 30.0 → 2.00 ms"),
        ("stale", "stale 4 / 0"),
        ("", "p50 2.00 ms · warm 20 % · n 5"),
        ("no such kind", "p50 2.00 ms · warm 20 % · n 5"),
    ],
)
def test_the_result_compares_the_first_settings_with_the_last(kind: str, line: str) -> None:
    tally = played([(30, False), (20, False), (10, False)], [], [(2, False), (0.05, True)])
    if not kind or kind.startswith("no"):
        line = line.replace("p50 2.00", "p50 10.0")
    assert result_line(tally, kind) == line


def test_failures_are_part_of_the_result() -> None:
    tally = played([(1, True)] * 20)
    tally.failed(NotFoundError("no task 7"), StartKind.OTHER, 0)
    assert result_line(tally, "p50") == "p95 1.00 ms · warm 100 % · n 20 · 1 failed"
    nothing = Tally()
    assert result_line(nothing, "p50") == "no starts"
    nothing.failed(NotFoundError("no task 7"), StartKind.OTHER, 0)
    assert result_line(nothing, "p50") == "no start was answered, 1 failed"
