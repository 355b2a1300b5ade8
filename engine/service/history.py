"""Changes of settings as steps that can be taken back and made again.

A step is kept as values by path, not as whole settings: what a scenario or another console
changed in between is left alone by an undo.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.settings import Settings, get_setting, with_setting
from engine.settings.words import changed_paths, describe_changes

MAX_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """One change that a person made."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    label: str


class SettingsHistory:
    """Undo and redo, any number of steps up to `MAX_STEPS`."""

    def __init__(self) -> None:
        self._done: deque[Step] = deque(maxlen=MAX_STEPS)
        self._undone: list[Step] = []

    @property
    def can_undo(self) -> str:
        """What `undo` would take back, in words; empty when there is nothing."""
        return self._done[-1].label if self._done else ""

    @property
    def can_redo(self) -> str:
        """What `redo` would make again, in words; empty when there is nothing."""
        return self._undone[-1].label if self._undone else ""

    def note(self, before: Settings, after: Settings) -> Step | None:
        """Remember a change as one step; None, and nothing remembered, if nothing differs."""
        paths = changed_paths(before, after)
        if not paths:
            return None
        step = Step(
            {path: get_setting(before, path) for path in paths},
            {path: get_setting(after, path) for path in paths},
            describe_changes(before, after),
        )
        self._done.append(step)
        self._undone.clear()
        return step

    def last_done(self) -> Step | None:
        """The step that `undo` takes back."""
        return self._done[-1] if self._done else None

    def last_undone(self) -> Step | None:
        """The step that `redo` makes again."""
        return self._undone[-1] if self._undone else None

    def undone(self, step: Step) -> None:
        """Say that `last_done()` has been taken back."""
        assert self._done[-1] is step
        self._undone.append(self._done.pop())

    def redone(self, step: Step) -> None:
        """Say that `last_undone()` has been made again."""
        assert self._undone[-1] is step
        self._done.append(self._undone.pop())

    def touched_paths(self) -> set[str]:
        """Every path that a step still in force has changed."""
        return {path for step in self._done for path in step.after}


def apply_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """`settings` with the values at these paths.

    Raises:
        SettingError: an unknown path or a value that it does not take; nothing is changed then.
    """
    for path, value in values.items():
        settings = with_setting(settings, path, value)
    return settings
