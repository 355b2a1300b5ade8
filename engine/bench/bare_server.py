"""The floor of the hook service: a server that reads nothing of what it is asked.

`python -m engine.bench.bare_server SOCKET` answers whatever comes with the bytes that it was given
on its standard input, by the engine's own kind of event loop, and ends when it is terminated. What
it takes, any server of this kind takes.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from engine.children import RUN_MODULE
from engine.service.event_loop import run_served


class _Answering(asyncio.Protocol):
    def __init__(self, response: bytes) -> None:
        self._response = response
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(self._response)


async def _serve(path: str, response: bytes) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(lambda: _Answering(response), path)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def bare_server(path: Path, response: bytes) -> Iterator[None]:
    """Such a server in a process of its own, listening at `path` while the context lasts."""
    command = [*RUN_MODULE, "engine.bench.bare_server", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(response)
            process.stdin.close()
            assert process.stdout.readline() == b"ready\n", "the bare server cannot be started"
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    run_served(_serve(sys.argv[1], sys.stdin.buffer.read()))
