"""Undo and redo of settings: values by path, any number of steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.service.history import SettingsHistory, apply_values
from engine.service.stage import Stage
from engine.settings import Settings, get_setting
from engine.settings.words import LEAF_PATHS
from tests.service.fakes import FakeEngine

PATHS = ["caches.answers.ttl_seconds", "caches.rows.max_entries", "pool_size", "optimizations.3"]
VALUES: dict[str, st.SearchStrategy[object]] = {
    PATHS[0]: st.integers(0, 10_000).map(float),
    PATHS[1]: st.integers(1, 1_000),
    PATHS[2]: st.integers(1, 64),
    PATHS[3]: st.booleans(),
}
CHANGES = st.sampled_from(PATHS).flatmap(lambda path: VALUES[path].map(lambda value: {path: value}))


@given(st.lists(CHANGES, max_size=30))
def test_undoing_all_and_redoing_all_comes_back_to_the_same(
    changes: list[dict[str, object]],
) -> None:
    history, settings = SettingsHistory(), Settings()
    seen = [settings]
    for change in changes:
        after = apply_values(settings, change)
        if history.note(settings, after) is not None:
            seen.append(after)
        settings = after
    for expected in reversed(seen[:-1]):
        step = history.last_done()
        assert step is not None
        settings = apply_values(settings, step.before)
        history.undone(step)
        assert settings == expected
    assert history.can_undo == ""
    for expected in seen[1:]:
        step = history.last_undone()
        assert step is not None
        settings = apply_values(settings, step.after)
        history.redone(step)
        assert settings == expected
    assert history.can_redo == ""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(FakeEngine(tmp_path, Settings()))


async def test_a_change_is_applied_marked_and_can_be_taken_back(stage: Stage) -> None:
    text = await stage.change({"caches.answers.ttl_seconds": "5 min"})
    assert text == "answers keep for 30 min → 5 min"
    assert stage.history.can_undo == text
    assert await stage.undo() == text
    assert stage.engine.settings == Settings()
    assert stage.history.can_redo == text
    assert await stage.redo() == text
    assert get_setting(stage.engine.settings, "caches.answers.ttl_seconds") == 300.0


async def test_several_values_are_one_step(stage: Stage) -> None:
    await stage.change({"optimizations.1": False, "pool_size": 8})
    await stage.undo()
    assert stage.engine.settings == Settings()


async def test_nothing_is_changed_when_one_value_is_wrong(stage: Stage) -> None:
    with pytest.raises(SettingError, match="pool_size"):
        await stage.change({"optimizations.1": False, "pool_size": 0})
    assert stage.engine.settings == Settings()
    assert stage.history.can_undo == ""


async def test_a_change_to_the_same_value_is_no_step(stage: Stage) -> None:
    assert await stage.change({"pool_size": 4}) == "nothing to change"
    with pytest.raises(SettingError):
        await stage.undo()


async def test_an_engine_that_refuses_leaves_no_step(stage: Stage) -> None:
    engine = stage.engine
    assert isinstance(engine, FakeEngine)
    engine.refuse = SettingError("no such profile")
    with pytest.raises(SettingError):
        await stage.change({"profile": "nothing"})
    assert stage.history.can_undo == ""
    engine.refuse = None
    await stage.change({"pool_size": 5})
    engine.refuse = SettingError("not now")
    with pytest.raises(SettingError):
        await stage.undo()
    assert stage.history.can_undo == "connections 4 → 5"


async def test_undo_leaves_alone_what_a_scenario_changed_meanwhile(stage: Stage) -> None:
    await stage.change({"pool_size": 8})
    await stage.follow({"optimizations": "none"}, "all off")
    await stage.undo()
    assert stage.engine.settings.optimizations == frozenset()
    assert stage.engine.settings.pool_size == 4


async def test_a_new_change_forgets_what_was_undone(stage: Stage) -> None:
    await stage.change({"pool_size": 8})
    await stage.undo()
    await stage.change({"pool_size": 9})
    with pytest.raises(SettingError):
        await stage.redo()


async def test_own_changes_leave_out_what_was_undone_and_what_a_scenario_did(
    stage: Stage,
) -> None:
    await stage.change({"pool_size": 8})
    await stage.change({"bounded_ms": 5})
    await stage.undo()
    await stage.follow({"freshness": "ttl"}, "ttl")
    assert stage.own_changes() == {"pool_size": 8}


@pytest.mark.parametrize("prefix", ["", "caches", "caches.answers", "pool_size"])
async def test_reset_goes_back_to_the_published_values(stage: Stage, prefix: str) -> None:
    await stage.change({"caches.answers.ttl_seconds": 1, "pool_size": 9, "bounded_ms": 1})
    await stage.reset(prefix)
    for path in LEAF_PATHS:
        if not prefix or path == prefix or path.startswith(f"{prefix}."):
            assert get_setting(stage.engine.settings, path) == get_setting(Settings(), path)
    await stage.undo()
    assert stage.engine.settings.pool_size == 9


async def test_reset_of_an_unknown_prefix_is_refused(stage: Stage) -> None:
    with pytest.raises(SettingError, match="no setting begins with"):
        await stage.reset("cache")
