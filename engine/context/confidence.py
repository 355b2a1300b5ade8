"""How complete and fresh a context is: four factors, one score, one band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SIX_W_WEIGHT: Final = 0.35
_FACTS_WEIGHT: Final = 0.25
_AMALGAMATIONS_WEIGHT: Final = 0.25
_FRESHNESS_WEIGHT: Final = 0.15
_FRESHNESS_STEPS: Final = ((7, 1.0), (30, 0.8), (90, 0.5))
_STALE_FRESHNESS: Final = 0.2
_YELLOW_FROM: Final = 0.5
_GREEN_FROM: Final = 0.8


@dataclass(frozen=True, slots=True)
class Confidence:
    """The score of a context, computed before anything is filtered out of it. All are from 0 to 1."""

    six_w: float
    facts: float
    amalgamations: float
    freshness: float

    @property
    def score(self) -> float:
        """The weighted sum, added in AgentPM's order so that it is the same double."""
        return (
            self.six_w * _SIX_W_WEIGHT
            + self.facts * _FACTS_WEIGHT
            + self.amalgamations * _AMALGAMATIONS_WEIGHT
            + self.freshness * _FRESHNESS_WEIGHT
        )

    @property
    def band(self) -> str:
        """RED below 0.5, YELLOW below 0.8, then GREEN."""
        score = self.score
        if score < _YELLOW_FROM:
            return "RED"
        return "YELLOW" if score < _GREEN_FROM else "GREEN"


def freshness_factor(days: int) -> float:
    """1.0 up to 7 days of age, 0.8 up to 30, 0.5 up to 90, then 0.2."""
    return next((factor for limit, factor in _FRESHNESS_STEPS if days <= limit), _STALE_FRESHNESS)
