"""TTL and size are edited in place; what is pressed fast is one change."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.service.messages import ChangeSettings, ResetSettings
from engine.settings import Settings
from engine.settings.model import CacheSettings
from engine.trace import Namespace
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.caches.changes import ChangeLog
from tui.caches.fields import RowKey, What, coarse_step, fine_step, typed
from tui.caches.history import RateHistory

TTL = "caches.answers.ttl_seconds"
SIZE = "caches.answers.max_entries"


@given(st.sampled_from((TTL, SIZE)), st.floats(1, 1e6), st.sampled_from((-1, 1)))
def test_a_fine_step_moves_in_its_direction_and_stays_in_bounds(
    path: str, value: float, direction: int
) -> None:
    stepped = fine_step(path, value, direction)
    assert (stepped - value) * direction >= 0 or stepped in (0.0, 1.0)
    assert 0.0 <= stepped <= 365 * 86_400


def test_fine_steps_go_through_round_values() -> None:
    values = [1800.0]
    for _ in range(3):
        values.append(fine_step(TTL, values[-1], 1))
    assert values == [1800.0, 2700.0, 3600.0, 5400.0]
    assert fine_step(SIZE, 1000.0, -1) == 800.0


def test_a_coarse_step_is_half_or_double() -> None:
    assert coarse_step(TTL, 1800.0, -1) == 900.0
    assert coarse_step(SIZE, 1001.0, -1) == 500.0
    assert coarse_step(SIZE, 1.0, -1) == 1.0
    assert coarse_step(TTL, 0.0, 1) == 1.0


def test_a_level_is_edited_for_all_caches() -> None:
    assert RowKey("rows", 2).path(What.KEEP_FOR) == "levels.L2.ttl_seconds"
    assert RowKey("rows").path(What.SIZE) == "caches.rows.max_entries"


def test_typed_values_are_read_as_a_person_means_them() -> None:
    assert typed(TTL, "2 h") == 7200.0
    assert typed(SIZE, "1,500") == 1500
    with pytest.raises(SettingError, match="no duration"):
        typed(TTL, "soon")


async def test_presses_in_a_burst_are_one_change() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "30 min" in screen_text(app))
        await pilot.press("right", "right")
        assert "◂1 h▸" in screen_text(app)
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [ChangeSettings(changes={TTL: 3600.0})]


async def test_the_ttl_is_halved_and_the_engine_s_value_is_shown_again() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "shift+left")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [ChangeSettings(changes={TTL: 900.0})]
        link.push(samples.snapshot(number=2, settings={**samples.settings_of(), TTL: 900.0}))
        await until(pilot, lambda: "◂15 min▸" in screen_text(app))
        link.push(samples.snapshot(number=3))
        await until(pilot, lambda: "◂30 min▸" in screen_text(app))


async def test_size_is_edited_after_tab_and_a_level_by_its_row() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "L1 live" in screen_text(app))
        await pilot.press("tab", "down", "shift+right")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [
            ChangeSettings(changes={"levels.L1.max_entries": 2000})
        ]


async def test_a_value_is_typed() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "e")
        await until(
            pilot, lambda: "a whole number" in screen_text(app) or "90 s" in screen_text(app)
        )
        await pilot.press("home", "ctrl+k", *"2 h", "enter")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [ChangeSettings(changes={TTL: 7200.0})]


async def test_a_wrong_value_is_said_and_nothing_is_sent() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "e", "home", "ctrl+k", *"soon", "enter")
        await until(pilot, lambda: "is no duration" in screen_text(app))
        assert not link.sent(ChangeSettings)


async def test_escape_leaves_the_field_before_the_screen() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.press("2", "e", "escape")
        assert app.current_mode == "caches"
        await pilot.press("escape")
        assert app.current_mode == "live"


async def test_a_value_is_chosen_and_changed_by_the_mouse() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "rules" in screen_text(app))
        rows = screen_text(app).splitlines()
        y = next(i for i, row in enumerate(rows) if "rules" in row)
        x = rows[y].index("30 min")
        await pilot.click(offset=(x + 1, y))
        await until(pilot, lambda: "◂30 min▸" in screen_text(app).splitlines()[y])
        x = screen_text(app).splitlines()[y].index("▸", x)
        await pilot.click(offset=(x, y))
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [
            ChangeSettings(changes={"caches.rules.ttl_seconds": 2700.0})
        ]


async def test_r_resets_the_cache_under_the_cursor() -> None:
    async with running(samples.snapshot()) as (_, link, pilot):
        await pilot.press("2", "R")
        await until(pilot, lambda: bool(link.sent(ResetSettings)))
        assert link.sent(ResetSettings) == [ResetSettings(prefix="caches.answers")]


def test_a_change_is_logged_with_the_hit_rate_before_and_since() -> None:
    log = ChangeLog()
    log.take(samples.snapshot())
    caches = {**Settings().caches, Namespace.ANSWERS: CacheSettings(900.0, 100_000)}
    halved = samples.settings_of(msgspec.structs.replace(Settings(), caches=caches))
    metrics = [msgspec.structs.replace(m, value=40.0) for m in samples.metrics()]
    log.take(samples.snapshot(settings=halved))
    log.take(samples.snapshot(settings=halved, metrics=metrics))
    (change,) = log.changes
    assert change.text == "answers keep for 30 min → 15 min"
    assert (change.before, change.after) == (66.7, 40.0)


def test_rates_of_another_replay_are_not_drawn_on() -> None:
    history = RateHistory()
    history.take(samples.snapshot(now_s=1.0))
    history.take(samples.snapshot(now_s=2.0))
    assert len(history.stretches("rules")[0]) == 2
    other = msgspec.structs.replace(samples.PLAYBACK, name="workday")
    history.take(samples.snapshot(now_s=3.0, playback=other))
    assert len(history.stretches("rules")[0]) == 1
    assert history.stretches("answers") == []
