"""What the caches were asked over the window, counted from the starts' own look-ups.

`asked = hits + misses`, where a confirmed entry is a hit (and counted as confirmed besides), and
the misses are those of first time, expired, no room, changed and joined. A level is asked by all
look-ups that no level above it answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from engine.monitoring.samples import Pattern
from engine.service.messages import CacheLevelView, CacheView
from engine.trace import Level, Namespace, Outcome


@dataclass(slots=True)
class CacheCounts:
    """Look-ups of one cache over the window."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    by_level: Counter[Level] = field(default_factory=Counter)
    """Look-ups that each level answered."""
    needless: int = 0

    @property
    def hits(self) -> int:
        """Look-ups answered by any level."""
        return self.outcomes[Outcome.HIT] + self.outcomes[Outcome.CONFIRMED]

    @property
    def asked(self) -> int:
        """All look-ups; those of a cache that was off are none."""
        return self.outcomes.total() - self.outcomes[Outcome.OFF]

    def asked_of(self, level: Level) -> int:
        """Look-ups that came down to `level`."""
        return self.asked - sum(self.by_level[above] for above in Level if above < level)


def count_lookups(patterns: Mapping[Pattern, int]) -> dict[Namespace, CacheCounts]:
    """The counts of every namespace that a start of the window named."""
    counts: dict[Namespace, CacheCounts] = {}
    for pattern, starts in patterns.items():
        for namespace, outcome, level, needless in pattern.lookups:
            one = counts.get(namespace)
            if one is None:
                one = counts[namespace] = CacheCounts()
            one.outcomes[outcome] += starts
            if outcome.answered and level is not None:
                one.by_level[level] += starts
            one.needless += needless * starts
    return counts


def hits_and_asked(patterns: Mapping[Pattern, int]) -> tuple[int, int]:
    """Look-ups answered by any level, and all look-ups, of all caches."""
    counts = count_lookups(patterns).values()
    return sum(one.hits for one in counts), sum(one.asked for one in counts)


def counted_view(counts: CacheCounts, view: CacheView) -> CacheView:
    """`view` with the window's look-ups in it; entries, sizes and times stay as they are."""
    outcomes = counts.outcomes
    return msgspec.structs.replace(
        view,
        asked=counts.asked,
        hits=counts.hits,
        confirmed=outcomes[Outcome.CONFIRMED],
        first_time=outcomes[Outcome.FIRST_TIME],
        expired=outcomes[Outcome.EXPIRED],
        no_room=outcomes[Outcome.NO_ROOM],
        changed=outcomes[Outcome.CHANGED],
        joined=outcomes[Outcome.JOINED],
        needless=counts.needless,
        levels=[_counted_level(counts, level) for level in view.levels],
    )


def _counted_level(counts: CacheCounts, view: CacheLevelView) -> CacheLevelView:
    level = Level(view.level)
    return msgspec.structs.replace(
        view,
        asked=counts.asked_of(level) if view.on else 0,
        hits=counts.by_level[level],
    )
