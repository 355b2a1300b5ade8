"""Finds the bundled scenarios and says what each will be like."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.errors import WorkloadError
from engine.replay.schedule import make_schedule
from engine.replay.workload import Workload, read_workload

DIRECTORY = Path(__file__).parent
SUFFIXES = (".jsonl", ".jsonl.gz")
ORDER = (
    "tour",
    "the-plan",
    "first-start",
    "workday",
    "fan-out",
    "write-storm",
    "agent-update",
    "slow-disk",
    "limits",
)
"""The order of the list; other files of the folder follow by name."""


@dataclass(frozen=True, slots=True)
class ScenarioInfo:
    """One line of a list of scenarios."""

    name: str
    line: str
    description: str
    wall_s: float
    """Seconds on the wall at speed 1."""
    starts: int
    writes: int
    modeled: bool
    profile: str
    """The cost profile that it begins with; empty: the one in force."""
    then: str
    path: Path


def list_scenarios(directory: Path = DIRECTORY) -> list[ScenarioInfo]:
    """All scenarios of `directory` (default: the bundled ones).

    Raises:
        WorkloadError: one of them is malformed.
    """
    rank = {name: number for number, name in enumerate(ORDER)}
    found = [_info(path, path.stat().st_mtime_ns) for path in _files(directory).values()]
    return sorted(found, key=lambda info: (rank.get(info.name, len(rank)), info.name))


def find_scenario(name: str, directory: Path = DIRECTORY) -> Workload:
    """The scenario called `name`.

    Raises:
        WorkloadError: there is none of that name, or it is malformed.
    """
    files = _files(directory)
    if name not in files:
        near = difflib.get_close_matches(name, files, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(files))}"
        raise WorkloadError(f"no scenario called {name!r}", remedy)
    return read_workload(files[name])


def _files(directory: Path) -> dict[str, Path]:
    return {
        path.name.removesuffix(suffix): path
        for suffix in SUFFIXES
        for path in directory.glob(f"*{suffix}")
    }


@lru_cache(maxsize=64)
def _info(path: Path, modified_ns: int) -> ScenarioInfo:
    del modified_ns  # part of the key: an edited file is read again
    workload = read_workload(path)
    header = workload.header
    return ScenarioInfo(
        name=workload.name,
        line=header.line,
        description=header.description,
        wall_s=make_schedule(workload.events, header.idle_gap_s).duration_s,
        starts=workload.starts,
        writes=workload.writes,
        modeled=header.modeled,
        profile=str(header.settings.get("profile", "")),
        then=header.then,
        path=path,
    )
