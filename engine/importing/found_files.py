"""Which files an import reads: those that were named, and the transcripts in folders that were.

Inside a named folder no link is followed, so nothing outside of it is ever read. A path that is
itself a link is followed once, since it is what the user named.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.importing.refusal import ImportRefusedError

SUFFIX = ".jsonl"
SIDECAR_SUFFIX = ".meta.json"
_LONGEST_SIDECAR = 256 * 1024
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class TranscriptFile:
    """A file to read."""

    path: Path
    bytes: int
    sidecar: Path | None = None
    """Where a description of its agent may lie; None outside of named folders."""


@dataclass(slots=True)
class FoundFiles:
    """What the named paths hold."""

    files: list[TranscriptFile] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many other entries were not read, by the reason."""
    unreadable: list[str] = field(default_factory=list)
    """Files and folders that could not be read, each with the system's reason."""

    @property
    def bytes(self) -> int:
        """Size of all files together, when they were found."""
        return sum(file.bytes for file in self.files)


def find_transcripts(
    paths: Iterable[Path], on_progress: Callable[[str], None] | None = None
) -> FoundFiles:
    """The transcripts that `paths` name or hold, each once, in the order of their names.

    Raises:
        ImportRefusedError: a named path does not exist or cannot be read.
    """
    found = FoundFiles()
    seen: set[tuple[int, int]] = set()
    for named in paths:
        path = _resolved(named)
        status = _status(path, named)
        if stat.S_ISDIR(status.st_mode):
            _walk(path, found, seen, on_progress)
        elif stat.S_ISREG(status.st_mode):
            _add(found, seen, TranscriptFile(path, status.st_size), status)
        else:
            raise ImportRefusedError(
                f"{named} is neither a file nor a folder", "name a transcript, or a folder of them"
            )
    return found


def _resolved(named: Path) -> Path:
    try:
        return named.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreachable(named, error) from error


def _status(path: Path, named: Path) -> os.stat_result:
    try:
        status = path.stat()
        if not os.access(path, os.R_OK):
            raise PermissionError(0, "no right to read it", str(path))
    except OSError as error:
        raise _unreachable(named, error) from error
    return status


def _unreachable(named: Path, error: Exception) -> ImportRefusedError:
    reason = getattr(error, "strerror", None) or str(error)
    return ImportRefusedError(
        f"{named} cannot be read: {reason}",
        "name a transcript or a folder; Claude Code keeps them in ~/.claude/projects",
    )


def _walk(
    folder: Path,
    found: FoundFiles,
    seen: set[tuple[int, int]],
    on_progress: Callable[[str], None] | None,
) -> None:
    def unreadable(error: OSError) -> None:
        found.unreadable.append(f"{error.filename}: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        found.skipped["link"] += sum((Path(parent) / name).is_symlink() for name in folders)
        folders.sort()
        for name in sorted(names):
            _consider(Path(parent) / name, found, seen)
        if on_progress is not None:
            on_progress(f"looking for transcripts: {len(found.files):,} found")


def _consider(path: Path, found: FoundFiles, seen: set[tuple[int, int]]) -> None:
    try:
        status = path.lstat()
    except OSError as error:
        found.unreadable.append(f"{path}: {error.strerror}")
        return
    if stat.S_ISLNK(status.st_mode):
        found.skipped["link"] += 1
    elif path.suffix != SUFFIX:
        if not path.name.endswith(SIDECAR_SUFFIX):
            found.skipped[f"not a {SUFFIX} file"] += 1
    elif not stat.S_ISREG(status.st_mode):
        found.skipped["not a regular file"] += 1
    else:
        sidecar = path.with_suffix(SIDECAR_SUFFIX)
        _add(found, seen, TranscriptFile(path, status.st_size, sidecar), status)


def _add(
    found: FoundFiles,
    seen: set[tuple[int, int]],
    file: TranscriptFile,
    status: os.stat_result,
) -> None:
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        found.skipped["named twice"] += 1
        return
    seen.add(identity)
    found.files.append(file)


def open_regular(path: Path) -> int:
    """A descriptor of a regular file that is not a link.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    descriptor = os.open(path, _READ_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file", str(path))
    return descriptor


def read_sidecar(path: Path | None) -> bytes | None:
    """The small file beside an agent's transcript; None where there is none that can be used."""
    if path is None:
        return None
    try:
        descriptor = open_regular(path)
    except OSError:
        return None  # most transcripts have none, and a link beside one is not followed
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_LONGEST_SIDECAR + 1)
    return content if len(content) <= _LONGEST_SIDECAR else None
