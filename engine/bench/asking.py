"""Asking an HTTP server at a Unix socket, with as little as a client can do."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from pathlib import Path

_MOST_AT_ONCE = 1 << 18


def connected(path: Path) -> socket.socket:
    """A connection to the server at `path`."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
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
    """The whole response, head and body."""
    connection.sendall(request)
    return _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(_MOST_AT_ONCE)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(_MOST_AT_ONCE)
    return head + b"\r\n\r\n" + body
