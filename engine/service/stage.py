"""One displayed engine and what a person changes on it: settings, with undo and redo."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from engine.errors import SettingError
from engine.service.history import SettingsHistory, apply_values
from engine.service.ports import EngineLike
from engine.settings import Settings, get_setting
from engine.settings.words import LEAF_PATHS, changed_paths, describe_changes


class Stage:
    """An open engine with the history of its settings; changes are made one at a time."""

    def __init__(self, engine: EngineLike) -> None:
        self.engine = engine
        self.history = SettingsHistory()
        self._changing = asyncio.Lock()

    async def change(self, values: Mapping[str, Any]) -> str:
        """Change settings as one step that can be undone; what was changed, in words.

        Raises:
            SettingError: an unknown path or a wrong value; nothing is changed then.
            TaskStartError: the engine cannot run with these settings; nothing is remembered.
        """
        async with self._changing:
            before = self.engine.settings
            return await self._make(before, apply_values(before, values))

    async def reset(self, prefix: str) -> str:
        """Back to the published defaults, all of them or those that begin with `prefix`.

        Raises:
            SettingError: no setting begins with `prefix`.
        """
        paths = [path for path in LEAF_PATHS if _within(path, prefix)]
        if not paths:
            raise SettingError(
                f"no setting begins with {prefix!r}", "taskstart settings lists them"
            )
        defaults = Settings()
        async with self._changing:
            before = self.engine.settings
            values = {path: get_setting(defaults, path) for path in paths}
            return await self._make(before, apply_values(before, values))

    async def undo(self) -> str:
        """Take the last step back; what was taken back, in words.

        Raises:
            SettingError: there is nothing to take back.
        """
        async with self._changing:
            step = self.history.last_done()
            if step is None:
                raise SettingError("there is no change to take back")
            await self._apply(step.before)
            self.history.undone(step)
            return step.label

    async def redo(self) -> str:
        """Make the last undone step again; what was made, in words.

        Raises:
            SettingError: there is nothing to make again.
        """
        async with self._changing:
            step = self.history.last_undone()
            if step is None:
                raise SettingError("there is no undone change to make again")
            await self._apply(step.after)
            self.history.redone(step)
            return step.label

    async def follow(self, values: Mapping[str, Any], label: str) -> None:
        """A change that a scenario makes: it is marked, and not a step of the person's history.

        Raises:
            TaskStartError: as for `change`.
        """
        async with self._changing:
            before = self.engine.settings
            after = apply_values(before, values)
            await self.engine.apply(after, label or describe_changes(before, after))

    def own_changes(self) -> dict[str, Any]:
        """The settings that the person has changed here, with their present values."""
        return {
            path: get_setting(self.engine.settings, path)
            for path in LEAF_PATHS
            if path in self.history.touched_paths()
        }

    async def _make(self, before: Settings, after: Settings) -> str:
        if not changed_paths(before, after):
            return "nothing to change"
        label = describe_changes(before, after)
        await self.engine.apply(after, label)
        self.history.note(before, after)
        return label

    async def _apply(self, values: Mapping[str, Any]) -> None:
        before = self.engine.settings
        after = apply_values(before, values)
        if changed_paths(before, after):
            await self.engine.apply(after, describe_changes(before, after))


def _within(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix}.")
