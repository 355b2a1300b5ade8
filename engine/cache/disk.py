"""L3: packed entries on disk, kept across restarts of the engine.

`DiskStore` is one project's file with its own thread: nothing here blocks the event loop. Writes
are gathered and made in one transaction soon after; a read first makes those that wait. The store
is never a reason for a start to fail: whatever goes wrong costs cached entries and is told by
`problem`.

An entry that another run of the engine wrote comes back unproven: its clock and epochs mean nothing
here, so it is a candidate that a proof may revive, and never a hit.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from engine.cache.disk_file import DiskFile, Totals
from engine.cache.disk_identity import DiskIdentity, remove_useless
from engine.cache.disk_layout import DISK_FAILURES, is_damage
from engine.cache.levels import PackedEntry

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_BYTES = 256 * 1024 * 1024
"""Default bound on the bytes of one project's entries."""
_WRITE_AFTER_SECONDS = 0.25
_WAITING_BYTES_AT_MOST = 16 * 1024 * 1024
_WAITING_AT_MOST = 100_000
_CLOSE_WITHIN_SECONDS = 5.0


class _Put(NamedTuple):
    namespace: str
    key: bytes
    session: int
    packed: PackedEntry


class _Delete(NamedTuple):
    namespace: str
    key: bytes


class _Clear(NamedTuple):
    namespace: str


_Write = _Put | _Delete | _Clear


