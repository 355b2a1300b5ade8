"""What can be edited of a cache or level, and the steps of the keys."""

from __future__ import annotations

import bisect
import enum
import math
from typing import Any, NamedTuple

from engine.settings import SETTING_SPECS, Settings, SettingSpec, get_setting, with_setting
from engine.settings.words import format_value
from engine.trace import Level


class What(enum.StrEnum):
    """The two limits; the value is the last part of the setting's path."""

    KEEP_FOR = "ttl_seconds"
    SIZE = "max_entries"

    @property
    def other(self) -> What:
        """The one beside it."""
        return What.SIZE if self is What.KEEP_FOR else What.KEEP_FOR


class RowKey(NamedTuple):
    """A row of the caches' table: a cache, or one level shown within it."""

    cache: str
    level: int = 0
    """0 is the cache itself."""

    def path(self, what: What) -> str:
        """The setting that the row edits; a level's limits hold in every cache."""
        if self.level:
            return f"levels.{Level(self.level).name}.{what.value}"
        return f"caches.{self.cache}.{what.value}"


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_DURATIONS: tuple[float, ...] = (
    0.0,
    *(s for s in (0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45)),
    *(m * _MINUTE for m in (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45)),
    *(h * _HOUR for h in (1, 1.5, 2, 3, 4, 6, 8, 12, 18)),
    *(d * _DAY for d in (1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365)),
)
_COUNTS: tuple[float, ...] = tuple(
    sorted(
        {
            float(round(step * 10**power))
            for power in range(8)
            for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
        }
    )
)


def spec_of(path: str) -> SettingSpec:
    """Title, bounds and unit of a setting."""
    return SETTING_SPECS[path]


def worded(path: str, value: float) -> str:
    """The value as a person says it: `5 min`, `1,000`."""
    whole = path.endswith(What.SIZE.value)
    return format_value(spec_of(path), int(value) if whole else value)


def default_of(path: str) -> float:
    """The published default."""
    return float(get_setting(Settings(), path))


def fine_step(path: str, value: float, direction: int) -> float:
    """The next round value above (+1) or below (-1), within the setting's bounds."""
    ladder = _DURATIONS if path.endswith(What.KEEP_FOR.value) else _COUNTS
    if direction > 0:
        place = bisect.bisect_right(ladder, value * (1 + 1e-9))
        found = ladder[min(place, len(ladder) - 1)]
    else:
        place = bisect.bisect_left(ladder, value * (1 - 1e-9)) - 1
        found = ladder[max(place, 0)]
    return _bounded(path, found)


def coarse_step(path: str, value: float, direction: int) -> float:
    """Twice or half the value, within the setting's bounds."""
    if direction > 0:
        return _bounded(path, value * 2 if value else 1.0)
    half = value / 2
    return _bounded(path, half if path.endswith(What.KEEP_FOR.value) else float(int(half)))


def rounded(path: str, value: float) -> float:
    """The round value nearest to one that was pointed at, within the setting's bounds."""
    ladder = _DURATIONS[1:] if path.endswith(What.KEEP_FOR.value) else _COUNTS
    return _bounded(path, min(ladder, key=lambda step: abs(math.log(step / max(value, 1e-3)))))


def _bounded(path: str, value: float) -> float:
    spec = spec_of(path)
    return min(spec.maximum, max(spec.minimum, value))


def typed(path: str, text: str) -> Any:
    """The value that a person typed.

    Raises:
        SettingError: it is none, or out of bounds.
    """
    return get_setting(with_setting(Settings(), path, text), path)
