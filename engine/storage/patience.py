"""Waiting for another process's lock.

SQLite's own handler sleeps ever longer, up to a tenth of a second. Beside a writer that commits
hundreds of times a second to a rollback journal, it meets the writer's pauses by luck alone.
"""

from __future__ import annotations

import time
from typing import Final

_FIRST_PAUSE_S: Final = 0.000_3
_LONGEST_PAUSE_S: Final = 0.002
_GROWTH: Final = 1.1


class Patience:
    """How long to wait before the next try, and when to give up."""

    __slots__ = ("_give_up_at", "_pause_s")

    def __init__(self, seconds: float) -> None:
        self._give_up_at = time.monotonic() + seconds
        self._pause_s = _FIRST_PAUSE_S

    @property
    def is_over(self) -> bool:
        """Whether all the time has passed."""
        return time.monotonic() >= self._give_up_at

    def next_pause_s(self) -> float:
        """Seconds until the next try; a little longer every time."""
        pause_s = self._pause_s
        self._pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
        return pause_s
