"""`taskstart` without a command: the console. The only module that knows of `tui`."""

from __future__ import annotations

import contextlib
import gc
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ServiceError

if TYPE_CHECKING:
    from engine.service.client import EngineClient
    from engine.service.messages import Parting

FIRST_SCENARIO = "the-plan"
"""What the demo opens with."""


def open_console(
    project: Path | None = None,
    *,
    demo: bool = False,
    scenario: str | None = None,
    attach: bool = False,
    stay: bool = False,
) -> int:
    """Open the console on `project`, else on the nearest one around, else on the demo.

    Args:
        scenario: play it, on an engine of its own.
        attach: to an engine that runs; never start one.
        stay: the engine goes on when its consoles have gone.

    Raises:
        TaskStartError: there is no terminal, no such project, no such scenario, no engine.
    """
    _check_terminal()
    root = None if demo else _project(project)
    if scenario is not None:
        play: str | None = _checked_scenario(scenario)
    else:
        play = FIRST_SCENARIO if root is None and not (attach or stay) else None
    if attach:
        _check_engine(root)
    # Imports make many objects and no garbage: collecting would only delay the first frame. The
    # app turns it on again once that is painted.
    gc.disable()
    from tui.app import run_console

    def connect() -> EngineClient:
        from engine.service.client import EngineClient
        from engine.service.launching import EngineTarget

        # A replay shares its process with what serves agents: who wants one gets an engine alone.
        private = play is not None
        return EngineClient(EngineTarget(root, private=private, attach_only=attach, stay=stay))

    def farewell(parting: Parting) -> None:
        _say_what_goes_on(root, parting)

    return run_console(connect, play=play, farewell=farewell)


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


def _check_engine(root: Path | None) -> None:
    """Said before the screen is taken over."""
    from engine.service.locks import lock_holder
    from engine.service.paths import socket_path

    if lock_holder(socket_path(root)) is None:
        where = "the demo project" if root is None else root
        raise ServiceError(
            f"no engine runs for {where}",
            "`taskstart` without --attach starts one, `taskstart serve` one that stays",
        )


def _say_what_goes_on(root: Path | None, parting: Parting) -> None:
    """Why the engine stays, that it goes on recording, and how to end either."""
    from engine.service.messages import Stays

    why = {
        Stays.TOLD: "as it was told to",
        Stays.SERVED: "since `taskstart serve` began it",
        Stays.CONSOLES: "for the other consoles, and ends with the last of them",
        Stays.AGENTS: "for the agents that call it, and ends half an hour after their last call",
    }.get(parting.stays)
    recording = shlex.quote(parting.recording) if parting.recording else ""
    lines: list[str] = []
    if why is not None:
        lines += [f"taskstart: the engine stays {why}"]
        lines += [f"  → taskstart serve --stop{_for_project(root)} ends it now"]
    if recording and parting.stays:
        lines += [f"taskstart: it goes on recording to {recording}"]
        lines += [f"  → taskstart record --stop{_for_project(root)} ends the recording"]
    elif recording:
        lines += [f"taskstart: the recording has ended with the engine: {recording}"]
        lines += [f"  → taskstart replay {recording} plays it"]
    with contextlib.suppress(OSError):  # the terminal may be what has gone
        sys.stderr.write("".join(f"{line}\n" for line in lines))


def _for_project(root: Path | None) -> str:
    """The option that commands need from here to mean the same project; empty where they need none."""
    from engine.core.project import find_project, resolve_root
    from engine.service.paths import project_of

    root = project_of(root)
    found = find_project()
    if found is not None and resolve_root(found) == root:
        return ""
    return f" --project {shlex.quote(str(root))}"


def _project(project: Path | None) -> Path | None:
    from engine.core.project import find_project, resolve_root

    found = project if project is not None else find_project()
    return None if found is None else resolve_root(found)


def _checked_scenario(scenario: str) -> str:
    """Its name or absolute path; a mistake is said before the screen is taken over."""
    from engine.service.library import find_playable, is_path

    find_playable(scenario)
    return str(Path(scenario).expanduser().resolve()) if is_path(scenario) else scenario
