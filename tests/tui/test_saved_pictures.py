"""A picture that a person saves by the palette is put where it can be found, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui import samples
from tests.tui.console import running, screen_text, until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, as that of a server's user."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    return tmp_path


@pytest.mark.parametrize("folder", ["", "Downloads"])
async def test_it_is_saved_among_the_downloads_or_at_home(home: Path, folder: str) -> None:
    (home / folder).mkdir(exist_ok=True)
    async with running(samples.snapshot()) as (app, _, pilot):
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        commands["Screenshot"].callback()
        await until(pilot, lambda: "Saved screenshot" in screen_text(app))
        (saved,) = (home / folder).glob("*.svg")
        assert "TaskStart" in saved.read_text()


async def test_it_is_said_why_it_could_not_be_saved() -> None:
    async with running(samples.snapshot()) as (app, _, pilot):
        app.deliver_screenshot("now.svg", "/gone")  # short: a path that is wrapped is not found
        await until(pilot, lambda: "No such file or directory" in screen_text(app))
        assert "The picture was not saved" in screen_text(app)
        assert "/gone/now.svg" in screen_text(app)
