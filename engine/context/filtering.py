"""How much of the context an agent's capabilities took away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilteringStatistics:
    """Counts of what was filtered out, and their shares from 0 to 1."""

    amalgamations_filtered: int
    amalgamations_reduction: float
    plugin_facts_filtered: int
    plugin_facts_reduction: float

    @property
    def total_reduction(self) -> float:
        """The mean of the two shares."""
        return (self.amalgamations_reduction + self.plugin_facts_reduction) / 2

    def as_dict(self) -> dict[str, float]:
        """The delivered form."""
        return {
            "amalgamations_filtered": self.amalgamations_filtered,
            "amalgamations_reduction": self.amalgamations_reduction,
            "plugin_facts_filtered": self.plugin_facts_filtered,
            "plugin_facts_reduction": self.plugin_facts_reduction,
            "total_reduction": self.total_reduction,
        }


def measure_filtering(
    *, amalgamations: int, amalgamations_removed: int, facts: int, facts_removed: int
) -> FilteringStatistics:
    """Statistics from the numbers before filtering and the numbers removed."""
    return FilteringStatistics(
        amalgamations_removed,
        amalgamations_removed / amalgamations if amalgamations else 0.0,
        facts_removed,
        facts_removed / facts if facts else 0.0,
    )
