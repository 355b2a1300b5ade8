"""The disk level: bad files, bad rows, bad places and killed engines cost entries, never a start."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.trace import Level, Outcome
from tests.cache.disk_engine import Engine
from tests.cache.helpers import entry


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE entries (namespace, key)")
    connection.commit()
    connection.close()


def replaced_by_a_foreign_database(path: Path) -> None:
    path.unlink()
    foreign_database(path)


def later_layout(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def overwritten_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    path.write_bytes(data)


BAD_FILES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"this is not a database, it is a shopping list" * 100),
    lambda path: path.write_bytes(path.read_bytes()[:700]),
    lambda path: path.write_bytes(b""),
    replaced_by_a_foreign_database,
    later_layout,
    overwritten_pages,
]


@pytest.mark.parametrize("spoil", BAD_FILES)
async def test_a_bad_file_is_thrown_away_and_costs_no_start(
    engine: Engine, spoil: Callable[[Path], object]
) -> None:
    for key in range(300):
        engine.cache.put(key, entry(key, 0.0))
    await engine.stop()
    spoil(engine.file)
    await engine.start()
    assert (await engine.cache.find(1)).entry is None
    engine.cache.put(1, entry(11, 0.0))
    assert (await engine.cache.find(1)).level is Level.L3
    assert engine.store.problem == ""
    await engine.stop()
    await engine.start()
    assert (await engine.cache.find(1)).entry is not None


async def test_a_file_spoiled_while_it_is_open_is_replaced(engine: Engine) -> None:
    for key in range(300):
        engine.cache.put(key, entry(key, 0.0))
    await engine.store.flush()
    connection = sqlite3.connect(engine.file)
    connection.execute("DROP TABLE entries")
    connection.commit()
    connection.close()
    assert (await engine.cache.find(1)).entry is None
    engine.cache.put(1, entry(11, 0.0))
    assert (await engine.cache.find(1)).level is Level.L3
    assert engine.store.rebuilt == 1


@pytest.mark.parametrize("column", ["value", "proof", "loaded_at", "session", "files"])
async def test_a_changed_row_is_never_served(engine: Engine, column: str) -> None:
    engine.clock.move_to(5)
    engine.cache.put(1, entry(11, 5.0))
    engine.cache.put(2, entry(22, 5.0))
    await engine.store.flush()
    connection = sqlite3.connect(engine.file)
    connection.execute(
        f"UPDATE entries SET {column} = CAST({column} || x'01' AS BLOB) WHERE key = x'01'"
    )
    connection.commit()
    connection.close()
    assert (await engine.cache.find(1)).entry is None
    assert (await engine.cache.find(2)).level is Level.L3


async def test_a_row_moved_to_another_key_is_never_served(engine: Engine) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    connection = sqlite3.connect(engine.file)
    connection.execute("UPDATE entries SET key = x'02'")
    connection.commit()
    connection.close()
    assert (await engine.cache.find(2)).entry is None


async def test_a_place_that_cannot_be_used_only_turns_the_level_off(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    engine = Engine(blocked)
    await engine.start()
    assert "nothing is kept on disk" in engine.store.problem
    engine.cache.put(1, entry(11, 0.0))
    assert (await engine.cache.find(1)).outcome is Outcome.EXPIRED
    assert not engine.cache.levels_report()[2].on
    await engine.stop()


async def test_another_process_that_holds_the_lock_costs_entries_not_errors(
    engine: Engine,
) -> None:
    engine.cache.put(1, entry(11, 0.0))
    await engine.store.flush()
    connection = sqlite3.connect(engine.file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    engine.cache.put(1, entry(12, 0.0))
    await engine.store.flush()
    connection.execute("ROLLBACK")
    connection.close()
    found = await engine.cache.find(1)
    assert found.outcome is Outcome.EXPIRED, "a lost write makes what is there unproven"
    engine.cache.put(1, entry(13, 0.0))
    found = await engine.cache.find(1)
    assert found.entry is not None
    assert (found.entry.value, found.level) == (13, Level.L3)


WRITER = """
import asyncio, sys
from pathlib import Path
from engine.cache import DiskIdentity, DiskLevel, DiskStore
from tests.cache.helpers import cache_of, entry
from tests.cache.disk_engine import IDENTITY, NOTHING

async def main():
    store = DiskStore(Path(sys.argv[1]), IDENTITY)
    await store.open()
    cache = cache_of(lambda: 0.0, NOTHING, NOTHING, disk=DiskLevel(store, "answers"))
    number = 0
    while True:
        for _ in range(50):
            cache.put(number % 500, entry(number, 0.0, proof=b"proof %d" % number))
            number += 1
        await store.flush()
        print(number, flush=True)

asyncio.run(main())
"""


def write_until_killed(directory: Path) -> int:
    """How many entries the killed process had said were written."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert process.stdout is not None
    flushed = 0
    while flushed < 2_000:
        flushed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return flushed


async def test_an_engine_killed_while_writing_leaves_only_what_can_be_proven(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "cache"
    for _ in range(3):
        flushed = write_until_killed(directory)
        engine = Engine(directory)
        await engine.start()
        assert engine.store.rebuilt == 0, "a killed writer does not damage the file"
        kept = 0
        for key in range(500):
            found = await engine.cache.find(key)
            assert found.outcome is Outcome.EXPIRED, "nothing is valid without a proof"
            assert found.entry is not None
            assert found.entry.value is not None
            assert found.entry.proof == b"proof %d" % found.entry.value, "never half a row"
            assert found.entry.value >= flushed - 500, "what was flushed is there"
            kept += 1
        assert kept == 500
        await engine.stop()
