"""The machine that figures were measured on: without it, they say nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

import msgspec

from engine import __version__

_CPU_INFO = Path("/proc/cpuinfo")


class Machine(msgspec.Struct, frozen=True):
    """A fingerprint of where and when a benchmark ran."""

    cpu: str
    cores: int
    """Those that this process may use."""
    system: str
    python: str
    sqlite: str
    product: str
    load: tuple[float, float, float]
    """Load average of the last 1, 5 and 15 minutes when the benchmark began."""

    @property
    def busy(self) -> bool:
        """Whether so much else was running that figures are worse than on a quiet machine."""
        return self.load[0] > self.cores / 2


def this_machine() -> Machine:
    """The fingerprint of this machine, now."""
    return Machine(
        cpu=_cpu_model(),
        cores=_usable_cores(),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        product=__version__,
        load=os.getloadavg(),
    )


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []  # not Linux: the platform module knows
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "model name" and value.strip():
            return value.strip()
    return platform.processor() or platform.machine()
