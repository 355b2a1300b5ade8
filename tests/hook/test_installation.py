"""Hooks go in and come out, and everything else is as it was."""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import SettingError
from engine.hook.installation import CallerKind, HookChoice, Installation
from engine.hook.state import HookFolder

CLAUDE = HookChoice(CallerKind.CLAUDE_CODE)
HTTP = HookChoice(CallerKind.CLAUDE_CODE, http=True)
AGENTPM = HookChoice(CallerKind.AGENTPM)

ODD = (
    "\ufeff{\r\n\t// mine: {\r\n"
    '\t"model": "x",   "list":[1,2 ,3],\r\n'
    '\t"hooks" : { "Stop": [ {"hooks":[{"type":"command","command":"say \\"hi\\""}]} ],'
    ' /* here */ "SubagentStart":[ ] , },\r\n}\r\n\r\n'
).encode()


def contents(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below `root`, with its mode."""
    return {
        str(path.relative_to(root)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / ".agentpm").mkdir(parents=True)
    return root


@pytest.fixture
def installation(root: Path, folder: Path) -> Iterator[Installation]:
    yield Installation(root, HookFolder(root, folder / "base"))


def settings_file(root: Path, data: bytes = ODD) -> Path:
    path = root / ".claude" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "choices",
    [
        (CLAUDE,),
        (HTTP,),
        (AGENTPM,),
        (AGENTPM, CLAUDE),
        (CLAUDE, HTTP, CLAUDE),
        (AGENTPM, HTTP, AGENTPM),
    ],
)
@pytest.mark.parametrize("given", ["nothing", "files"])
def test_out_is_byte_for_byte_as_before(
    root: Path, folder: Path, installation: Installation, choices: list[HookChoice], given: str
) -> None:
    if given == "files":
        settings_file(root).chmod(0o640)
        hook = root / ".claude" / "hooks" / "task-start.py"
        hook.parent.mkdir()
        hook.write_bytes(b"#!/usr/bin/env python3\r\nprint('theirs')")
    before = contents(root)

    for choice in choices:
        installation.install(choice)
    assert contents(root) != before
    installation.remove()

    assert contents(root) == before
    assert (root / ".claude").exists() == (given == "files")
    assert contents(folder / "base") == {}


@pytest.mark.parametrize("choice", [CLAUDE, HTTP, AGENTPM])
def test_installing_twice_changes_nothing(
    root: Path, installation: Installation, choice: HookChoice
) -> None:
    settings_file(root)
    installation.install(choice)
    once = contents(root)

    change = installation.install(choice)

    assert change.before == change.after
    assert contents(root) == once


def test_a_plan_shows_and_changes_nothing(
    root: Path, folder: Path, installation: Installation
) -> None:
    settings_file(root)
    before = contents(root)

    diff = installation.plan(CLAUDE).diff()

    assert contents(root) == before
    assert not (folder / "base").exists()
    added = [line for line in diff.splitlines() if line.startswith("+") and "SubagentStart" in line]
    assert added


def test_a_copy_is_kept_beside_the_file(root: Path, installation: Installation) -> None:
    path = settings_file(root)
    installation.install(CLAUDE)

    assert path.with_name("settings.json.before-taskstart").read_bytes() == ODD


def test_changes_made_since_are_kept(root: Path, installation: Installation) -> None:
    path = settings_file(root)
    installation.install(CLAUDE)
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"another model"'))

    installation.remove()

    assert path.read_bytes() == ODD.replace(b'"x"', b'"another model"')


def test_what_cannot_be_taken_out_is_left_and_said(root: Path, installation: Installation) -> None:
    path = settings_file(root)
    installation.install(CLAUDE)
    path.write_text(json.dumps({"hooks": {}}))

    with pytest.raises(SettingError, match="where the hook is"):
        installation.remove()
    assert path.read_text() == json.dumps({"hooks": {}})


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff{}", b'{"hooks": 5}'])
def test_a_file_that_is_no_settings_file_is_left_alone(
    root: Path, installation: Installation, data: bytes
) -> None:
    path = settings_file(root, data)

    with pytest.raises(SettingError, match=r"settings\.json"):
        installation.install(CLAUDE)
    assert path.read_bytes() == data


def test_the_command_starts_a_bare_interpreter(root: Path, installation: Installation) -> None:
    path = settings_file(root, b"{}")
    installation.install(HookChoice(CallerKind.CLAUDE_CODE, query="budget=5000"))

    handler = json.loads(path.read_text())["hooks"]["SubagentStart"][0]["hooks"][0]
    python, *flags, script = shlex.split(handler["command"])
    assert os.access(python, os.X_OK)
    assert flags == ["-I", "-S"]
    assert "PATH = '/claude-code?budget=5000'" in Path(script).read_text()


def test_no_file_of_the_project_holds_the_token(root: Path, installation: Installation) -> None:
    path = settings_file(root, b"{}")
    installation.install(HTTP)

    access = installation.folder.tcp_access()
    assert access is not None
    handler = json.loads(path.read_text())["hooks"]["SubagentStart"][0]["hooks"][0]
    assert handler["url"] == f"http://127.0.0.1:{access.port}/claude-code"
    assert handler["headers"]["Authorization"] == "Bearer $TASKSTART_TOKEN"
    assert "TASKSTART_TOKEN" in handler["allowedEnvVars"]
    assert all(access.token not in data for _, data in contents(root).values())


def test_the_command_form_closes_the_port_again(root: Path, installation: Installation) -> None:
    installation.install(HTTP)
    installation.install(CLAUDE)

    assert installation.folder.tcp_access() is None


def test_agentpm_has_no_http(installation: Installation) -> None:
    with pytest.raises(SettingError, match="--http is for Claude Code"):
        installation.plan(HookChoice(CallerKind.AGENTPM, http=True))


def test_a_linked_settings_file_stays_a_link(
    root: Path, tmp_path: Path, installation: Installation
) -> None:
    target = tmp_path / "elsewhere.json"
    target.write_bytes(b"{}")
    link = root / ".claude" / "settings.json"
    link.parent.mkdir()
    link.symlink_to(target)

    installation.install(CLAUDE)
    assert link.is_symlink()
    assert b"SubagentStart" in target.read_bytes()
    installation.remove()
    assert target.read_bytes() == b"{}"


def test_the_commands_say_what_they_do(
    project: Path, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from engine.cli.main import main

    def run(*words: str) -> str:
        assert main([words[0], "--project", str(project), *words[1:]]) == 0
        return capfd.readouterr().out

    before = contents(project)
    assert "nothing was changed" in run("install-hook", "--claude-code", "--dry-run")
    assert contents(project) == before
    assert "SubagentStart" in run("install-hook", "--claude-code")
    assert "installed already" in run("install-hook", "--claude-code")
    assert "TASKSTART_TOKEN" in run("install-hook", "--http")
    assert "would be as before" in run("uninstall-hook", "--dry-run")
    assert "as before" in run("uninstall-hook")
    assert "no hook is installed" in run("uninstall-hook")
    assert contents(project) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--port", "5000"),
        ("--claude-code", "--port", "5000"),
        ("--agentpm", "--http"),
        ("--agentpm", "--local"),
        ("--agentpm", "--prompts"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    project: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    from engine.cli.main import main

    before = contents(project)
    assert main(["install-hook", "--project", str(project), *words]) == 2
    assert "leave" in capfd.readouterr().err
    assert contents(project) == before
