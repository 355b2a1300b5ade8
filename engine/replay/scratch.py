"""Scratch copies of a project: where a replay writes.

Each lies in a folder of its own in the system's temporary folder, beside a lock file that its
process holds. The lock ends with the process, however that ends, so the next replay can tell
leftovers from copies in use and remove them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ProjectError
from engine.replay.waiting import to_the_end
from engine.storage.scratch import copy_project

PREFIX = "taskstart-replay-"
_LOCK_SUFFIX = ".lock"
_log = logging.getLogger(__name__)

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
    folder, lock = await asyncio.to_thread(_claim, parent)
    try:
        copying = asyncio.ensure_future(copy(root, folder / "project"))
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
        await to_the_end(asyncio.ensure_future(asyncio.to_thread(_release, folder, lock)))


def _keep_folder_times(root: Path, scratch_root: Path) -> None:
    """Folders that changed a moment ago are not trusted by caches; the project's own did not."""
    for folder in scratch_root.rglob("*/"):
        original = root / folder.relative_to(scratch_root)
        try:
            times = original.stat()
        except FileNotFoundError:
            continue  # it has come into being by the copy
        os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))


def _claim(parent: Path) -> tuple[Path, int]:
    while True:
        try:
            descriptor, name = tempfile.mkstemp(_LOCK_SUFFIX, PREFIX, parent)
        except OSError as error:
            raise ProjectError(
                f"no scratch copy in {parent}: {error.strerror or error}",
                "free some space there, or set TMPDIR to another folder",
            ) from error
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between its creation and the lock, a clean-up may have taken it for a leftover.
        if _same_file(Path(name), descriptor):
            folder = Path(name.removesuffix(_LOCK_SUFFIX))
            folder.mkdir(mode=0o700)
            return folder, descriptor
        os.close(descriptor)


def _release(folder: Path, lock: int) -> None:
    try:
        if _remove(folder):
            folder.with_name(folder.name + _LOCK_SUFFIX).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def remove_leftovers(parent: Path) -> list[Path]:
    """Remove the scratch copies of this user whose processes have ended; tell which."""
    removed = []
    for lock_path in parent.glob(f"{PREFIX}*{_LOCK_SUFFIX}"):
        try:
            descriptor = os.open(lock_path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue  # another user's, or just gone: not ours to remove
        try:
            if os.fstat(descriptor).st_uid != os.getuid():
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _same_file(lock_path, descriptor):
                continue
            folder = lock_path.with_name(lock_path.name.removesuffix(_LOCK_SUFFIX))
            if _remove(folder):
                lock_path.unlink(missing_ok=True)
                removed.append(folder)
        except BlockingIOError:
            continue  # its process is alive
        finally:
            os.close(descriptor)
    return removed


def _remove(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        # The lock file stays, so that the next replay tries again.
        _log.warning("scratch copy %s not removed: %s", folder, error)
        return False
    return True
