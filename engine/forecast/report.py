"""What `taskstart forecast TRACE` computes and prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.errors import SettingError
from engine.forecast.covering import lazy_hits, lru_hits, ttl_hits
from engine.forecast.grid import size_grid, thinned, ttl_grid
from engine.forecast.simulation import simulate_eager
from engine.forecast.staleness import Staleness, staleness
from engine.forecast.trace_file import Trace, read_trace
from engine.replay.trace import ProjectLinks

Cell = tuple[int, float]
"""Size in entries, TTL."""


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """Hits by TTL, by size and by both, and staleness by TTL. TTLs are in the trace's unit."""

    reads: int
    cold: int
    """Reads that miss whatever the settings: the first of a key, or after an invalidation."""
    ttl: dict[float, int]
    lru: dict[int, int]
    lazy: dict[Cell, int]
    eager: dict[Cell, int]
    staleness: dict[float, Staleness]

    def as_json(self) -> bytes:
        """One JSON object; cells are named `size/TTL`."""
        return msgspec.json.encode(
            {
                "reads": self.reads,
                "ttl": {_number(ttl): hits for ttl, hits in self.ttl.items()},
                "lru": {str(size): hits for size, hits in self.lru.items()},
                "lazy": _by_cell(self.lazy),
                "eager": _by_cell(self.eager),
                "staleness": {
                    _number(ttl): [found.stale, _plain(found.age_sum), _plain(found.age_max)]
                    for ttl, found in self.staleness.items()
                },
            }
        )

    def as_text(self) -> str:
        """Tables for a person."""
        return "\n".join(
            [
                f"{self.reads:,} reads, {self.cold:,} of them miss whatever the settings;"
                " TTLs and ages in the trace's unit of time (a workload's: seconds)",
                *self._ttl_lines(),
                *self._size_lines(),
                *self._cell_lines(),
            ]
        )

    def _ttl_lines(self) -> list[str]:
        if not self.ttl:
            return []
        lines = ["", f"{'TTL':>12} {'hits':>10} {'rate':>7} {'stale':>8} {'oldest stale':>14}"]
        for ttl, hits in self.ttl.items():
            found = self.staleness[ttl]
            oldest = _number(round(found.age_max, 3)) if found.stale else "–"
            lines.append(
                f"{_number(ttl):>12} {hits:>10,} {self._rate(hits)} {found.stale:>8,} {oldest:>14}"
            )
        return lines

    def _size_lines(self) -> list[str]:
        if not self.lru:
            return []
        return [
            "",
            f"{'size':>12} {'hits':>10} {'rate':>7}",
            *(f"{size:>12,} {hits:>10,} {self._rate(hits)}" for size, hits in self.lru.items()),
        ]

    def _cell_lines(self) -> list[str]:
        if not self.lazy:
            return []
        lazy = self._matrix("expired entries keep their place (lazy), rate", self.lazy)
        eager = self._matrix("expired entries purged before each insert (eager), rate", self.eager)
        return [*lazy, *eager]

    def _matrix(self, title: str, hits: dict[Cell, int]) -> list[str]:
        """Rates by TTL downward and size to the right."""
        sizes = sorted({size for size, _ in hits})
        ttls = sorted({ttl for _, ttl in hits})
        lines = ["", title, f"{'TTL':>12} " + " ".join(f"{f'size {size:,}':>12}" for size in sizes)]
        for ttl in ttls:
            rates = " ".join(f"{self._rate(hits[size, ttl]):>12}" for size in sizes)
            lines.append(f"{_number(ttl):>12} {rates}")
        return lines

    def _rate(self, hits: int) -> str:
        return f"{100 * hits / self.reads:5.1f} %"


def forecast_file(
    path: Path,
    *,
    ttls: Sequence[float] = (),
    sizes: Sequence[int] = (),
    links: ProjectLinks | None = None,
) -> ForecastReport:
    """Forecast a recorded trace: a workload, or a CSV file of `t,key,op`.

    Args:
        ttls: TTLs in the trace's unit of time (seconds for a workload).
        sizes: entries. Joint cells are computed for all pairs. With neither, a
            grid of both, and joint cells for a part of it.
        links: what is known of a workload's project.

    Raises:
        WorkloadError: the file cannot be read or is malformed.
        SettingError: a TTL or a size makes no sense.
    """
    _check(ttls, sizes)
    return forecast(read_trace(path, links), ttls=ttls, sizes=sizes)


def forecast(
    trace: Trace, *, ttls: Sequence[float] = (), sizes: Sequence[int] = ()
) -> ForecastReport:
    """Forecast a trace; see `forecast_file`.

    Raises:
        SettingError: a TTL or a size makes no sense.
    """
    _check(ttls, sizes)
    accesses = trace.accesses
    if not ttls and not sizes:
        ttls, sizes = ttl_grid(accesses), size_grid(accesses)
        lazy = lazy_hits(accesses, thinned(sizes), thinned(ttls))
    else:
        lazy = lazy_hits(accesses, sizes, ttls)
    return ForecastReport(
        reads=len(accesses.reads),
        cold=int(accesses.reads.forced.sum()),
        ttl=ttl_hits(accesses, ttls),
        lru=lru_hits(accesses, sizes),
        lazy=lazy,
        eager={(size, ttl): simulate_eager(accesses, size, ttl) for size, ttl in lazy},
        staleness=staleness(trace.unvalidated, ttls),
    )


def _check(ttls: Sequence[float], sizes: Sequence[int]) -> None:
    for ttl in ttls:
        if not math.isfinite(ttl) or ttl < 0:
            raise SettingError(f"a TTL of {ttl} makes no sense", "say a number from 0 on")
    for size in sizes:
        if size < 1:
            raise SettingError(f"a size of {size} makes no sense", "say a whole number from 1 on")


def _by_cell(hits: dict[Cell, int]) -> dict[str, int]:
    return {f"{size}/{_number(ttl)}": count for (size, ttl), count in hits.items()}


def _plain(value: float) -> float:
    """A whole number without its decimal point."""
    return int(value) if value == int(value) else value


def _number(value: float) -> str:
    return str(_plain(value))
