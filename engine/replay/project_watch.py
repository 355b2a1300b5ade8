"""What other processes write to a project: rows of its database, and SOP files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.replay.events import Op, WorkloadEvent
from engine.replay.noticed import SOURCE, events_of
from engine.storage.row_changes import RowChanges

SOP_FOLDER = Path(".claude/agents")
MOST_FILES = 2_000
LARGEST_FILE = 2**20
"""Bytes of an SOP that is recorded as a whole."""

_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Noticed:
    """The same events twice, at time 0: without texts, and with them."""

    without_texts: list[WorkloadEvent] = field(default_factory=list)
    with_texts: list[WorkloadEvent] = field(default_factory=list)


class ProjectWatch:
    """Watches one project. Blocking, for one thread at a time."""

    def __init__(self, root: Path, database: Path) -> None:
        """Nothing is read before the first look, which notices nothing."""
        self._rows = RowChanges(database)
        self._sops = _SopFiles(root)

    def look(self) -> Noticed:
        """What has been written since the last look.

        Raises:
            DatabaseError: the database cannot be read now; a later look tells what it missed.
        """
        noticed = Noticed()
        if (committed := self._rows.look()) is not None:
            noticed.without_texts.extend(events_of(committed))
            noticed.with_texts.extend(events_of(committed, texts=True))
        for path in self._sops.look():
            noticed.without_texts.append(_sop_write(path, None))
            noticed.with_texts.append(_sop_write(path, self._sops.text(path)))
        return noticed

    def close(self) -> None:
        """Let go of the database."""
        self._rows.close()


class _SopFiles:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, _Signature] | None = None

    def look(self) -> list[str]:
        """The files, relative to the project, that are new or have changed since the last look."""
        now = dict(self._signatures())
        seen, self._seen = self._seen, now
        if seen is None:
            return []
        return [path for path, signature in now.items() if seen.get(path) != signature]

    def text(self, path: str) -> str | None:
        """What a file says; None when it cannot be recorded."""
        try:
            with (self._root / path).open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
            return content.decode() if len(content) <= LARGEST_FILE else None
        except (OSError, UnicodeDecodeError):
            return None  # gone meanwhile, or no text

    def _signatures(self) -> Iterator[tuple[str, _Signature]]:
        try:
            with os.scandir(self._root / SOP_FOLDER) as entries:
                for entry, _ in zip(entries, range(MOST_FILES), strict=False):
                    # What a link leads to may be no part of the project.
                    if entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        signature = (status.st_mtime_ns, status.st_size, status.st_ino)
                        yield f"{SOP_FOLDER}/{entry.name}", signature
        except OSError:
            return  # no such folder, or not to be read: the starts that need it say so


def _sop_write(path: str, text: str | None) -> WorkloadEvent:
    texts = ["text"] if text is None else None
    return WorkloadEvent(t=0.0, op=Op.SOP_WRITE, path=path, text=text, texts=texts, source=SOURCE)
