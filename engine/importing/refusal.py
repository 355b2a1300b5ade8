"""Why an import ends without a workload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import TaskStartError


class ImportRefusedError(TaskStartError):
    """What is to be imported cannot be read, is of an unknown shape, or holds nothing to play."""

    code = "import"


@dataclass(frozen=True, slots=True)
class UnknownShape:
    """A place in a file that this program does not know how to read."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.reason}"


class UnknownShapeError(Exception):
    """One line is of a shape that this program does not know; the message says in what."""
