"""Why a key that was cached once no longer is: a bounded memory of departures."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from engine.cache.lru import ResizableLru
from engine.trace import Outcome

K = TypeVar("K", bound=Hashable)

_REMEMBERED_AT_LEAST = 1_000
_REMEMBERED_AT_MOST = 100_000


class Departures(Generic[K]):
    """Remembers the last departures, so that a miss can say NO_ROOM, CHANGED or EXPIRED.

    A key that was forgotten here reads FIRST_TIME; as many keys are remembered as the cache holds
    entries, between 1,000 and 100,000.
    """

    def __init__(self, entries: int) -> None:
        self._reasons: ResizableLru[K, Outcome] = ResizableLru(0)
        self.resize(entries)

    def resize(self, entries: int) -> None:
        """Remember as many departures as a cache of `entries` would need."""
        self._reasons.bound = min(max(entries, _REMEMBERED_AT_LEAST), _REMEMBERED_AT_MOST)
        self._trim()

    def note(self, key: K, reason: Outcome) -> None:
        """`key` left for `reason`."""
        self._reasons[key] = reason
        self._trim()

    def forget(self, key: K) -> None:
        """`key` is cached again."""
        self._reasons.pop(key, None)

    def clear(self) -> None:
        """Every key is new again."""
        self._reasons.clear()

    def reason(self, key: K) -> Outcome:
        """Why `key` is not cached."""
        return self._reasons.get(key, Outcome.FIRST_TIME)

    def _trim(self) -> None:
        for _ in self._reasons.trim():
            pass
