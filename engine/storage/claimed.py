"""Folders that belong to a process for as long as it lives.

Beside each lies a lock file that the process holds. The lock ends with the process, however that
ends, so anybody can tell folders in use from those that a killed process left, and remove the latter.
All of this blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LOCK_SUFFIX = ".lock"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClaimedFolder:
    """A folder of this process alone (mode 0700); `release` removes it with all that it holds."""

    path: Path
    _lock: int

    def release(self) -> None:
        """Remove the folder, then give up the claim; call once."""
        try:
            if _remove(self.path):
                _lock_path(self.path).unlink(missing_ok=True)
        finally:
            os.close(self._lock)


def claim_folder(parent: Path, prefix: str) -> ClaimedFolder:
    """A new folder in `parent` whose name begins with `prefix`, which must be the product's alone.

    Raises:
        OSError: there is no room or no right to make it.
    """
    while True:
        descriptor, name = tempfile.mkstemp(_LOCK_SUFFIX, prefix, parent)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Between its creation and the lock, a clean-up may have taken it for a leftover.
            if _same_file(Path(name), descriptor):
                folder = Path(name.removesuffix(_LOCK_SUFFIX))
                folder.mkdir(mode=0o700)
                return ClaimedFolder(folder, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


@contextlib.contextmanager
def claimed_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """`claim_folder` for the length of the context.

    Raises:
        OSError: as for `claim_folder`.
    """
    claimed = claim_folder(parent, prefix)
    try:
        yield claimed.path
    finally:
        claimed.release()


def remove_unclaimed(parent: Path, prefix: str) -> list[Path]:
    """Remove this user's folders of `prefix` whose processes have ended; tell which."""
    removed = []
    for lock_path in parent.glob(f"{prefix}*{_LOCK_SUFFIX}"):
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


def _lock_path(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK_SUFFIX)


def _same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        # The lock file stays, so that the next clean-up tries again.
        _log.warning("%s is not removed: %s", folder, error)
        return False
    return True
