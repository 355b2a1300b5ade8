"""To whom a file of L3 belongs, and which files in the cache directory are of no more use."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.cache.disk_layout import remove_database

_SUFFIX = ".taskstart-l3"
_FILES_AT_MOST = 32
"""Projects whose files are kept; the one unused for longest goes first."""


class DiskIdentity(NamedTuple):
    """What an entry on disk belongs to; any change of it makes all former entries unreachable."""

    database: Path
    """Resolved path of the project's database."""
    device: int
    inode: int
    schema_fingerprint: bytes
    version: str
    """The product's version."""

    def file_name(self) -> str:
        """Begins with a digest of the path, so that files of its former identities can be found."""
        rest = (self.device, self.inode, self.schema_fingerprint, self.version)
        return f"{self._path_digest()}-{_digest(msgspec.msgpack.encode(rest))}{_SUFFIX}"

    def former_files(self, directory: Path) -> list[Path]:
        """Files in `directory` made for the same path under another identity."""
        own = self.file_name()
        found = directory.glob(f"{self._path_digest()}-*{_SUFFIX}")
        return [path for path in found if path.name != own]

    def _path_digest(self) -> str:
        return _digest(str(self.database).encode("utf-8", "surrogateescape"))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def remove_useless(directory: Path, identity: DiskIdentity) -> None:
    """Remove files of former identities, and those of the projects unused for longest.

    Raises:
        OSError: a file cannot be removed.
    """
    useless = set(identity.former_files(directory))
    others = [path for path in directory.glob(f"*{_SUFFIX}") if path not in useless]
    others.sort(key=_last_written, reverse=True)
    useless.update(others[_FILES_AT_MOST:])
    for path in useless - {directory / identity.file_name()}:
        remove_database(path)


def _last_written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        # Another engine is tidying up too.
        return 0.0
