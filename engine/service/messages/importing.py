"""Imports of history: a workload of what is there already."""

from __future__ import annotations

from engine.service.messages.base import Command, ReplyBody


class ImportHistory(Command, kw_only=True, frozen=True):
    """Write a workload into the user's recordings. Reply: `Imported`."""

    transcripts: str = ""
    """A transcript of Claude Code, or a folder of them; empty: the project database's own times."""


class CancelImport(Command, kw_only=True, frozen=True):
    """Give the import up that is on."""


class Imported(ReplyBody, kw_only=True, frozen=True):
    """What has been imported."""

    path: str
    """The workload; empty where there was nothing to play."""
    name: str
    starts: int
    report: str
    """What was read, used and left out, line by line."""
