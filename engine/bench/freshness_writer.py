"""Another process that commits: `python -m engine.bench.freshness_writer`; see `Board` for what it tells.

It renames tasks in turn, at a steady rate, until its standard input ends. A rename is told on the
board after its commit has returned, so whoever reads the board knows what must be visible.
"""

from __future__ import annotations

import mmap
import os
import select
import sqlite3
import struct
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

REMEMBERED = 4_096
"""Commits a task whose times are kept."""
_NUMBER = struct.Struct("<q")
_BUSY_SECONDS = 10.0


class Board:
    """A file mapped by two processes: for each task the number of its last committed revision,
    and the times (`time.monotonic_ns`) of its last commits. One writes, the other reads."""

    def __init__(self, path: Path, tasks: int) -> None:
        """`path` is made when it is missing.

        Raises:
            OSError: it cannot be made or mapped.
        """
        size = tasks * (1 + REMEMBERED) * _NUMBER.size
        with path.open("a+b") as file:
            if file.seek(0, os.SEEK_END) < size:
                file.truncate(size)
            self._map = mmap.mmap(file.fileno(), size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._map.close()

    def revision(self, place: int) -> int:
        """The last committed revision of the task at `place`."""
        number: int = _NUMBER.unpack_from(self._map, self._at(place))[0]
        return number

    def committed_ns(self, place: int, revision: int) -> int:
        """When `revision` was committed; meaningless once it is no longer remembered."""
        at = self._at(place) + (1 + revision % REMEMBERED) * _NUMBER.size
        moment: int = _NUMBER.unpack_from(self._map, at)[0]
        return moment

    def tell(self, place: int, revision: int, moment_ns: int) -> None:
        """`revision` has been committed."""
        at = self._at(place)
        _NUMBER.pack_into(self._map, at + (1 + revision % REMEMBERED) * _NUMBER.size, moment_ns)
        _NUMBER.pack_into(self._map, at, revision)

    def _at(self, place: int) -> int:
        return place * (1 + REMEMBERED) * _NUMBER.size


def write_until_told(
    database: Path, journal: str, synchronous: str, rate: float, tasks: list[int], board: Board
) -> None:
    """Commit `rate` times a second, one task after the other."""
    connection = sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    began, written = time.monotonic(), 0
    while True:
        due = began + written / rate
        if select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
            break
        place, revision = written % len(tasks), written // len(tasks) + 1
        connection.execute(
            "UPDATE tasks SET name = ? WHERE id = ?", (f"revision {revision}", tasks[place])
        )
        board.tell(place, revision, time.monotonic_ns())
        written += 1
    connection.close()


def main() -> None:
    """The entry of the process."""
    database, journal, synchronous, rate, board_file, *tasks = sys.argv[1:]
    with Board(Path(board_file), len(tasks)) as board:
        write_until_told(
            Path(database), journal, synchronous, float(rate), [int(one) for one in tasks], board
        )


if __name__ == "__main__":
    main()
