"""Modes that trust: served until the TTL, counted honestly, and left without a trace."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from engine.clock import VirtualClock
from engine.core.engine import Engine
from engine.errors import DatabaseBusyError
from engine.settings import CacheSettings, Freshness, LevelSettings, Settings
from engine.trace import Level, Namespace, Outcome
from tests.core.rig import (
    ALL,
    NOW,
    Project,
    changed,
    opened,
    outcomes,
    plain,
    truth,
    with_only,
    without,
)
from tests.core.test_failures import locked

TTL = changed(ALL, freshness=Freshness.TTL)
BOUNDED = changed(ALL, freshness=Freshness.BOUNDED, bounded_ms=500.0)
NEW_NAME = "UPDATE tasks SET name = 'The new name' WHERE id = 1"


def with_ttl(settings: Settings, seconds: float, *, only: Namespace | None = None) -> Settings:
    """`settings` in which every cache, or one alone, keeps for `seconds` at every level."""
    caches = {
        name: CacheSettings(seconds if only in (None, name) else 9_999.0, limits.max_entries)
        for name, limits in settings.caches.items()
    }
    levels = {level: LevelSettings(9_999.0, 1_000) for level in Level}
    return changed(settings, caches=caches, levels=levels)


async def name_of(engine: Engine, task_id: int = 1) -> str:
    """The task's name as it is delivered."""
    payload = (await engine.task_start(task_id)).payload
    name: str = payload["task"]["name"]
    return name


async def test_a_stale_answer_is_served_until_its_time_is_up(project: Project) -> None:
    clock = VirtualClock(NOW)
    async with opened(project, with_ttl(TTL, 60.0), clock=clock) as engine:
        old = await name_of(engine)
        project.write(NEW_NAME)
        for seconds in (0, 30, 29.5):
            clock.advance(seconds)
            answer = await engine.task_start(1)
            assert answer.payload["task"]["name"] == old
            assert answer.trace.warm
        clock.advance(0.5)
        answer = await engine.task_start(1)
        assert answer.payload["task"]["name"] == "The new name"
        assert outcomes(answer.trace)[Namespace.ANSWERS] is Outcome.EXPIRED
        assert not any(
            lookup.needless
            for lookup in answer.trace.lookups
            if lookup.namespace is Namespace.ANSWERS
        )


async def test_a_reload_of_what_had_not_changed_is_needless(project: Project) -> None:
    clock = VirtualClock(NOW)
    async with opened(project, with_ttl(TTL, 60.0), clock=clock) as engine:
        await engine.task_start(1)
        clock.advance(60)
        trace = (await engine.task_start(1)).trace
        needless = {lookup.namespace for lookup in trace.lookups if lookup.needless}
        assert needless == set(Namespace)
        assert set(outcomes(trace).values()) == {Outcome.EXPIRED}


async def test_checking_finds_the_stale_answers_and_no_others(project: Project) -> None:
    async with opened(project, TTL) as engine:
        await engine.task_start(1)
        await engine.task_start(2)  # takes the rules and others from the caches
        project.write(NEW_NAME)
        stale = await engine.task_start(1)
        await engine.task_start(2)
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert (view.checked, view.stale, view.text_differs) == (3, 1, 1)
        (example,) = engine.stale_examples()
        assert example.request.task_id == 1
        assert "Draw the guest flow" in example.served
        assert "Draw the guest flow" in stale.text
        assert "The new name" in example.current


async def test_a_stale_answer_whose_text_is_right_is_told_apart(project: Project) -> None:
    async with opened(project, TTL) as engine:
        await engine.task_start(1)
        project.write("UPDATE tasks SET description = 'Only in the payload' WHERE id = 1")
        await engine.task_start(1)
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert (view.checked, view.stale, view.text_differs) == (1, 1, 0)


async def test_an_answer_to_a_task_that_is_gone_is_stale(project: Project) -> None:
    clock = VirtualClock(NOW)
    async with opened(project, TTL, clock=clock) as engine:
        await engine.task_start(1)
        project.write("DELETE FROM tasks WHERE id = 1")
        clock.advance(7)
        await engine.task_start(1)
        clock.advance(7)
        await engine.check_now()
        (example,) = engine.stale_examples()
        assert example.current == ""
        assert example.age_s == 7


@pytest.mark.parametrize("cache", [Namespace.ROWS, Namespace.PLUGIN_FACTS, Namespace.AGENTS])
async def test_an_answer_made_of_stale_parts_is_found_stale(
    project: Project, cache: Namespace
) -> None:
    """The answers have expired; what they are made of is still trusted."""
    clock = VirtualClock(NOW)
    settings = with_ttl(TTL, 10.0)
    # Rows that are trusted are read again when there are no rules that may go with them.
    trusted = {cache, Namespace.RULES} if cache is Namespace.ROWS else {cache}
    kept = {**settings.caches, **dict.fromkeys(trusted, CacheSettings(9_999.0, 1_000))}
    settings = changed(settings, caches=kept)
    changes = {
        Namespace.ROWS: NEW_NAME,
        Namespace.PLUGIN_FACTS: "UPDATE contexts SET confidence_factors = NULL",
        Namespace.AGENTS: "UPDATE agents SET capabilities = '[\"documentation\"]'",
    }
    async with opened(project, settings, clock=clock) as engine:
        await engine.task_start(1)
        project.write(changes[cache])
        clock.advance(10)
        await engine.task_start(1)
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert view.stale == 1, view


