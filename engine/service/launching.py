"""Starting the engine's process, and knowing when and why it ended.

The engine must learn that the console which began it has gone, even when that is killed: it holds
the read end of a pipe whose only write end is the console's, and the system closes that end
whatever happens.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from engine.children import RUN_MODULE
from engine.errors import ServiceError
from engine.service.lifetime import BegunBy
from engine.service.locks import EngineRunningError

START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 3.0
_LAST_WORDS_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class EngineTarget:
    """Which engine a console wants.

    Attributes:
        project: folder of the project; None for the demo project.
        private: never share an engine that already runs: it serves others.
        attach_only: never start an engine, only attach to one.
        stay: tell the engine to stay when its consoles have gone.
    """

    project: Path | None
    private: bool = False
    attach_only: bool = False
    stay: bool = False


class ReadyLine(msgspec.Struct, omit_defaults=True):
    """The one line that the engine's process writes to its standard output."""

    ready: bool
    pid: int = 0
    socket: str = ""
    reason: str = ""
    remedy: str = ""
    code: str = ""


class EngineProcess:
    """The engine's process as its parent sees it."""

    def __init__(self, process: subprocess.Popen[bytes], log_path: Path) -> None:
        self._process = process
        self._log_path = log_path
        self._ready: ReadyLine | None = None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    async def over(self, patience_s: float = END_TIMEOUT_S) -> bool:
        """Wait for the process to end by itself; False if it did not within `patience_s`."""
        try:
            await asyncio.to_thread(self._process.wait, patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    @classmethod
    def spawn(cls, target: EngineTarget, socket: Path) -> EngineProcess:
        """Start an engine; returns at once, before it is ready.

        Raises:
            ServiceError: the process cannot be started.
        """
        where = ["--demo"] if target.project is None else ["--project", str(target.project)]
        command = [*RUN_MODULE, "engine.service.process", *where]
        begun_by = BegunBy.CONSOLE_ALONE if target.private else BegunBy.CONSOLE
        command += ["--socket", str(socket), "--begun-by", begun_by.value]
        log_path = socket.with_suffix(".log")
        try:
            with _open_log(log_path) as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    # A Ctrl-C in the console's terminal is for the console alone.
                    start_new_session=True,
                )
        except OSError as error:
            raise ServiceError(
                f"the engine's process cannot be started ({error.strerror or error})",
                "end some other processes, then try again",
            ) from error
        return cls(process, log_path)

    async def ready(self, timeout_s: float = START_TIMEOUT_S) -> ReadyLine:
        """Wait for the process to listen.

        Raises:
            EngineRunningError: another engine was quicker to take the socket.
            ServiceError: it ended, refused, or took longer than `timeout_s`.
        """
        if self._ready is not None:
            return self._ready
        output = self._process.stdout
        assert output is not None
        try:
            async with asyncio.timeout(timeout_s):
                line = await _read_line(output)
        except TimeoutError as error:
            await self.end(0)
            raise ServiceError(
                f"the engine's process was not ready within {timeout_s:g} s", self._see_log()
            ) from error
        try:
            ready = msgspec.json.decode(line, type=ReadyLine)
        except msgspec.DecodeError as error:
            await self.end(0)
            raise self.death() from error
        if not ready.ready:
            await self.end(END_TIMEOUT_S)
            kind = EngineRunningError if ready.code == EngineRunningError.code else ServiceError
            raise kind(ready.reason, ready.remedy)
        self._ready = ready
        return ready

    def death(self) -> ServiceError:
        """How the process ended, in words."""
        code = self._process.poll()
        if code is None:
            how = "the engine's process closed its connection"
        elif code == 0:
            return ServiceError("the engine was told to end")
        elif code < 0:
            how = f"the engine's process was ended by {_signal_name(-code)}"
        else:
            how = f"the engine's process ended by itself (exit code {code})"
        words = self._last_words()
        return ServiceError(f"{how}: {words}" if words else how, self._see_log())

    def let_go(self) -> None:
        """Leave the process to itself: it ends when nobody uses it any more."""
        self._close_pipes()
        # Not a child to wait for any more: without this, Popen would complain that nobody did.
        self._process.returncode = 0

    async def end(self, patience_s: float = END_TIMEOUT_S) -> None:
        """Make sure that the process is over: ask, wait `patience_s`, then kill."""
        self._close_pipes()
        if not await self.over(patience_s):
            self._process.terminate()
            if not await self.over(patience_s):
                self._process.kill()
                await self.over()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _last_words(self) -> str:
        try:
            with self._log_path.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - _LAST_WORDS_BYTES))
                lines = log.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _see_log(self) -> str:
        return f"its messages are in {self._log_path}"


def _open_log(path: Path) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o600), "wb")


async def _read_line(pipe: IO[bytes]) -> bytes:
    """One line of a pipe, without a thread that could hang on it for ever."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        return await reader.readline()
    finally:
        transport.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
