"""Whether what a cache holds may still be served, according to the freshness mode."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from engine.cache.entry import Entry, FileSignatures
from engine.cache.levels import PackedEntry
from engine.clock import Clock
from engine.settings import Freshness, Settings
from engine.storage.sentinel import Sentinel

TRUST = -1
"""In the place of an epoch: the mode trusts the TTL, and nothing is checked."""


class FreshnessGate:
    """Answers two questions of every start: what is the epoch, and does this entry belong to it?"""

    def __init__(self, sentinel: Sentinel, settings: Settings, clock: Clock) -> None:
        self._sentinel = sentinel
        self._clock = clock
        self._monotonic: Callable[[], float] = clock.monotonic
        self._timestamp: Callable[[], float] = clock.timestamp
        self._checked_at = float("-inf")
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Put a mode in force."""
        self._mode = settings.freshness
        self._bound = settings.bounded_ms / 1000.0

    @property
    def mode(self) -> Freshness:
        """The mode in force."""
        return self._mode

    def check_at_once(self) -> int | None:
        """The epoch without leaving the event loop; None when `check` must be awaited."""
        if self._mode is Freshness.STRICT:
            return self._sentinel.try_check_on_loop()
        if self._mode is Freshness.TTL:
            return TRUST
        now = self._monotonic()
        if now - self._checked_at < self._bound:
            return self._sentinel.epoch
        epoch = self._sentinel.try_check_on_loop()
        if epoch is not None:
            self._checked_at = now
        return epoch

    def is_now(self, epoch: int) -> bool:
        """Whether the database is proven to be at `epoch` now, in every mode; never waits."""
        return self._sentinel.try_check_on_loop() == epoch

    async def check(self) -> int:
        """The epoch, by a check that begins now.

        Raises:
            DatabaseError: the database cannot be checked; nothing may be served then.
        """
        if self._mode is Freshness.TTL:
            return TRUST
        now = self._monotonic()
        epoch = await self._sentinel.check()
        self._checked_at = now
        return epoch

    @property
    def tag(self) -> int:
        """The epoch for what is loaded from now on: the last one seen, which can only be too old."""
        return self._sentinel.epoch

    def is_proven(self, entry: Entry[Any], epoch: int) -> bool:
        """Whether `entry`, within its deadline, may be served as of `epoch` without a read."""
        # Every start pays this: most entries hold on any day, which is seen without a call.
        return (entry.valid_until is None or self.holds_today(entry)) and (
            epoch == TRUST or (entry.epoch == epoch and files_unmoved(entry.files))
        )

    def holds_today(self, entry: Entry[Any] | PackedEntry) -> bool:
        """Whether the date has not yet made `entry` wrong."""
        return entry.valid_until is None or self._timestamp() < entry.valid_until


def files_unmoved(files: FileSignatures) -> bool:
    """Whether every file has the signature that it had when it was read (2 us a file)."""
    # Every start pays this: comparing in place saves making a signature to compare with.
    for path, before in files:
        try:
            now = os.stat(path)  # noqa: PTH116 - half the cost of Path.stat
        except (OSError, ValueError):
            if before is not None:
                return False
            continue
        if (
            before is None
            or now.st_mtime_ns != before[0]
            or (now.st_ctime_ns, now.st_size, now.st_ino, now.st_dev) != before[1:]
        ):
            return False
    return True