@pytest.mark.parametrize("settings", [with_only(1), with_only(1, 2, 3, 5)])
async def test_stale_rows_are_found_without_an_answers_cache(
    project: Project, settings: Settings
) -> None:
    async with opened(project, changed(settings, freshness=Freshness.TTL)) as engine:
        await engine.task_start(1)
        await engine.check_now()
        project.write(NEW_NAME)
        old = await engine.task_start(1)
        assert "The new name" not in old.text
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert view.stale == 1


@pytest.mark.parametrize("switched_to", [without(7), changed(ALL, busy_timeout_seconds=1.0)])
async def test_checking_goes_on_with_other_connections(
    project: Project, switched_to: Settings
) -> None:
    async with opened(project, TTL) as engine:
        await engine.task_start(1)
        await engine.apply(changed(switched_to, freshness=Freshness.TTL))
        assert (await engine.task_start(1)).trace.warm
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert (view.checked, view.stale) == (1, 0)


async def test_what_cannot_be_checked_is_not_counted(project: Project) -> None:
    async with opened(project, changed(TTL, busy_timeout_seconds=0.05)) as engine:
        await engine.task_start(1)
        await engine.task_start(1)
        with locked(project), pytest.raises(DatabaseBusyError):
            await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert (view.checked, view.stale) == (0, 0)
        await engine.check_now()
        view = engine.stale_view()
        assert view is not None
        assert (view.checked, view.stale) == (1, 0)


async def test_strict_has_nothing_to_check(project: Project) -> None:
    async with opened(project) as engine:
        await engine.task_start(1)
        assert engine.stale_view() is None


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
async def test_bounded_serves_nothing_older_than_its_bound(
    project: Project, journal_mode: str
) -> None:
    project.set_journal_mode(journal_mode)
    clock = VirtualClock(NOW)
    async with opened(project, BOUNDED, clock=clock) as engine:
        old = await name_of(engine)
        project.write(NEW_NAME)
        clock.advance(0.4)
        assert await name_of(engine) == old
        clock.advance(0.1)
        assert await name_of(engine) == "The new name"


async def test_a_shorter_ttl_acts_at_once_and_a_longer_one_revives(project: Project) -> None:
    clock = VirtualClock(NOW)
    async with opened(project, with_ttl(TTL, 60.0), clock=clock) as engine:
        old = await name_of(engine)
        project.write(NEW_NAME)
        clock.advance(40)
        await engine.apply(with_ttl(TTL, 30.0, only=Namespace.RULES))
        assert await name_of(engine) == old
        await engine.apply(with_ttl(TTL, 120.0))
        clock.advance(40)
        assert await name_of(engine) == old
        await engine.apply(with_ttl(TTL, 60.0))
        assert await name_of(engine) == "The new name"


def _write_sop(project: Project) -> None:
    path = project.sop("checkout-captain")
    path.write_text("Written meanwhile.", encoding="utf-8")
    os.utime(path, (1, 1))  # what was written just now would not be kept


CHANGES: dict[str, Callable[[Project], None]] = {
    "task": lambda project: project.write(NEW_NAME),
    "facts": lambda project: project.write("UPDATE contexts SET confidence_factors = NULL"),
    "agent": lambda project: project.write("UPDATE agents SET capabilities = '[\"x\"]'"),
    "agent's file": lambda project: project.write("UPDATE agents SET file_path = 'README.md'"),
    "rules": lambda project: project.write("UPDATE rules SET enabled = 0"),
    "SOP": _write_sop,
    "date": lambda _: None,
}


@pytest.mark.parametrize("trusted", [None, *Namespace], ids=str)
@pytest.mark.parametrize("change", CHANGES)
async def test_strict_serves_nothing_that_was_trusted(
    wal_project: Project, change: str, trusted: Namespace | None
) -> None:
    """Whatever was stale by trust, answers made of trusted parts included, ends with the mode."""
    clock = VirtualClock(NOW)
    settings = with_ttl(TTL, 10.0)
    if trusted is not None:
        kept = {**settings.caches, trusted: CacheSettings(9_999.0, 1_000)}
        settings = changed(settings, caches=kept)
    async with opened(wal_project, settings, clock=clock) as engine:
        await engine.task_start(1)
        CHANGES[change](wal_project)
        clock.advance(86_400 if change == "date" else 10)
        await engine.warm_now()  # sees the epoch, as background work does
        await engine.task_start(1)
        await engine.apply(changed(settings, freshness=Freshness.STRICT))
        expected = await truth(wal_project, [(1, None)], clock=clock)
        for _ in range(2):
            assert plain(await engine.task_start(1)) == expected[1, None]


@pytest.mark.parametrize("settings", [without(1), without(4), with_only(2, 3, 5)])
async def test_strict_after_trust_in_other_ways(wal_project: Project, settings: Settings) -> None:
    async with opened(wal_project, changed(settings, freshness=Freshness.TTL)) as engine:
        await engine.task_start(1)
        for change in CHANGES.values():
            change(wal_project)
        await engine.task_start(1)
        await engine.apply(settings)
        expected = await truth(wal_project, [(1, None)])
        for _ in range(2):
            assert plain(await engine.task_start(1)) == expected[1, None]
