"""Recording live starts."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.clock import VirtualClock
from engine.errors import WorkloadError
from engine.replay import recorder as module
from engine.replay.events import Op, WorkloadEvent
from engine.replay.live_traffic import LiveChange, LiveStart
from engine.replay.recorder import Recorder, recording_path
from engine.replay.run_file import RunHeader, RunOp, read_run, run_path
from engine.replay.workload import read_workload
from engine.settings import Settings
from engine.settings.words import flatten
from engine.trace import Level, LookUp, Namespace, Outcome, Trace

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def start(clock: VirtualClock, task_id: int, role: str | None = None) -> LiveStart:
    return LiveStart(clock.monotonic(), task_id, role, "hook")


def ended(clock: VirtualClock, task_id: int, total_ms: float, **trace: Any) -> LiveStart:
    found = start(clock, task_id)
    found.answered(Trace(task_id, None, round(total_ms * 1e6), **trace))
    return found


async def test_a_recording_is_a_workload_of_the_same_requests(tmp_path: Path) -> None:
    path, clock = tmp_path / "new" / "monday.jsonl", VirtualClock(START)
    clock.advance(1000)
    async with Recorder(path, clock=clock) as recorder:
        recorder.add(start(clock, 1, "python-implementer"))
        clock.advance(2.5)
        recorder.add(start(clock, 2))
        recorder.add(start(clock, 1, 'quo"te\n'))
        assert recorder.recorded == 3
    workload = read_workload(path)
    assert workload.header.start is not None
    assert (workload.header.start - START).total_seconds() == 1000
    assert [(event.t, event.op, event.task_id, event.agent_role) for event in workload.events] == [
        (0, Op.TASKSTART, 1, "python-implementer"),
        (2.5, Op.TASKSTART, 2, None),
        (2.5, Op.TASKSTART, 1, 'quo"te\n'),
    ]
    assert {event.source for event in workload.events} == {"hook"}


async def test_a_recording_can_be_continued_even_after_half_a_line(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock) as recorder:
        clock.advance(5)
        recorder.add(start(clock, 1))
        recorder.measured(ended(clock, 1, 3.0))
    for file in (path, run_path(path)):
        with file.open("ab") as torn:
            torn.write(file.read_bytes().splitlines()[-1][:20])
    assert [event.task_id for event in read_workload(path).events] == [1]
    assert [line.task_id for line in read_run(run_path(path)).starts] == [1]
    clock.advance(95)
    async with Recorder(path, clock=clock) as recorder:
        recorder.add(start(clock, 2))
        recorder.measured(ended(clock, 2, 3.0))
    # A wall clock that was set back does not turn the recording back.
    async with Recorder(path, clock=VirtualClock(START)) as recorder:
        recorder.add(start(VirtualClock(START), 3))
    events = read_workload(path).events
    assert [(event.t, event.task_id) for event in events] == [(5, 1), (100, 2), (100, 3)]
    assert [(line.t, line.task_id) for line in read_run(run_path(path)).starts] == [
        (5, 1),
        (100, 2),
    ]


@pytest.mark.parametrize("torn", [b'{"t":1,"op":"taskst', b'{"t":1,"op":"taskstart","task_id":1'])
def test_half_a_line_is_forgiven_at_the_end_of_a_recording_only(
    tmp_path: Path, torn: bytes
) -> None:
    path, whole = tmp_path / "w.jsonl", b'{"t":0,"op":"taskstart","task_id":7}\n'
    header = b'{"workload":1,"start":"2026-03-02T09:00:00Z"}\n'
    path.write_bytes(header + whole + torn)
    assert [event.task_id for event in read_workload(path).events] == [7]
    path.write_bytes(header + whole + torn + b"\n" + whole)
    with pytest.raises(WorkloadError, match="line 3"):
        read_workload(path)
    path.write_bytes(whole + torn)
    with pytest.raises(WorkloadError, match="line 2"):
        read_workload(path)


async def test_what_is_noticed_late_still_gets_its_place(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    late = [(3.0, 9), (1.0, 8)]

    async def settle() -> None:
        while late:
            at, task_id = late.pop()
            event = WorkloadEvent(t=0, op=Op.TASK_UPDATE, task_id=task_id, changes={"priority": 1})
            recorder.add(LiveChange(at, event, first=True))

    async with Recorder(path, clock=clock, settle=settle) as recorder:
        for task_id in (1, 2, 3):
            clock.advance(1)
            recorder.add(start(clock, task_id))
    assert [(event.t, event.task_id) for event in read_workload(path).events] == [
        (1, 8),
        (1, 1),
        (2, 2),
        (3, 9),
        (3, 3),
    ]


# ---- what was measured ----------------------------------------------------------------------


async def test_the_run_holds_what_each_start_measured(tmp_path: Path) -> None:
    path, clock, settings = tmp_path / "w.jsonl", VirtualClock(START), flatten(Settings())
    header = RunHeader(project="shop", settings=settings)
    early = ended(clock, 1, 1.0)
    clock.advance(10)
    async with Recorder(path, clock=clock, run_header=header) as recorder:
        recorder.measured(early)
        clock.advance(1)
        hit = (LookUp(Namespace.ANSWERS, Outcome.HIT, Level.L2),)
        recorder.measured(ended(clock, 7, 0.25, lookups=hit, warm=True))
        recorder.measured(ended(clock, 8, 97.5, profile="plan"))
        failed = start(clock, 9)
        failed.failed(2_000_000, "not_found")
        recorder.measured(failed)
        recorder.set(clock.monotonic(), {"freshness": "ttl"})
        recorder.alert(clock.monotonic(), "ALERT")
    run = read_run(run_path(path))
    assert run.header.workload == "w.jsonl"
    assert run.header.project == "shop"
    assert run.header.settings == settings
    assert run.header.machine is not None
    assert run.header.machine.cores > 0
    assert [
        (line.t, line.task_id, line.source, line.total_ms, line.warm, line.level, line.profile)
        for line in run.starts
    ] == [(1, 7, "hook", 0.25, True, 2, "native"), (1, 8, "hook", 97.5, False, None, "plan")]
    assert (run.errors, run.warm, run.modeled, run.latency.n) == (1, 1, True, 2)
    assert [line.changes for line in run.lines if line.op is RunOp.SETTING] == [
        {"freshness": "ttl"}
    ]
    assert [line.text for line in run.lines if line.op is RunOp.ALERT] == ["ALERT"]


@pytest.mark.parametrize(
    "content", ["", "{}\n", '{"run":1', '{"run":7}\n', '{"run":1}\n{"t":"x"}\n', "\xff\n"]
)
def test_what_is_no_run_is_refused_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "w.run.jsonl"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(WorkloadError, match=r"w\.run\.jsonl, line"):
        read_run(path)


# ---- files ----------------------------------------------------------------------------------


async def test_a_file_whose_header_was_cut_off_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"workload":1,"sta')
    async with Recorder(path, clock=VirtualClock(START)) as recorder:
        recorder.add(start(VirtualClock(START), 1))
    assert len(read_workload(path).events) == 1


async def test_two_recorders_never_share_a_file(tmp_path: Path) -> None:
    async with Recorder(tmp_path / "w.jsonl"):
        with pytest.raises(WorkloadError, match="another process is recording"):
            async with Recorder(tmp_path / "w.jsonl"):
                pass


@pytest.mark.parametrize(
    "content", ["hello\n", "{}\n", '{"t":0,"op":"taskstart","task_id":1}\n', "hello", "[1]\n"]
)
async def test_another_file_is_not_touched(tmp_path: Path, content: str) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text(content)
    with pytest.raises(WorkloadError, match="is no recording"):
        async with Recorder(path):
            pass
    assert path.read_text() == content


async def test_what_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "w.jsonl", tmp_path / "w.txt", tmp_path / "w.jsonl.gz"):
        with pytest.raises(WorkloadError):
            async with Recorder(path):
                pass
    device = tmp_path / "full.jsonl"
    device.symlink_to("/dev/full")
    with pytest.raises(WorkloadError, match="not a regular file"):
        async with Recorder(device):
            pass


def sizes_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.iterdir()}


async def test_each_file_is_limited_and_the_latest_are_kept(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock, most_bytes=4096) as recorder:
        for number in range(600):
            clock.advance(1)
            recorder.add(LiveStart(clock.monotonic(), number, "some-role", ""))
            recorder.measured(ended(clock, number, 1.0))
    order = [tmp_path / name for name in ("w.3.jsonl", "w.2.jsonl", "w.1.jsonl", "w.jsonl")]
    runs = [tmp_path / name for name in ("w.run.1.jsonl", "w.run.jsonl")]
    sizes = sizes_in(tmp_path)
    assert sizes.keys() >= {file.name for file in order + runs}
    assert len(sizes) <= 8
    assert max(sizes.values()) <= 4096
    kept = [event.task_id for file in order for event in read_workload(file).events]
    assert kept == list(range(600 - len(kept), 600))
    measured = [line.task_id for file in runs for line in read_run(file).starts]
    assert measured == list(range(600 - len(measured), 600))
    starts = {read_workload(file).header.start for file in order}
    assert starts == {START} == {read_run(file).header.start for file in runs}


async def test_texts_are_not_recorded(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock) as recorder:
        recorder.add(start(clock, 1, "please fix the login page " * 50))
        recorder.add(start(clock, 2, "\ud800"))
    assert [event.agent_role for event in read_workload(path).events] == [None, None]
    assert "login" not in path.read_text() + run_path(path).read_text()


async def test_the_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    async with Recorder(tmp_path / "w.jsonl", clock=(clock := VirtualClock(START))) as recorder:
        for number in range(5):
            recorder.add(start(clock, number))
        assert (recorder.recorded, recorder.lost) == (3, 2)


# ---- full disks and killed processes --------------------------------------------------------


async def test_a_full_disk_ends_the_recording_and_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    write, room = os.write, 500

    def write_while_there_is_room(descriptor: int, content: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, content[:room])
        room -= written
        return written

    async with Recorder(path, clock=clock) as recorder:
        monkeypatch.setattr(os, "write", write_while_there_is_room)
        for number in range(100):
            recorder.add(start(clock, number))
        await recorder.flush()
        assert "No space left" in recorder.error
        recorder.add(start(clock, 1))
        assert (recorder.recorded, recorder.lost) == (0, 101)
    monkeypatch.setattr(os, "write", write)
    async with Recorder(path, clock=clock) as recorder:
        recorder.add(start(clock, 7))
    assert [event.task_id for event in read_workload(path).events] == [7]


RECORDING = """
    import asyncio, os, signal, sys
    from pathlib import Path
    from engine.clock import SystemClock
    from engine.replay import recorder as module
    from engine.replay.live_traffic import LiveStart

    async def main(path):
        module.FLUSH_EVERY_S = 0.05
        clock = SystemClock()
        async with module.Recorder(path, clock=clock) as recorder:
            for number in range(1, 51):
                recorder.add(LiveStart(clock.monotonic(), number, None, "hook"))
            while b'"task_id":50' not in path.read_bytes():
                await asyncio.sleep(0.005)
            for number in range(51, 61):
                recorder.add(LiveStart(clock.monotonic(), number, None, "hook"))
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(main(Path(sys.argv[1])))
"""


def killed_by_itself(path: Path) -> int:
    command = [sys.executable, "-c", textwrap.dedent(RECORDING), str(path)]
    return subprocess.run(command, timeout=30, check=False).returncode


async def test_a_killed_process_loses_only_what_came_since_the_last_writing(
    tmp_path: Path,
) -> None:
    assert module.FLUSH_EVERY_S <= 1.0
    path = tmp_path / "w.jsonl"
    assert killed_by_itself(path) == -signal.SIGKILL
    assert [event.task_id for event in read_workload(path).events] == list(range(1, 51))
    # Its lock has gone with it.
    async with Recorder(path, clock=(clock := VirtualClock(START))) as recorder:
        recorder.add(start(clock, 99))
    assert [event.task_id for event in read_workload(path).events][-2:] == [50, 99]


WRITING = """
    import asyncio, sys
    from pathlib import Path
    from engine.clock import SystemClock
    from engine.replay.live_traffic import LiveStart
    from engine.replay.recorder import Recorder

    async def main(path):
        clock = SystemClock()
        async with Recorder(path, clock=clock) as recorder:
            number = 0
            while True:
                for _ in range(100):
                    number += 1
                    recorder.add(LiveStart(clock.monotonic(), number, "some-role", "hook"))
                await recorder.flush()
                print(number, flush=True)

    asyncio.run(main(Path(sys.argv[1])))
