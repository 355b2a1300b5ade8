"""Accesses that a live cache recorded, as a trace."""

from __future__ import annotations

import numpy as np

from engine.forecast.accesses import UNSEEN, WRITE, Accesses, accesses_from_arrays
from engine.forecast.recorder import DATED, Recorded

_OPERATION_MASK = 3


def accesses_of_recorded(recorded: Recorded, *, heard: bool = True) -> Accesses:
    """Decode what an `AccessRecorder` kept; writes are heard of or not, the calendar always."""
    times = np.frombuffer(recorded.times, np.float64)
    marks = np.frombuffer(recorded.marks, np.int64)
    _, keys = np.unique(marks >> 2, return_inverse=True)
    operations = (marks & _OPERATION_MASK).astype(np.int8)
    dated = operations == DATED
    if not heard:
        operations[operations == WRITE] = UNSEEN
    operations[dated] = WRITE
    return accesses_from_arrays(times, keys.astype(np.int64), operations)
