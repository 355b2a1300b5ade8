"""After --json, what a command says on standard error is JSON too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, command


def objects(err: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "failure"),
    [
        ("answer 1 --json", 1, {"where": "", "code": "project", "error": "there is no AgentPM"}),
        (
            "answer --json x",
            2,
            {"where": "answer TASK_ID...", "code": "usage", "remedy": "say the"},
        ),
        (
            "answer --json",
            2,
            {"where": "answer", "code": "usage", "error": "TASK_ID... is missing"},
        ),
        ("hook 1 --json", 1, {"code": "project", "remedy": "give --project DIR"}),
        ("replay none --json", 1, {"code": "workload", "error": "no scenario called 'none'"}),
        ("forecast none --json", 1, {"code": "workload", "remedy": "there are "}),
        ("bench --json --full", 2, {"where": "bench", "code": "usage"}),
        ("demo --json file", 1, {"code": "project", "error": ""}),
        ("import agentpm --json", 1, {"code": "project", "error": "there is no AgentPM"}),
        ("import claude-code none --json", 1, {"error": "none"}),
    ],
)
def test_a_failure_is_one_object(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    exit_code: int,
    failure: dict[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    ran = run(*arguments.split())
    assert (ran.code, ran.out) == (exit_code, "")
    (said,) = objects(ran.err)
    assert said.keys() == {"error", "where", "remedy", "code"}
    for key, words in failure.items():
        assert said[key].startswith(words)
    for_a_person = run(*(one for one in arguments.split() if one != "--json"))
    assert for_a_person.code == exit_code
    assert for_a_person.err.startswith("taskstart: ")


def test_json_behind_two_dashes_is_no_option(run: Run) -> None:
    assert run("forecast", "--", "--json").err.startswith("taskstart: ")


def test_text_that_no_terminal_takes_survives(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[2J\udcff" + "n" * 200
    (said,) = objects(run("forecast", "--json", tmp_path / name).err)
    assert name in said["error"]


def test_the_hook_says_both_what_it_does_and_what_failed(run: Run, shop: Path) -> None:
    ran = run("hook", "--project", shop, "--json", "999")
    noted, said = objects(ran.err)
    assert (ran.code, ran.out) == (1, "")
    assert noted["note"].endswith("assembling without it")
    assert said["error"].startswith("Task 999 not found")
    assert said["code"] == "not_found"


def test_what_is_logged_is_a_note(tmp_path: Path) -> None:
    half = '{"workload": 1, "start": "2026-01-01T00:00:00Z"}\n{"t": 1, "op": "taskstart", "task_id": 1}\n{"t'
    (tmp_path / "half.jsonl").write_text(half)
    done = subprocess.run(
        command("forecast", "--json", tmp_path / "half.jsonl"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (said,) = objects(done.stderr)
    assert said["note"].endswith("half a line, left out")
    assert json.loads(done.stdout)
