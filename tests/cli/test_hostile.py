"""Odd arguments, odd surroundings and signals: one clear line, and nothing stays behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command
from tests.cli.terminal import LEAVES_THE_ALTERNATE_SCREEN, in_a_terminal, read_until
from tests.waiting import wait_until

SLOW = (
    '{"workload": 1, "idle_gap_s": 60}\n'
    '{"t": 0, "op": "taskstart", "task_id": 1}\n{"t": 50, "op": "taskstart", "task_id": 1}\n'
)


@pytest.mark.parametrize("now", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_no_calendar_has_in_utc_is_wrong_use(run: Run, shop: Path, now: str) -> None:
    ran = run("answer", "--project", shop, "--now", now, "1")
    assert ran.code == 2
    assert "is no time" in ran.err


@pytest.mark.parametrize(
    "arguments", [("answer", "1"), ("settings",), ("record",), ("demo", "here")]
)
def test_a_working_folder_that_is_gone_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    ran = run(*arguments)
    assert ran.code == 1
    assert "No such file or directory" in ran.err
    assert "→" in ran.err


def test_settings_of_a_folder_that_does_not_exist_fail(run: Run, tmp_path: Path) -> None:
    ran = run("settings", "--project", tmp_path / "none")
    assert (ran.code, ran.out) == (1, "")
    assert "is not a folder" in ran.err


def test_settings_need_no_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".agentpm").mkdir()
    assert run("settings", "--project", tmp_path).code == 0


@pytest.mark.parametrize("name", ["not-unicode-\udcff", "~nobody-of-that-name/shop"])
def test_a_demo_with_an_impossible_name_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    ran = run("demo", name if name.startswith("~") else tmp_path / name)
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_full_output_is_said(shop: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("answer", "--project", shop, "1"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "taskstart: standard output: No space left on device"
    assert len(done.stderr.splitlines()) == 2


def test_a_locale_without_unicode_still_gets_an_answer(shop: Path) -> None:
    done = subprocess.run(
        command("answer", "--project", shop, "1"),
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Task Context Assembled" in done.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(shop: Path, closed: str) -> None:
    line = shlex.join(command("answer", "--project", shop, "1"))
    done = subprocess.run(["sh", "-c", f"{line} {closed}"], check=False, timeout=60)
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_replay_that_is_told_to_end_takes_its_scratch_copy_with_it(
    shop: Path, home: Path, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "slow.jsonl"
    path.write_text(SLOW)
    process = subprocess.Popen(
        command("replay", path, "--project", shop),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(home)},
    )
    wait_until(lambda: any(home.glob("taskstart-replay-*/project/.agentpm/data/agentpm.db")))
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert list(home.glob("taskstart-replay-*")) == []


def test_an_ignored_hangup_stays_ignored(shop: Path, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "slow.jsonl"
    path.write_text(SLOW)
    process = subprocess.Popen(
        ["nohup", *command("replay", path, "--project", shop)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(home)},
    )
    wait_until(lambda: any(home.glob("taskstart-replay-*/project/.agentpm/data/agentpm.db")))
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 130


def test_a_console_that_is_told_to_end_gives_the_terminal_back(shop: Path) -> None:
    with in_a_terminal(command("--project", shop)) as (process, terminal):
        read_until(terminal, b"TaskStart p95")
        process.send_signal(signal.SIGTERM)
        read_until(terminal, LEAVES_THE_ALTERNATE_SCREEN)
        assert process.wait(timeout=30) == 130


def test_a_console_in_a_locale_without_unicode_says_so(shop: Path) -> None:
    line = command("--project", shop)
    with in_a_terminal(line, PYTHONIOENCODING="ascii") as (process, terminal):
        read_until(terminal, b"the console needs Unicode")
        assert process.wait(timeout=30) == 1


def test_a_console_whose_screen_would_go_to_a_file_is_refused(shop: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = ["sh", "-c", f"{shlex.join(command('--project', shop))} 2> {shlex.quote(str(log))}"]
    with in_a_terminal(line) as (process, _):
        assert process.wait(timeout=30) == 1
    assert "the console needs a terminal" in log.read_text()
