"""Recording live starts, asked for through the socket as a console does."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.service.client import EngineClient, RefusedError
from engine.service.messages import StartDetail, StartTask, ToggleRecording
from tests.service.conftest import Service
from tests.service.watching import shown


async def test_live_starts_are_recorded_as_a_workload(
    client: EngineClient, service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    assert await client.do(ToggleRecording(path=str(path))) == f"recording to {path}"
    await client.ask(StartTask(task_id=1), StartDetail)
    await client.ask(StartTask(task_id=2, agent_role="tester"), StartDetail)
    snapshot = await shown(client)
    assert (snapshot.recording, snapshot.recorded) == (str(path), 2)
    assert await client.do(ToggleRecording()) == f"2 starts recorded in {path}"
    lines = path.read_text().splitlines()
    assert '"task_id":1' in lines[-2]
    assert '"agent_role":"tester"' in lines[-1]
    assert (await shown(client)).recording == ""


async def test_a_recording_that_cannot_be_written_is_refused(
    client: EngineClient, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError):
        await client.do(ToggleRecording(path=str(tmp_path)))
    assert (await shown(client)).recording == ""
