"""A scratch copy of a project that another process writes to, and what must be visible there."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.bench.freshness_writer import Board
from engine.children import RUN_MODULE
from engine.core.engine import Engine
from engine.core.project import DATABASE
from engine.errors import ServiceError
from engine.replay.scratch import scratch_copy

WRITTEN_TASKS = 8
_REVISION = re.compile(r"\brevision (\d+)")
_PROCESS_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A scratch copy that another process writes to."""

    root: Path
    journal: str
    synchronous: str
    tasks: list[int]
    board: Board
    writer: asyncio.subprocess.Process

    @property
    def commits(self) -> int:
        """All commits so far."""
        return sum(self.board.revision(place) for place in range(len(self.tasks)))

    async def stop_writer(self) -> None:
        """Have the writer end in good order."""
        if self.writer.stdin is not None:
            self.writer.stdin.close()
        async with asyncio.timeout(_PROCESS_SECONDS):
            await self.writer.wait()


@asynccontextmanager
async def committing(
    root: Path, journal: str, synchronous: str, rate: float
) -> AsyncIterator[Stage]:
    """A scratch copy of the project at `root`, and a process that commits `rate` times a second.

    Raises:
        TaskStartError: the project cannot be copied, or the process does not start.
    """
    async with scratch_copy(root) as scratch:
        async with Engine.open(scratch.root, background=False) as engine:
            tasks = await engine.sample_tasks(WRITTEN_TASKS)
        with tempfile.TemporaryDirectory() as folder:
            board_file = Path(folder) / "board"
            with Board(board_file, len(tasks)) as board:
                writer = await asyncio.create_subprocess_exec(
                    *(*RUN_MODULE, "engine.bench.freshness_writer", str(scratch.root / DATABASE)),
                    *(journal, synchronous, str(rate), str(board_file), *map(str, tasks)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                )
                try:
                    assert writer.stdout is not None
                    async with asyncio.timeout(_PROCESS_SECONDS):
                        ready = await writer.stdout.readline()
                    if not ready:
                        raise ServiceError("the writing process ended before it began")
                    yield Stage(scratch.root, journal, synchronous, tasks, board, writer)
                finally:
                    if writer.returncode is None:
                        writer.kill()
                    await writer.wait()


def shown_revision(text: str) -> int:
    """The revision that an answer shows of its task; 0 when the writer has not come to it."""
    found = _REVISION.search(text)
    return int(found[1]) if found is not None else 0
