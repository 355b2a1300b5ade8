"""Commands that tune: forecasts, previews, suggestions, tries, and the project's settings file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from engine.forecast.worker import ForecastWorker
from engine.replay.recorded import played_part, recorded_workload
from engine.replay.trying import TryRequest
from engine.service import messages as m
from engine.service.curves import forecast_view, preview
from engine.service.forecasting import Forecasts, cache_named
from engine.service.history import apply_values
from engine.service.ports import EngineLike, ReplayLike
from engine.service.suggesting import Suggester
from engine.service.trying import TryRunner, require_events
from engine.settings.words import describe_changes
from engine.trace import Namespace


class Tuning:
    """Predicts and tries on the displayed engine; owns the processes that do the work."""

    def __init__(self) -> None:
        self._worker = ForecastWorker()
        self._forecasts = Forecasts(self._worker)
        self._tries = TryRunner()

    async def aclose(self) -> None:
        """End the processes."""
        await self._tries.aclose()
        await self._worker.aclose()

    @property
    def tried(self) -> m.TryView | None:
        """The try that is on, or the last one."""
        return self._tries.view

    async def forecast(self, engine: EngineLike, command: m.GetForecast) -> m.ForecastView:
        """The curves of one cache.

        Raises:
            SettingError: there is no such cache.
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        cache = cache_named(command.cache)
        return await forecast_view(self._forecasts, engine, cache, command.ttls, command.sizes)

    async def preview(self, engine: EngineLike, command: m.PreviewSettings) -> m.Preview:
        """A draft beside the settings in force.

        Raises:
            SettingError: there is no such cache or setting, or a value is refused.
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        draft = apply_values(engine.settings, command.changes)
        return await preview(self._forecasts, engine, cache_named(command.cache), draft)

    async def suggest(self, engine: EngineLike, command: m.Suggest) -> m.Suggestion:
        """Settings that reach a target.

        Raises:
            SettingError: there is no such cache, or the target's value makes no sense.
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        suggester = Suggester(self._forecasts, engine, cache_named(command.cache))
        return await suggester.suggest(command.target, command.value)

    async def start_try(
        self, engine: EngineLike, replay: ReplayLike | None, changes: Mapping[str, Any]
    ) -> str:
        """Begin a try; `replay` is the one on display, whose own workload is played then.

        Raises:
            SettingError: a setting does not exist or refuses its value.
            ServiceError: nothing is recorded yet.
            TaskStartError: the worker cannot be started, died, or took too long.
        """
        draft = apply_values(engine.settings, changes)
        if replay is not None:
            workload = played_part(replay.workload, replay.player.view().virtual_s)
            root = replay.project
        else:
            clock, traffic = engine.clock, engine.traffic
            workload = await asyncio.to_thread(
                recorded_workload,
                traffic.answers.accesses.snapshot(),
                dict(traffic.names),
                wall=clock.wall(),
                monotonic=clock.monotonic(),
            )
            root = engine.project.root
        request = TryRequest(
            str(root), draft, workload.events, workload.header.start, workload.name
        )
        require_events(request)
        label = describe_changes(engine.settings, draft) or "the settings in force"
        predicted = await self._forecasts.effect(engine, Namespace.ANSWERS, draft)
        await self._tries.start(request, dict(changes), label, predicted)
        return f"trying: {label}"

    async def cancel_try(self) -> str:
        """Give up the try that is on."""
        return "given up" if await self._tries.cancel() else "no try is on"
