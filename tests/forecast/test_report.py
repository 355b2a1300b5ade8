"""`taskstart forecast`: which files it reads, what it prints, how it refuses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.errors import SettingError, WorkloadError
from engine.forecast.report import forecast_file
from tests.forecast.traces import generated


def write_csv(path: Path, rows: object, header: bool = False) -> Path:
    lines = ["t,key,op"] if header else []
    lines += [f"{time},{key},{operation}" for time, key, operation in rows]  # type: ignore[attr-defined]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("header", [False, True])
def test_the_json_of_a_csv_trace(tmp_path: Path, header: bool) -> None:
    path = write_csv(tmp_path / "trace.csv", generated(3, 5, "u"), header)
    report = forecast_file(path, ttls=[1000, 5000.0], sizes=[50, 100])
    found = json.loads(report.as_json())
    assert list(found) == ["reads", "ttl", "lru", "lazy", "eager", "staleness"]
    assert found["reads"] == 19026
    assert found["ttl"] == {"1000": 7853, "5000": 13397}
    assert found["lru"] == {"50": 8246, "100": 12578}
    assert found["staleness"] == {"1000": [302, 97442, 909], "5000": [2039, 3516645, 4958]}
    assert set(found["lazy"]) == {"50/1000", "50/5000", "100/1000", "100/5000"}
    assert set(found["eager"]) == set(found["lazy"])
    assert (found["lazy"]["50/1000"], found["lazy"]["100/5000"]) == (7262, 11904)
    assert (found["eager"]["50/1000"], found["eager"]["100/5000"]) == (7479, 12045)


def test_what_was_not_asked_for_is_empty(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [(0, "a", "r"), (1.5, "a", "r")])
    found = json.loads(forecast_file(path, ttls=[1.5, 1.6]).as_json())
    assert found["ttl"] == {"1.5": 0, "1.6": 1}
    assert found["lru"] == found["lazy"] == found["eager"] == {}
    found = json.loads(forecast_file(path, sizes=[1]).as_json())
    assert found["lru"] == {"1": 1}
    assert found["ttl"] == found["staleness"] == {}


def test_a_grid_when_nothing_is_asked_for(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", generated(2, 10, "w", events=3_000))
    report = forecast_file(path)
    assert len(report.ttl) > 10
    assert max(report.ttl.values()) == max(report.lru.values())
    assert report.reads - report.cold == max(report.ttl.values())
    assert set(report.eager) == set(report.lazy)
    assert report.lazy
    text = report.as_text()
    assert "lazy" in text
    assert "eager" in text


def test_a_gzipped_csv_with_quotes_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(gzip.compress(b'\xef\xbb\xbft,key,op\r\n0,"a,b",r\r\n\r\n5,"a,b",r\r\n'))
    assert forecast_file(path, ttls=[6]).ttl == {6: 1}


def workload(tmp_path: Path, *events: dict[str, object]) -> Path:
    path = tmp_path / "workload.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def start(t: float, task_id: int, role: str | None = None) -> dict[str, object]:
    return {"t": t, "op": "taskstart", "task_id": task_id, "agent_role": role}


def test_a_workload_is_a_trace_of_tasks_and_roles(tmp_path: Path) -> None:
    path = workload(
        tmp_path,
        {"workload": 1, "name": "small"},
        start(0, 1),
        start(1, 1),
        start(2, 1, "reviewer"),
        {"t": 3, "op": "task_update", "task_id": 1},
        start(4, 1),
        {"t": 5, "op": "task_update", "task_id": 1, "set": {"status": "done"}},
        start(6, 1),
        start(7, 1),
    )
    report = forecast_file(path, ttls=[100], sizes=[1, 2])
    assert report.reads == 6
    assert report.cold == 3
    assert report.ttl == {100: 3}
    assert report.lru == {1: 2, 2: 3}
    assert report.staleness[100] == (2, 3, 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("0,a\n", "line 1: 2 columns"),
        ("t,key,op\n0,a,r\n1,a,x\n", "line 3: op is 'x'"),
        ("soon,a,r\n", "line 1: t is 'soon'"),
        ("nan,a,r\n", "line 1: t is nan"),
        (f"{2**60},a,r\n", "beyond what can be compared"),
        ("", "no reads"),
        ("t,key,op\n", "no reads"),
        ("0,a,w\n", "no reads"),
        ('{"t": 0, "op": "dance"}\n', "line 1"),
        ('0,"a,r\n', "line 1"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad"
    path.write_text(content)
    with pytest.raises(WorkloadError) as raised:
        forecast_file(path, ttls=[1])
    assert str(path) in str(raised.value)
    assert says in str(raised.value)


def test_a_file_that_cannot_be_read_is_an_error_with_its_name(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(gzip.compress(b"0,a,r\n" * 1000)[:40])
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent", tmp_path, damaged, binary):
        with pytest.raises(WorkloadError, match=path.name):
            forecast_file(path)


@pytest.mark.parametrize(
    "asked", [{"ttls": [-1.0]}, {"ttls": [float("nan")]}, {"sizes": [0]}, {"sizes": [5, -1]}]
)
def test_settings_that_make_no_sense(tmp_path: Path, asked: dict[str, list[int]]) -> None:
    path = write_csv(tmp_path / "t.csv", [(0, "a", "r")])
    with pytest.raises(SettingError, match="makes no sense"):
        forecast_file(path, ttls=asked.get("ttls", []), sizes=asked.get("sizes", []))
