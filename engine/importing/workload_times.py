"""Instants to a workload's own clock, and the span that an import takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.importing.refusal import ImportRefusedError
from engine.replay.events import LONGEST_WORKLOAD_S
from engine.replay.workload import MAX_EVENTS


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to just before `until`; None is without a bound."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


def seconds_since(start: datetime, moment: datetime) -> float:
    """`t` of an event, in seconds to the microsecond."""
    return round((moment - start).total_seconds(), 6)


def check_extent(first: datetime, last: datetime, events: int) -> None:
    """Make sure that a workload can hold so much.

    Raises:
        ImportRefusedError: it would be too long, in time or in events.
    """
    if (last - first).total_seconds() > LONGEST_WORKLOAD_S:
        raise ImportRefusedError(
            f"from {first:%Y-%m-%d} to {last:%Y-%m-%d} is more than a workload's ten years",
            "narrow it with --since and --until",
        )
    if events > MAX_EVENTS:
        raise ImportRefusedError(
            f"{events:,} events are more than a workload's {MAX_EVENTS:,}",
            "narrow it with --since and --until",
        )
