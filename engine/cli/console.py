"""`taskstart` without a command: the console. The only module that knows of `tui`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ServiceError

if TYPE_CHECKING:
    from engine.service.client import EngineClient

FIRST_SCENARIO = "the-plan"
"""What the demo opens with."""


def open_console(
    project: Path | None = None, *, demo: bool = False, scenario: str | None = None
) -> int:
    """Open the console on `project`, else on the nearest one around, else on the demo.

    Raises:
        TaskStartError: there is no terminal, no such project, no such scenario, no engine.
    """
    _check_terminal()
    root = None if demo else _project(project)
    if scenario is not None:
        play: str | None = _checked_scenario(scenario)
    else:
        play = FIRST_SCENARIO if root is None else None
    # Imports make many objects and no garbage: collecting would only delay the first frame. The
    # app turns it on again once that is painted.
    gc.disable()
    from tui.app import run_console

    def connect() -> EngineClient:
        from engine.service.client import EngineClient
        from engine.service.launching import EngineTarget

        # A replay shares its process with what serves agents: who wants one gets an engine alone.
        return EngineClient(EngineTarget(root, private=play is not None))

    return run_console(connect, play=play)


def _check_terminal() -> None:
    # The screen is drawn on standard error.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise ServiceError(
            "the console needs a terminal (for input, output and errors)",
            "taskstart --help lists what works without one",
        )
    try:
        "●─█⣿▌✖≤".encode(sys.stderr.encoding)
    except UnicodeEncodeError as error:
        raise ServiceError(
            f"the console needs Unicode, and this locale has {sys.stderr.encoding}",
            "set a locale of UTF-8, for example: export LC_ALL=C.UTF-8",
        ) from error


def _project(project: Path | None) -> Path | None:
    from engine.core.project import find_project, resolve_root

    found = project if project is not None else find_project()
    return None if found is None else resolve_root(found)


def _checked_scenario(scenario: str) -> str:
    """Its name or absolute path; a mistake is said before the screen is taken over."""
    from engine.service.library import find_playable, is_path

    find_playable(scenario)
    return str(Path(scenario).expanduser().resolve()) if is_path(scenario) else scenario
