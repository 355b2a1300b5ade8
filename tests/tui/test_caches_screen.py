"""TTL and size are drafted in place; Enter applies, Esc drops, and nothing else changes them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.service.messages import (
    CancelTry,
    ChangeSettings,
    EffectView,
    Failed,
    GetForecast,
    GetStaleExamples,
    PreviewSettings,
    ResetSettings,
    Snapshot,
    Suggest,
    SuggestTarget,
    Try,
    TryState,
    TryView,
    Undo,
)
from tests.tui import predictions, samples
from tests.tui.console import running, screen_text, until
from tests.tui.fakes import FakeLink
from tui.app import ConsoleApp
from tui.caches.draft_panel import still_fills
from tui.caches.fields import RowKey, What, coarse_step, fine_step, rounded, spec_of, typed
from tui.caches.stale_screen import StaleScreen, example_rows
from tui.caches.suggest import SuggestDialog
from tui.caches.table import STALE, CacheTable
from tui.text import plain

TTL = "caches.answers.ttl_seconds"
SIZE = "caches.answers.max_entries"


@given(st.sampled_from((TTL, SIZE)), st.floats(1, 1e6), st.sampled_from((-1, 1)))
def test_a_fine_step_moves_in_its_direction_and_stays_in_bounds(
    path: str, value: float, direction: int
) -> None:
    spec, stepped = spec_of(path), fine_step(path, value, direction)
    at_the_end = value <= spec.minimum if direction < 0 else value >= spec.maximum
    assert (stepped - value) * direction > 0 or at_the_end
    assert spec.minimum <= stepped <= spec.maximum


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
    assert typed(TTL, "2 h") == typed(TTL, "2 hours") == 7200.0
    assert typed(SIZE, "1,500") == 1500
    with pytest.raises(SettingError, match="no duration"):
        typed(TTL, "soon")


def test_what_is_pointed_at_becomes_a_round_value() -> None:
    assert rounded(TTL, 86_000.0) == 86_400.0
    assert rounded(SIZE, 97_000.0) == 100_000.0


def shows(app: ConsoleApp, *words: str) -> bool:
    """Whether all of the words are on the screen."""
    text = screen_text(app)
    return all(word in text for word in words)


async def test_a_draft_is_shown_with_its_effect_and_changes_nothing() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2", "right", "right")
        await until(pilot, lambda: shows(app, "◂1 h▸", "draft, not applied"))
        await until(pilot, lambda: shows(app, "40.0 %", "80 more stale answers"))
        assert link.sent(PreviewSettings)[-1] == PreviewSettings(changes={TTL: 3600.0})
        assert not link.sent(ChangeSettings)


async def test_enter_applies_the_draft_as_one_change() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2", "right", "right", "down", "shift+right", "enter")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        changes = {TTL: 3600.0, "levels.L1.ttl_seconds": 120.0}
        assert link.sent(ChangeSettings) == [ChangeSettings(changes=changes)]
        settings = {**samples.settings_of(), **changes}
        link.push(msgspec.structs.replace(samples.fast_and_native(), number=2, settings=settings))
        await until(pilot, lambda: not shows(app, "draft, not applied"))


async def test_a_ttl_is_halved_and_undo_brings_it_back() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "shift+left", "enter")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [ChangeSettings(changes={TTL: 900.0})]
        link.push(samples.snapshot(number=2, settings={**samples.settings_of(), TTL: 900.0}))
        await until(pilot, lambda: shows(app, "◂15 min▸", "30 min → 15 min"))
        await pilot.press("u")
        await until(pilot, lambda: bool(link.sent(Undo)))
        link.push(samples.snapshot(number=3))
        await until(pilot, lambda: shows(app, "◂30 min▸", "15 min → 30 min"))


async def test_escape_drops_the_draft_before_it_leaves_the_screen() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "plus")
        await until(pilot, lambda: shows(app, "◂45 min▸"))
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, "◂30 min▸"))
        assert app.current_mode == "caches"
        await pilot.press("escape")
        assert app.current_mode == "live"
        assert not link.sent(ChangeSettings)


async def test_a_value_that_is_in_force_is_no_draft() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.press("2", "plus", "minus")
        await until(pilot, lambda: shows(app, "◂30 min▸"))
        assert not shows(app, "draft, not applied")


async def test_a_refused_draft_stays_a_draft() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[ChangeSettings] = Failed(reason="the replay has ended", remedy="play it")
        await pilot.press("2", "right", "enter")
        await until(pilot, lambda: shows(app, "the replay has ended"))
        link.push(samples.snapshot(number=2))
        await until(pilot, lambda: shows(app, "◂45 min▸", "draft, not applied"))


async def test_the_curve_follows_the_value_under_the_cursor() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "against how long", "now 30 min", "cold starts 231"))
        assert shows(app, "strict instead, warmed: 99.0 %, 0 stale")
        await pilot.press("tab")
        await until(pilot, lambda: shows(app, "against how many", "now 100,000"))
        await pilot.press("down", "down", "down", "down", "down")
        await until(pilot, lambda: GetForecast(cache="rows") in link.commands)


async def test_a_click_on_the_curve_drafts_the_value_there() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "now 30 min"))
        rows = screen_text(app).splitlines()
        y = next(i for i, row in enumerate(rows) if "1 d " in row and "30 d" in row)
        await pilot.click(offset=(rows[y].index("1 d") + 1, y - 1))
        await until(pilot, lambda: bool(link.sent(PreviewSettings)))
        (asked,) = link.sent(PreviewSettings)
        assert isinstance(asked, PreviewSettings)
        assert asked.changes[TTL] == 86_400.0


async def test_what_cannot_be_predicted_is_said_in_place() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[GetForecast] = Failed(reason="the replay is not ready", remedy="wait for it")
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "the replay is not ready: wait for it"))
        assert not app._notifications


@pytest.mark.parametrize(
    ("reads", "hits", "said"), [(12, 1, True), (12, 3, False), (300, 20, True), (2_000, 20, False)]
)
async def test_a_prediction_is_said_to_be_of_a_filled_cache_while_it_fills(
    reads: int, hits: int, said: bool
) -> None:
    measured = EffectView(reads=reads, hits=hits, hit_rate=hits / reads)
    forecast = msgspec.structs.replace(predictions.FORECAST, measured=measured)
    assert still_fills(forecast) is said
    if hits == 1:
        link = FakeLink(samples.fast_and_native())
        link.replies[GetForecast] = forecast
        async with running(samples.fast_and_native(), size=(80, 24), link=link) as (app, _, pilot):
            await pilot.press("2")
            await until(pilot, lambda: shows(app, "8.3 %", "24.0 %", "for a filled cache"))


async def test_a_value_is_typed_into_the_draft() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "e")
        await until(pilot, lambda: shows(app, "90 s, 5 min"))
        await pilot.press("home", "ctrl+k", *"2 h", "enter")
        await until(pilot, lambda: shows(app, "◂2 h▸"))
        assert not link.sent(ChangeSettings)
        await pilot.press("enter")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        assert link.sent(ChangeSettings) == [ChangeSettings(changes={TTL: 7200.0})]


async def test_a_wrong_value_is_said_and_drafts_nothing() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "e", "home", "ctrl+k", *"soon", "enter")
        await until(pilot, lambda: shows(app, "is no duration"))
        assert not link.sent(PreviewSettings)


async def test_escape_leaves_the_field_before_the_screen() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.press("2", "e", "escape")
        assert app.current_mode == "caches"
        await pilot.press("escape")
        assert app.current_mode == "live"


async def test_a_value_is_chosen_and_drafted_by_the_mouse() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "rules"))
        rows = screen_text(app).splitlines()
        y = next(i for i, row in enumerate(rows) if "rules" in row)
        x = rows[y].index("30 min")
        await pilot.click(offset=(x + 1, y))
        await until(pilot, lambda: "◂30 min▸" in screen_text(app).splitlines()[y])
        x = screen_text(app).splitlines()[y].index("▸", x)
        await pilot.click(offset=(x, y))
        await until(pilot, lambda: bool(link.sent(PreviewSettings)))
        changes = {"caches.rules.ttl_seconds": 2700.0}
        assert link.sent(PreviewSettings) == [PreviewSettings(changes=changes, cache="rules")]


async def test_r_drafts_the_default_and_the_palette_resets_a_whole_cache() -> None:
    settings = {**samples.settings_of(), TTL: 60.0}
    async with running(samples.snapshot(settings=settings)) as (app, link, pilot):
        await pilot.press("2", "R")
        await until(pilot, lambda: shows(app, "◂30 min▸", "draft, not applied"))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"reset this cache")
        await until(pilot, lambda: shows(app, "published defaults of the cache"))
        await pilot.press("enter")
        await until(pilot, lambda: bool(link.sent(ResetSettings)))
        assert link.sent(ResetSettings) == [ResetSettings(prefix="caches.answers")]


# ---- try ------------------------------------------------------------------------------------


def trying(state: TryState, number: int) -> Snapshot:
    """A try of one hour, half done or over."""
    tried = TryView(
        state=state,
        changes={TTL: 3600.0},
        label="answers keep for 30 min → 1 h",
        done=311,
        total=622,
        predicted=predictions.DRAFTED,
        measured=msgspec.structs.replace(predictions.DRAFTED, hit_rate=0.397),
    )
    return msgspec.structs.replace(samples.fast_and_native(), number=number, tried=tried)


async def test_a_draft_is_tried_given_up_and_measured_beside_predicted() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2", "right", "right", "T")
        await until(pilot, lambda: bool(link.sent(Try)))
        assert link.sent(Try) == [Try(changes={TTL: 3600.0})]
        link.push(trying(TryState.PLAYING, 2))
        await until(pilot, lambda: shows(app, "trying 311 of 622"))
        await pilot.press("T")
        await until(pilot, lambda: bool(link.sent(CancelTry)))
        link.push(trying(TryState.FINISHED, 3))
        await until(pilot, lambda: shows(app, "tried the draft: 39.7 % measured"))
        assert not link.sent(ChangeSettings)


async def test_without_a_draft_there_is_nothing_to_try() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "T")
        await until(pilot, lambda: shows(app, "Draft a change first"))
        assert not link.sent(Try)


# ---- suggest --------------------------------------------------------------------------------


async def test_a_suggestion_tells_why_and_is_applied_on_request() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2", "S")
        await until(pilot, lambda: isinstance(app.screen, SuggestDialog))
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, "reached by", "no time to keep reaches it"))
        assert link.sent(Suggest) == [Suggest(target=SuggestTarget.HIT_RATE, value=0.9)]
        assert not link.sent(ChangeSettings)
        await pilot.press("enter")
        await until(pilot, lambda: bool(link.sent(ChangeSettings)))
        changes = {"freshness": "strict", "warming": True}
        assert link.sent(ChangeSettings) == [ChangeSettings(changes=changes)]
        assert app.current_mode == "caches"
        assert not isinstance(app.screen, SuggestDialog)


async def test_a_suggestion_becomes_the_draft() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2", "S")
        await until(pilot, lambda: isinstance(app.screen, SuggestDialog))
        await pilot.press("down", "down", "home", "ctrl+k", *"2 MB", "enter")
        await until(pilot, lambda: shows(app, "reached by"))
        assert link.sent(Suggest) == [Suggest(target=SuggestTarget.MEMORY, value=2e6)]
        await pilot.press("d")
        await until(pilot, lambda: shows(app, "draft, not applied", "freshness strict, warming on"))
        assert not link.sent(ChangeSettings)


async def test_a_target_that_makes_no_sense_is_said() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("2", "S")
        await until(pilot, lambda: isinstance(app.screen, SuggestDialog))
        await pilot.press("home", "ctrl+k", *"much", "enter")
        await until(pilot, lambda: shows(app, "is no percentage"))
        assert not link.sent(Suggest)


# ---- stale answers --------------------------------------------------------------------------


async def test_enter_on_the_stale_line_shows_old_text_beside_new() -> None:
    async with running(samples.fast_and_native()) as (app, link, pilot):
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "stale 65 of 622 checked, oldest 26 min"))
        await pilot.press("down", "down", "down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, StaleScreen))
        assert link.sent(GetStaleExamples)
        assert shows(app, "task 131 as checkout-guardian", "26 min before", "≠", "lines the same")
        await pilot.press("right")
        await until(pilot, lambda: shows(app, "stale answer 2 of 2", "no right answer any more"))
        await pilot.press("escape")
        assert app.current_mode == "caches"
        assert not isinstance(app.screen, StaleScreen)


async def test_on_the_stale_line_a_value_of_answers_is_drafted() -> None:
    async with running(samples.fast_and_native()) as (app, _, pilot):
        await pilot.press("2")
        await until(pilot, lambda: shows(app, "stale 65 of 622 checked"))
        table = app.screen.query_one(CacheTable)
        await pilot.press("down", "down", "down", "down")
        assert table.cursor_key == STALE
        await pilot.press("e")
        await until(pilot, lambda: shows(app, "90 s, 5 min"))
        await pilot.press("home", "ctrl+k", *"20 s", "enter")
        await until(pilot, lambda: table.draft.changes == {TTL: 20.0})


async def test_strict_says_that_no_answer_can_be_stale() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        link.replies[GetStaleExamples] = msgspec.structs.replace(
            predictions.STALE_EXAMPLES, examples=[]
        )
        await pilot.press("v")
        await until(pilot, lambda: shows(app, "no stale answer can go out"))


def test_an_answer_whose_text_is_the_same_says_so() -> None:
    example = msgspec.structs.replace(
        predictions.STALE_EXAMPLES.examples[0],
        current=predictions.STALE_EXAMPLES.examples[0].served,
    )
    text = "\n".join(plain(row) for row in example_rows(example, 80))
    assert "the payload only" in text
