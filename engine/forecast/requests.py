"""What the engine asks its forecast worker, and the answers. Imports no numpy."""

from __future__ import annotations

import msgspec

from engine.forecast.recorder import Recorded


class Load(msgspec.Struct, tag=True, frozen=True):
    """Take this trace in the place of the one of that name. Answer: `Loaded`."""

    recorded: Recorded
    name: str = ""
    """Several traces may be held at once."""


class Loaded(msgspec.Struct, tag=True, frozen=True):
    """What a trace holds."""

    reads: int
    cold: int
    """First reads of a key within the trace: misses whatever the settings."""
    keys: int
    writes: int
    """Changes of a value."""
    span: float
    """Time from the first access to the last; a TTL beyond it was not observed."""


class Ask(msgspec.Struct, tag=True, frozen=True):
    """Curves of the trace that was last loaded under `name`. Answer: `Curves`."""

    ttls: list[float] = []
    sizes: list[int] = []
    stacks: list[list[tuple[int, float]]] = []
    """Levels of (size, TTL), the first level first, each stack played exactly."""
    delays: list[float] = []
    """How soon after a change its key is prepared again; see `Curves.unprepared`."""
    heard: bool = False
    """Whether writes invalidate; otherwise the TTL alone decides, and writes make stale."""
    name: str = ""


class TtlPoint(msgspec.Struct, array_like=True, frozen=True):
    ttl: float
    hits: int
    stale: int
    oldest_stale: float
    needless: int = 0
    """Loads of what had expired and not changed."""


class SizePoint(msgspec.Struct, array_like=True, frozen=True):
    size: int
    hits: int


class Curves(msgspec.Struct, tag=True, frozen=True):
    """Points in the order in which they were asked for."""

    by_ttl: list[TtlPoint] = []
    by_size: list[SizePoint] = []
    stacks: list[list[int]] = []
    """Hits by level of each stack."""
    unprepared: list[int] = []
    """For each delay, the reads that come sooner than that after a change of their key."""


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The question could not be answered."""

    reason: str


Question = Load | Ask
Answer = Loaded | Curves | Refused
