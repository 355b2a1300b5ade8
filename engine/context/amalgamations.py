"""Code amalgamations: which kinds of code digests AgentPM has written for the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from engine.context.capabilities import Capabilities, keeps_amalgamation
from engine.context.files import FileSignature, join, real_path_within, signature

CONTEXTS_FOLDER: Final = ".agentpm/contexts"
_SUFFIX: Final = ".txt"
_ENOUGH_TYPES: Final = 4
_PLUGIN_NAME_PARTS: Final = 2
_MOST_SELECTIONS: Final = 256


@dataclass(frozen=True, slots=True)
class SelectedAmalgamations:
    """The types that concern one set of capabilities."""

    types: tuple[str, ...]
    """Sorted by code point."""
    removed: int


@dataclass(frozen=True, slots=True)
class Amalgamations:
    """The digests in the contexts folder, by type."""

    paths: dict[str, str]
    folder: str
    signature: FileSignature | None
    """Of the folder, taken before it was listed; None where there is none."""
    warnings: tuple[str, ...] = ()
    _selections: dict[Capabilities, SelectedAmalgamations] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def coverage(self) -> float:
        """From 0 to 1; four types are enough."""
        return min(len(self.paths) / _ENOUGH_TYPES, 1.0)

    def select(self, capabilities: Capabilities) -> SelectedAmalgamations:
        """The types that an agent with these capabilities is given."""
        selected = self._selections.get(capabilities)
        if selected is None:
            types = tuple(
                sorted(
                    kind
                    for kind in self.paths
                    if not capabilities or keeps_amalgamation(kind, capabilities)
                )
            )
            selected = SelectedAmalgamations(types, len(self.paths) - len(types))
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.clear()
            self._selections[capabilities] = selected
        return selected


def scan_amalgamations(root: str | os.PathLike[str]) -> Amalgamations:
    """List the contexts folder. Of two files of one type, the first by file name counts."""
    folder = join(os.fspath(root), CONTEXTS_FOLDER)
    before = signature(folder)
    if before is None:
        return Amalgamations({}, folder, None)
    try:
        if real_path_within(os.fspath(root), CONTEXTS_FOLDER) is None:
            return _refused(folder, before, "leads out of the project")
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_digest(entry))
    except OSError as error:
        return _refused(folder, before, error.strerror or str(error))
    paths: dict[str, str] = {}
    for name in names:
        paths.setdefault(amalgamation_type(name), join(folder, name))
    return Amalgamations(paths, folder, before)


def amalgamation_type(file_name: str) -> str:
    """The type that a digest's file name stands for: `lang_python_classes.txt` is `classes`."""
    stem = file_name if file_name == _SUFFIX else file_name.removesuffix(_SUFFIX)
    parts = stem.split("_")
    kind = "_".join(parts[_PLUGIN_NAME_PARTS:]) if len(parts) > _PLUGIN_NAME_PARTS else stem
    # A file name that is not UTF-8 arrives as lone surrogates, which no output can carry.
    return kind if kind.isascii() else os.fsencode(kind).decode("utf-8", "replace")


def _is_digest(entry: os.DirEntry[str]) -> bool:
    if not entry.name.endswith(_SUFFIX):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False  # a link that leads in a circle


def _refused(folder: str, before: FileSignature, why: str) -> Amalgamations:
    return Amalgamations(
        {}, folder, before, (f"Code amalgamations unusable ({CONTEXTS_FOLDER}: {why})",)
    )
