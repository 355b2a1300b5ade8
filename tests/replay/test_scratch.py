"""Scratch copies: made, removed, and never the user's own files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.errors import ProjectError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.scratch import remove_leftovers, scratch_copy
from engine.replay.writer import ScratchWriter

DATABASE = ".agentpm/data/agentpm.db"


def state(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


async def test_writes_go_to_the_copy_and_leave_the_project_as_it_was(
    project: Path, parent: Path
) -> None:
    before = state(project)
    async with scratch_copy(project, parent=parent) as scratch:
        assert scratch.root.is_relative_to(parent)
        async with ScratchWriter(scratch, VirtualClock()) as writer:
            await writer.apply(WorkloadEvent(t=0, op=Op.TASK_UPDATE, task_id=1))
            write = WorkloadEvent(t=0, op=Op.SOP_WRITE, path=".claude/agents/a.md", text="x")
            await writer.apply(write)
        copied = state(scratch.root)
        assert copied[DATABASE] != before[DATABASE]
        assert ".claude/agents/a.md" in copied
    assert state(project) == before
    assert entries(parent) == []


async def test_only_its_user_can_read_a_copy(project: Path, parent: Path) -> None:
    async with scratch_copy(project, parent=parent):
        modes = {path.stat().st_mode & 0o077 for path in entries(parent)}
    assert modes == {0}


async def test_a_copy_is_removed_after_a_failure(project: Path, parent: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with scratch_copy(project, parent=parent):
            raise ZeroDivisionError
    assert entries(parent) == []


async def test_a_copy_is_removed_when_cancelled_while_it_is_being_made(
    project: Path, parent: Path
) -> None:
    copying, go_on = asyncio.Event(), asyncio.Event()

    async def slow_copy(root: Path, destination: Path) -> Path:
        await asyncio.to_thread(destination.mkdir)
        copying.set()
        await go_on.wait()
        (destination / "late").write_text("x")
        return destination

    async def use() -> None:
        async with scratch_copy(project, copy=slow_copy, parent=parent):
            raise AssertionError("never reached")

    using = asyncio.create_task(use())
    await copying.wait()
    using.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert entries(parent) == []


async def test_a_full_disk_is_one_clear_line(project: Path, parent: Path) -> None:
    async def full(root: Path, destination: Path) -> Path:
        raise OSError(28, "No space left on device")

    with pytest.raises(ProjectError, match="No space left on device: free some space"):
        async with scratch_copy(project, copy=full, parent=parent):
            pass
    assert entries(parent) == []
    with pytest.raises(ProjectError, match="No such file"):
        async with scratch_copy(project, parent=parent / "none"):
            pass


HOLDER = """
    import asyncio, sys
    from pathlib import Path
    from engine.replay.scratch import scratch_copy

    async def main():
        async with scratch_copy(Path(sys.argv[1]), parent=Path(sys.argv[2])) as scratch:
            print(scratch.root, flush=True)
            await asyncio.Event().wait()

    asyncio.run(main())
"""


def test_leftovers_of_a_killed_process_go_and_copies_in_use_stay(
    project: Path, parent: Path
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(project), str(parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        copy = Path(process.stdout.readline().strip())
        try:
            assert copy.is_dir()
            assert remove_leftovers(parent) == []
            assert copy.is_dir()
        finally:
            os.kill(process.pid, signal.SIGKILL)
    assert copy.is_dir()
    assert [folder for folder in remove_leftovers(parent) if copy.is_relative_to(folder)]
    assert entries(parent) == []


def test_other_files_and_links_are_no_leftovers(parent: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    (parent / "taskstart-replay-x").symlink_to(precious)
    (parent / "taskstart-replay-x.lock").write_text("")
    (parent / "taskstart-replay-y.lock").symlink_to(precious / "file")
    (parent / "unrelated.lock").write_text("")
    remove_leftovers(parent)
    assert (precious / "file").read_text() == "x"
    assert (parent / "unrelated.lock").exists()
