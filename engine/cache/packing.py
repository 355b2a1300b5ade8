"""How values become bytes for the levels below L1."""

from __future__ import annotations

import zlib
from typing import Final, Generic, Protocol, TypeVar

V = TypeVar("V")

_FASTEST: Final = 1
"""Of zlib's levels; text becomes hardly larger than by those that take many times as long."""


class Packer(Protocol[V]):
    """Turns a value into bytes and back; `unpack(pack(value))` equals `value`."""

    @property
    def durable(self) -> bool:
        """Whether the bytes may be kept in a file and unpacked by another run.

        They may not where unpacking could run code: anybody may have written a file.
        """

    def pack(self, value: V) -> bytes:
        """The bytes of `value`."""

    def unpack(self, data: bytes) -> V:
        """The value of bytes that `pack` made.

        Raises:
            ValueError: the bytes are damaged.
        """


class CompressedPacker(Generic[V]):
    """Another packer's bytes, compressed by zlib; pays for text of some kilobytes."""

    def __init__(self, inner: Packer[V]) -> None:
        self._inner = inner
        self.durable = inner.durable

    def pack(self, value: V) -> bytes:
        return zlib.compress(self._inner.pack(value), _FASTEST)

    def unpack(self, data: bytes) -> V:
        try:
            plain = zlib.decompress(data)
        except zlib.error as error:
            raise ValueError(f"damaged compressed bytes: {error}") from error
        return self._inner.unpack(plain)
