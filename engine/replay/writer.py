"""Carries out the writes of a workload on a scratch copy of the project.

One write is one commit, as another process would make it: on a read-write connection of its own,
in a thread of its own. `updated_at`, and what the schema's triggers would take from the machine's
clock (`started_at`, `completed_at`), come from the virtual clock.

A write that changes no delivered value (`task_create` of an existing task, an update without
`set`, an update of a row that does not exist) is a commit all the same: it moves a counter in a
table of the scratch copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar, TypeVarTuple

from engine.clock import Clock
from engine.errors import DatabaseBusyError, DatabaseError, ProjectError, WorkloadError
from engine.files import write_whole
from engine.replay.events import Op, WorkloadEvent, check_relative_path
from engine.replay.scratch import ScratchProject
from engine.replay.stand_ins import stand_in
from engine.replay.statements import execute_write
from engine.replay.waiting import to_the_end

BUSY_TIMEOUT_S = 5.0
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""No later write would fare better; any other failure is of the one file."""
_COUNTER = "taskstart_replay_commits"


class ScratchWriter:
    """The writer of one scratch copy; an async context manager."""

    def __init__(self, scratch: ScratchProject, clock: Clock) -> None:
        self.scratch = scratch
        self._root = scratch.root.resolve()
        self._database = self._root / ".agentpm" / "data" / "agentpm.db"
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replay-writer")
        self._connection: sqlite3.Connection | None = None

    async def __aenter__(self) -> ScratchWriter:
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Queued behind a write that a cancellation may have left running.
        await to_the_end(asyncio.ensure_future(self._in_thread(self._close)))
        self._thread.shutdown()

    async def apply(self, event: WorkloadEvent) -> bool:
        """Carry out one write; False when what it names does not exist.

        Raises:
            WorkloadError: the schema's constraints, or the project's borders, forbid it.
            DatabaseError: the scratch copy cannot be written (disk full, lock, damage).
        """
        if event.op is Op.SOP_WRITE:
            return await self._in_thread(self._write_sop, event)
        return await self._in_thread(self._commit, event)

    async def _in_thread(self, call: Callable[[*_Ts], _T], *arguments: *_Ts) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, call, *arguments)

    def _open(self) -> None:
        try:
            connection = sqlite3.connect(
                f"{self._database.as_uri()}?mode=rw",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            # A scratch copy need not survive a power cut, so no commit waits for the disk.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_COUNTER} (commits INTEGER NOT NULL)")
            connection.execute(f"DELETE FROM {_COUNTER}")
            connection.execute(f"INSERT INTO {_COUNTER} VALUES (0)")
        except sqlite3.Error as error:
            connection.close()
            raise self._failure(error) from error
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, event: WorkloadEvent) -> bool:
        connection = self._connection
        if connection is None:
            raise DatabaseError("the writer of the scratch copy is closed")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                met = execute_write(connection, event, self._clock.wall())
                connection.execute(f"UPDATE {_COUNTER} SET commits = commits + 1")
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except KeyError as error:
            raise WorkloadError(f"{event.op} cannot set {error.args[0]!r}") from None
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, UnicodeEncodeError) as error:
            raise WorkloadError(f"{event.op} was refused ({error})") from error
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return met

    def _failure(self, error: sqlite3.Error) -> DatabaseError:
        code = getattr(error, "sqlite_errorcode", None)
        where = f"the scratch copy {self._database}"
        if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return DatabaseBusyError(f"{where} stayed locked for {BUSY_TIMEOUT_S:g} s")
        if code == sqlite3.SQLITE_FULL:
            return DatabaseError(
                f"the disk under {where} is full", "free some space, or set TMPDIR to another disk"
            )
        return DatabaseError(f"{where} cannot be written ({error})")

    # ---- SOP files --------------------------------------------------------------------------

    def _write_sop(self, event: WorkloadEvent) -> bool:
        path = self._contained(event.path or self._sop_path(event.agent_role or ""))
        try:
            content = (event.text or "").encode()
            if event.append is not None or event.texts:
                with contextlib.suppress(FileNotFoundError):
                    content = path.read_bytes()
            if event.append is not None:
                content += event.append.encode()
            elif event.texts:
                text = content.decode(errors="surrogateescape")
                content = stand_in("text", text).encode(errors="surrogateescape")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content, durable=False)
        except (UnicodeEncodeError, OSError) as error:
            if getattr(error, "errno", None) not in _DISK_TROUBLE:
                raise WorkloadError(f"{event.op} was refused ({error})") from error
            raise ProjectError(
                f"{path} cannot be written ({error})",
                "free some space, or set TMPDIR to another folder",
            ) from error
        return True

    def _sop_path(self, role: str) -> str:
        if self._connection is None:
            raise DatabaseError("the writer of the scratch copy is closed")
        try:
            row = self._connection.execute(
                "SELECT file_path FROM agents WHERE role = ? ORDER BY id LIMIT 1", (role,)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._failure(error) from error
        if row is not None and isinstance(row[0], str) and row[0].strip():
            return row[0].strip()
        return f".claude/agents/{role}.md"

    def _contained(self, relative: str) -> Path:
        try:
            check_relative_path(relative)
            path = (self._root / relative).resolve()
        except (ValueError, OSError, RuntimeError) as error:
            raise WorkloadError(f"{Op.SOP_WRITE} was refused ({error})") from error
        if not path.is_relative_to(self._root) or path == self._root:
            raise WorkloadError(f"{Op.SOP_WRITE}: {relative!r} leads out of the project")
        if path.is_relative_to(self._root / ".agentpm"):
            raise WorkloadError(f"{Op.SOP_WRITE}: {relative!r} is not an SOP file")
        return path
