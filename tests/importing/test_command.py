"""`taskstart import` as a user calls it."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.progress import ProgressLine
from engine.demo import make_demo
from engine.replay.workload import read_workload
from tests.importing.transcripts import call, write


@dataclass(frozen=True)
class Ran:
    """What a call left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    def invoke(*arguments: str | Path) -> Ran:
        code = main(["import", *map(str, arguments)])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    with tempfile.TemporaryDirectory(prefix="ts-") as home:
        for name in ("XDG_DATA_HOME", "XDG_RUNTIME_DIR", "HOME"):
            monkeypatch.setenv(name, home)
        monkeypatch.chdir(home)
        yield invoke


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("import") / "shop", tasks=12, agents=4).root


@pytest.fixture
def transcripts(tmp_path: Path) -> Path:
    folder = tmp_path / "transcripts"
    folder.mkdir()
    write(
        folder / "s1.jsonl", [call(1, "Do task #3"), call(2, "Do task #4"), call(3, "Look around")]
    )
    return folder


def test_transcripts_become_a_workload_with_a_report(
    run: Run, transcripts: Path, tmp_path: Path
) -> None:
    target = tmp_path / "w.jsonl"
    ran = run("claude-code", transcripts, "--output", target)
    assert (ran.code, ran.err) == (0, "")
    assert "1 transcript, 3 lines" in ran.out
    assert "3 found: 2 by explicit id" in ran.out
    assert f"next: taskstart replay {target}" in ran.out
    workload = read_workload(target)
    assert [one.task_id for one in workload.events] == [3, 4]
    assert workload.header.name == "w"
    assert workload.header.start == datetime(2026, 3, 2, 9, 1, tzinfo=UTC)
    assert target.stat().st_mode & 0o077 == 0


def test_json_holds_every_figure(run: Run, transcripts: Path, tmp_path: Path) -> None:
    ran = run("claude-code", transcripts, "--output", tmp_path / "w.jsonl.gz", "--json")
    report = json.loads(ran.out)
    assert (report["starts"], report["explicit"], report["role"], report["none"]) == (3, 2, 0, 1)
    assert report["workload"] == str(tmp_path / "w.jsonl.gz")
    assert report["project"] == ""
    assert read_workload(tmp_path / "w.jsonl.gz").starts == 2


def test_without_an_output_it_is_listed_with_ones_own(run: Run, transcripts: Path) -> None:
    report = json.loads(run("claude-code", transcripts, "--json").out)
    path = Path(report["workload"])
    assert path.parent == Path(os.environ["XDG_DATA_HOME"]) / "taskstart-console" / "recordings"
    assert read_workload(path).starts == 2


def test_the_project_tells_which_tasks_there_are(
    run: Run, transcripts: Path, made: Path, tmp_path: Path
) -> None:
    lines = [call(1, "task #3", cwd=str(made)), call(2, "task #999", cwd=str(made / "x"))]
    write(transcripts / "s2.jsonl", [*lines, call(3, "task #3", tool_id="else")])
    target = tmp_path / "w.jsonl"
    ran = run(
        "claude-code", transcripts / "s2.jsonl", "--project", made, "--output", target, "--json"
    )
    report = json.loads(ran.out)
    assert (report["explicit"], report["other_folder"]) == (1, 1)
    assert report["none_reasons"] == {"names a task that the project does not have": 1}
    assert main(["replay", str(target), "--project", str(made), "--speed", "max"]) == 0


def test_a_database_becomes_a_workload_that_plays(run: Run, made: Path, tmp_path: Path) -> None:
    target = tmp_path / "w.jsonl"
    ran = run("agentpm", "--project", made, "--output", target)
    assert ran.code == 0
    assert "tasks.started_at" in ran.out
    assert "not read    agents.generated_at" in ran.out
    report = json.loads(
        run("agentpm", "--project", made, "--output", target, "--force", "--json").out
    )
    assert report["starts"] == read_workload(target).starts > 0
    assert report["columns"][0]["column"] == "tasks.created_at"


def test_nothing_to_play_exits_with_1_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", [call(1, "Look around")])
    target = tmp_path / "w.jsonl"
    ran = run("claude-code", tmp_path / "s.jsonl", "--output", target)
    assert ran.code == 1
    assert "names no task" in ran.out
    assert "no start could be tied to a task; nothing was written" in ran.err
    assert not target.exists()


