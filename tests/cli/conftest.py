"""The command line as users call it: in this process for speed, as a real process where it matters."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.demo import make_demo


@dataclass(frozen=True)
class Ran:
    """What a call left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that no test writes to."""
    return make_demo(tmp_path_factory.mktemp("cli") / "shop", tasks=12, agents=8).root


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's folders, empty; short, since a socket's path holds a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="ts-", dir="/tmp") as folder:
        for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
            monkeypatch.setenv(name, folder)
        yield Path(folder)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> Ran:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def command(*arguments: str | Path) -> list[str]:
    """The command line for a real process."""
    return [sys.executable, "-m", "engine.cli.main", *map(str, arguments)]


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """A real process."""
    return subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
