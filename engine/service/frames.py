"""Frames on the wire: a 4-byte big-endian length, then one MessagePack message.

Lengths are bounded before a byte of the body is read, so that garbage cannot make the reader
wait for, or hold, gigabytes.
"""

from __future__ import annotations

import asyncio

import msgspec

from engine.errors import ServiceError
from engine.service.messages import Request, ToViewer

HEADER_BYTES = 4
MAX_REQUEST_BYTES = 1 << 20
"""A viewer's commands are small; anything larger is not a command."""
MAX_MESSAGE_BYTES = 64 << 20
"""The engine's own messages carry whole answers."""

_encoder = msgspec.msgpack.Encoder()
_to_viewer: msgspec.msgpack.Decoder[ToViewer] = msgspec.msgpack.Decoder(ToViewer)
_request: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


class FrameError(ServiceError):
    """The other side does not speak this protocol, or broke off inside a frame."""

    code = "frame"


class UnknownCommandError(FrameError):
    """A whole request whose command this engine does not know; `request_id` can be answered."""

    code = "unknown_command"

    def __init__(self, request_id: int, reason: str) -> None:
        super().__init__(
            f"the engine does not take this command ({reason})",
            "console and engine may differ in version: restart both",
        )
        self.request_id = request_id


class _Numbered(msgspec.Struct):
    id: int


_numbered: msgspec.msgpack.Decoder[_Numbered] = msgspec.msgpack.Decoder(_Numbered)


def encode_frame(message: ToViewer | Request) -> bytes:
    """One message as a frame, ready to be written to any number of streams.

    Raises:
        FrameError: the message is too large for a frame, or holds what no message can.
    """
    buffer = bytearray(HEADER_BYTES)
    try:
        _encoder.encode_into(message, buffer, HEADER_BYTES)
    except (OverflowError, UnicodeEncodeError) as error:
        raise FrameError(f"this cannot be sent: {error}") from error
    length = len(buffer) - HEADER_BYTES
    if length > MAX_MESSAGE_BYTES:
        raise FrameError(f"a message of {length:,} bytes is too large to send")
    buffer[:HEADER_BYTES] = length.to_bytes(HEADER_BYTES, "big")
    return bytes(buffer)


def decode_message(body: bytes) -> ToViewer:
    """A message of the engine.

    Raises:
        FrameError: it is none that this console knows.
    """
    try:
        return _to_viewer.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError(
            f"the engine sent a message that this console does not know ({error})",
            "console and engine may differ in version: restart both",
        ) from error


def decode_request(body: bytes) -> Request:
    """A viewer's request.

    Raises:
        UnknownCommandError: it has a number, and a command that this engine does not know.
        FrameError: it is no request at all.
    """
    try:
        return _request.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            request_id = _numbered.decode(body).id
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise FrameError(f"not a request ({error})") from error
        raise UnknownCommandError(request_id, str(error)) from error


async def read_frame(reader: asyncio.StreamReader, limit: int) -> bytes | None:
    """The body of the next frame; None when the other side closed between two frames.

    Raises:
        FrameError: the frame is longer than `limit` bytes, or breaks off.
    """
    try:
        header = await reader.readexactly(HEADER_BYTES)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise FrameError("the connection broke off inside a frame") from error
    length = int.from_bytes(header, "big")
    if length > limit:
        raise FrameError(f"a frame announces {length:,} bytes, allowed are {limit:,}")
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise FrameError("the connection broke off inside a frame") from error
