"""Where sockets live, and who owns one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.demo.installed import demo_root
from engine.errors import ServiceError
from engine.service.leftovers import remove_leftovers
from engine.service.locks import EngineRunningError, socket_lock
from engine.service.paths import private_folder, runtime_folder, socket_path


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_one_socket_per_project_whatever_way_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "shop")
    same = socket_path(tmp_path / "shop")
    assert socket_path(tmp_path / "link") == same
    assert socket_path(tmp_path / "shop" / ".." / "shop") == same
    others = {
        socket_path(tmp_path),
        socket_path(None),
        socket_path(tmp_path / "shop", private=True),
    }
    assert same not in others
    assert len(others) == 3
    assert socket_path(demo_root()) == socket_path(None)


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = runtime_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(runtime_folder().stat().st_mode) == 0o700


def test_a_folder_that_others_may_need_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "for everybody"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(ServiceError, match="open to others") as refused:
        private_folder(shared)
    assert "chmod 700" in refused.value.remedy
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_a_path_too_long_for_a_socket_is_avoided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert deep not in runtime_folder().parents


def test_without_a_session_the_folder_carries_the_users_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert runtime_folder() == tmp_path / f"taskstart-{os.getuid()}"


def test_a_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        private_folder(tmp_path / "link")


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="cannot be made"):
        private_folder(tmp_path / "file" / "below")


def test_a_lock_is_for_one_and_says_who_has_it(tmp_path: Path) -> None:
    socket = tmp_path / "s.sock"
    with (
        socket_lock(socket),
        pytest.raises(EngineRunningError, match=str(os.getpid())),
        socket_lock(socket),
    ):
        raise AssertionError("two have the lock")
    with socket_lock(socket):
        socket.write_text("")
    assert not socket.exists()


def test_a_stale_socket_goes_and_one_that_is_locked_stays(tmp_path: Path) -> None:
    socket = tmp_path / "s.sock"
    socket.write_text("left behind by kill -9")
    with socket_lock(socket):
        assert not socket.exists()
        socket.write_text("mine")
        with pytest.raises(EngineRunningError), socket_lock(socket):
            pass
        assert socket.read_text() == "mine"


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    socket = tmp_path / "s.sock"
    code = (
        "import sys, os, signal; from pathlib import Path;"
        "from engine.service.locks import socket_lock;"
        "lock = socket_lock(Path(sys.argv[1])); lock.__enter__();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(socket)], check=False, timeout=30)
    with socket_lock(socket):
        pass


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "s.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(ServiceError), socket_lock(tmp_path / "s.sock"):
        pass
    assert not (tmp_path / "precious").exists()


def test_files_of_consoles_that_have_gone_are_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    name = "0123456789abcdef"
    old = [tmp_path / f"{name}-{gone.pid}{kind}" for kind in (".sock", ".lock", ".log")]
    kept = [
        tmp_path / f"{name}-{os.getpid()}.lock",
        tmp_path / f"{name}.lock",
        tmp_path / "something-else.log",
    ]
    for path in old + kept:
        path.write_text("")
    with socket_lock(tmp_path / f"{name}-{gone.pid}.sock"):
        remove_leftovers(tmp_path)
        assert all(path.exists() for path in old[1:]), "its engine runs"
    remove_leftovers(tmp_path)
    assert [path.exists() for path in old] == [False] * 3
    assert all(path.exists() for path in kept)