"""


def killed_after(starts: int, path: Path) -> int:
    """Kill a process that records for ever; how many starts it had written for certain."""
    command = [sys.executable, "-c", textwrap.dedent(WRITING), str(path)]
    written = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            written = int(line)
            if written >= starts:
                break
        process.kill()
    return written


async def test_a_process_killed_while_it_writes_leaves_all_that_was_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "w.jsonl"
    written = killed_after(2_000, path)
    recorded = [event.task_id for event in read_workload(path).events]
    assert len(recorded) >= written
    assert recorded == list(range(1, len(recorded) + 1))
    async with Recorder(path) as recorder:
        recorder.add(LiveStart(0.0, 7, None, "hook"))
    assert [event.task_id for event in read_workload(path).events] == [*recorded, 7]


def test_a_recording_has_a_name_that_any_file_system_takes() -> None:
    path = recording_path("../Wéb shop/", START)
    assert path.name == "W-b-shop-20260302-090000.jsonl"
    assert recording_path("..", START).name == "project-20260302-090000.jsonl"


async def test_wherever_a_file_was_cut_off_what_stands_before_is_read(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock) as recorder:
        for number in range(1, 4):
            recorder.add(start(clock, number))
            recorder.measured(ended(clock, number, 0.5))
            clock.advance(0.25)
    for file in (path, run_path(path)):
        content = file.read_bytes()
        header, first, *_ = content.splitlines(keepends=True)
        for length in range(len(header) + len(first), len(content)):
            file.write_bytes(content[:length])
            whole = content[:length].count(b"\n") - 1
            found = read_workload(path).events if file == path else read_run(file).lines
            # A line of which only its end is missing says all that it had to say.
            assert whole <= len(found) <= whole + 1
            assert [one.task_id for one in found] == list(range(1, len(found) + 1))
