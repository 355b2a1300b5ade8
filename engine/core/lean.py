"""Garbage collection tuned for a process that keeps much and makes little garbage.

A process has one collector and may have several engines (a replay's beside the live one): the wish
of the engine that was opened last holds, and after its end that of the one before it.
"""

from __future__ import annotations

import gc

# A full collection walks everything that the caches hold (16 to 45 ms at a few hundred thousand
# objects) and finds nothing: entries are freed by reference counting. So it is made rare.
_LEAN_THRESHOLDS = (50_000, 20, 50)
_AS_FOUND = gc.get_threshold()
"""What the process had before any engine."""

_wishes: dict[int, bool] = {}
"""Whether lean is wanted, by engine (its `id`), in the order of their opening."""


def tune_garbage_collection(engine: object, *, lean: bool) -> None:
    """Say whether `engine` wants the collector lean; call `release_garbage_collection` in the end."""
    _wishes[id(engine)] = lean
    if next(reversed(_wishes)) == id(engine):
        _put_in_force(lean)


def release_garbage_collection(engine: object) -> None:
    """`engine` has ended, whether it has wished for anything or not."""
    _wishes.pop(id(engine), None)
    lean = next(reversed(_wishes.values()), False)
    if lean != (gc.get_threshold() == _LEAN_THRESHOLDS):
        _put_in_force(lean)


def _put_in_force(lean: bool) -> None:
    if lean:
        # What an engine before this one left behind is garbage only once it is no longer frozen.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_LEAN_THRESHOLDS)
    else:
        gc.unfreeze()
        gc.set_threshold(*_AS_FOUND)
