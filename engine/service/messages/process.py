"""The engine's process, and the project that it reads."""

from __future__ import annotations

import enum

import msgspec

from engine.service.messages.base import Command, Message

PROTOCOL = 1


class Hello(Message, kw_only=True, frozen=True):
    """First message of the engine to a viewer."""

    protocol: int
    pid: int
    version: str
    owned: bool
    """Whether a console started this engine (then it ends with that console)."""


class EngineState(enum.StrEnum):
    """State of the displayed engine."""

    STARTING = "starting"
    WARMING = "warming"
    READY = "ready"
    FAILED = "failed"


class ProjectView(msgspec.Struct, kw_only=True, frozen=True):
    """The project that the displayed engine reads."""

    name: str
    root: str
    tasks: int
    agents: int
    demo: bool = False
    journal_mode: str = "delete"


class Shutdown(Command, kw_only=True, frozen=True):
    """End the engine's process in good order."""
