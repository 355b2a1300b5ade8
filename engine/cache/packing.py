"""How values become bytes for the levels below L1.

`PicklePacker` is for bytes that never leave this process; what goes to disk is packed by
`MsgpackPacker`, which can only ever make plain data and the named type of it.
"""

from __future__ import annotations

import pickle
import zlib
from typing import Any, Generic, Protocol, TypeVar

import msgspec

V = TypeVar("V")


class Packer(Protocol[V]):
    """Turns a value into bytes and back; `unpack(pack(value))` equals `value`."""

    @property
    def durable(self) -> bool:
        """Whether the bytes may be kept in a file and unpacked by another run."""

    def pack(self, value: V) -> bytes:
        """The bytes of `value`."""

    def unpack(self, data: bytes) -> V:
        """The value of bytes that `pack` made.

        Raises:
            ValueError: the bytes are damaged.
        """


class MsgpackPacker(Generic[V]):
    """MessagePack of a msgspec-supported type; safe to read back from a file."""

    durable = True

    def __init__(self, value_type: Any) -> None:
        """`value_type` is the type to decode to, for example a Struct class or `Entity | None`."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[V] = msgspec.msgpack.Decoder(value_type)

    def pack(self, value: V) -> bytes:
        return self._encoder.encode(value)

    def unpack(self, data: bytes) -> V:
        # msgspec's DecodeError and ValidationError are ValueErrors already.
        return self._decoder.decode(data)


class PicklePacker(Generic[V]):
    """Any picklable value. In memory only: bytes from a file could run code when unpickled."""

    durable = False

    def pack(self, value: V) -> bytes:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

    def unpack(self, data: bytes) -> V:
        value: V = pickle.loads(data)
        return value


class CompressedPacker(Generic[V]):
    """Another packer's bytes, compressed by zlib; pays for text of some kilobytes."""

    def __init__(self, inner: Packer[V], *, level: int = 1) -> None:
        """`level` is zlib's: 1 is fastest, 9 is smallest."""
        self._inner = inner
        self._level = level
        self.durable = inner.durable

    def pack(self, value: V) -> bytes:
        return zlib.compress(self._inner.pack(value), self._level)

    def unpack(self, data: bytes) -> V:
        try:
            plain = zlib.decompress(data)
        except zlib.error as error:
            raise ValueError(f"damaged compressed bytes: {error}") from error
        return self._inner.unpack(plain)
