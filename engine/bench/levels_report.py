"""What the comparison of the cache's levels found, as data, JSON and text."""

from __future__ import annotations

import msgspec

from engine.bench.machine import Machine
from engine.bench.samples import Ratio, Summary
from engine.bench.table import (
    NOTHING,
    factor,
    heading,
    kilobytes,
    machine_lines,
    milliseconds,
    table,
)


class LevelFigures(msgspec.Struct, frozen=True):
    """One level of one stack."""

    level: int
    on: bool
    max_entries: int
    hit_share: float
    """Of all starts; a level below is asked only where those above did not answer."""
    hit_us: float | None
    """Mean microseconds of a hit's look-up; None without hits."""


class StackFigures(msgspec.Struct, frozen=True):
    """One way to spend the budget."""

    name: str
    levels: list[LevelFigures]
    hit_share: float
    mean_ms: float
    """Of a start; the median of the passes' means."""
    mean_ratio: Ratio | None
    """Of L1 alone."""
    latency_ms: Summary
    passes: int


class LevelsReport(msgspec.Struct, frozen=True):
    """The tiers against a single L1, for one memory budget; native."""

    project: str
    workload: str
    starts: int
    keys: int
    """Different starts among them."""
    budget_bytes: int
    live_bytes: float
    """Per answer at L1."""
    packed_bytes: float
    """Per answer at L2."""
    took_s: float
    machine: Machine
    stacks: list[StackFigures]

    def as_json(self) -> bytes:
        """Indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def as_text(self) -> str:
        """Plain text of at most 100 columns."""
        return "\n".join(
            [
                heading("taskstart bench --levels", self.project),
                *(f"  {line}" for line in machine_lines(self.machine)),
                f"  {self.workload[:60]}: {self.starts:,} starts, {self.keys:,} different",
                f"  an answer takes {kilobytes(self.live_bytes)} live, "
                f"{kilobytes(self.packed_bytes)} packed",
                "",
                f"TIERS AGAINST A SINGLE L1, measured (native), {kilobytes(self.budget_bytes)} "
                "of memory for answers in each row",
                *table(
                    ("", "entries L1/L2", "hits L1", "L2", "L3", "all", "µs a hit L1/L2/L3"),
                    [self._hits(stack) for stack in self.stacks],
                ),
                "",
                *table(
                    ("ms per start", "mean", "of L1 alone (95 %)", "p50", "p95", "n"),
                    [self._times(stack) for stack in self.stacks],
                ),
                f"  {self.verdict}",
            ]
        )

    @property
    def verdict(self) -> str:
        """What the best of the tiers gave, in words."""
        single, *tiers = self.stacks
        best = min(tiers, key=lambda stack: stack.mean_ms)
        ratio = best.mean_ratio
        if ratio is None or ratio.interval.low <= 1.0 <= ratio.interval.high:
            return "no evidence that the tiers make a start quicker or slower here"
        if ratio.value > 1.0:
            return "here the tiers do not pay: L1 alone is quicker"
        return (
            f"the tiers pay: {best.name} answers {best.hit_share:.0%} of the starts, "
            f"L1 alone {single.hit_share:.0%}"
        )

    def _hits(self, stack: StackFigures) -> tuple[str, ...]:
        levels = {level.level: level for level in stack.levels}
        sizes = "/".join(
            f"{levels[number].max_entries:,}" for number in (1, 2) if levels[number].on
        )
        shares = [
            f"{levels[number].hit_share:.1%}" if levels[number].on else NOTHING
            for number in (1, 2, 3)
        ]
        times = "/".join(_us(levels[number].hit_us) for number in (1, 2, 3))
        return (stack.name, sizes, *shares, f"{stack.hit_share:.1%}", times)

    def _times(self, stack: StackFigures) -> tuple[str, ...]:
        latency = stack.latency_ms
        return (
            stack.name,
            milliseconds(stack.mean_ms),
            factor(stack.mean_ratio),
            milliseconds(latency.p50),
            milliseconds(latency.p95),
            f"{latency.n:,}",
        )


def _us(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"
