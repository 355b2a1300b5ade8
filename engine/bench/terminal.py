"""Programs under pseudo-terminals, apart from whatever engines already run."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from engine.errors import TaskStartError

CONSOLE_FRAME = b"Live"
"""What the console's first frame holds."""
_PATIENCE_S = 60.0
_SURROUNDINGS = {"TERM": "xterm-256color", "PYTHONDONTWRITEBYTECODE": ""}
"""As in a person's terminal, where a program compiles itself once and not at every start."""


class Terminal:
    """A program under a pseudo-terminal of 120x36; what it writes is read and thrown away."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **_SURROUNDINGS, **(environment or {})},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read_on, daemon=True)

    def seconds_until(self, needle: bytes) -> float:
        """Seconds from the process's start to the first output that holds `needle`.

        Raises:
            TaskStartError: it did not come.
        """
        seen = b""
        while time.perf_counter() - self.began < _PATIENCE_S:
            if select.select([self._master], [], [], 1.0)[0]:
                try:
                    seen += os.read(self._master, 65_536)
                except OSError:
                    break
                if needle in seen:
                    return time.perf_counter() - self.began
        raise TaskStartError("the program painted no frame", "start it by hand to see why")

    def drain(self) -> None:
        """Read on in a thread, as a terminal does, until the program ends."""
        if not self._reader.is_alive():
            self._reader.start()

    def _read_on(self) -> None:
        with suppress(OSError):  # nobody has the other end open any more
            while os.read(self._master, 65_536):
                pass

    def end(self) -> None:
        """Terminate the program and wait for it."""
        self.drain()  # it ends only once what it says at last has been read
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1.0)
        os.close(self._master)


@contextmanager
def own_folders() -> Iterator[dict[str, str]]:
    """Folders of this benchmark's own: no running engine is disturbed, no alert recorded there."""
    with tempfile.TemporaryDirectory(prefix="taskstart-bench-") as folder:
        yield {"XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": folder}
