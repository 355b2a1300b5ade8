"""Axes: nice numbers, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """A value axis from `low` to `high`."""

    low: float
    high: float
    logarithmic: bool
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where `value` is, from 0 to 1; values beyond the ends are placed at the ends."""
        if self.logarithmic:
            value = max(value, self.low)
            span = math.log(self.high / self.low)
            return min(1.0, math.log(value / self.low) / span)
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def nice_ceiling(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 x 10^n at or above `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0):
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10.0 * power


FAR = 20.0
"""A limit so many times above three quarters of the values would flatten them on a linear axis."""


def latency_axis(values: list[float], limit: float) -> Axis:
    """Linear with the limit in view; logarithmic where most values are far below the limit."""
    positive = sorted(value for value in values if value > 0)
    if positive and positive[len(positive) * 3 // 4] * FAR < limit:
        low = 10.0 ** math.floor(math.log10(positive[0]))
        high = 10.0 ** math.ceil(math.log10(positive[-1]) - 1e-9)
        if high <= low * 1.001:
            high = low * 10
        steps = round(math.log10(high / low))
        return Axis(low, high, True, tuple(low * 10.0**step for step in range(steps + 1)))
    high = nice_ceiling(max(max(values, default=0.0), limit * 1.1))
    parts = 3 if math.isclose(high / 3, nice_ceiling(high / 3), rel_tol=1e-6) else 2
    return Axis(0.0, high, False, tuple(high * part / parts for part in range(parts + 1)))
