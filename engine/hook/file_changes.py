"""Changes of files that are made with a backup and taken back exactly."""

from __future__ import annotations

import base64
import difflib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from engine.errors import SettingError
from engine.files import write_whole

_NEW_MODE = 0o644


class FileRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How one file was changed."""

    path: str
    existed: bool
    mode: int = _NEW_MODE
    before: str = ""
    """Its bytes before, in base64."""
    after_digest: str = ""
    """SHA-256 of its bytes afterwards."""
    inserted: list[str] = []
    """The texts that were inserted; empty where the file was replaced whole."""
    made_folders: list[str] = []
    """Folders that were made for it, the innermost first."""

    @property
    def before_bytes(self) -> bytes:
        """The file's bytes before it was changed."""
        return base64.b64decode(self.before)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A change that can be shown and made."""

    path: Path
    before: bytes | None
    """None where there is no such file yet."""
    after: bytes | None
    """None where the file goes."""
    mode: int = _NEW_MODE
    inserted: tuple[str, ...] = ()

    def diff(self) -> str:
        """As a unified diff."""
        lines = difflib.unified_diff(
            _lines_of(self.before),
            _lines_of(self.after),
            f"{self.path} (now)" if self.before is not None else "/dev/null",
            f"{self.path} (then)" if self.after is not None else "/dev/null",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def make(self) -> FileRecord:
        """Write the file, with a copy of what it was beside it.

        Raises:
            SettingError: it cannot be written, or has changed meanwhile.
        """
        assert self.after is not None, "files are only removed when a change is taken back"
        path = self.path
        try:
            if read_or_none(path) != self.before:
                raise SettingError(f"{path} was changed meanwhile", "try again")
            made = _make_folders(path.parent)
            mode = self.mode
            if self.before is not None:
                mode = path.stat().st_mode & 0o7777
                write_whole(backup_path(path), self.before, mode=mode)
            write_whole(path, self.after, mode=mode | (self.mode & 0o100))
        except OSError as error:
            raise SettingError(
                f"{path} cannot be written ({error.strerror})", f"check the rights of {path.parent}"
            ) from error
        return FileRecord(
            path=str(path),
            existed=self.before is not None,
            mode=mode,
            before=base64.b64encode(self.before or b"").decode(),
            after_digest=sha256(self.after).hexdigest(),
            inserted=list(self.inserted),
            made_folders=made,
        )


def _lines_of(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines(keepends=True)


def backup_path(path: Path) -> Path:
    """Where the copy of a changed file is."""
    return path.with_name(f"{path.name}.before-taskstart")


def read_or_none(path: Path) -> bytes | None:
    """A file's bytes; None where there is none.

    Raises:
        SettingError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read ({error.strerror})", f"check the rights of {path}"
        ) from error


def taken_back(record: FileRecord) -> FileChange:
    """The change that takes a recorded one back.

    A file that was changed by others since keeps their changes and loses only what was inserted.

    Raises:
        SettingError: it cannot be told what was inserted any more.
    """
    path = Path(record.path)
    now = read_or_none(path)
    before = record.before_bytes if record.existed else None
    if now is None:
        return FileChange(path, None, None)
    if sha256(now).hexdigest() == record.after_digest:
        return FileChange(path, now, before, record.mode)
    if now == before:
        return FileChange(path, now, now, record.mode)
    return FileChange(path, now, _without(record, path, now), record.mode)


def _without(record: FileRecord, path: Path, now: bytes) -> bytes:
    remedy = f"take the hook out by hand; the file as it was is {backup_path(path)}"
    if not record.inserted:
        raise SettingError(f"{path} was replaced by something else since", remedy)
    rest = now
    for text in record.inserted:
        data = text.encode()
        if rest.count(data) != 1:
            raise SettingError(f"{path} was changed where the hook is", remedy)
        rest = rest.replace(data, b"")
    return rest


def take_back(change: FileChange, record: FileRecord) -> None:
    """Write the file as `taken_back` says, and remove the copy.

    Raises:
        SettingError: it cannot be written.
    """
    path = change.path
    try:
        if change.after is None:
            path.unlink(missing_ok=True)
            for folder in record.made_folders:
                _remove_if_empty(Path(folder))
        elif change.after != change.before:
            write_whole(path, change.after, mode=record.mode)
        backup_path(path).unlink(missing_ok=True)
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written ({error.strerror})", f"check the rights of {path.parent}"
        ) from error


def _make_folders(folder: Path) -> list[str]:
    made = []
    missing = folder
    while not missing.exists():
        made.append(str(missing))
        missing = missing.parent
    folder.mkdir(parents=True, exist_ok=True)
    return made


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
