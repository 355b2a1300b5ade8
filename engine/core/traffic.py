"""What was asked of the caches lately, and what was found changed: the matter of every forecast."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from engine.core.request import Request
from engine.forecast.recorder import AccessRecorder, mark_of
from engine.trace import LookUp, Namespace, Outcome

_ANSWERS_KEPT = 131_072
_OTHERS_KEPT = 16_384
"""Lower caches are asked only for what `answers` missed."""
_NAMES_KEPT = 100_000
_CHANGES_KEPT = 10_000


@dataclass(slots=True)
class Measured:
    """What came of one cache's look-ups since the settings were last changed."""

    asked: int = 0
    answered: int = 0
    joined: int = 0
    """Look-ups that waited for another's load; they are among `asked`."""
    needless: int = 0


class CacheTraffic:
    """One cache's accesses, in a ring, and the counts since the last change of settings."""

    def __init__(self, capacity: int) -> None:
        self.accesses = AccessRecorder(capacity)
        self.read = self.accesses.read
        """`read(monotonic seconds, key)`: a start looked `key` up, whatever came of it."""
        self.measured = Measured()
        self._told: dict[Hashable, bytes] = {}
        """The last changes, key -> proof of the new value; two may find the same one."""

    def dated(self, time: float, key: Hashable) -> None:
        """The value of `key` went out of date by the calendar. Told before the read that found it."""
        self.accesses.dated(time, key)

    def changed(self, time: float, key: Hashable, proof: bytes) -> None:
        """`key` was found to have another value than before, which `proof` identifies.

        Must be told before the read that found it.
        """
        if self._told.pop(key, None) != proof:
            self.accesses.write(time, key)
        self._told[key] = proof
        if len(self._told) > _CHANGES_KEPT:
            del self._told[next(iter(self._told))]


class TrafficLog:
    """The accesses of all caches; belongs to one event loop.

    Recording costs half a microsecond a look-up. A change is known when somebody finds it: within
    a moment of its commit while answers are being warmed, else at the next start that it concerns.
    """

    def __init__(self) -> None:
        self.caches = {
            namespace: CacheTraffic(
                _ANSWERS_KEPT if namespace is Namespace.ANSWERS else _OTHERS_KEPT
            )
            for namespace in Namespace
        }
        self.answers = self.caches[Namespace.ANSWERS]
        self._names: dict[int, Request] = {}

    def name(self, request: Request) -> None:
        """Remember which request a recorded mark stands for."""
        names = self._names
        names[mark_of(request)] = request
        if len(names) > _NAMES_KEPT:
            del names[next(iter(names))]

    @property
    def names(self) -> Mapping[int, Request]:
        """Requests by the marks that they have in the recorded accesses of `answers`."""
        return self._names

    def count(self, lookups: Iterable[LookUp]) -> None:
        """Count one start's look-ups as measured."""
        for lookup in lookups:
            if lookup.outcome is Outcome.OFF:
                continue
            measured = self.caches[lookup.namespace].measured
            measured.asked += 1
            measured.answered += lookup.outcome.answered
            measured.joined += lookup.outcome is Outcome.JOINED
            measured.needless += lookup.needless

    def settings_changed(self) -> None:
        """What is measured from now on came of other settings."""
        for traffic in self.caches.values():
            traffic.measured = Measured()
