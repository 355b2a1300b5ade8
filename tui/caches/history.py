"""Hit rates as this console has seen them pass, for the plot; bounded, and only of one engine."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from engine.service.messages import Snapshot

SECONDS = 120
_EVERY_S = 0.5


class Sample(NamedTuple):
    """The hit rates of all caches at one moment, in percent; None where nothing was asked."""

    at_s: float
    rates: dict[str, float | None]


def engine_shown(snapshot: Snapshot) -> tuple[str, str]:
    """Whose figures these are: live traffic's, or which replay's."""
    return snapshot.source.value, snapshot.playback.name if snapshot.playback else ""


class RateHistory:
    """The last two minutes."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=round(SECONDS / _EVERY_S))
        self._of: tuple[str, str] | None = None

    def take(self, snapshot: Snapshot) -> None:
        """Remember this snapshot's rates, twice a second at most."""
        shown = engine_shown(snapshot)
        last = self._samples[-1].at_s if self._samples else None
        if shown != self._of or (last is not None and snapshot.now_s < last):
            self._samples.clear()
            self._of, last = shown, None
        if last is None or snapshot.now_s - last >= _EVERY_S:
            rates = {
                cache.name: 100 * cache.hits / cache.asked if cache.on and cache.asked else None
                for cache in snapshot.caches
            }
            self._samples.append(Sample(snapshot.now_s, rates))

    def stretches(self, cache: str) -> list[tuple[tuple[float, float], ...]]:
        """The cache's (time, rate) points, broken where nothing was asked."""
        found: list[tuple[tuple[float, float], ...]] = []
        current: list[tuple[float, float]] = []
        for sample in self._samples:
            rate = sample.rates.get(cache)
            if rate is None:
                if current:
                    found.append(tuple(current))
                current = []
            else:
                current.append((sample.at_s, rate))
        if current:
            found.append(tuple(current))
        return found
