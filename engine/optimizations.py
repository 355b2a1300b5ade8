"""The eight numbered optimizations of the plan, as one enum, with what the plan published.

Published figures are milliseconds of the plan's own table; they are shown beside measured
figures and never injected or mixed with them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from engine.errors import SettingError


class Optimization(enum.IntEnum):
    """One item of the plan; each can be switched on and off while the engine runs."""

    PARALLEL_QUERIES = 1
    PLUGIN_FACTS_CACHE = 2
    SOP_PRECOMPILATION = 3
    PARALLEL_ASSEMBLY = 4
    AGENT_VALIDATION = 5
    TIERED_CACHE = 6
    CONNECTION_POOL = 7
    LEAN_MEMORY = 8

    @property
    def label(self) -> str:
        """The short words for this optimization on screen."""
        return PUBLISHED[self].title

    @property
    def published(self) -> str:
        """The plan's published promise, for example `65 -> 40 ms`."""
        return PUBLISHED[self].promise


@dataclass(frozen=True, slots=True)
class Published:
    """What the plan says of one optimization."""

    title: str
    promise: str
    saved_ms: float
    """Milliseconds that the plan promises to save per TaskStart."""


PUBLISHED: dict[Optimization, Published] = {
    Optimization.PARALLEL_QUERIES: Published("parallel queries", "65 → 40 ms", 25.0),
    Optimization.PLUGIN_FACTS_CACHE: Published("plugin facts", "20 → 5 ms", 15.0),
    Optimization.SOP_PRECOMPILATION: Published("compiled SOPs", "10 → 2 ms an agent", 8.0),
    Optimization.PARALLEL_ASSEMBLY: Published("parallel assembly", "50 → 30 ms", 20.0),
    Optimization.AGENT_VALIDATION: Published("agent check", "30 → 15 ms", 15.0),
    Optimization.TIERED_CACHE: Published("tiered cache", "−10 ms", 10.0),
    Optimization.CONNECTION_POOL: Published("connection pool", "−5 ms", 5.0),
    Optimization.LEAN_MEMORY: Published("lean memory", "−5 ms, −30 % memory", 5.0),
}

ALL_OPTIMIZATIONS: frozenset[Optimization] = frozenset(Optimization)
NO_OPTIMIZATIONS: frozenset[Optimization] = frozenset()


def parse_optimizations(text: str) -> frozenset[Optimization]:
    """Read `all`, `none` or a comma-separated list of numbers 1 to 8.

    Raises:
        SettingError: the text is none of these.
    """
    words = text.strip().lower()
    if words == "all":
        return ALL_OPTIMIZATIONS
    if words in ("none", ""):
        return NO_OPTIMIZATIONS
    chosen = set()
    for part in words.split(","):
        try:
            chosen.add(Optimization(int(part.strip())))
        except ValueError:
            raise SettingError(
                f"unknown optimization {part.strip()!r}: say all, none, or numbers 1 to 8 "
                "separated by commas"
            ) from None
    return frozenset(chosen)


def format_optimizations(chosen: frozenset[Optimization]) -> str:
    """The inverse of `parse_optimizations`."""
    if chosen == ALL_OPTIMIZATIONS:
        return "all"
    if not chosen:
        return "none"
    return ",".join(str(int(item)) for item in sorted(chosen))
