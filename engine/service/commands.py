"""Viewers' commands, one short method each; a table joins them to their messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NotFoundError, ServiceError, SettingError, TaskStartError
from engine.service import messages as m
from engine.service.history import apply_values
from engine.service.host import Host
from engine.service.ports import EngineLike
from engine.service.reading import diff_settings, stale_examples
from engine.service.stage import Stage
from engine.service.viewers import refusal
from engine.settings.file import load_settings, settings_file
from engine.settings.model import Settings
from engine.settings.saving import save_settings, without_new_costs
from engine.settings.words import flatten

if TYPE_CHECKING:
    from engine.service.history_import import HistoryImport

log = logging.getLogger(__name__)

MAX_LISTED = 2_000
_NEWEST = 50


class Commands:
    """Carries commands out on a host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._saving = asyncio.Lock()
        self._recording = asyncio.Lock()
        self._handlers = self._table()

    async def handle(self, request: m.Request) -> m.Reply:
        """Carry a command out; failures come back as a reply, never as an exception."""
        try:
            body = await self._handlers[type(request.command)](request.command)
        except TaskStartError as error:
            return refusal(request.id, error)
        except Exception as error:
            log.exception("%s failed", type(request.command).__name__)
            return refusal(
                request.id,
                ServiceError(f"{type(request.command).__name__} failed ({error!r})"),
            )
        return m.Reply(id=request.id, body=m.Done(text=body) if isinstance(body, str) else body)

    def _table(self) -> dict[type[m.Command], Callable[[Any], Awaitable[Any]]]:
        return {
            m.ChangeSettings: self._change,
            m.Undo: self._undo,
            m.Redo: self._redo,
            m.ResetSettings: self._reset,
            m.SaveSettings: self._save,
            m.SetWindow: self._set_window,
            m.ListScenarios: self._list_scenarios,
            m.Play: self._play,
            m.PausePlayback: self._pause,
            m.SetSpeed: self._set_speed,
            m.StepSpeed: self._step_speed,
            m.StopPlayback: self._stop,
            m.GetReport: self._get_report,
            m.KeepReference: self._keep_reference,
            m.GetReference: self._get_reference,
            m.StartTask: self._start_task,
            m.ListStarts: self._list_starts,
            m.GetStart: self._get_start,
            m.ToggleRecording: self._toggle_recording,
            m.ImportHistory: self._import,
            m.CancelImport: self._cancel_import,
            m.AcknowledgeAlert: self._acknowledge,
            m.ClearCaches: self._clear_caches,
            m.MeasureAllOff: self._measure_all_off,
            m.LoadSettings: self._load,
            m.DiffSettings: self._diff,
            m.GetForecast: self._get_forecast,
            m.PreviewSettings: self._preview,
            m.Suggest: self._suggest,
            m.Try: self._try,
            m.CancelTry: self._cancel_try,
            m.GetStaleExamples: self._get_stale_examples,
            m.Reopen: self._reopen,
            m.Stay: self._stay,
            m.Leave: self._leave,
            m.Shutdown: self._shutdown,
        }

    async def _stage(self) -> Stage:
        """What is displayed, once it is open."""
        if self._host.playback.view() is None:
            return await self._host.live.opened_stage()
        stage = self._host.playback.stage
        if stage is None:
            raise ServiceError("the replay is not ready", "wait for it, or leave it")
        return stage

    async def _change(self, command: m.ChangeSettings) -> str:
        return await (await self._stage()).change(command.changes)

    async def _undo(self, _: m.Undo) -> str:
        return f"taken back: {await (await self._stage()).undo()}"

    async def _redo(self, _: m.Redo) -> str:
        return f"made again: {await (await self._stage()).redo()}"

    async def _reset(self, command: m.ResetSettings) -> str:
        return await (await self._stage()).reset(command.prefix)

    async def _save(self, _: m.SaveSettings) -> str:
        live = await self._host.live.opened_stage()
        settings = live.engine.settings
        replayed = self._host.playback.stage
        if replayed is not None:
            # What the scenario itself set is no wish of the person who watches it.
            settings = apply_values(settings, replayed.own_changes())
        path = settings_file(await self._host.live.project_root())
        async with self._saving:
            kept = await asyncio.to_thread(without_new_costs, path, settings)
            changed = await asyncio.to_thread(save_settings, path, kept)
        aside = (
            "" if kept == settings else f"; not the profile {settings.profile}: agents would wait"
        )
        if not changed and kept == Settings():
            return f"nothing to save: every setting has its default{aside}"
        if not changed:
            return f"{path.name} has these settings already{aside}"
        count = f"{len(changed)} setting{'s' if len(changed) > 1 else ''}"
        return f"{count} saved to {path}{aside}"

    async def _load(self, _: m.LoadSettings) -> str:
        path = settings_file(await self._host.live.project_root())
        found = await asyncio.to_thread(load_settings, path)
        return await (await self._stage()).change(flatten(found))

    async def _diff(self, _: m.DiffSettings) -> m.SettingsDiff:
        engine = (await self._stage()).engine
        path = settings_file(await self._host.live.project_root())
        return await asyncio.to_thread(diff_settings, path, engine.settings)

    async def _get_forecast(self, command: m.GetForecast) -> m.ForecastView:
        return await self._host.tuning.forecast((await self._stage()).engine, command)

    async def _preview(self, command: m.PreviewSettings) -> m.Preview:
        return await self._host.tuning.preview((await self._stage()).engine, command)

    async def _suggest(self, command: m.Suggest) -> m.Suggestion:
        return await self._host.tuning.suggest((await self._stage()).engine, command)

    async def _try(self, command: m.Try) -> str:
        engine = (await self._stage()).engine
        replay = self._host.playback.replay
        return await self._host.tuning.start_try(engine, replay, command.changes)

    async def _cancel_try(self, _: m.CancelTry) -> str:
        return await self._host.tuning.cancel_try()

    async def _get_stale_examples(self, _: m.GetStaleExamples) -> m.StaleExamples:
        return stale_examples((await self._stage()).engine)

    async def _set_window(self, command: m.SetWindow) -> str:
        try:
            (await self._stage()).engine.monitor.set_window(command.seconds)
        except ValueError as error:
            raise SettingError(str(error)) from error
        return ""

    async def _list_scenarios(self, _: m.ListScenarios) -> m.ScenarioList:
        found = await asyncio.to_thread(self._host.doors.list_scenarios)
        return m.ScenarioList(scenarios=[self._host.playback.listed(view) for view in found])

    async def _play(self, command: m.Play) -> str:
        await self._host.live.project_root()
        await self._host.playback.play(command.name, command.speed)
        return f"{command.name} plays"

    async def _pause(self, _: m.PausePlayback) -> str:
        return self._host.playback.pause_or_resume()

    async def _set_speed(self, command: m.SetSpeed) -> str:
        self._host.playback.set_speed(command.speed)
        return _speed_text(command.speed)

    async def _step_speed(self, command: m.StepSpeed) -> str:
        return _speed_text(self._host.playback.step_speed(command.direction))

    async def _stop(self, command: m.StopPlayback) -> str:
        if command.leave:
            await self._host.playback.leave()
            return "back to live traffic"
        self._host.playback.stop()
        return "stopped"

    async def _get_report(self, _: m.GetReport) -> m.Report:
        return m.Report(report=self._host.playback.report())

    async def _keep_reference(self, command: m.KeepReference) -> str:
        from engine.service.reference import forget_reference, keep_reference

        root = await self._host.live.project_root()
        if not command.report:
            await asyncio.to_thread(forget_reference, root)
            return "no run is the reference any more"
        now = datetime.now().astimezone()
        await asyncio.to_thread(keep_reference, root, command.report, now)
        return f"{command.report['workload']} is the project's reference run from now on"

    async def _get_reference(self, _: m.GetReference) -> m.Reference:
        from engine.service.reference import read_reference

        return await asyncio.to_thread(read_reference, await self._host.live.project_root())

    async def _start_task(self, command: m.StartTask) -> m.StartDetail:
        task_id, role = command.task_id, command.agent_role
        if self._host.playback.view() is None:
            engine = await self._host.live.opened()
            start = self._host.start_task(task_id, role, source="console")
        else:
            engine = (await self._stage()).engine
            start = engine.task_start(task_id, role, source="console")
        try:
            await start
        except TaskStartError:
            # A failed start is shown like any other, with its reason.
            if (detail := _find_start(engine, task_id, role)) is None:
                raise
            return detail
        if (detail := _find_start(engine, task_id, role)) is None:
            raise NotFoundError("the start is no longer kept", "start it again")
        return detail

    async def _list_starts(self, command: m.ListStarts) -> m.StartList:
        limit = max(1, min(command.limit, MAX_LISTED))
        return (await self._stage()).engine.monitor.starts(limit, command.before)

    async def _get_start(self, command: m.GetStart) -> m.StartDetail:
        detail = (await self._stage()).engine.monitor.start(command.id)
        if detail is None:
            raise NotFoundError(f"start {command.id} is no longer kept", "choose a newer one")
        return detail

    async def _toggle_recording(self, command: m.ToggleRecording) -> str:
        from engine.replay.recorder import recording_path

        async with self._recording:
            project = (await self._host.live.opened()).project
            recordings = await self._host.open_recordings()
            if recordings.recorder is not None:
                return await recordings.stop()
            if command.stop:
                raise ServiceError("nothing is being recorded", "there is nothing to stop")
            now = datetime.now().astimezone()
            path = Path(command.path) if command.path else recording_path(project.name, now)
            if command.live or self._host.playback.view() is None:
                await recordings.start(path, texts=command.texts)
                return f"recording to {path}"
            replay = self._host.playback.replay
            if replay is None:
                raise ServiceError("the replay is not ready", "wait for it, or leave it")
            await recordings.start_of_replay(path, replay)
            return f"recording what is played to {path}"

    @cached_property
    def _history(self) -> HistoryImport:
        # The importers stay off the way to the first answer.
        from engine.service.history_import import HistoryImport

        return HistoryImport()

    async def _import(self, command: m.ImportHistory) -> m.Imported:
        root = await self._host.live.project_root()
        return await self._history.run(root, command.transcripts)

    async def _cancel_import(self, _: m.CancelImport) -> str:
        return self._history.cancel()

    async def _acknowledge(self, command: m.AcknowledgeAlert) -> str:
        if not (await self._stage()).engine.monitor.acknowledge(command.id):
            raise NotFoundError(f"there is no alert {command.id}")
        return "seen"

    async def _clear_caches(self, _: m.ClearCaches) -> str:
        (await self._stage()).engine.clear_caches()
        return "all cached values are forgotten"

    async def _measure_all_off(self, _: m.MeasureAllOff) -> str:
        trial = await self._host.measure()
        return f"measured on {trial.tasks} tasks"

    async def _reopen(self, _: m.Reopen) -> str:
        self._host.live.reopen()
        return "the project is opened again"

    async def _stay(self, command: m.Stay) -> str:
        return self._host.lifetime.tell_to_stay(command.on)

    async def _leave(self, command: m.Leave) -> m.Parting:
        recorder = self._host.recorder
        return m.Parting(
            stays=self._host.lifetime.leave(starter=command.starter),
            recording="" if recorder is None else str(recorder.path),
        )

    async def _shutdown(self, _: m.Shutdown) -> str:
        self._host.ending.set()
        return "the engine ends"


def _speed_text(speed: float) -> str:
    return f"speed ×{speed:g}" if speed else "as fast as possible"


def _find_start(engine: EngineLike, task_id: int, role: str | None) -> m.StartDetail | None:
    """The newest start of the console for this task."""
    for view in engine.monitor.starts(_NEWEST).starts:
        if (view.task_id, view.agent_role, view.source) == (task_id, role, "console"):
            return engine.monitor.start(view.id)
    return None
