"""The least of clients, against a server that is played here."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine.bench.asking import ask_fresh

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def asked(folder: Path, play: Callable[[socket.socket], None]) -> bytes:
    """What a caller makes of a server that does `play` once the request has come."""
    path = folder / "played"

    def serve() -> None:
        connection, _ = server.accept()
        with closing(connection):
            connection.recv(100)
            play(connection)

    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return ask_fresh(path, b"x")
        finally:
            thread.join()


def test_an_answer_in_pieces_is_taken_whole(tmp_path: Path) -> None:
    whole = HEAD % 100_000 + b"a" * 100_000

    def play(connection: socket.socket) -> None:
        for start in range(0, len(whole), 30_011):
            connection.sendall(whole[start : start + 30_011])

    assert asked(tmp_path, play) == whole


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200", HEAD % 10 + b"half"])
def test_a_server_that_ends_half_way_has_not_answered(tmp_path: Path, said: bytes) -> None:
    with pytest.raises(ConnectionError, match="half-way"):
        asked(tmp_path, lambda connection: connection.sendall(said))
