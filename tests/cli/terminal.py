"""Processes in a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAVES_THE_ALTERNATE_SCREEN = b"\x1b[?1049l"


@contextmanager
def in_a_terminal(
    line: list[str], **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process with a terminal of its own, and our end of that."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        line,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(follower)
    try:
        yield process, leader
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the process writes until `wanted` has come."""
    seen = b""
    deadline = time.monotonic() + 30
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"{wanted!r} never came"
        seen += os.read(terminal, 65536)
    return seen
