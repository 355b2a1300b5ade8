"""A second process that commits all the time, and what it has committed so far."""

from __future__ import annotations

import mmap
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.core.rig import Project

_COMMIT_ON_AND_ON = """
import mmap, select, sqlite3, struct, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA synchronous = OFF")
with open(sys.argv[2], "r+b") as file:
    committed = mmap.mmap(file.fileno(), 8)
print("writing", flush=True)
number = 0
while not select.select([sys.stdin], [], [], 0.002)[0]:
    number += 1
    text = f"revision {number}"
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE tasks SET name = ? WHERE id = 1", (text,))
    connection.execute("UPDATE projects SET description = ?", (text,))
    connection.execute("UPDATE rules SET category = ? WHERE id = 1", (text,))
    connection.execute("COMMIT")
    committed[:] = struct.pack("q", number)
connection.close()
"""


@dataclass(frozen=True)
class Writer:
    """The process, and the number of its last commit."""

    committed: Callable[[], int]
    stop: Callable[[], None]


@contextmanager
def writing(project: Project, counter: Path) -> Iterator[Writer]:
    """Have another process commit a higher number every few milliseconds, to three tables at once."""
    counter.write_bytes(bytes(8))
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMIT_ON_AND_ON, str(project.database), str(counter)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def stop() -> None:
        # It ends between two commits: killed within one, it would leave a hot journal.
        assert process.stdin is not None
        if not process.stdin.closed:
            process.stdin.close()
        process.wait(timeout=30)

    try:
        assert process.stdout.readline(), "the writer has failed"
        with (
            counter.open("rb") as file,
            mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ) as shared,
        ):
            yield Writer(lambda: int(struct.unpack("q", shared[:])[0]), stop)
    finally:
        stop()
        process.stdout.close()
