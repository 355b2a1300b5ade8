"""Replays and recordings: the list of scenarios, playing one, what came of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import msgspec

from engine.service.messages.base import Command, ReplyBody


class PlayState(enum.StrEnum):
    """State of a replay."""

    PREPARING = "preparing"
    PLAYING = "playing"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class PlaybackView(msgspec.Struct, kw_only=True, frozen=True):
    """A replay that is on, or has ended and is still displayed."""

    name: str
    state: PlayState
    speed: float
    """Virtual seconds per wall second; 0 means as fast as possible."""
    position_s: float
    """Wall seconds played, pauses not counted."""
    duration_s: float
    """Wall seconds that the whole takes at this speed."""
    virtual_s: float
    """Seconds of the workload's own clock."""
    virtual_duration_s: float
    skipped_s: float = 0.0
    """Idle seconds of the workload that the clock on the wall jumped over."""
    starts: int = 0
    writes: int = 0
    writes_without_row: int = 0
    """Those of them that met nothing to change: what they name does not exist in the project."""
    total_starts: int = 0
    total_writes: int = 0
    behind_ms: float = 0.0
    """How far the last start was sent after its intended time."""
    worst_behind_ms: float = 0.0
    caption: str = ""
    next_label: str = ""
    """The next change of a setting, in words; empty when none is left."""
    next_in_s: float | None = None
    result: str = ""
    """The one result line, once it has finished."""
    error: str = ""
    then: str = ""
    """The scenario that follows by itself; empty when none does."""


class ScenarioView(msgspec.Struct, kw_only=True, frozen=True):
    """One line of the list of scenarios."""

    name: str
    line: str
    wall_s: float
    starts: int
    writes: int
    modeled: bool
    """Whether it injects delays; asked of an engine, also those of the profile now in force."""
    profile: str = ""
    """The cost profile that it begins with; empty: the one in force."""
    bundled: bool = True
    last_result: str = ""
    path: str = ""


class ListScenarios(Command, kw_only=True, frozen=True):
    """Reply: `ScenarioList`."""


class ScenarioList(ReplyBody, kw_only=True, frozen=True):
    """All that can be played: bundled scenarios, then own recordings, newest first."""

    scenarios: list[ScenarioView]


class Play(Command, kw_only=True, frozen=True):
    """Play a bundled scenario by name, or a workload file by path."""

    name: str
    speed: float = 1.0
    """0 means as fast as possible."""


class PausePlayback(Command, kw_only=True, frozen=True):
    """Pause, or go on when paused."""


class SetSpeed(Command, kw_only=True, frozen=True):
    """Change the speed of the replay that is on; 0 means as fast as possible."""

    speed: float


class StepSpeed(Command, kw_only=True, frozen=True):
    """Double (`direction` > 0) or halve the speed that the replay has when this arrives."""

    direction: int


class StopPlayback(Command, kw_only=True, frozen=True):
    """Stop the replay; `leave` goes back to live traffic."""

    leave: bool = False


class GetReport(Command, kw_only=True, frozen=True):
    """What came of the replay on display, so far or in the end. Reply: `Report`."""


class Report(ReplyBody, kw_only=True, frozen=True):
    """The figures of a replay; the keys are those of `taskstart replay --json`."""

    report: dict[str, Any]


class KeepReference(Command, kw_only=True, frozen=True):
    """Keep a replay's report as the project's reference run; an empty one keeps none any more."""

    report: dict[str, Any]


class GetReference(Command, kw_only=True, frozen=True):
    """Reply: `Reference`."""


class Reference(ReplyBody, kw_only=True, frozen=True):
    """The project's reference run, whichever console has kept it."""

    report: dict[str, Any] = msgspec.field(default_factory=dict)
    """As in `Report`; empty when none is kept."""
    kept_at: datetime | None = None


class ToggleRecording(Command, kw_only=True, frozen=True):
    """Start or stop recording what is on display; `path` empty chooses a name."""

    path: str = ""
    texts: bool = False
    """Also record the texts that other processes write to the project."""
    live: bool = False
    """Record live starts, whatever is on display."""
    stop: bool = False
    """End the one that is on; never begin one."""
