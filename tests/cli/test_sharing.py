"""Attaching to engines, leaving them, and ending them, from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, start
from tests.cli.terminal import LEAVES_THE_ALTERNATE_SCREEN, in_a_terminal, read_until


def test_attach_without_an_engine_is_said_before_the_screen_is_taken(shop: Path) -> None:
    with in_a_terminal(command("--attach", "--project", shop)) as (process, terminal):
        read_until(terminal, f"no engine runs for {shop}".encode())
        assert process.wait(timeout=30) == 1


def test_an_engine_that_stays_is_told_of_and_can_be_stopped(run: Run, shop: Path) -> None:
    with in_a_terminal(command("--stay", "--project", shop)) as (process, terminal):
        read_until(terminal, b"stays")
        os.write(terminal, b"q")
        seen = read_until(terminal, f"taskstart serve --stop --project {shop}".encode())
        _, left, told = seen.partition(LEAVES_THE_ALTERNATE_SCREEN)
        assert left
        assert b"taskstart: the engine stays as it was told to" in told
        assert process.wait(timeout=30) == 0
    stopped = run("serve", "--stop", "--project", shop)
    assert stopped.code == 0
    assert f"the engine of {shop} " in stopped.out
    again = run("serve", "--stop", "--project", shop)
    assert again.code == 1
    assert "no engine runs" in again.err


def test_a_recording_that_goes_on_is_told_of_and_can_be_ended(run: Run, shop: Path) -> None:
    with in_a_terminal(command("--stay", "--project", shop)) as (process, terminal):
        read_until(terminal, b"stays")
        os.write(terminal, b"r")
        read_until(terminal, b"recording to")
        os.write(terminal, b"q")
        seen = read_until(terminal, f"taskstart record --stop --project {shop}".encode())
        _, _, told = seen.partition(LEAVES_THE_ALTERNATE_SCREEN)
        assert b"taskstart: it goes on recording to " in told
        assert process.wait(timeout=30) == 0
    ended = run("record", "--stop", "--project", shop)
    assert ended.code == 0
    assert "0 starts recorded in " in ended.out
    again = run("record", "--stop", "--project", shop)
    assert again.code == 1
    assert "nothing is being recorded" in again.err
    assert run("serve", "--stop", "--project", shop).code == 0


def test_a_recording_that_ends_with_its_engine_is_told_of(shop: Path) -> None:
    with in_a_terminal(command("--project", shop)) as (process, terminal):
        read_until(terminal, b"not recording")
        os.write(terminal, b"r")
        read_until(terminal, b"recording to")
        os.write(terminal, b"q")
        seen = read_until(terminal, b" plays it")
        _, _, told = seen.partition(LEAVES_THE_ALTERNATE_SCREEN)
        assert b"the recording has ended with the engine: " in told
        assert process.wait(timeout=30) == 0


def test_record_ends_when_its_recording_is_stopped_from_elsewhere(
    run: Run, shop: Path, tmp_path: Path
) -> None:
    serving = start("serve", "--project", shop)
    assert serving.stdout is not None
    assert "12 tasks" in serving.stdout.readline()
    recording = start("record", tmp_path / "mine.jsonl", "--project", shop)
    assert recording.stdout is not None
    assert "Ctrl-C ends it" in recording.stdout.readline()
    refused = run("record", "--project", shop)
    assert refused.code == 1
    assert "record --stop" in refused.err
    assert run("record", "--stop", "--project", shop).code == 0
    out, err = recording.communicate(timeout=30)
    assert (recording.returncode, err) == (0, "")
    assert f"what was recorded is in {tmp_path / 'mine.jsonl'}" in out
    assert run("serve", "--stop", "--project", shop).code == 0
    serving.communicate(timeout=30)


def test_stop_takes_no_file(run: Run, tmp_path: Path) -> None:
    assert run("record", tmp_path / "mine.jsonl", "--stop").code == 2


def test_serve_is_stopped_from_another_terminal(run: Run, shop: Path) -> None:
    serving = start("serve", "--project", shop)
    assert serving.stdout is not None
    assert "12 tasks" in serving.stdout.readline()
    assert f"(process {serving.pid}) has ended" in run("serve", "--stop", "--project", shop).out
    _, err = serving.communicate(timeout=30)
    assert (serving.returncode, err) == (0, "")


@pytest.mark.parametrize("flag", ["--attach", "--stay"])
def test_a_scenario_has_an_engine_of_its_own(run: Run, shop: Path, flag: str) -> None:
    ran = run("--project", shop, "--scenario", "workday", flag)
    assert ran.code == 2
    assert "an engine of its own" in ran.err
    assert run(flag, "scenarios").code == 2
