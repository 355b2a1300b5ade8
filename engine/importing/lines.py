"""The lines of a text file of any size, one at a time, whatever its encoding's mark says."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.importing.found_files import open_regular

LONGEST_LINE = 64 * 2**20
"""Bytes. A line holds at most one message with its pictures; a longer one is passed over."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank."""

    number: int
    content: bytes
    """UTF-8, if the file was; empty when it was too long to be read."""
    too_long: bool = False


class LineFile:
    """The lines of one file; counts them, the blank ones too."""

    def __init__(self, path: Path, longest: int = LONGEST_LINE) -> None:
        self.path = path
        self.lines = 0
        self.bytes = 0
        self._longest = longest

    def __iter__(self) -> Iterator[Line]:
        """Read on from the beginning.

        Raises:
            OSError: the file cannot be opened or read.
        """
        self.lines = self.bytes = 0
        with os.fdopen(open_regular(self.path), "rb") as file:
            mark = file.peek(3)[:3]
            if mark.startswith(_UTF16_MARKS):
                yield from self._decoded(file)
                return
            if mark == codecs.BOM_UTF8:
                file.read(3)
            yield from self._plain(file)

    def _plain(self, file: BinaryIO) -> Iterator[Line]:
        while content := file.readline(self._longest + 1):
            self.lines += 1
            self.bytes += len(content)
            if len(content) > self._longest:
                self._pass_over(file, content)
                yield Line(self.lines, b"", too_long=True)
            elif content.strip():
                yield Line(self.lines, content)

    def _pass_over(self, file: BinaryIO, content: bytes) -> None:
        while content and not content.endswith(b"\n"):
            content = file.readline(_PIECE)
            self.bytes += len(content)

    def _decoded(self, file: BinaryIO) -> Iterator[Line]:
        text = io.TextIOWrapper(file, encoding="utf-16", errors="replace", newline="\n")
        try:
            while content := text.readline(self._longest + 1):
                self.lines += 1
                self.bytes += 2 * len(content)
                if len(content) > self._longest:
                    while content and not content.endswith("\n"):
                        content = text.readline(_PIECE)
                    yield Line(self.lines, b"", too_long=True)
                elif content.strip():
                    yield Line(self.lines, content.encode("utf-8", "replace"))
        finally:
            text.detach()
