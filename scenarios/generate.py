"""Writes the bundled scenarios: `python -m scenarios.generate [DIRECTORY]`.

The files are data for the reader and never written by hand; a test compares them with what comes
out here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.replay.workload import write_workload
from scenarios.reader import DIRECTORY, SUFFIXES
from scenarios.stories import STORIES

_LARGE = 2_000
"""A scenario of more events is gzipped."""


def generate(directory: Path) -> list[Path]:
    """Write every scenario into `directory`; the paths written.

    Raises:
        WorkloadError: a file cannot be written.
    """
    written = []
    for tell in STORIES:
        workload = tell()
        suffix = SUFFIXES[len(workload.events) > _LARGE]
        path = directory / f"{workload.name}{suffix}"
        write_workload(workload, path)
        written.append(path)
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY
    sys.stdout.writelines(f"{path}\n" for path in generate(target))
