"""The garbage collector of a process that keeps much and makes little garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from engine.core.lean import tune_garbage_collection


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_lean_collects_rarely_and_spares_what_is_there() -> None:
    tune_garbage_collection(False)
    usual = gc.get_threshold()
    assert gc.get_freeze_count() == 0
    tune_garbage_collection(True)
    assert gc.get_threshold() > usual
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    tune_garbage_collection(False)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
