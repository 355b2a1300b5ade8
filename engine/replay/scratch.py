"""Scratch copies of a project: where a replay writes.

Each lies in a folder of its own in the system's temporary folder, which its process has claimed: the
next replay or engine can tell what a killed process left from copies in use.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ProjectError
from engine.replay.waiting import to_the_end
from engine.storage.claimed import ClaimedFolder, claim_folder, remove_unclaimed
from engine.storage.scratch import copy_project

PREFIX = "taskstart-replay-"

CopyProject = Callable[[Path, Path], Awaitable[Path]]


@dataclass(frozen=True, slots=True)
class ScratchProject:
    """A copy of a project that may be written to. Only `scratch_copy` makes one."""

    root: Path


@contextlib.asynccontextmanager
async def scratch_copy(
    root: Path, *, copy: CopyProject = copy_project, parent: Path | None = None
) -> AsyncIterator[ScratchProject]:
    """A copy of the project at `root`, removed on leaving, also after a cancellation.

    Raises:
        ProjectError: there is no room or no right to write it.
        TaskStartError: the project cannot be read.
    """
    parent = parent or Path(tempfile.gettempdir())
    await asyncio.to_thread(remove_leftovers, parent)
    claimed = await asyncio.to_thread(_claim, parent)
    try:
        copying = asyncio.ensure_future(copy(root, claimed.path / "project"))
        try:
            scratch_root = await to_the_end(copying)
            await asyncio.to_thread(_keep_folder_times, root, scratch_root)
        except OSError as error:
            raise ProjectError(
                f"no scratch copy of {root} in {parent}: {error.strerror or error}",
                "free some space there, or set TMPDIR to another folder",
            ) from error
        yield ScratchProject(scratch_root)
    finally:
        await to_the_end(asyncio.ensure_future(asyncio.to_thread(claimed.release)))


def _keep_folder_times(root: Path, scratch_root: Path) -> None:
    """Folders that changed a moment ago are not trusted by caches; the project's own did not."""
    for folder in scratch_root.rglob("*/"):
        original = root / folder.relative_to(scratch_root)
        try:
            times = original.stat()
        except FileNotFoundError:
            continue  # it has come into being by the copy
        os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))


def _claim(parent: Path) -> ClaimedFolder:
    try:
        return claim_folder(parent, PREFIX)
    except OSError as error:
        raise ProjectError(
            f"no scratch copy in {parent}: {error.strerror or error}",
            "free some space there, or set TMPDIR to another folder",
        ) from error


def remove_leftovers(parent: Path | None = None) -> list[Path]:
    """Remove the scratch copies of this user whose processes have ended; tell which.

    `parent` is the system's temporary folder unless given.
    """
    return remove_unclaimed(parent or Path(tempfile.gettempdir()), PREFIX)
