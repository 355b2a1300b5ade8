"""The draft: values that a person weighs before they are applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.service.messages import CacheView
from engine.settings import SETTING_SPECS
from engine.settings.words import format_value
from tui.caches.fields import RowKey, What


class Draft:
    """Settings that differ from those in force, by path."""

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.changes)

    def put(self, path: str, value: Any, in_force: Mapping[str, Any]) -> None:
        """Draft a value, of a size the whole number; the one in force is no draft."""
        if path.endswith(What.SIZE.value):
            value = int(value)
        if in_force.get(path) == value:
            self.changes.pop(path, None)
        else:
            self.changes[path] = value

    def settle(self, in_force: Mapping[str, Any]) -> None:
        """Forget what has come into force."""
        for path in [p for p, value in self.changes.items() if in_force.get(p) == value]:
            del self.changes[path]

    def clear(self) -> None:
        """Drop it all."""
        self.changes.clear()

    def value(self, path: str, in_force: Mapping[str, Any]) -> Any:
        """The drafted value, else the one in force."""
        return self.changes.get(path, in_force.get(path))

    def words(self) -> str:
        """The draft in words: `answers keep for 1 day, warming on`."""
        return ", ".join(
            f"{SETTING_SPECS[path].title} {format_value(SETTING_SPECS[path], value)}"
            for path, value in self.changes.items()
            if path in SETTING_SPECS
        )


def reach(cache: CacheView, what: What, values: Mapping[str, Any]) -> float:
    """What holds in truth: the limit of the cache within that of its most generous level.

    Args:
        values: every setting by path, in force or drafted.
    """
    own = float(values[RowKey(cache.name).path(what)])
    most = most_generous_level(cache, what, values)
    return min(own, float(values[most])) if most else own


def most_generous_level(cache: CacheView, what: What, values: Mapping[str, Any]) -> str:
    """The setting of the level that keeps longest or most; empty where there is one level only."""
    paths = [RowKey(cache.name, level.level).path(what) for level in cache.levels if level.on]
    if len(paths) < 2:
        return ""
    return max(paths, key=lambda path: float(values[path]))
