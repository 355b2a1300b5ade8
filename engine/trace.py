"""What one TaskStart did: its exclusive phases, its look-ups and its spans.

Times are nanoseconds of `time.perf_counter_ns`. Phases are exclusive: they add up to the total.
Spans may overlap (concurrent loads) and are drawn as a waterfall.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from engine.optimizations import Optimization


class Phase(enum.IntEnum):
    """An exclusive part of a TaskStart's time; the value is its index in `Trace.phases`."""

    QUEUE = 0
    CACHE = 1
    DATABASE = 2
    PLUGIN_FACTS = 3
    AGENT_VALIDATION = 4
    AGENT_SOPS = 5
    ASSEMBLY = 6
    RENDER = 7

    @property
    def label(self) -> str:
        """The words for this phase on screen."""
        return PHASE_TITLES[self]


PHASE_TITLES: dict[Phase, str] = {
    Phase.QUEUE: "waiting to start",
    Phase.CACHE: "cache",
    Phase.DATABASE: "database",
    Phase.PLUGIN_FACTS: "plugin facts",
    Phase.AGENT_VALIDATION: "agent check",
    Phase.AGENT_SOPS: "agent SOPs",
    Phase.ASSEMBLY: "assembly",
    Phase.RENDER: "render",
}


class Namespace(enum.StrEnum):
    """What a cache holds."""

    ANSWERS = "answers"
    ROWS = "rows"
    RULES = "rules"
    PLUGIN_FACTS = "plugin_facts"
    AGENTS = "agents"
    SOPS = "sops"

    @property
    def label(self) -> str:
        """The words for this cache on screen."""
        return self.value.replace("_", " ").replace("sops", "SOPs")


class Level(enum.IntEnum):
    """A cost tier of the cache."""

    L1 = 1
    L2 = 2
    L3 = 3

    @property
    def label(self) -> str:
        return ("L1 live", "L2 packed", "L3 disk")[self - 1]


class Outcome(enum.StrEnum):
    """How one look-up ended. The first two were answered by a level, the rest were not."""

    HIT = "hit"
    CONFIRMED = "confirmed"
    """Its time was up or the database had changed, and one read proved it unchanged."""
    FIRST_TIME = "first_time"
    EXPIRED = "expired"
    NO_ROOM = "no_room"
    CHANGED = "changed"
    JOINED = "joined"
    """Waited for another start's load of the same key; a miss that loaded nothing itself."""
    OFF = "off"
    """The optimization that would ask this cache is off; not counted as asked."""

    @property
    def answered(self) -> bool:
        """Whether a level answered."""
        return self is Outcome.HIT or self is Outcome.CONFIRMED


@dataclass(frozen=True, slots=True)
class LookUp:
    """One question to one cache."""

    namespace: Namespace
    outcome: Outcome
    level: Level | None = None
    needless: bool = False
    """It had expired and was loaded again, and nothing had changed."""


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of time within a start; may overlap others. Nanoseconds from the intended start."""

    name: str
    start_ns: int
    end_ns: int
    modeled_ns: int = 0
    """How much of it was injected by the cost profile."""


NO_TASK = 0
"""As a task's id: no task was meant, or none that can be one."""


@dataclass(slots=True)
class Trace:
    """One TaskStart, measured."""

    task_id: int
    agent_role: str | None
    total_ns: int = 0
    phases: tuple[int, ...] = (0,) * len(Phase)
    """Nanoseconds by `Phase`; they add up to `total_ns`."""
    lookups: tuple[LookUp, ...] = ()
    spans: tuple[Span, ...] = ()
    warm: bool = False
    """A finished answer was served: the request path built no context."""
    modeled_ns: int = 0
    """How much of the total the cost profile injected; 0 under `native`."""
    profile: str = "native"
    optimizations: frozenset[Optimization] = field(default_factory=frozenset)
    error: str | None = None

    @property
    def is_without_task(self) -> bool:
        """Whether an agent was given the project's context instead of a task's: no TaskStart."""
        return self.task_id == NO_TASK and self.error is None

    @property
    def modeled(self) -> bool:
        """Whether a cost profile other than `native` was in force."""
        return self.profile != "native"

    @property
    def asked_database(self) -> bool:
        """Whether this start ran any statement for data."""
        return self.phases[Phase.DATABASE] > 0
