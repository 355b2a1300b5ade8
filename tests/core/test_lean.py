"""The garbage collector of a process that keeps much and makes little garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from engine.core.lean import release_garbage_collection, tune_garbage_collection


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.fixture
def usual() -> tuple[int, int, int]:
    """The thresholds of a collector that is not lean."""
    engine = object()
    tune_garbage_collection(engine, lean=False)
    release_garbage_collection(engine)
    return gc.get_threshold()


def test_lean_collects_rarely_and_spares_what_is_there(usual: tuple[int, int, int]) -> None:
    engine = object()
    assert gc.get_freeze_count() == 0
    tune_garbage_collection(engine, lean=True)
    assert gc.get_threshold() > usual
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    tune_garbage_collection(engine, lean=False)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
    release_garbage_collection(engine)


def test_after_an_engine_the_wish_of_the_one_before_it_holds_again(
    usual: tuple[int, int, int],
) -> None:
    live, replay = object(), object()
    tune_garbage_collection(live, lean=True)
    tune_garbage_collection(replay, lean=False)
    assert gc.get_threshold() == usual
    # The newest engine's wish holds, whatever another wants meanwhile.
    tune_garbage_collection(live, lean=True)
    assert gc.get_threshold() == usual
    release_garbage_collection(replay)
    assert gc.get_threshold() > usual
    assert gc.get_freeze_count() > 0
    release_garbage_collection(live)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def test_an_older_engine_ends_without_disturbing_the_newest(usual: tuple[int, int, int]) -> None:
    older, newest = object(), object()
    tune_garbage_collection(older, lean=False)
    tune_garbage_collection(newest, lean=True)
    frozen = gc.get_freeze_count()
    release_garbage_collection(older)
    assert gc.get_threshold() > usual
    assert gc.get_freeze_count() == frozen
    release_garbage_collection(newest)
