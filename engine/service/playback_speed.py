"""The steps of a replay's speed: doubled and halved, and beyond the fastest as fast as possible."""

from __future__ import annotations

SLOWEST = 0.25
"""Below this a viewer waits for nothing."""
FASTEST = 64.0
"""Above this the time on the wall says nothing any more: as fast as possible follows."""


def next_speed(speed: float, direction: int) -> float:
    """Twice `speed` (`direction` > 0) or half of it; 0 is as fast as possible.

    At either end it stays.
    """
    if direction > 0:
        return 2 * speed if 0 < speed <= FASTEST / 2 else 0.0
    if speed == 0:
        return FASTEST
    return speed / 2 if speed >= 2 * SLOWEST else speed
