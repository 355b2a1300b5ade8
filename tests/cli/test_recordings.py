"""Recordings on the command line: listed, and replayed beside what they measured."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.replay.live_traffic import LiveStart
from engine.replay.recorder import Recorder
from engine.trace import Trace
from tests.cli.conftest import Run


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two starts, the second of which failed."""
    path, clock = tmp_path / "mine.jsonl", VirtualClock()

    async def record() -> None:
        async with Recorder(path, clock=clock) as recorder:
            for task_id in (1, 999_999):
                start = LiveStart(clock.monotonic(), task_id, None, "hook")
                recorder.add(start)
                if task_id == 1:
                    start.answered(Trace(1, None, 123_456_000, warm=True, profile="plan"))
                else:
                    start.failed(1_000, "not_found")
                recorder.measured(start)
                clock.advance(1)

    asyncio.run(record())
    return path


def test_a_replay_beside_what_was_recorded(run: Run, shop: Path, recording: Path) -> None:
    against = recording.with_name("mine.run.jsonl")
    arguments = ("replay", recording, "--project", shop, "--speed", "max", "--against", against)
    text = run(*arguments).out
    rows = {line[:22].strip(): line[22:].split() for line in text.splitlines()}
    assert rows["measured"] == ["modeled", "native"]
    assert rows["failed"] == ["1", "1"]
    assert rows["TaskStart p50, ms"][0] == "123.456"
    recorded = json.loads(run(*arguments, "--json").out)["recorded"]
    assert (recorded["starts"], recorded["warm"], recorded["modeled"]) == (2, 1, True)


def test_a_run_that_is_none_is_refused_before_anything_plays(
    run: Run, shop: Path, recording: Path
) -> None:
    ran = run("replay", recording, "--project", shop, "--against", recording)
    assert ran.code == 1
    assert "no run file" in ran.err
    assert ran.out == ""


def test_ones_own_are_listed_newest_first_without_their_runs(
    run: Run, home: Path, recording: Path
) -> None:
    own = home / "taskstart-console" / "recordings"
    own.mkdir(parents=True)
    for age, name in enumerate(("b", "c", "a.run.b")):
        for suffix in (".jsonl", ".run.jsonl", ".run.1.jsonl"):
            path = own / f"{name}{suffix}"
            path.write_bytes(recording.read_bytes())
            os.utime(path, (1_000_000 - age, 1_000_000 - age))
    listed = json.loads(run("scenarios", "--json").out)
    assert [row["name"] for row in listed if not row["bundled"]] == ["b", "c", "a.run.b"]
