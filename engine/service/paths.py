"""Where an engine's socket lives: one folder of the user's own, one name per project."""

from __future__ import annotations

import os
import shlex
import stat
import tempfile
from hashlib import blake2b
from pathlib import Path

from engine.errors import ServiceError

_LONGEST_SOCKET_PATH = 100
"""`sun_path` holds 104 bytes on macOS and 108 on Linux, its terminating zero included."""
_LONGEST_NAME = len("/0123456789abcdef-4194304.sock")


def runtime_folder() -> Path:
    """The folder of the sockets, made with mode 0700 when it is missing.

    Raises:
        ServiceError: it cannot be made, or belongs to somebody else or is open to others.
    """
    folder = Path(tempfile.gettempdir()) / f"taskstart-{os.getuid()}"
    session = _session_folder()
    if session is not None and len(os.fsencode(session)) + _LONGEST_NAME <= _LONGEST_SOCKET_PATH:
        folder = session
    return private_folder(folder, ours=True)


def private_folder(folder: Path, *, ours: bool = False) -> Path:
    """`folder`, made with mode 0700 when it is missing.

    One that is there and open to others is closed if it is ours alone; else others may need it,
    a folder for everybody's files above all, and it is refused.

    Raises:
        ServiceError: it cannot be made, or belongs to somebody else or is open to others.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise ServiceError(
            f"the folder for the engine's socket cannot be made: {folder} ({error.strerror})",
            "set XDG_RUNTIME_DIR to a folder of your own",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ServiceError(
            f"the folder for the engine's socket belongs to somebody else: {folder}",
            "set XDG_RUNTIME_DIR to a folder of your own",
        )
    if found.st_mode & 0o077 and ours:
        folder.chmod(0o700)
    elif found.st_mode & 0o077:
        raise ServiceError(
            f"the folder for the engine's socket is open to others: {folder}",
            f"choose one of your own, or close it: chmod 700 {shlex.quote(str(folder))}",
        )
    return folder


def _session_folder() -> Path | None:
    """Our folder in the login session's runtime folder; None outside of a session."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    if not os.access(runtime, os.W_OK | os.X_OK):
        return None
    return Path(runtime) / "taskstart-console"


def hook_socket_path(socket: Path) -> Path:
    """Where the engine at `socket` takes agents' hooks: beside the consoles' socket."""
    return socket.with_suffix(".http")


def project_of(project: Path | None) -> Path:
    """`project` with links resolved; None is the demo project, whether or not it is made yet."""
    if project is None:
        # The generator is much to import; who has a project need not wait for it.
        from engine.demo.installed import demo_root

        project = demo_root()
    return project.resolve()


def socket_path(project: Path | None, *, private: bool = False) -> Path:
    """The socket of the engine of `project` (None: the demo project).

    A private one belongs to this process alone, so that a second console can have an engine of
    its own beside one that serves agents.

    Raises:
        ServiceError: see `runtime_folder`.
    """
    # A private one is found by nobody else: it needs no name that others would find too.
    named = b"demo" if private and project is None else os.fsencode(project_of(project))
    name = blake2b(named, digest_size=8).hexdigest()
    return runtime_folder() / (f"{name}-{os.getpid()}.sock" if private else f"{name}.sock")
