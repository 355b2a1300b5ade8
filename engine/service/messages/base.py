"""Bases of the messages, and the two replies that any command can get."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all messages; the tag is the class's name."""


class Command(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all commands."""


class ReplyBody(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all replies' bodies."""


class Done(ReplyBody, kw_only=True, frozen=True):
    """The command was carried out; `text` says what was done, in one line."""

    text: str = ""


class Failed(ReplyBody, kw_only=True, frozen=True):
    """It was not; `reason` and `remedy` are for a person."""

    reason: str
    remedy: str = ""
    code: str = "error"
