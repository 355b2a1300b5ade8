"""Which file is an agent's SOP, and what it says. No path leaves the project."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.context.agents import AgentRecord
from engine.context.decode import shown, unusable
from engine.context.files import (
    FileSignature,
    join,
    real_path_within,
    relative_path,
    signature_of,
)
from engine.context.sop_text import LiveSop, SopText
from engine.storage.rows import Cell

AGENTS_FOLDER: Final = ".claude/agents"
LARGEST_SOP_BYTES: Final = 16 * 1024 * 1024
"""A larger file is refused: it is no instruction text, and would not fit in memory with others."""
_MISSING_ERRORS: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EBADF))
_NO_SYMLINK_SURPRISES: Final = (
    os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)


@dataclass(frozen=True, slots=True)
class SopCandidate:
    """A path at which an agent's SOP may be."""

    path: str
    relative: str
    """The path within the project."""
    agent_row: Cell = None
    """The id of the `agents` row that names this path; None for the role's own file."""


@dataclass(frozen=True, slots=True)
class SopPlan:
    """Where to look for the SOP of a role, in order; the first path that exists decides."""

    root: str
    role: str
    candidates: tuple[SopCandidate, ...]
    column_warnings: tuple[str, ...]
    """Of the form `agents <id>: file_path unusable (<why>)`."""
    file_warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledSop:
    """What one file gave: its text, or why it cannot be used."""

    content: SopText | None
    problem: str = ""


WatchedFile = tuple[str, FileSignature | None]
"""A path and what it looked like; None for a path at which nothing was found."""


@dataclass(frozen=True, slots=True)
class Sop:
    """The SOP of a role, as far as there is one."""

    content: SopText | None
    path: str | None
    column_warnings: tuple[str, ...]
    file_warnings: tuple[str, ...]
    watched: tuple[WatchedFile, ...]
    """Every path that was looked at. While all signatures stand, the same SOP would be found."""
    compiled: tuple[tuple[str, FileSignature, CompiledSop], ...] = ()
    """The files that were read for this, for a cache to keep."""

    @property
    def text(self) -> str | None:
        """The whole text; None where there is no usable SOP."""
        return None if self.content is None else self.content.text


NO_SOP: Final = Sop(None, None, (), (), ())


def sop_candidates(root: str | os.PathLike[str], role: str, agent: AgentRecord | None) -> SopPlan:
    """Where the SOP of `role` may be: first where its row says, then at the role's own file."""
    folder = os.fspath(root)
    candidates: list[SopCandidate] = []
    column_warnings: tuple[str, ...] = ()
    file_warnings: tuple[str, ...] = ()
    if agent is not None and agent.file_path is not None:
        named = relative_path(agent.file_path)
        if named is None:
            column_warnings = (_column_warning(agent.row_id, "leads out of the project"),)
        else:
            candidates.append(SopCandidate(join(folder, named), named, agent.row_id))
    own_name = relative_path(f"{role}.md")
    if own_name is None:
        file_warnings = (_file_warning(role, "its path leads out of the project"),)
    else:
        own = f"{AGENTS_FOLDER}/{own_name}"
        if not candidates or candidates[0].relative != own:
            candidates.append(SopCandidate(join(folder, own), own))
    return SopPlan(folder, role, tuple(candidates), column_warnings, file_warnings)


def read_sop(
    plan: SopPlan, *, known: Callable[[str, FileSignature], CompiledSop | None] | None = None
) -> Sop:
    """The first candidate that exists and can be used; one that cannot adds a warning.

    Args:
        known: gives what an earlier read of the path made, if its signature still stands.
    """
    column_warnings = list(plan.column_warnings)
    file_warnings = list(plan.file_warnings)
    watched: list[WatchedFile] = []
    compiled_now: list[tuple[str, FileSignature, CompiledSop]] = []
    for candidate in plan.candidates:
        seen, problem = _look_at(candidate.path)
        watched.append((candidate.path, seen))
        if seen is not None:
            compiled = None if known is None else known(candidate.path, seen)
            if compiled is None:
                compiled = compile_sop(plan.root, candidate.relative)
                compiled_now.append((candidate.path, seen, compiled))
            if compiled.content is not None:
                return Sop(
                    compiled.content,
                    candidate.path,
                    tuple(column_warnings),
                    tuple(file_warnings),
                    tuple(watched),
                    tuple(compiled_now),
                )
            problem = compiled.problem
        if not problem:
            continue
        why = f"{shown(candidate.relative or '.')} {problem}"
        if candidate.agent_row is not None:
            column_warnings.append(_column_warning(candidate.agent_row, why))
        else:
            file_warnings.append(_file_warning(plan.role, why))
    return Sop(
        None,
        None,
        tuple(column_warnings),
        tuple(file_warnings),
        tuple(watched),
        tuple(compiled_now),
    )


def compile_sop(root: str, relative: str) -> CompiledSop:
    """Read one SOP file of a project; one that cannot be used gives the reason instead of a text."""
    try:
        real_path = real_path_within(root, relative)
        if real_path is None:
            return CompiledSop(None, "leads out of the project")
        data, problem = _read_regular(real_path)
    except (OSError, ValueError) as error:
        return CompiledSop(None, _describe(error))
    if problem:
        return CompiledSop(None, problem)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return CompiledSop(None, f"is not valid UTF-8 (byte {error.start})")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return CompiledSop(LiveSop(text))


def _read_regular(real_path: str) -> tuple[bytes, str]:
    """The bytes of a regular file, or why it is not read. Never waits on a pipe or a device."""
    descriptor = os.open(real_path, os.O_RDONLY | _NO_SYMLINK_SURPRISES)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return b"", "is a directory"
        if not stat.S_ISREG(status.st_mode):
            return b"", "is not a regular file"
        if status.st_size > LARGEST_SOP_BYTES:
            return b"", f"is larger than {LARGEST_SOP_BYTES // 1024 // 1024} MiB"
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return file.read(), ""
    finally:
        os.close(descriptor)


def _look_at(path: str) -> tuple[FileSignature | None, str]:
    """The signature of an existing path, or why it cannot be looked at; neither where none exists."""
    try:
        return signature_of(os.stat(path)), ""  # noqa: PTH116 - on every start; Path.stat costs twice as much
    except ValueError:
        return None, ""  # a NUL or a lone surrogate: no file can have such a name
    except OSError as error:
        return None, "" if error.errno in _MISSING_ERRORS else _describe(error)


def _describe(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"cannot be read: {error}"


def _column_warning(row_id: Cell, why: str) -> str:
    return unusable("agents", row_id, "file_path", why)


def _file_warning(role: str, why: str) -> str:
    return f"Agent SOP unusable for '{role}' ({why})"
