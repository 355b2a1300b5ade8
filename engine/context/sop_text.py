"""The text of one SOP, live or packed. The part that an answer shows stays live in both."""

from __future__ import annotations

import zlib
from hashlib import blake2b
from typing import Final, Protocol

PREVIEW_CHARACTERS: Final = 500
_ELLIPSIS: Final = "..."
_PACKING_LEVEL: Final = 6


class SopText(Protocol):
    """The whole text of an SOP."""

    @property
    def text(self) -> str:
        """The whole text."""

    @property
    def preview(self) -> str:
        """The part that is rendered: 500 characters, and `...` if there are more."""

    @property
    def digest(self) -> bytes:
        """16 bytes that differ when the text differs."""


class LiveSop:
    """An SOP whose text is held as it is."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = blake2b(text.encode("utf-8"), digest_size=16).digest()

    @property
    def preview(self) -> str:
        return preview_of(self.text)


class PackedSop:
    """An SOP whose text is held compressed, at less than half the size, and unpacked when asked for."""

    __slots__ = ("_packed", "digest", "preview")

    def __init__(self, sop: SopText) -> None:
        self._packed = zlib.compress(sop.text.encode("utf-8"), _PACKING_LEVEL)
        self.preview = sop.preview
        self.digest = sop.digest

    @property
    def text(self) -> str:
        return zlib.decompress(self._packed).decode("utf-8")


def preview_of(text: str) -> str:
    """The part of an SOP that is rendered."""
    return text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + _ELLIPSIS
