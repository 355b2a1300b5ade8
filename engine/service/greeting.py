"""The first moments of a connection to an engine."""

from __future__ import annotations

import asyncio
import shlex
import socket as sockets
from pathlib import Path

import msgspec

from engine.errors import ServiceError
from engine.service.frames import MAX_MESSAGE_BYTES, decode_message, read_frame
from engine.service.messages import Failed, Hello, Reply
from engine.service.paths import project_of
from engine.service.protocol import protocol


class EngineGoneError(ServiceError):
    """The engine closed the connection before it greeted: it was ending."""


class OtherVersionError(ServiceError):
    """The engine and this program are of different versions of the code."""

    code = "other_version"

    def __init__(self, process: int, project: Path | None) -> None:
        engine = f"the engine that runs (process {process})" if process else "the engine that runs"
        folder = shlex.quote(str(project_of(project)))
        super().__init__(
            f"{engine} is of another version than this program",
            f"`taskstart serve --stop --project {folder}` ends it, then start this again",
        )


class _AnyHello(msgspec.Struct, tag="Hello"):
    """What greetings of all versions have."""

    protocol: int
    pid: int = 0


_any_hello: msgspec.msgpack.Decoder[_AnyHello] = msgspec.msgpack.Decoder(_AnyHello)


async def read_hello(reader: asyncio.StreamReader, project: Path | None) -> Hello:
    """The greeting of the engine of `project` (None: of the demo).

    Raises:
        EngineGoneError: it closed the connection instead.
        OtherVersionError: its messages are not those of this program.
        ServiceError: it takes no more consoles.
    """
    body = await read_frame(reader, MAX_MESSAGE_BYTES)
    if body is None:
        raise EngineGoneError("the engine closed its connection")
    _check_version(body, project)
    hello = decode_message(body)
    if isinstance(hello, Reply) and isinstance(hello.body, Failed):
        raise ServiceError(hello.body.reason, hello.body.remedy)
    if not isinstance(hello, Hello):
        raise OtherVersionError(0, project)
    return hello


def _check_version(body: bytes, project: Path | None) -> None:
    """Before anything else of a greeting is read: the rest of another version's may differ."""
    try:
        hello = _any_hello.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # no greeting at all: whoever decodes it whole says so
    if hello.protocol != protocol():
        raise OtherVersionError(hello.pid, project)


def answers(socket: Path) -> bool:
    """Whether a live engine listens there; a stale socket file refuses."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket))
        except OSError:
            return False
        return True
