"""How long a benchmark may take: parts get shares of seconds, and do as many rounds as fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

Progress = Callable[[str], None]
"""Told what is being done now, in a few words."""

MIN_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds for each part of a run; every part does at least `MIN_ROUNDS` rounds."""

    native_s: float
    plan_s: float
    steps_native_s: float
    steps_plan_s: float
    concurrency_s: float

    @property
    def quick(self) -> bool:
        """Whether this is the short form."""
        return self == QUICK


QUICK = Budget(native_s=2.0, plan_s=2.0, steps_native_s=2.0, steps_plan_s=2.0, concurrency_s=2.0)
FULL = Budget(
    native_s=20.0, plan_s=10.0, steps_native_s=15.0, steps_plan_s=15.0, concurrency_s=10.0
)


def rounds(
    seconds: float, what: str, progress: Progress, *, at_least: int = MIN_ROUNDS
) -> Iterator[int]:
    """Numbers of rounds from 0, until the seconds are spent; progress is told before each."""
    began = monotonic()
    number = 0
    while number < at_least or monotonic() - began < seconds:
        spent = min((monotonic() - began) / seconds, 0.99) if seconds else 0.99
        progress(f"{what}: round {number + 1}, {100 * spent:.0f} %")
        yield number
        number += 1
