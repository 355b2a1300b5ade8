"""On which project a replay plays, and that it is said where another one could be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("stands", ["in another", "in the demo", "in none", "on it by --project"])
def test_replay_says_when_it_is_not_on_the_project_around(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands: str
) -> None:
    monkeypatch.setattr("engine.demo.ensure_demo", lambda: shop)
    path = tmp_path / "bundled.jsonl"
    path.write_text(
        '{"workload": 1, "project": "demo"}\n{"t": 0, "op": "taskstart", "task_id": 1}\n'
    )
    (tmp_path / "mine" / ".agentpm").mkdir(parents=True)
    around = {"in another": tmp_path / "mine", "in none": tmp_path}.get(stands, shop)
    monkeypatch.chdir(around)
    chosen = ("--project", ".") if stands == "on it by --project" else ()
    ran = run("replay", path, "--speed", "max", *chosen)
    assert ran.code == 0
    assert ran.out.startswith("bundled on ")
    if stands == "in another":
        (line,) = ran.err.splitlines()
        assert line.startswith("taskstart: bundled was made for the demo project and plays on it")
        assert f"--project {around} plays it there" in line
        (said,) = run("replay", path, "--speed", "max", "--json").err.splitlines()
        assert json.loads(said)["note"] == line.removeprefix("taskstart: ")
    else:
        assert ran.err == ""
