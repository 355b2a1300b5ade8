"""Whether a path lies on a disk of this machine, where a look at a file cannot hang."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

_LOCAL: Final = frozenset(
    {
        "apfs",
        "bcachefs",
        "btrfs",
        "exfat",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "hfs",
        "jfs",
        "overlay",
        "ramfs",
        "reiserfs",
        "rootfs",
        "tmpfs",
        "ufs",
        "vfat",
        "xfs",
        "zfs",
    }
)
"""A list of what is known to be local: an unknown file system counts as remote."""


def is_local(path: Path) -> bool:
    """Whether the file system that holds `path` is known to be local."""
    resolved = path.resolve()
    holding = [
        partition
        for partition in psutil.disk_partitions(all=True)
        if resolved.is_relative_to(partition.mountpoint)
    ]
    if not holding:
        return False
    # Of two mounts at one point the later one is in force; `max` keeps the first of equals.
    nearest = max(reversed(holding), key=lambda partition: len(Path(partition.mountpoint).parts))
    return nearest.fstype.lower() in _LOCAL
