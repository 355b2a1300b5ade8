"""Reads that take a while, and changes of what they read that come meanwhile."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class ReadUnderWay:
    """A read under way; `overtaken` once its key was replaced or invalidated after it began."""

    __slots__ = ("overtaken", "readers")

    def __init__(self) -> None:
        self.overtaken = False
        self.readers = 0


class ReadsUnderWay(Generic[K]):
    """The reads under way, by key; those of one key that began between two changes share one."""

    def __init__(self) -> None:
        self._by_key: dict[K, ReadUnderWay] = {}

    @contextmanager
    def begin(self, key: K) -> Iterator[ReadUnderWay]:
        """A read of `key` for as long as the block lasts."""
        reading = self._by_key.setdefault(key, ReadUnderWay())
        reading.readers += 1
        try:
            yield reading
        finally:
            reading.readers -= 1
            if not reading.readers and self._by_key.get(key) is reading:
                del self._by_key[key]

    def overtake(self, key: K) -> None:
        """`key` changed: what reads under way will find is no longer true."""
        if self._by_key and (reading := self._by_key.pop(key, None)) is not None:
            reading.overtaken = True

    def overtake_all(self) -> None:
        """`overtake` for every key."""
        for key in tuple(self._by_key):
            self.overtake(key)
