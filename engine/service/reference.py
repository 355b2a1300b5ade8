"""The reference run: the figures of one replay, kept for each project until another one is kept.

Blocking throughout: callers go through a thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from engine.errors import WorkloadError
from engine.files import write_whole
from engine.replay.report import ReplayReport
from engine.service.messages import Reference

_REMEDY = "k on Replay keeps another one"


class _Kept(msgspec.Struct, kw_only=True, frozen=True):
    """The file."""

    project: str
    kept_at: datetime
    report: ReplayReport


def reference_path(project: Path) -> Path:
    """Where the reference run of the project at `project` is kept."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", project.name).strip("-.") or "project"
    number = blake2b(os.fsencode(project.resolve()), digest_size=8).hexdigest()
    folder = platformdirs.user_data_path("taskstart-console") / "references"
    return folder / f"{word[:60]}-{number}.json"


def keep_reference(project: Path, report: Mapping[str, Any], now: datetime) -> Path:
    """Keep `report` in the place of any that was kept; where it is.

    Raises:
        WorkloadError: it is no report of a replay, or it cannot be written.
    """
    path = reference_path(project)
    try:
        kept = _Kept(
            project=str(project), kept_at=now, report=msgspec.convert(report, ReplayReport)
        )
    except msgspec.ValidationError as error:
        raise WorkloadError(f"this is no report of a replay ({error})") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(kept))
    except OSError as error:
        raise WorkloadError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def forget_reference(project: Path) -> None:
    """Keep none any more.

    Raises:
        WorkloadError: the file cannot be removed.
    """
    path = reference_path(project)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WorkloadError(f"{path}: cannot be removed ({error.strerror or error})") from error


def read_reference(project: Path) -> Reference:
    """The reference run of the project; without a report if none is kept.

    Raises:
        WorkloadError: the file cannot be read, or is not what was written there.
    """
    path = reference_path(project)
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return Reference()
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror or error}", _REMEDY) from error
    except ValueError as error:
        raise WorkloadError(f"{path}: no kept run ({error})", _REMEDY) from error
    return Reference(report=msgspec.to_builtins(kept.report), kept_at=kept.kept_at)
