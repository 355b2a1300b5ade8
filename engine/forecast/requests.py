"""What the engine asks its forecast worker, and the answers. Imports no numpy."""

from __future__ import annotations

import msgspec

from engine.forecast.recorder import Recorded


class Load(msgspec.Struct, tag=True, frozen=True):
    """Take this trace; all later questions are about it. Answer: `Loaded`."""

    recorded: Recorded


class Loaded(msgspec.Struct, tag=True, frozen=True):
    """What a trace holds."""

    reads: int
    cold: int
    """First reads of a key within the trace: misses whatever the settings."""
    keys: int
    span: float
    """Time from the first access to the last; a TTL beyond it was not observed."""


class Ask(msgspec.Struct, tag=True, frozen=True):
    """Curves of the trace that was loaded last. Answer: `Curves`."""

    ttls: list[float] = []
    sizes: list[int] = []
    cells: list[tuple[int, float]] = []
    """(size, TTL), each played exactly."""
    heard: bool = False
    """Whether writes invalidate; otherwise the TTL alone decides, and writes make stale."""


class TtlPoint(msgspec.Struct, array_like=True, frozen=True):
    ttl: float
    hits: int
    stale: int
    oldest_stale: float


class SizePoint(msgspec.Struct, array_like=True, frozen=True):
    size: int
    hits: int


class CellPoint(msgspec.Struct, array_like=True, frozen=True):
    size: int
    ttl: float
    hits: int


class Curves(msgspec.Struct, tag=True, frozen=True):
    """Points in the order in which they were asked for."""

    by_ttl: list[TtlPoint] = []
    by_size: list[SizePoint] = []
    cells: list[CellPoint] = []


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The question could not be answered."""

    reason: str


Question = Load | Ask
Answer = Loaded | Curves | Refused
