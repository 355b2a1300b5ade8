"""Answers survive the engine, even one that was killed, and are proven before they are served."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from engine.core.engine import Engine
from engine.settings import Freshness
from engine.trace import Level, LookUp, Namespace, Outcome
from tests.core.rig import ALL, Project, changed

_START_AND_HANG = """
import asyncio, sys
from engine.core.engine import Engine
from pathlib import Path

async def main():
    async with Engine.open(sys.argv[1], background=False, disk=Path(sys.argv[2])) as engine:
        await engine.task_start(1)
        print("served", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def answers_lookup(
    trace_lookups: list[LookUp] | tuple[LookUp, ...],
) -> tuple[Outcome, Level | None]:
    (found,) = [one for one in trace_lookups if one.namespace is Namespace.ANSWERS]
    return found.outcome, found.level


def committed(folder: Path) -> int:
    """How many entries are on disk."""
    found = 0
    for file in folder.glob("*.taskstart-l3"):
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as reader:
            found += reader.execute("SELECT count(*) FROM entries").fetchone()[0]
    return found


async def serve_once(project: Project, disk: Path) -> str:
    async with Engine.open(project.root, background=False, disk=disk) as engine:
        return (await engine.task_start(1)).text


async def test_the_first_start_after_a_kill_is_confirmed_from_disk(
    project: Project, tmp_path: Path
) -> None:
    disk = tmp_path / "cache"
    command = [sys.executable, "-c", _START_AND_HANG, str(project.root), str(disk)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"served\n"
    async with asyncio.timeout(20):
        while not committed(disk):  # noqa: ASYNC110 - writes are gathered in another process
            await asyncio.sleep(0.02)
    process.kill()
    await process.wait()
    async with Engine.open(project.root, background=False, disk=disk) as engine:
        answer = await engine.task_start(1, "checkout-captain")
        assert answer.trace.warm
        assert answers_lookup(answer.trace.lookups) == (Outcome.CONFIRMED, Level.L3)


async def test_in_ttl_mode_too_only_a_proof_revives_it(project: Project, tmp_path: Path) -> None:
    settings = changed(ALL, freshness=Freshness.TTL)
    await serve_once(project, tmp_path)
    async with Engine.open(
        project.root, settings=settings, background=False, disk=tmp_path
    ) as engine:
        assert (await engine.task_start(1)).trace.warm
    project.write("UPDATE tasks SET name = 'another' WHERE id = 1")
    async with Engine.open(
        project.root, settings=settings, background=False, disk=tmp_path
    ) as engine:
        answer = await engine.task_start(1)
        assert not answer.trace.warm
        assert "another" in answer.text


async def test_what_changed_while_no_engine_ran_is_not_served(
    project: Project, tmp_path: Path
) -> None:
    await serve_once(project, tmp_path)
    project.write("UPDATE tasks SET name = 'another' WHERE id = 1")
    assert "another" in await serve_once(project, tmp_path)


async def test_damage_and_a_folder_that_cannot_be_made_cost_no_start(
    project: Project, tmp_path: Path
) -> None:
    await serve_once(project, tmp_path / "cache")
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(b"not a database at all" * 100)
    assert "Assembly Time" in await serve_once(project, tmp_path / "cache")
    (tmp_path / "file").write_text("in the way")
    assert "Assembly Time" in await serve_once(project, tmp_path / "file" / "cache")


async def test_memory_and_disk_are_counted_apart(project: Project, tmp_path: Path) -> None:
    await serve_once(project, tmp_path)
    async with Engine.open(project.root, background=False, disk=tmp_path) as engine:
        view = next(one for one in engine.cache_views() if one.name == Namespace.ANSWERS)
        assert view.bytes_total == 0
        assert view.disk_bytes > 0
    async with Engine.open(project.root, background=False) as engine:
        view = next(one for one in engine.cache_views() if one.name == Namespace.ANSWERS)
        assert not view.levels[2].on
