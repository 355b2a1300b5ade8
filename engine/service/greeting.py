"""The first moments of a connection to an engine."""

from __future__ import annotations

import asyncio
import socket as sockets
from pathlib import Path

from engine.errors import ServiceError
from engine.service.frames import MAX_MESSAGE_BYTES, decode_message, read_frame
from engine.service.messages import PROTOCOL, Failed, Hello, Reply


class EngineGoneError(ServiceError):
    """The engine closed the connection before it greeted: it was ending."""


async def read_hello(reader: asyncio.StreamReader) -> Hello:
    """The engine's greeting.

    Raises:
        EngineGoneError: it closed the connection instead.
        ServiceError: it takes no more consoles, or speaks another protocol.
    """
    body = await read_frame(reader, MAX_MESSAGE_BYTES)
    if body is None:
        raise EngineGoneError("the engine closed its connection")
    hello = decode_message(body)
    if isinstance(hello, Reply) and isinstance(hello.body, Failed):
        raise ServiceError(hello.body.reason, hello.body.remedy)
    if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
        raise ServiceError(
            "the engine that runs is of another version", "`taskstart serve --stop` ends it"
        )
    return hello


def answers(socket: Path) -> bool:
    """Whether a live engine listens there; a stale socket file refuses."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket))
        except OSError:
            return False
        return True
