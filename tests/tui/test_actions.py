"""The registry of actions, and what is made from it."""

from __future__ import annotations

import pytest

from engine.optimizations import ALL_OPTIMIZATIONS
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.actions import ACTIONS, SCREENS, Scope
from tui.app import ConsoleApp
from tui.dialogs.help import help_lines
from tui.text import plain


def test_ids_are_unique() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scope", Scope)
def test_no_key_means_two_things_in_one_place(scope: Scope) -> None:
    keys = [key for a in ACTIONS if a.scope is scope for key in a.keys.split(",") if key]
    assert len(keys) == len(set(keys))


def test_bare_digits_only_switch_screens() -> None:
    digits = {
        key: action.call for action in ACTIONS for key in action.keys.split(",") if key.isdigit()
    }
    assert digits == {
        str(number): f"app.show('{mode}')" for number, (mode, _) in enumerate(SCREENS, 1)
    }


async def test_every_action_exists_where_it_is_called() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        for mode, scope in SCREENS:
            app.action_show(mode)
            await until(pilot, lambda mode=mode: app.current_mode == mode)  # type: ignore[misc]
            for action in (a for a in ACTIONS if a.scope in (scope, Scope.APP)):
                place, name = action.call.split("(")[0].split(".")
                owner = app if place == "app" else app.screen
                assert hasattr(owner, f"action_{name}"), action.call


async def test_the_footer_has_at_most_eight_keys_and_they_are_live() -> None:
    async with running(samples.snapshot(), size=(200, 50)) as (app, _, _pilot):
        footer = screen_text(app).splitlines()[-1].strip()
        parts = [part for part in footer.split("   ") if part.strip()]
        assert 3 <= len(parts) <= 8
        assert parts[0] == "1-6 screens"
        assert any("help" in part for part in parts)


async def test_help_is_made_from_the_live_bindings() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        text = "\n".join(plain(row) for row in help_lines(app.screen.active_bindings.values(), 80))
        for action in (a for a in ACTIONS if a.keys and a.scope in (Scope.APP, Scope.LIVE)):
            assert action.help.split(",")[0][:30] in text.replace("\n" + " " * 8, " "), action.id
        assert "Compute the figures over a shorter window" in text
        await pilot.press("f1")
        assert "help" in screen_text(app)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_the_palette_finds_actions_by_name() -> None:
    async with running(samples.snapshot()) as (app, link, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"clear caches")
        await until(pilot, lambda: "Forget everything cached" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(link.commands))
        assert [type(command).__name__ for command in link.commands] == ["ClearCaches"]


async def test_the_palette_finds_what_is_only_explained_and_nothing_by_scattered_letters() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"ttl")
        await until(pilot, lambda: "Caches screen" in screen_text(app))
        assert "trust the TTL" in screen_text(app)
        assert "Stop replay" not in screen_text(app)


def test_all_optimizations_have_a_digit() -> None:
    assert {int(o) for o in ALL_OPTIMIZATIONS} == set(range(1, 9))
    assert ConsoleApp.DEFAULT_MODE == "live"
