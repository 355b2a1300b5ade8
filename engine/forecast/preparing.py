"""What background preparation cannot reach in time: reads that follow closely upon a change."""

from __future__ import annotations

import numpy as np

from engine.forecast.accesses import WRITE, Accesses


def unprepared_reads(accesses: Accesses, delay: float) -> int:
    """Reads that come less than `delay` after a change of their key, with no read in between.

    A change that was found by the read itself happened at some time since the read before; each
    such read counts as likely as its change fell into the last `delay` of that time.
    """
    reads = accesses.reads
    first = np.diff(reads.keys, prepend=-1) != 0
    after_change = np.flatnonzero(reads.forced & ~first)
    if not len(after_change):
        return 0
    writes = np.flatnonzero(accesses.operations == WRITE)
    key_of_write, known = reads.dense_keys(accesses.keys[writes], accesses)
    writes, key_of_write = writes[known], key_of_write[known]
    # One number per access that orders by key, then by place in the trace.
    stride = len(accesses.times) + 1
    write_order = np.sort(key_of_write * stride + writes)
    read_order = reads.keys[after_change] * stride + reads.sequence[after_change]
    last_write = write_order[np.searchsorted(write_order, read_order) - 1] % stride
    waited = reads.times[after_change] - accesses.times[last_write]
    since_read = np.maximum(reads.gaps[after_change], np.finfo(np.float64).tiny)
    likely = np.minimum(1.0, delay / since_read)
    return round(float(np.where(waited > 0, waited < delay, likely).sum()))
