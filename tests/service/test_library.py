"""The list of what can be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replay.recorder import recordings_folder
from engine.service.library import list_playable

HEAD = '{"workload": 1, "name": "monday", "start": "2026-03-01T09:00:00Z"}\n'
START = '{"t": %d, "op": "taskstart", "task_id": 7}\n'


def starts_of_own() -> list[tuple[str, int]]:
    return [(view.name, view.starts) for view in list_playable() if not view.bundled]


def test_a_recording_is_listed_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = recordings_folder() / "monday.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert starts_of_own() == []
    path.write_text(HEAD + START % 0)
    assert starts_of_own() == [("monday", 1)]
    with path.open("a") as more:
        more.write(START % 60)
    assert starts_of_own() == [("monday", 2)]
    path.unlink()
    assert starts_of_own() == []
