"""What an installed hook keeps on this machine, in one private folder per project.

The client, the token and the port of the TCP door, and the records by which `uninstall-hook` puts
everything back.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import platformdirs

from engine.errors import ServiceError
from engine.files import write_whole
from engine.service.paths import private_folder

_LOWEST_PORT, _PORTS = 20_000, 10_000
"""Below the ports that systems hand out for outgoing connections."""


@dataclass(frozen=True, slots=True)
class TcpAccess:
    """How agents come in by TCP."""

    port: int
    token: bytes


class HookFolder:
    """The folder of one project's hook."""

    def __init__(self, project: Path, base: Path | None = None) -> None:
        """`base` is where all such folders are; the user's data folder if None."""
        base = base if base is not None else platformdirs.user_data_path("taskstart-console")
        self._digest = blake2b(os.fsencode(project.resolve()), digest_size=8)
        self.path = base / "hooks" / self._digest.hexdigest()
        self.token_path = self.path / "token"
        self.port_path = self.path / "port"
        self.client_path = self.path / "taskstart-client.py"
        self.records_path = self.path / "installed.json"

    @property
    def usual_port(self) -> int:
        """A port that differs from project to project and stays the same for each."""
        return _LOWEST_PORT + int.from_bytes(self._digest.digest()[:4], "big") % _PORTS

    def make(self) -> None:
        """Make the folder, mode 0700.

        Raises:
            ServiceError: it cannot be made, or belongs to somebody else.
        """
        private_folder(self.path)

    def open_tcp(self, port: int) -> None:
        """Let agents in at `port`, with a token that is made when there is none.

        Raises:
            ServiceError: the files cannot be written.
        """
        self.make()
        try:
            if self._read_token() is None:
                write_whole(self.token_path, secrets.token_urlsafe(32).encode() + b"\n")
            write_whole(self.port_path, f"{port}\n".encode())
        except OSError as error:
            raise ServiceError(
                f"{self.path} cannot be written ({error.strerror})", "check its rights"
            ) from error

    def close_tcp(self) -> None:
        """Let nobody in by TCP any more; the token is forgotten."""
        self.port_path.unlink(missing_ok=True)
        self.token_path.unlink(missing_ok=True)

    def tcp_access(self) -> TcpAccess | None:
        """How agents come in by TCP; None when they do not.

        Raises:
            ServiceError: the token could have been read by others, or a file makes no sense.
        """
        try:
            port = self.port_path.read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ServiceError(
                f"{self.port_path} cannot be read ({error})", "remove that file"
            ) from error
        token = self._read_token()
        if token is None or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
            raise ServiceError(
                f"{self.path} is incomplete", "install the hook again: taskstart install-hook"
            )
        return TcpAccess(int(port), token)

    def _read_token(self) -> bytes | None:
        try:
            descriptor = os.open(self.token_path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ServiceError(
                f"{self.token_path} cannot be read ({error.strerror})", "check its rights"
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
                raise ServiceError(
                    f"{self.token_path} is open to others",
                    "remove it and install the hook again: it may have been read",
                )
            return file.read(256).strip() or None
