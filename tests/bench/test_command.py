"""`taskstart bench` as a user calls it, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.waiting import wait_until

# A shell starts what runs in the background deaf to Ctrl-C, and children would inherit that.
HEARING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from engine.cli.main import main
sys.exit(main())
"""


def call(*arguments: str | Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEARING, "bench", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **more},
    )


@pytest.mark.parametrize("wrong", [["--levels", "--floor"], ["--workload", "x"], ["--tiers"]])
def test_wrong_use_is_told(wrong: list[str]) -> None:
    process = call(*wrong)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("taskstart: bench: ")
    assert "\n  → " in err


def test_no_project_is_one_clear_line(tmp_path: Path) -> None:
    process = call("--project", tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "not an AgentPM project" in err
    assert "Traceback" not in err


def test_the_floor_as_json_says_nothing_else(shop: Path) -> None:
    process = call("--floor", "--quick", "--project", shop, "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert [one["journal_mode"] for one in json.loads(out)["found"]] == ["wal", "delete"]


@pytest.mark.parametrize("engine_open", [False, True])
def test_an_interrupt_ends_it_and_leaves_nothing_behind(shop: Path, engine_open: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="ts-") as folder:
        process = call("--quick", "--project", shop, TMPDIR=folder)
        begun = has_database_open if engine_open else bool
        wait_until(lambda: any(begun(one) for one in workers_of(process.pid)))
        workers = workers_of(process.pid)
        # As a terminal does: to the whole foreground process group.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert "Traceback" not in err
        assert list(Path(folder).iterdir()) == []
        assert [one for one in workers if Path(f"/proc/{one}").exists()] == []


def has_database_open(process: int) -> bool:
    names = []
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.append(descriptor.readlink().name)
    return "agentpm.db" in names


def workers_of(parent: int) -> list[int]:
    """The worker processes, without the helper that multiprocessing starts beside them."""
    found = []
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in command:
            found.append(int(child))
    return found
