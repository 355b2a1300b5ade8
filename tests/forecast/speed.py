"""How fast forecasts are, on a trace of 114,000 events: `python -m tests.forecast.speed`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from engine.forecast.accesses import Accesses, accesses_of
from engine.forecast.covering import lazy_hits, lru_hits, ttl_hits
from engine.forecast.recorder import AccessRecorder
from engine.forecast.simulation import simulate_eager
from engine.forecast.staleness import staleness
from tests.forecast.traces import generated


def _report(what: str, target_ms: float, work: Callable[[Accesses], object]) -> None:
    took = []
    for _ in range(3):
        fresh = accesses_of(ROWS)
        began = time.perf_counter()
        work(fresh)
        took.append((time.perf_counter() - began) * 1000)
    best, worst = min(took), max(took)
    sys.stdout.write(f"{what:45} {best:8.1f} to {worst:8.1f} ms   target {target_ms:,.0f}\n")


ROWS = list(generated(7, 5, "w", 114_000))


def main() -> None:
    """Print one line per target."""
    ttls = [float(value) for value in np.geomspace(1, 1_000_000, 64)]
    few_ttls = [float(value) for value in np.geomspace(10, 300_000, 16)]
    sizes = [1, 5, 10, 25, 50, 100, 150, 200, 300, 500]
    _report("TTL curve, 64 points", 1000, lambda trace: ttl_hits(trace, ttls))
    _report("size curve", 1000, lambda trace: lru_hits(trace, sizes))
    _report("joint, 10 x 16", 2000, lambda trace: lazy_hits(trace, sizes, few_ttls))
    _report("staleness, 64 points", 1000, lambda trace: staleness(trace, ttls))
    _report("one cell, eager", 200, lambda trace: simulate_eager(trace, 100, 5000.0))
    recorder = AccessRecorder()
    began = time.perf_counter()
    for at, key, _ in ROWS:
        recorder.read(at, key)
    took = (time.perf_counter() - began) / len(ROWS) * 1e6
    sys.stdout.write(f"{'recorder, one access':45} {took:8.2f} us{'':15}target 1\n")
    ready = accesses_of(ROWS)
    _ = ready.reads
    for ttl in (1.0, 30.0, 100.0, 300.0, 1000.0, 5000.0, 60_000.0):
        _report(f"one TTL, trace ready: {ttl:g}", 50, lambda _, ttl=ttl: ttl_hits(ready, [ttl]))  # type: ignore[misc]


if __name__ == "__main__":
    main()
