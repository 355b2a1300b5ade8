"""The rows of L3 in their SQLite file: blocking, for one thread at a time, and never trusted blindly.

Every row carries a seal over all of it, because a damaged page may still look like a row.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.cache.disk_layout import (
    DISK_FAILURES,
    is_damage,
    open_database,
    remove_database,
    transaction,
)
from engine.cache.entry import FileSignatures
from engine.cache.levels import PackedEntry

_ROW_OVERHEAD = 200
"""Bytes that a row costs beyond its blobs: numbers, two index entries, page slack."""
_RECOUNT_EVERY = 256
_TOUCHES_AT_MOST = 256

_SELECT = """SELECT session, loaded_at, epoch, valid_until, proof, files, value, seal
FROM entries WHERE namespace = ? AND key = ?"""
_INSERT = """INSERT INTO entries (namespace, key, session, used, bytes, loaded_at, epoch,
valid_until, proof, files, value, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TOUCH = "UPDATE entries SET used = ? WHERE namespace = ? AND key = ? AND used < ?"
_SIZE = "SELECT bytes FROM entries WHERE namespace = ? AND key = ?"
_DELETE = "DELETE FROM entries WHERE namespace = ? AND key = ?"
_DELETE_ALL = "DELETE FROM entries WHERE namespace = ?"
_OLDEST = "SELECT used, namespace, key FROM entries WHERE namespace = ? ORDER BY used LIMIT 1"
_TOTALS = "SELECT namespace, count(*), sum(bytes) FROM entries GROUP BY namespace"
_LAST_USE = "SELECT coalesce(max(used), 0) FROM entries"

_FILES = msgspec.msgpack.Decoder(FileSignatures)


@dataclass(frozen=True, slots=True)
class Stored:
    """One row as it was read."""

    session: int
    """Which run of the engine wrote it; another run's clock and epochs mean nothing to this one."""
    packed: PackedEntry


@dataclass(slots=True)
class Totals:
    """What one namespace holds."""

    entries: int = 0
    bytes_held: int = 0
    evictions: int = 0

    @property
    def bytes_per_entry(self) -> float | None:
        """Mean bytes per row, overhead included; None while empty."""
        return self.bytes_held / self.entries if self.entries else None


class DiskFile:
    """Rows by (namespace, key) in least-recently-used order, bounded in entries and bytes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """`max_bytes` bounds all namespaces together; the entry bounds are given at each trim."""
        self.path = path
        self.max_bytes = max_bytes
        self.totals: dict[str, Totals] = {}
        self.rebuilt = 0
        self._connection: sqlite3.Connection | None = None
        self._last_use = 0
        self._touches: list[tuple[int, str, bytes]] = []
        """Uses since the last batch; a transaction for each would cost more than the read."""
        self._batches = 0

    def open(self) -> None:
        """Open the file; make it anew when it is missing, damaged or foreign.

        Raises:
            OSError, sqlite3.Error: the place cannot be used now.
        """
        try:
            self._open()
        except DISK_FAILURES as error:
            if not is_damage(error):
                raise
            self.rebuild()

    def rebuild(self) -> None:
        """Throw the file away and start with an empty one.

        Raises:
            OSError, sqlite3.Error: the place cannot be written to.
        """
        self.close()
        remove_database(self.path)
        self.rebuilt += 1
        self._open()

    def close(self) -> None:
        """Close the connection; the rows stay."""
        self._touches.clear()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    # ---- rows ---------------------------------------------------------------------------------

    def read(self, namespace: str, key: bytes) -> Stored | None:
        """The row of `key`, now the most recently used one; a row with a broken seal is removed.

        Raises:
            sqlite3.Error: the file failed.
        """
        connection = self._opened()
        row = connection.execute(_SELECT, (namespace, key)).fetchone()
        if row is None:
            return None
        session, loaded_at, epoch, valid_until, proof, files, value, seal = row
        if seal != _seal(namespace, key, row[:-1]):
            with self.batch():
                self.delete(namespace, key)
            return None
        self._last_use += 1
        self._touches.append((self._last_use, namespace, key))
        if len(self._touches) >= _TOUCHES_AT_MOST:
            with self.batch():
                self._apply_touches()
        packed = PackedEntry(value, loaded_at, epoch, valid_until, proof, _FILES.decode(files))
        return Stored(session, packed)

    def batch(self) -> AbstractContextManager[None]:
        """One transaction around several writes."""
        return transaction(self._opened())

    def write(self, namespace: str, key: bytes, session: int, packed: PackedEntry) -> None:
        """Keep a row as the most recently used; call within `batch`, then `trim`.

        Raises:
            sqlite3.Error: the file failed.
        """
        connection = self._opened()
        self.delete(namespace, key)
        files = msgspec.msgpack.encode(packed.files)
        size = len(packed.data) + len(files) + len(packed.proof) + len(key) + _ROW_OVERHEAD
        sealed = (
            session,
            # As SQLite gives them back, or the seal would not fit.
            float(packed.loaded_at),
            packed.epoch,
            None if packed.valid_until is None else float(packed.valid_until),
            packed.proof,
            files,
            packed.data,
        )
        seal = _seal(namespace, key, sealed)
        self._last_use += 1
        connection.execute(
            _INSERT, (namespace, key, session, self._last_use, size, *sealed[1:], seal)
        )
        totals = self._totals(namespace)
        totals.entries += 1
        totals.bytes_held += size

    def delete(self, namespace: str, key: bytes) -> None:
        """Forget a row; call within `batch`.

        Raises:
            sqlite3.Error: the file failed.
        """
        connection = self._opened()
        row = connection.execute(_SIZE, (namespace, key)).fetchone()
        if row is not None:
            connection.execute(_DELETE, (namespace, key))
            totals = self._totals(namespace)
            totals.entries -= 1
            totals.bytes_held -= row[0]

    def clear(self, namespace: str) -> None:
        """Forget all rows of a namespace; call within `batch`."""
        self._opened().execute(_DELETE_ALL, (namespace,))
        self.totals[namespace] = Totals(evictions=self._totals(namespace).evictions)

    def trim(self, bounds: Mapping[str, int]) -> None:
        """Evict least recently used rows until every bound is kept; call within `batch`.

        Args:
            bounds: entries at most, by namespace.

        Raises:
            sqlite3.Error: the file failed.
        """
        self._apply_touches()
        for namespace, bound in bounds.items():
            while self._totals(namespace).entries > bound and self._evict([namespace]):
                pass
        while sum(item.bytes_held for item in self.totals.values()) > self.max_bytes:
            if not self._evict(tuple(self.totals)):
                break
        self._batches += 1
        if self._batches % _RECOUNT_EVERY == 0:
            # Another engine on the same project writes to the same file.
            self.recount()

    def _apply_touches(self) -> None:
        touches, self._touches = self._touches, []
        # A row that was written again since has a later use already.
        self._opened().executemany(_TOUCH, [(use, name, key, use) for use, name, key in touches])

    def _evict(self, namespaces: Iterable[str]) -> bool:
        """Remove the least recently used row among `namespaces`; whether there was one."""
        connection = self._opened()
        found = [connection.execute(_OLDEST, (name,)).fetchone() for name in namespaces]
        oldest = min((row for row in found if row is not None), default=None)
        if oldest is None:
            # Another engine on the same project emptied what was counted here.
            self.recount()
            return False
        _, namespace, key = oldest
        self.delete(namespace, key)
        self._totals(namespace).evictions += 1
        return True

    # ---- the file -----------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the cache file is closed")
        return self._connection

    def _totals(self, namespace: str) -> Totals:
        return self.totals.setdefault(namespace, Totals())

    def _open(self) -> None:
        self._connection = open_database(self.path)
        try:
            self.recount()
        except BaseException:
            self.close()
            raise

    def recount(self) -> None:
        """Count what is held; needed after a failed batch and after another engine's writes.

        Raises:
            sqlite3.Error: the file failed.
        """
        connection = self._opened()
        evicted = {name: totals.evictions for name, totals in self.totals.items()}
        self.totals = {name: Totals(evictions=count) for name, count in evicted.items()}
        for namespace, entries, size in connection.execute(_TOTALS):
            totals = self._totals(namespace)
            totals.entries, totals.bytes_held = entries, size
        self._last_use = max(self._last_use, connection.execute(_LAST_USE).fetchone()[0])


def _seal(namespace: str, key: bytes, row: tuple[object, ...]) -> bytes:
    """A digest of everything in a row but its place in the order of use."""
    plain = msgspec.msgpack.encode((namespace, key, *row))
    return hashlib.blake2b(plain, digest_size=16).digest()
