"""Reading and writing workload files."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import WorkloadError
from engine.replay import workload as module
from engine.replay.events import COLUMNS, Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader, read_workload, write_workload


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


EVERY_OP: list[dict[str, Any]] = [
    {"t": 0, "op": "task_create", "task_id": 1, "agent_role": "r", "source": "x", "t_active": 0.0},
    {"t": 0, "op": "taskstart", "task_id": 1, "agent_role": None},
    {"t": 1.5, "op": "task_update", "task_id": 1},
    {"t": 1.5, "op": "task_update", "task_id": 1, "set": {"name": "n", "due_date": None}},
    {"t": 2, "op": "work_item_update", "work_item_id": 4, "set": {"metadata": {"a": [1]}}},
    {"t": 3, "op": "agent_update", "agent_role": "r", "set": {"capabilities": ["python"]}},
    {"t": 3, "op": "context_update", "set": {"six_w_data": {}}},
    {"t": 4, "op": "rule_update", "rule_id": "DP-001", "set": {"enabled": 0}},
    {"t": 5, "op": "summary_add", "task_id": 1, "set": {"summary_text": "what was done"}},
    {"t": 6, "op": "sop_write", "agent_role": "r", "text": "# new"},
    {"t": 6, "op": "sop_write", "path": ".claude/agents/r.md", "append": "more"},
    {"t": 7, "op": "setting", "set": {"optimizations.1": True}, "label": "+1"},
    {"t": 8, "op": "setting", "clear_caches": True},
    {"t": 9, "op": "note", "text": "look"},
]


def test_every_operation_is_read_with_its_line(tmp_path: Path) -> None:
    header = {"workload": 1, "start": "2026-03-02T10:00:00+01:00", "name": "day", "then": "next"}
    workload = read_workload(write(tmp_path / "w.jsonl", header, *EVERY_OP))
    assert [event.op for event in workload.events] == [line["op"] for line in EVERY_OP]
    assert [event.line for event in workload.events] == list(range(2, len(EVERY_OP) + 2))
    assert workload.header.start == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (workload.name, workload.header.then) == ("day", "next")
    assert (workload.starts, workload.writes, workload.duration_s) == (1, 10, 9.0)


def test_a_header_is_optional_and_the_name_comes_from_the_file(tmp_path: Path) -> None:
    workload = read_workload(write(tmp_path / "monday.jsonl", EVERY_OP[1]))
    assert workload.name == "monday"
    assert workload.header.start is None


def test_a_start_without_a_zone_is_utc(tmp_path: Path) -> None:
    path = write(tmp_path / "w.jsonl", {"workload": 1, "start": "2026-03-02T10:00:00"}, EVERY_OP[1])
    assert read_workload(path).header.start == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_marks_blank_lines_and_line_ends_of_other_systems_are_no_hindrance(tmp_path: Path) -> None:
    line = json.dumps(EVERY_OP[1]).encode()
    (tmp_path / "w.jsonl").write_bytes(b"\xef\xbb\xbf" + line + b"\r\n\r\n" + line)
    assert [event.line for event in read_workload(tmp_path / "w.jsonl").events] == [1, 3]


@pytest.mark.parametrize("task_id", [45, 45.0, "45"])
def test_task_ids_are_accepted_as_taskstart_accepts_them(tmp_path: Path, task_id: object) -> None:
    path = write(tmp_path / "w.jsonl", {"t": 0, "op": "taskstart", "task_id": task_id})
    assert read_workload(path).events[0].task_id == 45


def test_keys_of_others_are_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "w.jsonl", {**EVERY_OP[1], "session": "abc", "x": {"y": 1}})
    assert read_workload(path).events[0].task_id == 1


START = {"t": 5, "op": "taskstart", "task_id": 1}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"t": NaN, "op": "taskstart", "task_id": 1}', "not JSON"),
        ('{"t": 1e999, "op": "taskstart", "task_id": 1}', "not JSON"),
        ({"t": -1, "op": "taskstart", "task_id": 1}, "t is -1.0"),
        ({"t": 4, "op": "taskstart", "task_id": 1}, "t goes back from 5 to 4"),
        ({"t": 1_760_000_000, "op": "taskstart", "task_id": 1}, "subtract the first"),
        ({"t": "6", "op": "taskstart", "task_id": 1}, "at `t`"),
        ({"t": True, "op": "taskstart", "task_id": 1}, "at `t`"),
        ({"op": "taskstart", "task_id": 1}, "missing required field `t`"),
        ({"t": 6, "task_id": 1}, "op is missing"),
        ({"t": 6, "op": "task_start", "task_id": 1}, "did you mean 'taskstart'"),
        ({"t": 6, "op": "taskstart"}, "needs task_id"),
        ({"t": 6, "op": "taskstart", "task_id": True}, "at `task_id`"),
        ({"t": 6, "op": "taskstart", "task_id": [1]}, "at `task_id`"),
        ({"t": 6, "op": "taskstart", "task_id": 2**63}, "too large"),
        ({"t": 6, "op": "taskstart", "task_id": 1, "agent_roel": "r"}, "did you mean 'agent_role'"),
        ({"t": 6, "op": "taskstart", "task_id": 1, "set": {"name": "n"}}, "takes no set"),
        ({"t": 6, "op": "task_update", "task_id": 1, "set": ["name"]}, "at `set`"),
        (
            {"t": 6, "op": "task_update", "task_id": 1, "set": {"stauts": 1}},
            "did you mean 'status'",
        ),
        ({"t": 6, "op": "task_update", "task_id": 1, "set": {"priority": 2**70}}, "too large"),
        ({"t": 6, "op": "work_item_update", "task_id": 1}, "needs work_item_id"),
        ({"t": 6, "op": "agent_update"}, "needs agent_role"),
        ({"t": 6, "op": "rule_update"}, "needs rule_id"),
        ({"t": 6, "op": "summary_add", "set": {"summary_text": "x"}}, "needs work_item_id or"),
        ({"t": 6, "op": "summary_add", "task_id": 1}, "needs summary_text"),
        ({"t": 6, "op": "sop_write", "agent_role": "r"}, "either text or append"),
        ({"t": 6, "op": "sop_write", "text": "x"}, "needs agent_role or path"),
        ({"t": 6, "op": "sop_write", "path": "../x.md", "text": "x"}, "inside the project"),
        ({"t": 6, "op": "sop_write", "path": "/etc/x", "text": "x"}, "inside the project"),
        ({"t": 6, "op": "sop_write", "path": "a\0b", "text": "x"}, "inside the project"),
        ({"t": 6, "op": "setting"}, "needs set"),
        ({"t": 6, "op": "setting", "set": {"pool_sise": 4}}, "did you mean 'pool_size'"),
        ({"t": 6, "op": "setting", "set": {"pool_size": -4}}, "pool_size is -4"),
        ({"t": 6, "op": "note"}, "needs text"),
        ({"workload": 1, "t": 6}, "op is missing"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, bad: dict[str, Any] | str, said: str) -> None:
    path = write(tmp_path / "w.jsonl", START, bad, START)
    with pytest.raises(WorkloadError) as caught:
        read_workload(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"workload": 2}, "version 2"),
        ({"workload": "1"}, "at `workload`"),
        ({"workload": 1, "start": "yesterday"}, "at `start`"),
        ({"workload": 1, "start": "0001-01-01T00:00:00Z"}, "in the year 1"),
        ({"workload": 1, "speed": -1}, "is no speed"),
        ({"workload": 1, "speed": 1e-300}, "is no speed"),
        ({"workload": 1, "settings": {"frehsness": "ttl"}}, "did you mean 'freshness'"),
        ({"workload": 1, "setings": {}}, "did you mean 'settings'"),
    ],
)
def test_a_malformed_header_is_line_one(tmp_path: Path, header: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "w.jsonl", header, START)
    with pytest.raises(WorkloadError, match="line 1: ") as caught:
        read_workload(path)
    assert said in str(caught.value)


WRITES = [op for op in COLUMNS if op is not Op.SUMMARY_ADD]


@pytest.mark.parametrize("op", WRITES)
@pytest.mark.parametrize(
    "column", ["id", "rowid", "name = 1; DROP TABLE tasks; --", 'name" = "x', "NAME", ""]
)
def test_no_column_but_the_listed_ones_can_be_set(tmp_path: Path, op: Op, column: str) -> None:
    names = {"task_id": 1, "work_item_id": 1, "agent_role": "r", "rule_id": "DP-001"}
    path = write(tmp_path / "w.jsonl", {"t": 0, "op": op, **names, "set": {column: 1}})
    with pytest.raises(WorkloadError, match=r"line 1: .* cannot set"):
        read_workload(path)


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_bytes(json.dumps(START).encode() + b'\n{"t":6,"op":"note","text":"\xff"}\n')
    with pytest.raises(WorkloadError, match="line 2: not UTF-8"):
        read_workload(path)


def test_a_huge_line_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 1000)
    path = write(tmp_path / "w.jsonl", START, {"t": 6, "op": "note", "text": "x" * 1000})
    with pytest.raises(WorkloadError, match="line 2: longer than"):
        read_workload(path)


def test_too_many_events_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 2)
    with pytest.raises(WorkloadError, match="more than 2 events"):
        read_workload(write(tmp_path / "w.jsonl", START, START, START))


@pytest.mark.parametrize("content", ["", "\n\n", '{"workload": 1}\n'])
def test_a_workload_without_events_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "w.jsonl").write_text(content)
    with pytest.raises(WorkloadError, match="no events"):
        read_workload(tmp_path / "w.jsonl")


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="no such file"):
        read_workload(tmp_path / "none.jsonl")
    with pytest.raises(WorkloadError, match="directory"):
        read_workload(tmp_path)


def test_gzip_is_recognized_by_content_and_damage_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in EVERY_OP))
    (tmp_path / "zipped").write_bytes(whole)
    assert len(read_workload(tmp_path / "zipped").events) == len(EVERY_OP)
    (tmp_path / "torn.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkloadError, match="damaged gzip"):
        read_workload(tmp_path / "torn.gz")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
events = st.builds(
    WorkloadEvent,
    t=st.floats(0, 1e6),
    op=st.just(Op.TASK_UPDATE),
    task_id=st.integers(-(2**40), 2**40),
    agent_role=st.none() | texts,
    changes=st.none() | st.dictionaries(st.sampled_from(["name", "status"]), st.none() | texts),
)


@given(written=st.lists(events, min_size=1, max_size=20), zipped=st.booleans(), name=texts)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    written: list[WorkloadEvent],
    zipped: bool,
    name: str,
) -> None:
    path = tmp_path_factory.mktemp("w") / ("w.jsonl.gz" if zipped else "w.jsonl")
    header = WorkloadHeader(name=name, start=datetime(2026, 1, 2, tzinfo=UTC), idle_gap_s=2.5)
    ordered = sorted(written, key=lambda event: event.t)
    write_workload(Workload(ordered, header), path)
    again = read_workload(path)
    assert [msgspec.structs.replace(event, line=0) for event in again.events] == ordered
    assert again.header == header
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_workload_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    workload = Workload([WorkloadEvent(t=0, op=Op.TASKSTART, task_id=1)])
    with pytest.raises(WorkloadError, match="cannot be written"):
        write_workload(workload, tmp_path / "file" / "w.jsonl")
