"""The engine's process, and the project that it reads."""

from __future__ import annotations

import enum

import msgspec

from engine.service.messages.base import Command, Message, ReplyBody


class Hello(Message, kw_only=True, frozen=True):
    """First message of the engine to a viewer."""

    protocol: int
    """See `engine.service.protocol`. A reader takes this first, so it keeps its name and type."""
    pid: int
    version: str
    owned: bool
    """Whether a console began this engine: then it ends when nobody uses it any more."""


class Goodbye(Message, kw_only=True, frozen=True):
    """Last message of an engine that ends in good order."""


class EngineState(enum.StrEnum):
    """State of the displayed engine."""

    STARTING = "starting"
    WARMING = "warming"
    READY = "ready"
    FAILED = "failed"


class Stays(enum.StrEnum):
    """Why the engine goes on when a console leaves it; empty when it ends then."""

    NO = ""
    CONSOLES = "consoles"
    """Others are attached; it ends with the last of them."""
    AGENTS = "agents"
    """Agents have called it lately; it ends some time after their last call."""
    TOLD = "told to"
    SERVED = "serve"
    """No console began it."""


class ProjectView(msgspec.Struct, kw_only=True, frozen=True):
    """The project that the displayed engine reads."""

    name: str
    root: str
    tasks: int
    agents: int
    demo: bool = False
    journal_mode: str = "delete"


class Reopen(Command, kw_only=True, frozen=True):
    """Close the project and open it anew, for an engine that could not open or cannot read it."""


class Stay(Command, kw_only=True, frozen=True):
    """Let the engine go on without any console, or no longer."""

    on: bool


class Leave(Command, kw_only=True, frozen=True):
    """This console goes; the engine ends now if nobody else uses it. Reply: `Parting`."""

    starter: bool
    """Whether this console began the engine's process."""


class Parting(ReplyBody, kw_only=True, frozen=True):
    """What becomes of the engine that a console leaves."""

    stays: Stays
    recording: str = ""
    """Path of the recording that is on, which goes on if the engine does; empty when none is."""


class Shutdown(Command, kw_only=True, frozen=True):
    """End the engine's process in good order."""