class DiskStore:
    """One project's entries on disk, for all of its caches."""

    def __init__(
        self, directory: Path, identity: DiskIdentity, *, max_bytes: int = MAX_BYTES
    ) -> None:
        """`directory` is made for this user alone when it is missing."""
        self._directory = directory
        self._identity = identity
        self._file = DiskFile(directory / identity.file_name(), max_bytes)
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: list[_Write] = []
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        """Held for the two attributes above, never during input or output."""
        self._timer: asyncio.TimerHandle | None = None
        self._sent: Future[None] | None = None
        """The thread's last turn at writing what waited."""
        self._bounds: dict[str, int] = {}
        self._session = 0
        self.problem = ""
        """Why nothing is kept on disk, in words; empty while all is well."""

    # ---- life ---------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the file, making or rebuilding it as needed; never fails, see `problem`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="taskstart-l3")
        self._sent = None
        self.distrust()
        await asyncio.wrap_future(self._thread.submit(self._open))

    async def close(self, within_seconds: float = _CLOSE_WITHIN_SECONDS) -> None:
        """Write what waits and close the file; a disk that does not answer is left to itself."""
        if self._thread is None:
            return
        self._stop_timer()
        thread, self._thread = self._thread, None
        finishing = asyncio.wrap_future(thread.submit(self._finish))
        thread.shutdown(wait=False)
        try:
            async with asyncio.timeout(within_seconds):
                await finishing
        except TimeoutError:
            # Nothing is lost but entries that can be made again.
            self.problem = f"{self._file.path} could not be closed within {within_seconds:g} s"
            log.warning("%s", self.problem)

    @property
    def is_open(self) -> bool:
        """Whether entries are kept on disk now."""
        return self._thread is not None and not self.problem

    @property
    def rebuilt(self) -> int:
        """How many times a damaged or foreign file was thrown away."""
        return self._file.rebuilt

    def distrust(self) -> None:
        """From now on, what was written before is a candidate only, as after a restart."""
        self._session = secrets.randbits(62)

    def bound(self, namespace: str, entries: int) -> None:
        """Hold at most `entries` of `namespace`, from the next write on."""
        self._bounds[namespace] = entries
        self._write_soon()

    def totals(self, namespace: str) -> Totals:
        """What is held; may lag behind the writes that wait."""
        return self._file.totals.get(namespace, Totals())

    # ---- rows ---------------------------------------------------------------------------------

    async def read(self, namespace: str, key: bytes) -> PackedEntry | None:
        """The entry of `key`, with `loaded_at` of minus infinity when this run did not write it."""
        if self._thread is None or self.problem:
            return None
        return await asyncio.wrap_future(self._thread.submit(self._read, namespace, key))

    def put(self, namespace: str, key: bytes, packed: PackedEntry) -> None:
        """Write an entry soon. One without a proof only takes the former one's place away."""
        size = len(packed.data)
        if not packed.proof or self._waiting_bytes + size > _WAITING_BYTES_AT_MOST:
            self._enqueue(_Delete(namespace, key), 0)
        else:
            self._enqueue(_Put(namespace, key, self._session, packed), size)

    def delete(self, namespace: str, key: bytes) -> None:
        """Forget an entry soon; no read after this finds it."""
        self._enqueue(_Delete(namespace, key), 0)

    def clear(self, namespace: str) -> None:
        """Forget a namespace soon; no read after this finds anything of it."""
        self._enqueue(_Clear(namespace), 0)

    async def flush(self) -> None:
        """Wait until everything asked for so far is written."""
        if self._thread is not None:
            self._stop_timer()
            await asyncio.wrap_future(self._thread.submit(self._write_waiting))

    def _enqueue(self, write: _Write, size: int) -> None:
        if self._thread is None or self.problem:
            return
        with self._lock:
            if len(self._waiting) >= _WAITING_AT_MOST:
                # The disk hangs. To forget all instead of some takes no room, and is as true.
                self._waiting = [_Clear(name) for name in {one.namespace for one in self._waiting}]
                self._waiting_bytes = 0
            self._waiting.append(write)
            self._waiting_bytes += size
        self._write_soon()

    def _write_soon(self) -> None:
        if self._timer is None and self._thread is not None and not self.problem:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_WRITE_AFTER_SECONDS, self._send_to_thread)

    def _send_to_thread(self) -> None:
        self._timer = None
        if self._thread is None:
            return
        if self._sent is not None and not self._sent.done():
            # One turn takes all that waits: more of them would only queue up behind a slow disk.
            self._write_soon()
            return
        self._sent = self._thread.submit(self._write_waiting)
        self._sent.add_done_callback(_raise_in_log)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- in the thread ------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_useless(self._directory, self._identity)
            self._file.open()
        except (OSError, *DISK_FAILURES) as error:
            self._give_up(error)

    def _finish(self) -> None:
        self._write_waiting()
        self._file.close()

    def _read(self, namespace: str, key: bytes) -> PackedEntry | None:
        self._write_waiting()
        stored = self._try(lambda: self._file.read(namespace, key))
        if stored is None:
            return None
        if stored.session != self._session:
            return msgspec.structs.replace(stored.packed, loaded_at=-math.inf, epoch=-1)
        return stored.packed

    def _write_waiting(self) -> None:
        with self._lock:
            writes, self._waiting = self._waiting, []
            self._waiting_bytes = 0
        bounds = dict(self._bounds)
        if writes or any(self.totals(name).entries > most for name, most in bounds.items()):
            self._try(lambda: self._write(writes, bounds))

    def _write(self, writes: list[_Write], bounds: dict[str, int]) -> None:
        file = self._file
        with file.batch():
            for write in _coalesced(writes):
                match write:
                    case _Put(namespace, key, session, packed):
                        file.write(namespace, key, session, packed)
                        continue
                    # A removal makes room, so what did not fit before it has to be gone first.
                    case _Delete(namespace, key):
                        file.trim(bounds)
                        file.delete(namespace, key)
                    case _Clear(namespace):
                        file.clear(namespace)
            file.trim(bounds)

    def _try(self, work: Callable[[], T]) -> T | None:
        """Do `work`; after damage with a new file, after other trouble distrusting the old one."""
        if self.problem:
            return None
        try:
            return work()
        except DISK_FAILURES as error:
            # A write that failed leaves an older entry in its key's place.
            self.distrust()
            failed = error
        try:
            if is_damage(failed):
                self._file.rebuild()
            else:
                self._file.recount()
        except (OSError, *DISK_FAILURES) as error:
            self._give_up(error)
        return None

    def _give_up(self, error: Exception) -> None:
        self.problem = f"nothing is kept on disk: {self._file.path}: {error}"
        self._file.close()


def _coalesced(writes: list[_Write]) -> list[_Write]:
    """Leave out what a later put of the same key replaces anyway.

    With puts alone, the rows that remain are the most recently put ones, however often each was
    put; a removal in between makes room that an eviction before it would not have needed, so then
    nothing is left out.
    """
    latest: dict[tuple[str, bytes], _Write] = {}
    for write in writes:
        if not isinstance(write, _Put):
            return writes
        latest.pop((write.namespace, write.key), None)
        latest[write.namespace, write.key] = write
    return list(latest.values())


def _raise_in_log(future: Future[None]) -> None:
    """A failure that `_try` does not know is a defect; `concurrent.futures` logs it."""
    if not future.cancelled() and (error := future.exception()) is not None:
        raise error
