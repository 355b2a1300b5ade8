"""A file that grows by whole lines and is limited in size: a full one is kept beside the next."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Generic

from engine.replay.recording_file import H, LineFormat, OpenRecording, open_recording, write_whole


class AppendedFile(Generic[H]):
    """One file that this process alone appends to. Blocking, for one thread at a time."""

    def __init__(
        self, path: Path, form: LineFormat[H], header: H, *, most_bytes: int, files_kept: int
    ) -> None:
        """Create `path` with `header`, or continue what it holds.

        `files_kept`, 2 or more, counts the one that is written and the full ones before it
        (`name.1.jsonl` is the latest).

        Raises:
            WorkloadError: see `open_recording`.
        """
        self.path = path
        self._form = form
        self._most_bytes = most_bytes
        self._files_kept = files_kept
        self._descriptor = -1
        self._size = 0
        self._fresh = False
        self._take(opened := open_recording(path, form, header))
        self.header = opened.header
        """The first line, of this file and of those that follow."""
        self.last_t = opened.last_t
        """Time of the last line that it held when it was opened; 0 when it held none."""
        self.continued = opened.continued
        """Whether it was there before."""

    def append(self, lines: list[bytes]) -> None:
        """Write `lines`, each with its end, and take from the list what has been written.

        Raises:
            OSError: they cannot be written; the file ends with a whole line.
            WorkloadError: the next file cannot be opened.
        """
        while lines:
            count = room = 0
            for line in lines:
                full = self._size + room + len(line) > self._most_bytes
                if full and (count or not self._fresh):
                    break
                room += len(line)
                count += 1
            write_whole(self._descriptor, b"".join(lines[:count]), self._size)
            self._size += room
            self._fresh = self._fresh and not count
            del lines[:count]
            if lines:
                self._next_file()

    def close(self) -> None:
        """Let go of the file; nothing happens when that was done before."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _next_file(self) -> None:
        suffixes = [f".{n}{self.path.suffix}" for n in range(1, self._files_kept)]
        names = [self.path, *(self.path.with_suffix(suffix) for suffix in suffixes)]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
        self.close()
        self._take(open_recording(self.path, self._form, self.header))

    def _take(self, opened: OpenRecording[H]) -> None:
        self._descriptor, self._size = opened.descriptor, opened.size
        # Its first line is written however long it is: the next file would not be larger.
        self._fresh = not opened.continued
