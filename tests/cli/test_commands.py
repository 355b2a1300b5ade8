"""The other commands, and what all of them have in common."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.group import COMMANDS
from engine.core.project import DATABASE
from engine.settings import SETTING_SPECS
from tests.cli.conftest import Run, command, start
from tests.storage.project import DIE_HALF_WAY, disturbed_by
from tests.waiting import wait_until

WORKLOAD = (
    '{"workload": 1, "name": "mine", "line": "two starts and a write"}\n'
    '{"t": 0, "op": "taskstart", "task_id": 1}\n'
    '{"t": 60, "op": "task_update", "task_id": 1, "set": {"name": "renamed"}}\n'
    '{"t": 120, "op": "taskstart", "task_id": 1}\n'
)


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text(WORKLOAD)
    return path


# ---- common to all --------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert f"Usage: taskstart {name}" in ran.out


def test_the_group_lists_every_command(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in COMMANDS)
    assert run("--version").out.startswith("taskstart")


def test_an_unknown_command_is_wrong_use(run: Run) -> None:
    ran = run("anser")
    assert ran.code == 2
    assert "anser" in ran.err


def test_options_of_the_console_before_a_command_are_wrong_use(run: Run, shop: Path) -> None:
    ran = run("--project", shop, "answer", "1")
    assert ran.code == 2
    assert "taskstart answer" in ran.err


def test_headless_commands_import_neither_textual_nor_numpy(shop: Path) -> None:
    code = (
        "import sys; from engine.cli.main import main;"
        f"main(['answer', '--project', {str(shop)!r}, '1']);"
        "main(['settings']); main(['scenarios']);"
        "sys.exit(bool({'textual', 'tui', 'numpy', 'plotext'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False, timeout=60
    )
    assert done.returncode == 0


def test_help_of_the_group_imports_no_command(run: Run) -> None:
    code = (
        "import sys; from engine.cli.main import main; main(['--help']);"
        "sys.exit(any(name.startswith('engine.core') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False, timeout=60
    )
    assert done.returncode == 0


def test_a_reader_that_has_seen_enough_is_no_error(shop: Path) -> None:
    process = start("answer", "--project", shop, "--json", *["1"] * 200)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize(
    "arguments", [["answer", "1"], ["replay", "FILE"], ["serve"], ["recover", "--yes"]]
)
@pytest.mark.parametrize("given", [True, False])
def test_no_project_is_said_with_a_way_on(
    run: Run,
    workload: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    given: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = [str(workload) if word == "FILE" else word for word in arguments]
    ran = run(*said, *(["--project", str(tmp_path)] if given else []))
    assert ran.code == 1
    assert "AgentPM project" in ran.err
    assert "taskstart demo" in ran.err
    assert len(ran.err.splitlines()) == 2


def test_a_wrong_settings_file_is_said_with_its_line(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path / "shop", "--tasks", "2", "--agents", "2").code == 0
    (tmp_path / "shop" / "taskstart.toml").write_text("[caches.answers]\nttl_seconds = 'soon'\n")
    ran = run("answer", "--project", tmp_path / "shop", "1")
    assert ran.code == 1
    assert "taskstart.toml, line 2: caches.answers.ttl_seconds" in ran.err


# ---- replay ---------------------------------------------------------------------------------


def test_replay_reports_and_leaves_the_project_alone(run: Run, shop: Path, workload: Path) -> None:
    database = shop / ".agentpm" / "data" / "agentpm.db"
    before = database.read_bytes()
    ran = run("replay", workload, "--project", shop, "--speed", "max", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert (report["starts"], report["writes"], report["errors"]) == (2, 1, 0)
    assert report["workload"] == "mine"
    assert report["modeled"] is False
    assert database.read_bytes() == before


def test_replay_tells_a_person(run: Run, shop: Path, workload: Path) -> None:
    ran = run("replay", workload, "--project", shop, "--speed", "max", "--optimizations", "none")
    assert ran.code == 0
    assert "optimizations none" in ran.out
    assert "native" in ran.out
    assert "writes      1, 0 refused\n" in ran.out


def test_replay_tells_of_writes_that_meet_nothing(run: Run, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.jsonl"
    path.write_text('{"t": 0, "op": "task_update", "task_id": 9999, "set": {"name": "n"}}\n')
    ran = run("replay", path, "--project", shop, "--speed", "max")
    assert ran.code == 0
    assert "1, 0 refused, 1 named nothing in this project\n" in ran.out


def test_replay_with_failed_starts_exits_with_1(run: Run, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"t": 0, "op": "taskstart", "task_id": 9999}\n')
    ran = run("replay", path, "--project", shop, "--speed", "max")
    assert ran.code == 1
    assert "Task 9999 not found" in ran.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no events"),
        ('{"t": 0, "op": "taskstart", "task_id": 1}\n{"t": 1,', "line 2"),
        ('{"t": 0, "op": "tasksart", "task_id": 1}\n', "did you mean 'taskstart'"),
    ],
)
def test_a_malformed_workload_is_said_with_its_line(
    run: Run, shop: Path, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    ran = run("replay", path, "--project", shop)
    assert ran.code == 1
    assert says in ran.err


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "1e-300", "1e300"])
def test_a_speed_that_is_none_is_wrong_use(
    run: Run, shop: Path, workload: Path, speed: str
) -> None:
    ran = run("replay", workload, "--project", shop, "--speed", speed)
    assert ran.code == 2
    assert "is no speed" in ran.err


def test_a_scenario_that_does_not_exist_names_a_near_one(run: Run, shop: Path) -> None:
    ran = run("replay", "workdy", "--project", shop)
    assert ran.code == 1
    assert "workday" in ran.err


# ---- lists ----------------------------------------------------------------------------------


def test_scenarios_are_listed_with_ones_own(run: Run, home: Path) -> None:
    own = home / "taskstart-console" / "recordings"
    own.mkdir(parents=True)
    (own / "monday.jsonl").write_text(WORKLOAD)
    (own / "broken.jsonl").write_text("{")
    rows = json.loads(run("scenarios", "--json").out)
    names = [row["name"] for row in rows]
    assert {"the-plan", "workday", "first-start", "fan-out"} <= set(names)
    assert names[-1] == "monday"
    assert rows[-1]["bundled"] is False
    text = run("scenarios").out
    assert all(name in text for name in names)
    assert "broken" not in text


def test_settings_are_listed_with_the_files_values(run: Run, tmp_path: Path) -> None:
    run("demo", tmp_path / "shop", "--tasks", "2", "--agents", "2")
    (tmp_path / "shop" / "taskstart.toml").write_text("pool_size = 9\n")
    rows = json.loads(run("settings", "--project", tmp_path / "shop", "--json").out)
    assert [row["path"] for row in rows] == list(SETTING_SPECS)
    pool = next(row for row in rows if row["path"] == "pool_size")
    assert (pool["value"], pool["default"], pool["minimum"], pool["maximum"]) == (9, 4, 1, 64)
    assert all(row["help"] for row in rows)
    *lines, legend = run("settings", "--project", tmp_path / "shop").out.splitlines()
    assert legend == "* is not the published default"
    assert [line.split()[0] for line in lines] == list(SETTING_SPECS)
    assert [line.split()[0] for line in lines if "* " in line] == ["pool_size"]


def test_forecast_of_a_csv(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("t,key,op\n0,a,r\n6,a,r\n12,a,r\n")
    ran = run("forecast", path, "--ttl", "6", "--ttl", "7", "--ttl", "13", "--size", "1", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert report["reads"] == 3
    assert report["ttl"] == {"6": 0, "7": 1, "13": 2}
    assert report["lru"] == {"1": 2}
    assert report["lazy"] == {"1/6": 0, "1/7": 1, "1/13": 2}


def test_forecast_of_a_scenario_by_name(run: Run) -> None:
    ran = run("forecast", "workday")
    assert ran.code == 0
    assert "180 reads" in ran.out


@pytest.mark.parametrize("options", [["--ttl", "-1"], ["--size", "0"], ["--ttl", "x"]])
def test_forecast_of_nonsense_is_wrong_use(run: Run, options: list[str]) -> None:
    assert run("forecast", "workday", *options).code == 2


# ---- demo, recover --------------------------------------------------------------------------


def test_demo_makes_a_project_that_answers(run: Run, tmp_path: Path) -> None:
    ran = run("demo", tmp_path / "new", "--tasks", "3", "--agents", "2", "--json")
    made = json.loads(ran.out)
    assert (made["tasks"], made["agents"]) == (3, 2)
    assert run("answer", "--project", made["root"], "1", "2", "3").code == 0
    again = run("demo", tmp_path / "new")
    assert again.code == 1
    assert len(again.err.splitlines()) <= 2


@pytest.fixture
def half_written(run: Run, tmp_path: Path) -> Path:
    """A project whose writer was killed while it committed."""
    root = tmp_path / "shop"
    assert run("demo", root, "--tasks", "2", "--agents", "2").code == 0
    with disturbed_by(DIE_HALF_WAY, root / DATABASE) as writer:
        assert writer.wait(timeout=10) == -signal.SIGKILL
    return root


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_recover_has_nothing_to_ask_where_nothing_is_wrong(
    run: Run, shop: Path, options: list[str]
) -> None:
    before = (shop / DATABASE).read_bytes()
    ran = run("recover", "--project", shop, *options)
    assert (ran.code, ran.err) == (0, "")
    assert f"{shop / DATABASE}: nothing is wrong" in ran.out
    assert (shop / DATABASE).read_bytes() == before


def test_recover_asks_first(run: Run, half_written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    ran = run("recover", "--project", half_written)
    assert ran.code == 1
    assert "half-finished" in ran.out
    assert "nothing was done" in ran.err
    assert run("answer", "--project", half_written, "1").code == 1
    assert run("recover", "--project", half_written, "--yes").code == 0
    assert run("answer", "--project", half_written, "1").code == 0


def test_recover_without_anybody_to_ask_does_nothing(half_written: Path) -> None:
    done = subprocess.run(
        command("recover", "--project", half_written),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "--yes" in done.stderr


# ---- the console ----------------------------------------------------------------------------


def test_the_console_needs_a_terminal(run: Run, shop: Path) -> None:
    ran = run("--project", shop)
    assert ran.code == 1
    assert "needs a terminal" in ran.err


def test_demo_and_project_exclude_each_other(run: Run, shop: Path) -> None:
    assert run("--demo", "--project", shop).code == 2


# ---- serve and record -----------------------------------------------------------------------


def test_serve_and_record_end_in_good_order(shop: Path, tmp_path: Path) -> None:
    serving = start("serve", "--project", shop)
    assert serving.stdout is not None
    assert serving.stderr is not None
    try:
        assert "12 tasks" in serving.stdout.readline()
        assert "listening on" in serving.stdout.readline()
        second = subprocess.run(
            command("serve", "--project", shop),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 1
        assert f"already runs for this project (process {serving.pid})" in second.stderr
        recording = start("record", tmp_path / "live.jsonl", "--project", shop)
        assert recording.stdout is not None
        assert "recording to" in recording.stdout.readline()
        recording.send_signal(signal.SIGINT)
        out, err = recording.communicate(timeout=30)
        assert recording.returncode == 0, err
        assert "0 starts recorded" in out
        assert (tmp_path / "live.jsonl").exists()
    finally:
        serving.send_signal(signal.SIGINT)
        out, err = serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert err == ""


def test_record_without_an_engine_says_how_to_start_one(run: Run, shop: Path) -> None:
    ran = run("record", "--project", shop)
    assert ran.code == 1
    assert "taskstart serve" in ran.err


def test_ctrl_c_ends_quietly(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tmp_path / "slow.jsonl"
    path.write_text(
        '{"workload": 1, "idle_gap_s": 60}\n'
        '{"t": 0, "op": "taskstart", "task_id": 1}\n{"t": 50, "op": "taskstart", "task_id": 1}\n'
    )
    process = start("replay", path, "--project", shop)
    wait_until(lambda: any(tmp_path.glob("taskstart-replay-*/project/.agentpm/data/agentpm.db")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == ""
