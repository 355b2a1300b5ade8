"""Imports of history that a viewer asks for, one at a time, each in a process of its own."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec

from engine.children import RUN_MODULE
from engine.errors import ServiceError
from engine.service.messages import Imported

log = logging.getLogger(__name__)

LONGEST_S = 25.0
"""Less than a viewer waits for a reply."""


class ImportResult(msgspec.Struct, frozen=True, tag="result"):
    """What was written, and what the importer says of what it read."""

    path: str
    """Empty where there was nothing to play: then nothing was written."""
    name: str
    starts: int
    report: str


class ImportRefusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why nothing could be read or written."""

    reason: str
    remedy: str


class HistoryImport:
    """The engine goes on answering while it works: it shares no interpreter with it."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._running: asyncio.subprocess.Process | None = None
        self._busy = False
        self._cancelled = False

    async def run(self, root: Path, transcripts: str) -> Imported:
        """Import from transcripts, or from the project's database where none are named.

        Raises:
            ServiceError: it was refused, cancelled or took too long, or another one is on.
        """
        if self._busy:
            raise ServiceError("an import is on already", "wait for it, or cancel it")
        self._busy, self._cancelled = True, False
        try:
            outcome = await self._outcome(root, transcripts)
        finally:
            self._busy = False
        if isinstance(outcome, ImportRefusal):
            raise ServiceError(outcome.reason, outcome.remedy)
        return Imported(
            path=outcome.path, name=outcome.name, starts=outcome.starts, report=outcome.report
        )

    def cancel(self) -> str:
        """End the import that is on; nothing is left of it."""
        if not self._busy:
            return "no import is on"
        self._cancelled = True
        if self._running is not None and self._running.returncode is None:
            self._running.kill()
        return "the import is cancelled"

    async def _outcome(self, root: Path, transcripts: str) -> ImportResult | ImportRefusal:
        process = await asyncio.create_subprocess_exec(
            *(*RUN_MODULE, "engine.service.import_worker", str(root), transcripts),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        self._running = process
        try:
            if self._cancelled:
                process.kill()
            async with asyncio.timeout(self._longest_s):
                told, _ = await process.communicate()
        except TimeoutError as error:
            raise ServiceError(
                f"the import took longer than {self._longest_s:g} s",
                "`taskstart import` in a shell has all the time it needs",
            ) from error
        finally:
            self._running = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._cancelled:
            raise ServiceError("the import was cancelled")
        if process.returncode:
            log.warning("the import's process ended with %s", process.returncode)
            raise ServiceError("the import's process ended before it was done", "try again")
        return msgspec.json.decode(told, type=ImportResult | ImportRefusal)
