"""The demo that the console opens when there is no project: made once per user and version."""

from __future__ import annotations

import logging
import os
import time
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import platformdirs

from engine.demo.project import make_demo, remove_demo, remove_half_made
from engine.errors import ProjectError

log = logging.getLogger(__name__)

_UNUSED_SECONDS = 7 * 86_400.0
"""A demo of another version that nobody has asked for in so long is removed."""


def demo_root(folder: Path | None = None) -> Path:
    """Where the user's demo project of this version is or will be; `folder` as for `ensure_demo`."""
    home = folder if folder is not None else platformdirs.user_data_path("taskstart-console")
    return home / f"demo-{generator_version()}"


def ensure_demo(folder: Path | None = None) -> Path:
    """The root of the user's demo project, made now if this version of it is not there yet.

    `folder` is where demos are kept (default: the user's data directory). Any number of processes
    may ask at once: a demo appears complete by one rename, and who comes second takes the first's.

    Raises:
        ProjectError: the folder cannot be written.
    """
    root = demo_root(folder)
    remove_half_made(root.parent)
    if not is_complete(root):
        try:
            make_demo(root)
        except ProjectError:
            if not is_complete(root):
                raise
        _remove_unused(root)
    _note_use(root)
    return root


def _note_use(root: Path) -> None:
    """The folder's time tells when its demo was last asked for."""
    try:
        os.utime(root)
    except OSError as error:
        log.info("%s may be taken for unused: %s", root, error)


def _remove_unused(current: Path) -> None:
    """Remove demos of other versions; what cannot be removed now is met by the next version."""
    for root in current.parent.glob("demo-*"):
        try:
            unused_s = time.time() - root.stat().st_mtime
            if root != current and unused_s > _UNUSED_SECONDS and is_complete(root):
                remove_demo(root)
        except OSError as error:
            log.warning("%s is not removed: %s", root, error)


def is_complete(root: Path) -> bool:
    """Whether a demo project stands at `root`; it never stands there half-made."""
    return (root / ".agentpm/data/agentpm.db").is_file()


def generator_version() -> str:
    """A name that changes with every change of the generator's code or content."""
    digest = blake2b(digest_size=5)
    for item in _sources(files("engine.demo")):
        digest.update(item.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            found += [] if item.name == "__pycache__" else _sources(item)
        elif item.name.endswith((".py", ".sql", ".toml")):
            found.append(item)
    return found
