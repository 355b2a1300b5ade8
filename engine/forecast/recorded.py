"""Accesses that a live cache recorded, as a trace."""

from __future__ import annotations

import numpy as np

from engine.forecast.accesses import Accesses, accesses_from_arrays
from engine.forecast.recorder import Recorded

_OPERATION_MASK = 3


def accesses_of_recorded(recorded: Recorded) -> Accesses:
    """Decode what an `AccessRecorder` kept."""
    times = np.frombuffer(recorded.times, np.float64)
    marks = np.frombuffer(recorded.marks, np.int64)
    _, keys = np.unique(marks >> 2, return_inverse=True)
    return accesses_from_arrays(
        times, keys.astype(np.int64), (marks & _OPERATION_MASK).astype(np.int8)
    )
