"""Where a project is, and what stands where its database should be."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.project import DATABASE, resolve_root
from engine.errors import DatabaseMissingError
from engine.storage.connection import classify


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where a project's database should be; nothing is there yet."""
    (tmp_path / DATABASE).parent.mkdir(parents=True)
    return tmp_path / DATABASE


def bind(path: Path) -> None:
    here = Path.cwd()
    # A socket's path holds a hundred bytes; the test's own folder is often deeper than that.
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "does not exist"),
        (Path.mkdir, "is a folder, not a database file"),
        (os.mkfifo, "is a pipe, a socket or a device, not a database file"),
        (bind, "is a pipe, a socket or a device, not a database file"),
        (lambda path: path.symlink_to("/dev/null"), "is a pipe, a socket or a device"),
        (lambda path: path.symlink_to("gone.db"), "does not exist (it is a link to gone.db)"),
    ],
)
def test_what_is_no_database_is_said_as_what_it_is(
    database: Path, make: Callable[[Path], object], says: str
) -> None:
    make(database)
    with pytest.raises(DatabaseMissingError) as caught:
        resolve_root(database.parents[2])

    assert caught.value.reason.startswith(f"{database} {says}")
    assert "apm init" in caught.value.remedy


def test_a_link_to_a_database_is_one(database: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.db"
    sqlite3.connect(real).close()
    real.touch()
    database.symlink_to(real)

    assert resolve_root(tmp_path) == tmp_path


def test_recovering_is_advised_for_this_project(tmp_path: Path) -> None:
    root = tmp_path / "my shop"
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY_ROLLBACK

    assert f"`taskstart recover --project '{root}'`" in classify(error, root / DATABASE).remedy
    assert "`taskstart recover`" in classify(error, tmp_path / "copy.db").remedy
