"""What a benchmark found, as data and as JSON."""

from __future__ import annotations

import msgspec

from engine.bench.concurrency import Concurrency
from engine.bench.machine import Machine
from engine.bench.memory import Memory
from engine.bench.situations import Comparison
from engine.bench.steps import Step


class BenchReport(msgspec.Struct, frozen=True):
    """Baseline against optimized, interleaved in one run.

    Milliseconds, but for `memory` (bytes) and resident sets (MB). Under the `plan` profile the
    figures are modeled: its injected costs are in them.
    """

    project: str
    tasks_asked: int
    journal_mode: str
    quick: bool
    took_s: float
    machine: Machine
    comparisons: list[Comparison]
    """Native first, then plan."""
    concurrency: list[Concurrency]
    memory: Memory | None
    """None for a project without agents."""
    steps: list[Step]

    def as_json(self) -> bytes:
        """Indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def as_text(self) -> str:
        """Plain text of at most 100 columns."""
        from engine.bench.describe import describe

        return describe(self)
