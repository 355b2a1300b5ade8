"""The law of recorded writes: played on what was there before, they give what was there after."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock import VirtualClock
from engine.core.project import DATABASE
from engine.replay.noticed import events_of
from engine.replay.scratch import ScratchProject
from engine.replay.workload import encode_event, read_workload
from engine.replay.writer import ScratchWriter
from engine.storage.row_changes import RowChanges
from engine.storage.schema import REQUIRED

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
IDS = st.integers(1, 4)
WRITES = st.one_of(
    st.tuples(st.just("UPDATE tasks SET description = ? WHERE id = ?"), st.tuples(WORDS, IDS)),
    st.tuples(
        st.just("UPDATE tasks SET priority = ?, name = ? WHERE id = ?"),
        st.tuples(st.integers(1, 5), WORDS.filter(str.strip), IDS),
    ),
    st.tuples(st.just("UPDATE tasks SET due_date = NULL WHERE id = ?"), st.tuples(IDS)),
    st.tuples(
        st.just("UPDATE work_items SET business_context = ? WHERE id = ?"), st.tuples(WORDS, IDS)
    ),
    st.tuples(st.just("UPDATE agents SET is_active = 1 - is_active WHERE id = ?"), st.tuples(IDS)),
    st.tuples(st.just("UPDATE rules SET description = ? WHERE id = ?"), st.tuples(WORDS, IDS)),
    st.tuples(
        st.just("UPDATE contexts SET six_w_data = json_object('who', ?) WHERE id = ?"),
        st.tuples(WORDS, IDS),
    ),
    st.tuples(
        st.just(
            "INSERT INTO work_item_summaries (work_item_id, session_date, summary_text) "
            "VALUES (?, '2026-03-01', ?)"
        ),
        st.tuples(IDS, WORDS.filter(str.strip)),
    ),
    st.tuples(
        st.just("INSERT INTO tasks (work_item_id, name, type) VALUES (?, ?, 'bugfix')"),
        st.tuples(IDS, WORDS.filter(str.strip)),
    ),
)


def content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every delivered value but the times of writing, which are the writer's own."""
    found = {}
    with closing(sqlite3.connect(database)) as connection:
        for table, columns in REQUIRED.items():
            names = ", ".join(name for name in columns if name not in {"updated_at", "id"})
            found[table] = connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
    return found


async def play(root: Path, workload: Path) -> None:
    async with ScratchWriter(ScratchProject(root), VirtualClock()) as writer:
        for event in read_workload(workload).events:
            if event.op.is_write:
                await writer.apply(event)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(WRITES, min_size=1, max_size=6))
def test_noticed_writes_repeat_what_was_written(
    demo: Path, writes: list[tuple[str, tuple[object, ...]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = Path(shutil.copytree(demo, Path(folder) / "before"))
        after = Path(shutil.copytree(demo, Path(folder) / "after"))
        changes = RowChanges(after / DATABASE)
        changes.look()
        with closing(sqlite3.connect(after / DATABASE)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            for sql, parameters in writes:
                with contextlib.suppress(sqlite3.IntegrityError), connection:
                    connection.execute(sql, parameters)
        committed = changes.look()
        changes.close()
        if committed is None:
            return
        workload = Path(folder) / "w.jsonl"
        events = events_of(committed, texts=True)
        workload.write_bytes(b"".join(encode_event(event) + b"\n" for event in events))
        asyncio.run(play(before, workload))
        assert content(before / DATABASE) == content(after / DATABASE)
