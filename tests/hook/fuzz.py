"""Sends hostile requests to an engine's process: `python -m tests.hook.fuzz [COUNT]`.

Checks that every answer is no failure of the engine's, that a good request is answered right after
each hundred, that no file outside the project is ever told, and that the same
requests once more cost no memory (the first time, buffers and caches reach their size).
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from engine.demo import make_demo
from engine.service.paths import hook_socket_path
from tests.hook.conftest import post
from tests.hook.hostile import hostile_requests

TIMEOUT_S = 10.0
MOST_GROWTH_BYTES = 5_000_000
GOOD = post("/taskstart", b'{"task_id": 7}')


def send(path: Path, request: bytes) -> bytes:
    """All that comes back; the connection's own errors are the caller's to make."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(TIMEOUT_S)
        caller.connect(str(path))
        try:
            caller.sendall(request)
            caller.shutdown(socket.SHUT_WR)
        except OSError:
            return b""
        parts = []
        while True:
            try:
                part = caller.recv(1 << 16)
            except ConnectionResetError:
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts)


def main(count: int = 10_000) -> int:
    """The exit code: 0 when nothing was found."""
    with tempfile.TemporaryDirectory(prefix="ts-", dir="/tmp") as name:
        root = make_demo(Path(name) / "shop", tasks=24, agents=6).root
        console = Path(name) / "run" / "engine.sock"
        command = [sys.executable, "-m", "engine.service.process"]
        command += ["--project", str(root), "--socket", str(console)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                return _attack(hook_socket_path(console), process, count)
            finally:
                process.terminate()


def _attack(path: Path, process: subprocess.Popen[bytes], count: int) -> int:
    engine = psutil.Process(process.pid)
    statuses: dict[bytes, int] = {}
    before = 0
    for number, request in enumerate((*hostile_requests(7, count), *hostile_requests(7, count))):
        if number == count:
            before = engine.memory_info().rss
            statuses.clear()
        answer = send(path, request)
        for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer):
            statuses[status] = statuses.get(status, 0) + 1
        if b"root:" in answer:
            return _found(number, request, "a file outside the project")
        if b"HTTP/1.1 5" in answer:
            return _found(number, request, answer[:200].decode("latin-1"))
        if number % 100 == 0 and b"**Task #7**" not in send(path, GOOD):
            return _found(number, request, "a good request is not answered any more")
    grown = engine.memory_info().rss - before
    listed = ", ".join(f"{status.decode()}: {many}" for status, many in sorted(statuses.items()))
    sys.stdout.write(f"{count:,} requests; {listed}; memory {grown / 1e6:+.1f} MB\n")
    return 0 if grown < MOST_GROWTH_BYTES else 1


def _found(number: int, request: bytes, what: str) -> int:
    sys.stdout.write(f"request {number}: {what}\n{request[:500]!r}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
