"""Settings and optimizations: what they are, and commands that change, save and compare them."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.service.messages.base import Command, ReplyBody


class OptimizationView(msgspec.Struct, kw_only=True, frozen=True):
    """One optimization: on or off, and what switching it was measured to save."""

    number: int
    title: str
    published: str
    on: bool
    saved_ms: float | None = None
    chance_ms: float | None = None
    """Chance alone makes `saved_ms` differ from 0 by more than this once in twenty times."""
    before_starts: int = 0
    after_starts: int = 0


class ChangeSettings(Command, kw_only=True, frozen=True):
    """Change settings as one undoable step: path -> value (text is converted)."""

    changes: dict[str, Any]


class Undo(Command, kw_only=True, frozen=True):
    """Take the last change of settings back."""


class Redo(Command, kw_only=True, frozen=True):
    """Make the last undone change again."""


class ResetSettings(Command, kw_only=True, frozen=True):
    """Back to the published defaults; `prefix` limits it (for example `caches.answers`)."""

    prefix: str = ""


class SaveSettings(Command, kw_only=True, frozen=True):
    """Write the settings that differ from the file to the project's `taskstart.toml`."""


class LoadSettings(Command, kw_only=True, frozen=True):
    """Take the settings of the project's `taskstart.toml`, as one undoable step."""


class DiffSettings(Command, kw_only=True, frozen=True):
    """The settings that differ from the project's `taskstart.toml`. Reply: `SettingsDiff`."""


class SettingDifference(msgspec.Struct, kw_only=True, frozen=True):
    """One setting that is not as the file says."""

    path: str
    title: str
    in_file: str
    """In words, as on screen."""
    now: str


class SettingsDiff(ReplyBody, kw_only=True, frozen=True):
    """The settings in force against `taskstart.toml`."""

    path: str
    """The file."""
    exists: bool
    """Without one, the published defaults stand in its place."""
    differences: list[SettingDifference]