def test_sessions_of_other_folders_alone_are_said(
    run: Run, transcripts: Path, made: Path, tmp_path: Path
) -> None:
    choice = ("--project", made, "--output", tmp_path / "w.jsonl")
    ran = run("claude-code", transcripts, *choice)
    assert ran.code == 1
    assert "3 × /home/me/shop" in ran.out
    assert "--any-folder" in ran.err
    assert run("claude-code", transcripts, *choice, "--any-folder").code == 0


def test_an_unknown_shape_exits_with_1_unless_it_is_left_out(
    run: Run, transcripts: Path, tmp_path: Path
) -> None:
    write(transcripts / "s0.jsonl", [{"type": "utterance", "message": {"content": "x"}}])
    target = tmp_path / "w.jsonl"
    ran = run("claude-code", transcripts, "--output", target)
    assert ran.code == 1
    assert "s0.jsonl, line 1: unknown entry type 'utterance' with a message" in ran.err
    assert "→ nothing was written; --skip-unknown" in ran.err
    assert not target.exists()
    ran = run("claude-code", transcripts, "--output", target, "--skip-unknown")
    assert ran.code == 0
    assert "refused     " in ran.out


def test_what_is_there_is_not_replaced_unasked(run: Run, transcripts: Path, tmp_path: Path) -> None:
    target = tmp_path / "w.jsonl"
    assert run("claude-code", transcripts, "--output", target).code == 0
    before = target.read_bytes()
    ran = run("claude-code", transcripts, "--output", target)
    assert ran.code == 1
    assert f"{target}: exists already" in ran.err
    assert target.read_bytes() == before
    assert run("claude-code", transcripts, "--output", target, "--force").code == 0


def test_force_replaces_workloads_only(
    run: Run, transcripts: Path, made: Path, tmp_path: Path
) -> None:
    transcript = transcripts / "s1.jsonl"
    before = transcript.read_bytes()
    ran = run("claude-code", transcripts, "--output", transcript, "--force")
    assert (ran.code, transcript.read_bytes()) == (1, before)
    assert "not a workload, which --force does not replace" in ran.err
    database = Path(shutil.copytree(made, tmp_path / "shop")) / ".agentpm" / "data" / "agentpm.db"
    before = database.read_bytes()
    ran = run("agentpm", "--project", tmp_path / "shop", "--output", database, "--force")
    assert (ran.code, database.read_bytes()) == (1, before)
    assert "name ends with .jsonl" in ran.err
    link = tmp_path / "link.jsonl"
    link.symlink_to(database)
    assert run("agentpm", "--project", made, "--output", link, "--force").code == 1
    assert run("agentpm", "--project", made, "--output", tmp_path / "x.jsonl" / "y.jsonl").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "Usage: taskstart import"),
        (["claude-code"], 2, "PATH"),
        (["claude-code", "nowhere"], 1, "nowhere cannot be read"),
        (["claude-code", ".", "--since", "yesterday"], 2, "is no time"),
        (["agentpm"], 1, "no AgentPM project"),
        (["agentpm", "--project", "nowhere"], 1, "nowhere"),
        (["cursor"], 2, "there is no command 'cursor'"),
    ],
)
def test_wrong_use_is_said(run: Run, arguments: list[str], code: int, says: str) -> None:
    ran = run(*arguments)
    assert ran.code == code
    assert says in ran.err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["claude-code", "--help"], ["agentpm", "--help"]]
)
def test_help_is_told(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 0
    assert "Usage: taskstart import" in ran.out


def test_progress_is_one_line_of_a_terminal_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, redirected = Terminal(), io.StringIO()
    for stream in (terminal, redirected):
        monkeypatch.setattr("sys.stderr", stream)
        progress = ProgressLine()
        for number in range(1_000):
            progress(f"reading {number}")
        progress.end()
    assert terminal.getvalue().startswith("\r\033[Kreading 0")
    assert 0 < terminal.getvalue().count("reading") < 1_000
    assert terminal.getvalue().endswith("\r\033[K")
    assert redirected.getvalue() == ""
