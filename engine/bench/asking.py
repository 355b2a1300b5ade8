"""Asking an HTTP server at a Unix socket, with as little as a client can do."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack, closing
from pathlib import Path

_MOST_AT_ONCE = 1 << 15
"""Bytes. Python makes room for so many before each wait: from 128 KiB on that takes calls to the
system, which would count as the server's time."""
_PATIENCE = struct.pack("@ll", 10, 0)
"""Ten seconds, as a `timeval`."""


def connected(path: Path) -> socket.socket:
    """A connection to the server at `path`."""
    connection = socket.socket(socket.AF_UNIX)
    # With Python's own time-out it would ask the system twice: whether it may, and then to do it.
    for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, direction, _PATIENCE)
    connection.connect(str(path))
    return connection


def ask_fresh(path: Path, request: bytes) -> bytes:
    """The whole response on a connection of its own."""
    with closing(connected(path)) as connection:
        return exchange(connection, request)


def ask_together(path: Path, request: bytes, callers: int) -> None:
    """As many callers, each with a connection of its own, until the last one has its answer."""
    with ExitStack() as stack:
        connections = []
        for _ in range(callers):
            connection = stack.enter_context(closing(connected(path)))
            connection.sendall(request)
            connections.append(connection)
        for connection in connections:
            _receive(connection)


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """The whole response, head and body.

    Raises:
        OSError: the server ended the connection, or kept silent for ten seconds.
    """
    connection.sendall(request)
    return _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    received = _more(connection)
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    missing = length - len(body)
    while missing > 0:
        more = _more(connection)
        received += more
        missing -= len(more)
    return received


def _more(connection: socket.socket) -> bytes:
    more = connection.recv(_MOST_AT_ONCE)
    if not more:
        raise ConnectionError("the server ended the connection half-way through its answer")
    return more
