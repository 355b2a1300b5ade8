"""A file is replaced whole or not at all, and nothing stays beside it."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.files import write_whole


@contextmanager
def room_for(count: int) -> Iterator[None]:
    """No file of this process grows beyond `count` bytes: the system refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


@pytest.mark.parametrize("durable", [True, False])
def test_the_new_content_has_its_mode(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / ("n" * 255)
    write_whole(path, b"old", durable=durable)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    mask = os.umask(0o077)
    try:
        write_whole(path, b"new", mode=0o755, durable=durable)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == [path.name]


def test_who_has_the_old_file_open_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old" * 100)
    with path.open("rb", buffering=0) as reader:
        assert reader.read(3) == b"old"
        write_whole(path, b"new")
        assert reader.read() == b"old" * 99


def test_a_link_is_replaced_and_what_it_led_to_is_left(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    path = tmp_path / "file"
    path.symlink_to("other")
    write_whole(path, b"new")
    assert not path.is_symlink()
    assert (tmp_path / "other").read_bytes() == b"other"


@pytest.mark.parametrize("size", [2_000, 2_000_000])
def test_without_room_the_old_content_stays(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    with room_for(1_000), pytest.raises(OSError) as caught:
        write_whole(path, b"x" * size)
    assert caught.value.errno == errno.EFBIG
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_what_cannot_be_replaced_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        write_whole(tmp_path / "folder", b"new")
    assert names(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "file", b"new")
    assert names(tmp_path) == ["folder"]


def test_a_disk_that_fills_up_while_it_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems say only then that there was no room."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / "file"
    write_whole(path, b"old", durable=False)
    with pytest.raises(OSError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]
