"""Wrong use: where and what in one line, what to do next in another, and exit code 2."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.cli.group import COMMANDS
from tests.cli.conftest import Run, command


@pytest.mark.parametrize(
    ("arguments", "what", "next_step"),
    [
        ("answer abc", "answer TASK_ID...: 'abc' is no task id", "say the id of a task"),
        ("answer 1 0", "answer TASK_ID...: '0' is no task id", "say the id of a task"),
        ("answer", "answer: TASK_ID... is missing", "say taskstart answer [OPTIONS] TASK_ID..."),
        ("answer --rolle x 1", "answer: there is no option --rolle", "did you mean --pr"),
        ("answer --zzz 1", "answer: there is no option --zzz", "taskstart answer --help"),
        ("answer --for me 1", "answer --for: 'me' is none of its values", "say one of agentpm,"),
        ("answer --project", "answer: --project requires an argument", "taskstart answer --help"),
        ("answer --json=1 1", "answer: --json does not take a value", "taskstart answer --help"),
        ("answer --now q 1", "answer --now: 'q' is no time", "2026-01-31T09:30:00Z"),
        ("hook abc", "hook [TASK_ID]: 'abc' is no task id", "say the id of a task"),
        ("hook --json=1", "hook: --json does not take a value", "taskstart hook --help"),
        ("hook 1 --claude-code", "hook: an event of Claude Code comes on", "leave TASK_ID out"),
        ("hook --role x", "hook: --role goes with TASK_ID", "say both, or neither"),
        ("hook 1 --budget 900", "hook: AgentPM's rendering is never", "--rendering full"),
        ("forecast X --ttl x", "forecast --ttl: 'x' is no number", "say a number of 0 or more"),
        ("forecast X --ttl nan", "forecast --ttl: 'nan' is no number", "of 0 or more"),
        ("forecast X --ttl inf", "forecast --ttl: 'inf' is no number", "of 0 or more"),
        ("forecast X --ttl -1", "forecast --ttl: '-1' is out of range", "of 0 or more"),
        ("forecast X --size 1e3", "forecast --size: '1e3' is no whole number", "from 1 to"),
        ("forecast X --size 0", "forecast --size: '0' is out of range", "from 1 to"),
        ("demo D --tasks 0", "demo --tasks: '0' is out of range", "from 1 to 1,000,000"),
        ("demo D --seed 1.5", "demo --seed: '1.5' is no whole number", "say a whole number"),
        ("install-hook --port 80", "install-hook --port: '80' is out of range", "1,024 to 65,535"),
        ("replay W --speed nan", "replay --speed: 'nan' is no speed", "say max, or a number"),
        ("settings a", "settings: got unexpected extra argument (a)", "taskstart settings --help"),
        ("import agentpm --since", "import agentpm: --since requires", "taskstart import agentpm"),
        (
            "import cursor",
            "import: there is no command 'cursor'",
            "say one of claude-code, agentpm",
        ),
        ("setings", "there is no command 'setings'", "did you mean settings?"),
        ("zzz", "there is no command 'zzz'", "say one of answer, replay,"),
        ("--demo --project P", "--demo and --project each name a project", "say one of them"),
        ("bench --full", "bench: --full goes with --freshness", "say both, or neither"),
    ],
)
def test_wrong_use_is_said_in_two_lines(
    run: Run, arguments: str, what: str, next_step: str
) -> None:
    ran = run(*arguments.split())
    first, second = ran.err.splitlines()
    assert (ran.code, ran.out) == (2, "")
    assert first.startswith(f"taskstart: {what}")
    assert second.startswith("  → ")
    assert next_step in second


def test_a_number_of_any_length_is_only_out_of_range(run: Run) -> None:
    ran = run("demo", "somewhere", "--seed", "9" * 10_000)
    assert ran.code == 2
    assert ran.err.startswith("taskstart: demo --seed: '9999")
    assert max(map(len, ran.err.splitlines())) < 200


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_said_by_every_command(run: Run, name: str) -> None:
    ran = run(name, "--no-such-thing")
    assert ran.code == 2
    assert ran.err.startswith(f"taskstart: {name}: there is no option --no-such-thing\n  → ")


@pytest.mark.parametrize(
    ("arguments", "unbuffered"),
    [(("settings",), ""), (("settings",), "1"), (("--help",), ""), (("import",), "")],
)
def test_a_reader_that_has_gone_is_no_error(arguments: tuple[str, ...], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            command(*arguments),
            stdout=writer,
            stderr=writer if arguments == ("import",) else subprocess.PIPE,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    finally:
        os.close(writer)
    assert done.returncode == 141
    assert not done.stderr


def test_a_failure_that_nobody_reads_is_as_quiet(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            command("answer", "--project", tmp_path, "1"),
            stdout=subprocess.PIPE,
            stderr=writer,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stdout) == (141, b"")
