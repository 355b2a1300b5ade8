"""Forecasts, previews, suggestions and tries of an engine that has served traffic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest

from engine.clock import VirtualClock
from engine.core.engine import Engine
from engine.errors import ServiceError, SettingError
from engine.optimizations import Optimization
from engine.replay.trying import TryRequest
from engine.service import messages as m
from engine.service.trying import TryRunner
from engine.service.tuning import Tuning
from engine.settings import Freshness, Settings, with_setting
from tests.core.rig import NOW, Project, changed, without

TRUSTING = changed(without(6), freshness=Freshness.TTL, warming=False)


@asynccontextmanager
async def tuned(
    project: Project, settings: Settings, *, traffic: bool = True
) -> AsyncIterator[tuple[Tuning, Engine]]:
    """An engine after an hour: five tasks every minute, one of them changed every ten minutes."""
    clock, tuning = VirtualClock(NOW), Tuning()
    async with Engine.open(
        project.root, settings=settings, clock=clock, background=False
    ) as engine:
        if traffic:
            for minute in range(60):
                clock.move_to(60.0 * minute)
                if minute % 10 == 5:
                    project.write("UPDATE tasks SET name = ? WHERE id = 1", f"revision {minute}")
                for task_id in range(1, 6):
                    await engine.task_start(task_id)
                await engine.check_now()
        try:
            yield tuning, engine
        finally:
            await tuning.aclose()


async def test_predicted_is_what_was_measured(project: Project) -> None:
    async with tuned(project, TRUSTING) as (tuning, engine):
        view = await tuning.forecast(engine, m.GetForecast(cache="answers"))
        assert view.reads == view.measured.reads == 300
        assert view.cold == view.keys == 5
        for name in ("hits", "stale", "needless"):
            assert getattr(view.predicted, name) == getattr(view.measured, name), name
        assert view.predicted.stale
        assert (view.ttl_now_s, view.ttl_limited_by) == (1800, "")
        assert [point.ttl_s for point in view.by_ttl] == sorted(
            point.ttl_s for point in view.by_ttl
        )
        now = next(point for point in view.by_ttl if point.ttl_s == view.ttl_now_s)
        assert (now.hits, now.stale) == (view.predicted.hits, view.predicted.stale)
        recorded_s = 59 * 60
        assert all(point.beyond == (point.ttl_s > recorded_s) for point in view.by_ttl)


async def test_a_draft_is_foretold_as_it_then_comes(project: Project) -> None:
    changes = {"caches.answers.ttl_seconds": 300}
    async with tuned(project, TRUSTING) as (tuning, engine):
        foretold = await tuning.preview(engine, m.PreviewSettings(changes=changes))
        assert engine.settings == TRUSTING
    other = with_setting(TRUSTING, "caches.answers.ttl_seconds", 300)
    # The same changes again: the project has other names now, but as many of them.
    async with tuned(project, other) as (tuning, engine):
        view = await tuning.forecast(engine, m.GetForecast(cache="answers"))
        assert foretold.draft.hits == view.measured.hits
        assert foretold.draft.stale == view.measured.stale


async def test_the_levels_limit_is_said(project: Project) -> None:
    tiered = changed(Settings(), freshness=Freshness.TTL, warming=False)
    async with tuned(project, tiered) as (tuning, engine):
        view = await tuning.forecast(engine, m.GetForecast(cache="answers"))
        assert view.ttl_now_s == 300
        assert view.ttl_limited_by == "L2 packed"
        assert view.predicted.hits == view.measured.hits


async def test_checking_is_foretold_beside_the_ttls(project: Project) -> None:
    async with tuned(project, TRUSTING) as (tuning, engine):
        view = await tuning.forecast(engine, m.GetForecast(cache="answers"))
        checking = m.PreviewSettings(changes={"freshness": "strict"})
        foretold = (await tuning.preview(engine, checking)).draft
    async with tuned(project, changed(TRUSTING, freshness=Freshness.STRICT)) as (tuning, engine):
        strict = await tuning.forecast(engine, m.GetForecast(cache="answers"))
    assert strict.measured.stale == foretold.stale == 0
    # The first change of the second hour is met by the first start of its own, which is cold.
    assert abs(foretold.hits - strict.measured.hits) <= 1
    assert view.warmed.hits >= foretold.hits


async def test_suggestions_reach_their_target_as_foretold(project: Project) -> None:
    async with tuned(project, TRUSTING) as (tuning, engine):
        rate = await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.HIT_RATE, value=0.97))
        assert rate.reachable
        assert rate.changes["freshness"] == "strict"
        assert rate.draft is not None
        assert rate.draft.hit_rate is not None
        assert rate.draft.hit_rate >= 0.97
        assert rate.draft.stale == 0
        never = await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.HIT_RATE, value=1.0))
        assert any("no time to keep reaches it" in line for line in never.why)
        age = await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.OLDEST_AGE, value=2))
        assert age.changes == {"freshness": "bounded", "bounded_ms": 2000.0}
        none = await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.OLDEST_AGE, value=0))
        assert none.changes == {"freshness": "strict"}
        most = (rate.now.memory_bytes or 0) // 2
        memory = await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.MEMORY, value=most))
        assert memory.reachable
        assert memory.draft is not None
        assert 0 < (memory.draft.memory_bytes or 0) <= most
        with pytest.raises(SettingError):
            await tuning.suggest(engine, m.Suggest(target=m.SuggestTarget.HIT_RATE, value=90))


async def test_without_traffic_nothing_is_foretold_and_nothing_tried(project: Project) -> None:
    async with tuned(project, TRUSTING, traffic=False) as (tuning, engine):
        view = await tuning.forecast(engine, m.GetForecast(cache="answers"))
        assert (view.reads, view.by_ttl, view.predicted.hit_rate) == (0, [], None)
        target = m.SuggestTarget.HIT_RATE
        assert not (await tuning.suggest(engine, m.Suggest(target=target, value=0.5))).reachable
        with pytest.raises(ServiceError, match="no traffic"):
            await tuning.start_try(engine, None, {})
        with pytest.raises(SettingError):
            await tuning.forecast(engine, m.GetForecast(cache="cookies"))


async def finished(tuning: Tuning) -> m.TryView:
    under_way = (m.TryState.PREPARING, m.TryState.PLAYING)
    async with asyncio.timeout(60):
        while (tried := tuning.tried) is None or tried.state in under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return tried


async def test_a_try_measures_what_was_foretold_and_touches_nothing(project: Project) -> None:
    async with tuned(project, TRUSTING) as (tuning, engine):
        before = project.database.read_bytes()
        await tuning.start_try(engine, None, {"caches.answers.ttl_seconds": 300})
        view = await finished(tuning)
        assert (view.state, view.error, view.errors) == (m.TryState.FINISHED, "", 0)
        assert view.predicted is not None
        assert view.measured is not None
        assert view.measured.reads == view.predicted.reads == 300
        assert view.measured.hits == view.predicted.hits
        assert project.database.read_bytes() == before
        assert engine.settings == TRUSTING


async def test_a_try_can_be_given_up_and_refused(project: Project) -> None:
    async with tuned(project, TRUSTING) as (tuning, engine):
        await tuning.start_try(engine, None, {"warming": True})
        assert await tuning.cancel_try() == "given up"
        assert tuning.tried is not None
        assert tuning.tried.state is m.TryState.CANCELLED
        assert await tuning.cancel_try() == "no try is on"
        with pytest.raises(SettingError):
            await tuning.start_try(engine, None, {"caches.answers.ttl_seconds": "soon"})


async def test_a_try_that_fails_unforeseen_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("engine.service.trying._process", broken)
    async with tuned(project, TRUSTING) as (tuning, engine):
        await tuning.start_try(engine, None, {})
        view = await finished(tuning)
    assert view.state is m.TryState.FAILED
    assert "broken" in view.error


async def test_of_two_tries_that_begin_at_once_one_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def hanging() -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr("engine.service.trying._process", hanging)
    runner, request = TryRunner(), TryRequest("", Settings(), [], None, "")

    def begin(label: str) -> Awaitable[None]:
        return runner.start(request, {}, label, m.EffectView())

    await begin("first")
    await asyncio.sleep(0)
    await asyncio.gather(begin("second"), begin("third"))
    assert runner.view is not None
    assert (runner.view.state, runner.view.label) == (m.TryState.PREPARING, "third")
    assert [task.get_name() for task in asyncio.all_tasks()].count("try") == 1
    await runner.aclose()


async def test_an_asked_pool_size_follows_the_traffic(project: Project) -> None:
    settings = changed(
        Settings(), pool_size=1, optimizations=frozenset(set(Optimization) - {Optimization(4)})
    )
    settings = changed(settings, profile="slow-disk", start_timeout_seconds=60.0)
    async with Engine.open(project.root, settings=settings, background=False) as engine:
        for _ in range(5):
            engine.clear_caches()
            await asyncio.gather(*(engine.task_start(1 + n % 12) for n in range(12)))
        assert "try" in engine.pool_view().suggestion
    async with Engine.open(project.root, settings=without(1, 4), background=False) as engine:
        for n in range(60):
            await engine.task_start(1 + n % 12)
        assert "would do" in engine.pool_view().suggestion
