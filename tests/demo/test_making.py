"""How a demo comes about: the same for the same seed, whole or not at all, and never over others."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo import DemoProject, ensure_demo, installed, make_demo, project
from engine.errors import ProjectError
from tests.demo.conftest import NOW, open_database


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a demo; the database as its SQL, the project's own path left out."""
    found = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".db"
    }
    with closing(open_database(root)) as connection:
        dump = "\n".join(connection.iterdump()).replace(str(root), "ROOT")
    return {**found, "database": dump.encode()}


def test_the_same_seed_makes_the_same_project(demo: DemoProject, tmp_path: Path) -> None:
    again = make_demo(tmp_path / "again", now=NOW)
    other = make_demo(tmp_path / "other", now=NOW, seed=7)
    assert contents(again.root) == contents(demo.root)
    assert contents(other.root)["database"] != contents(demo.root)["database"]


def test_no_date_is_that_of_its_making(demo: DemoProject) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert today not in contents(demo.root)["database"].decode()


@pytest.mark.parametrize(("tasks", "agents"), [(1, 1), (7, 3), (1_000, 150)])
def test_any_size_can_be_had(tmp_path: Path, tasks: int, agents: int) -> None:
    made = make_demo(tmp_path / "shop", tasks=tasks, agents=agents, now=NOW)
    with closing(open_database(made.root)) as connection:
        assert connection.execute("SELECT count(*), max(id) FROM tasks").fetchone()[:] == (
            tasks,
            tasks,
        )
        assert connection.execute("SELECT count(*) FROM agents").fetchone()[0] == agents
        assert connection.execute("SELECT count(DISTINCT name) FROM tasks").fetchone()[0] == tasks
        unknown = "SELECT count(*) FROM tasks WHERE assigned_to NOT IN (SELECT role FROM agents)"
        assert connection.execute(unknown).fetchone()[0] == 0
    assert len(list((made.root / ".claude/agents").iterdir())) == agents


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path) -> None:
    inode = tmp_path.stat().st_ino
    make_demo(tmp_path, tasks=3, now=NOW)
    assert tmp_path.stat().st_ino == inode
    assert (tmp_path / ".agentpm/data/agentpm.db").is_file()


def test_nothing_of_the_users_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError, match="not an empty folder"):
        make_demo(tmp_path)
    with pytest.raises(ProjectError, match="not an empty folder"):
        make_demo(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("tasks", "agents"), [(0, 40), (300, 0), (-1, 1)])
def test_a_demo_of_nothing_is_refused(tmp_path: Path, tasks: int, agents: int) -> None:
    with pytest.raises(ProjectError, match="at least one"):
        make_demo(tmp_path / "shop", tasks=tasks, agents=agents)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="cannot make a demo"):
        make_demo(tmp_path / "file" / "shop")


def test_a_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(project, "_sync", full_disk)
    with pytest.raises(ProjectError, match="No space left"):
        make_demo(tmp_path / "shop", tasks=3)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_database_is_a_clear_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(project, "create_schema", full_disk)
    with pytest.raises(ProjectError, match="disk is full"):
        make_demo(tmp_path / "shop", tasks=3)
    assert list(tmp_path.iterdir()) == []


def test_the_users_demo_is_made_once(tmp_path: Path) -> None:
    first = ensure_demo(tmp_path)
    database = first / ".agentpm/data/agentpm.db"
    before = database.stat()
    assert ensure_demo(tmp_path) == first
    assert database.stat() == before


def test_a_new_generator_makes_a_new_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ensure_demo(tmp_path)
    monkeypatch.setattr(installed, "generator_version", lambda: "next")
    second = ensure_demo(tmp_path)
    assert second != first
    assert (second / ".agentpm/data/agentpm.db").is_file()


def test_demos_of_other_versions_go_when_nobody_has_asked_for_them_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str, *, unused_days: float) -> Path:
        monkeypatch.setattr(installed, "generator_version", lambda: name)
        root = ensure_demo(tmp_path)
        then = time.time() - unused_days * 86_400
        os.utime(root, (then, then))
        return root

    forgotten = version("1", unused_days=8)
    recent = version("2", unused_days=6)
    mine = tmp_path / "demo-notes"
    mine.mkdir()
    os.utime(mine, (0, 0))
    old = version("3", unused_days=9)
    assert not forgotten.exists()
    monkeypatch.setattr(installed, "generator_version", lambda: "3")
    assert ensure_demo(tmp_path) == old
    newest = version("4", unused_days=0)
    assert {path.name for path in tmp_path.iterdir()} == {
        path.name for path in (recent, mine, old, newest)
    }


def test_processes_that_ask_at_once_get_one_whole_demo(tmp_path: Path) -> None:
    ask = "import sys, pathlib; from engine.demo import ensure_demo; print(ensure_demo(pathlib.Path(sys.argv[1])))"
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ask, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=60) for process in asking]
    assert [errors for _, errors in answers] == ["", "", ""]
    assert len({root for root, _ in answers}) == 1
    assert len(list(tmp_path.iterdir())) == 1, "no half-made project is left beside it"
    with closing(open_database(Path(answers[0][0].strip()))) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone()[0] == 300


MAKER = """
import os, pathlib, signal, sys
from engine.demo import make_demo, project
project._sync = lambda database: os.kill(os.getpid(), signal.SIGKILL)
make_demo(pathlib.Path(sys.argv[1]), tasks=1, agents=1)
"""


def test_what_a_killed_maker_left_goes_when_the_next_one_comes(tmp_path: Path) -> None:
    other = tmp_path / ".taskstart-demo-not-ours"
    other.mkdir()
    killed = subprocess.run([sys.executable, "-c", MAKER, tmp_path / "shop"], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 3, "the half-made demo and its lock"
    make_demo(tmp_path / "shop", tasks=1, agents=1)
    assert {path.name for path in tmp_path.iterdir()} == {"shop", other.name}
