"""What can be played: the bundled scenarios, the user's own recordings, any workload file."""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path

from engine.errors import WorkloadError
from engine.replay.recorder import recordings_folder
from engine.replay.run_file import is_run_file
from engine.replay.schedule import make_schedule
from engine.replay.workload import Workload, file_title, read_workload
from engine.service.messages import ScenarioView
from scenarios.reader import find_scenario, list_scenarios

log = logging.getLogger(__name__)

MAX_OWN = 200


def list_playable() -> list[ScenarioView]:
    """Bundled scenarios in their own order, then the user's recordings, newest first; blocking."""
    bundled = [
        ScenarioView(
            name=info.name,
            line=info.line,
            wall_s=info.wall_s,
            starts=info.starts,
            writes=info.writes,
            modeled=info.modeled,
            profile=info.profile,
            path=str(info.path),
        )
        for info in list_scenarios()
    ]
    return bundled + [view for path in _own_files() if (view := _view(path)) is not None]


def find_playable(name: str) -> Workload:
    """A bundled scenario or a recording by name, or a workload file by its path; blocking.

    Raises:
        WorkloadError: there is none, or it is malformed.
    """
    if is_path(name):
        return read_workload(_expanded(name))
    own = _own_file(name)
    return read_workload(own) if own is not None else find_scenario(name)


def locate_playable(name: str) -> Path:
    """The file of what `find_playable` would find, or of any other trace; blocking.

    Raises:
        WorkloadError: `name` is neither a file nor something that can be played.
    """
    path = _expanded(name)
    if is_path(name) or _is_file(path):
        return path
    return _own_file(name) or Path(find_scenario(name).source)


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise WorkloadError(f"{name}: {error}", "say the path without ~") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # What no file can be called may still be a name, or is refused as one.
        return False


def _own_file(name: str) -> Path | None:
    for path in _own_files():
        if file_title(path) == name:
            return path
    return None


def is_path(name: str) -> bool:
    """Whether `name` means a file, not a scenario: it has a folder or a workload's suffix."""
    return os.sep in name or name.endswith((".jsonl", ".jsonl.gz", ".gz"))


def _own_files() -> list[Path]:
    try:
        found = [
            path
            for path in recordings_folder().iterdir()
            if path.name.endswith(".jsonl") and not is_run_file(path)
        ]
    except OSError:
        # No folder yet: nothing has been recorded.
        return []
    return sorted(found, key=lambda path: (_modified(path), path.name), reverse=True)[:MAX_OWN]


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # just deleted, to make room for another


def _view(path: Path) -> ScenarioView | None:
    try:
        found = path.stat()
    except OSError:
        return None  # just deleted, to make room for another
    return _own(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2 * MAX_OWN)
def _own(path: Path, _modified_ns: int, _size: int) -> ScenarioView | None:
    """One of the user's own, read once for as long as its file stays as it is.

    A list that reads every recording anew takes half a second for a dozen of them.
    """
    try:
        workload = read_workload(path)
    except WorkloadError as error:
        log.info("left out of the list: %s", error)
        return None
    return ScenarioView(
        name=file_title(path),
        line=workload.header.line or "yours: recorded live starts",
        wall_s=make_schedule(workload.events, workload.header.idle_gap_s).duration_s,
        starts=workload.starts,
        writes=workload.writes,
        modeled=workload.header.modeled,
        profile=str(workload.header.settings.get("profile", "")),
        bundled=False,
        path=str(path),
    )
