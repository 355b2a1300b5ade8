"""Files that are not what they should be: where, what, and what to do next; exit code 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

START = b'{"t": 0, "op": "taskstart", "task_id": 1}\n'
BAD_WORKLOADS = {
    "empty": (b"", "no events"),
    "half a line": (START + b'{"t": 1, "op', "line 2: not JSON"),
    "no JSON": (b'{"workload": 1}\nhello\n', "line 2: not JSON"),
    "not UTF-8": (START + b'{"t": 1, "op": "\xff"}\n', "line 2: not UTF-8"),
    "unknown operation": (b'{"t": 0, "op": "dance", "task_id": 1}\n', "line 1"),
    "NaN": (b'{"t": NaN, "op": "taskstart", "task_id": 1}\n', "line 1"),
    "backwards": (START.replace(b"0", b"5") + START, "line 2"),
    "deep": (START + b"[" * 100_000 + b"\n", "line 2"),
    "a list": (b"{}\n" + START, "line 1"),
    "setting": (b'{"workload": 1, "settings": {"nope": 1}}\n' + START, "nope"),
    "cut gzip": (b"\x1f\x8b\x08\x00\x00", "damaged gzip"),
}
BAD_TRACES = {
    "columns": (b"t,key,op\n1,a\n", "line 2: 2 columns"),
    "operation": (b"1,a,x\n", "line 1: op is 'x'"),
    "time": (b"soon,a,r\n", "line 1: t is 'soon'"),
    "NaN": (b"nan,a,r\n", "line 1: t is nan"),
    "huge": (b"1" + b"0" * 5000 + b",a,r\n", "line 1: t is"),
    "quote": (b'1,"a,r\n', "line 1"),
    "not UTF-8": (b"1,\xff,r\n", "not UTF-8"),
    "NUL": (b"1,\x00,r\nx\n", "line 2"),
}
BAD_SETTINGS = {
    "no TOML": (b"a = \n", "line 1"),
    "unknown": (b"nope = 1\n", "line 1"),
    "kind": (b"[caches.answers]\nttl_seconds = 'soon'\n", "line 2"),
    "range": (b"[caches.answers]\nttl_seconds = -1\n", "line 2"),
    "NaN": (b"[caches.answers]\nttl_seconds = nan\n", "line 2"),
    "not UTF-8": (b"# \xff\n", "not UTF-8"),
    "deep": (b"a = " + b"[" * 100_000, "nested too deeply"),
    "huge number": (b"busy_timeout_seconds = 1" + b"0" * 5000 + b"\n", "taskstart.toml"),
}


def refused(run: Run, *arguments: str | Path) -> str:
    """The first line of the failure, which has just one other."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (1, "")
    first, second = ran.err.splitlines()
    assert first.startswith("taskstart: ")
    assert len(first) < 1100
    assert second.startswith("  → ")
    return first


@pytest.mark.parametrize(("content", "what"), BAD_WORKLOADS.values(), ids=BAD_WORKLOADS)
def test_a_workload(run: Run, shop: Path, tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    said = refused(run, "replay", path, "--project", shop)
    assert str(path) in said
    assert what in said


@pytest.mark.parametrize(("content", "what"), BAD_TRACES.values(), ids=BAD_TRACES)
def test_a_trace(run: Run, tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    said = refused(run, "forecast", path)
    assert str(path) in said
    assert what in said


@pytest.mark.parametrize(("content", "what"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_a_settings_file(run: Run, tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / ".agentpm").mkdir()
    path = tmp_path / "taskstart.toml"
    path.write_bytes(content)
    said = refused(run, "settings", "--project", tmp_path)
    assert str(path) in said
    assert what in said


@pytest.mark.parametrize("command", ["replay", "forecast"])
def test_a_folder_for_a_file(run: Run, tmp_path: Path, command: str) -> None:
    assert "Is a directory" in refused(run, command, tmp_path)


@pytest.mark.parametrize("command", ["replay", "forecast"])
@pytest.mark.parametrize(
    "name", ["./none.jsonl", "none", "./\udcff.jsonl", "x" * 5000, "./a\nb.jsonl"]
)
def test_a_file_that_is_not_there(run: Run, command: str, name: str) -> None:
    refused(run, command, name)


def test_a_run_that_is_none(run: Run, shop: Path, tmp_path: Path) -> None:
    workload, other = tmp_path / "fine.jsonl", tmp_path / "other"
    workload.write_bytes(START)
    other.write_bytes(b"hello\n")
    said = refused(run, "replay", workload, "--project", shop, "--against", other)
    assert "no run file" in said


def test_a_settings_file_for_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".agentpm").mkdir()
    (tmp_path / "taskstart.toml").mkdir()
    assert "no regular file" in refused(run, "settings", "--project", tmp_path)


def test_a_device_without_end(run: Run) -> None:
    assert "line 1: longer than" in refused(run, "forecast", "/dev/zero")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_socket_stays(run: Run, shop: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "precious"
    path.mkdir() if kind == "folder" else path.write_text("mine")
    assert "is no socket" in refused(run, "serve", "--project", shop, "--socket", path)
    assert path.exists()
