"""Where the minutes before alerts are kept, and how many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.replay.alert_files import new_alert_file
from engine.replay.run_file import run_path

NOW = datetime(2026, 3, 2, 14, 3, 22, tzinfo=UTC)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_second_alert_in_the_same_second_has_another_name(tmp_path: Path) -> None:
    first = new_alert_file(tmp_path / "new", NOW)
    assert first.name == "before-alert-20260302-140322.jsonl"
    first.touch()
    assert new_alert_file(tmp_path / "new", NOW).name == "before-alert-20260302-140322-2.jsonl"


def test_the_oldest_make_room_and_nothing_else_is_touched(tmp_path: Path) -> None:
    own = {"monday.jsonl", "before-alert-mine.jsonl", "before-alert-20260101-000000.txt"}
    for name in own:
        (tmp_path / name).touch()
    for minute in range(6):
        path = new_alert_file(tmp_path, NOW + timedelta(minutes=minute), most_files=3)
        path.write_text("x" * 10)
        run_path(path).write_text("y" * 10)
        assert len(names(tmp_path) - own) <= 6
    kept = {f"before-alert-20260302-14{minute:02}22" for minute in (6, 7, 8)}
    files = {f"{name}{suffix}" for name in kept for suffix in (".jsonl", ".run.jsonl")}
    assert names(tmp_path) == own | files
    new_alert_file(tmp_path, NOW, most_bytes=45)
    assert names(tmp_path) - own == {name for name in files if "1406" not in name}
    new_alert_file(tmp_path, NOW, most_bytes=0)
    assert names(tmp_path) == own
