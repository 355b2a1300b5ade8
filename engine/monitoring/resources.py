"""Resident memory and CPU of the engine's process, read once a second, off the hot path."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import psutil

CPU_SECONDS = 5.0
"""Over how long the CPU is averaged."""

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ResourceReading:
    """What the process has used so far."""

    resident_bytes: int
    cpu_s: float
    """Seconds of one core, user and system, all threads."""


class ResourceReader(Protocol):
    """Where the figures come from."""

    def read(self) -> ResourceReading:
        """The figures now; must not block."""


class ProcessResources:
    """This process, as the operating system accounts for it."""

    def __init__(self) -> None:
        self._process = psutil.Process()

    def read(self) -> ResourceReading:
        with self._process.oneshot():
            times = self._process.cpu_times()
            resident = self._process.memory_info().rss
        return ResourceReading(resident, times.user + times.system)


class ResourceMeter:
    """Readings over the last seconds, and what follows from them."""

    def __init__(self, reader: ResourceReader) -> None:
        self._reader = reader
        self._readings: deque[tuple[float, float]] = deque()
        self.last: ResourceReading | None = None
        """The latest reading; None before the first."""
        self.peak_mb = 0.0

    def sample(self, now: float) -> None:
        """Read once, at `now` seconds."""
        reading = self.last = self._reader.read()
        self.peak_mb = max(self.peak_mb, reading.resident_bytes / _MEGABYTE)
        self._readings.append((now, reading.cpu_s))
        while len(self._readings) > 2 and self._readings[1][0] <= now - CPU_SECONDS:
            self._readings.popleft()

    @property
    def memory_mb(self) -> float | None:
        """Resident set in millions of bytes."""
        return self.last.resident_bytes / _MEGABYTE if self.last else None

    @property
    def cpu_percent(self) -> float | None:
        """Percent of one core over the last `CPU_SECONDS`; None before there are two readings."""
        if len(self._readings) < 2:
            return None
        (began, used), (ended, used_by_then) = self._readings[0], self._readings[-1]
        return 100.0 * (used_by_then - used) / (ended - began) if ended > began else None
