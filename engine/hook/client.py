"""Asking a running engine's hook service, for people and tests; agents use `client_script`."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from engine.errors import ServiceError

TIMEOUT_S = 35.0
"""Longer than a start may take: people can wait."""


_NUMBER = re.compile(r"#?[0-9]{1,18}")


def task_header(environment: str) -> str:
    """TASKSTART_TASK as it goes into a header: a number, nothing, or a word that is no number."""
    said = environment.strip()
    return said if not said or _NUMBER.fullmatch(said) else "unusable"


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What came back."""

    status: HTTPStatus
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    """By name in lower case."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(
    path: Path,
    target: str,
    body: bytes,
    *,
    headers: dict[str, str] | None = None,
    timeout: float = TIMEOUT_S,
) -> HookAnswer:
    """POST `body` to the hook service at `path`; blocking.

    Raises:
        ServiceError: no engine answers there.
    """
    with contextlib.closing(_UnixConnection(path, timeout)) as connection:
        try:
            connection.request("POST", target, body, headers or {})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ServiceError(f"no engine answers at {path} ({why})") from error
        said = {name.lower(): value for name, value in response.getheaders()}
        return HookAnswer(HTTPStatus(response.status), answer, said)
