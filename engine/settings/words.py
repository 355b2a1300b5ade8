"""Settings' values and changes in the words that screens and the command line use."""

from __future__ import annotations

import enum
from typing import Any

from engine.optimizations import Optimization
from engine.settings.model import Settings
from engine.settings.registry import SETTING_SPECS, get_setting
from engine.settings.values import Kind, SettingSpec

_DURATIONS = ((86_400.0, "day"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))

LEAF_PATHS: tuple[str, ...] = tuple(path for path in SETTING_SPECS if path != "optimizations")
"""Every path that holds one value; `optimizations` is the sum of `optimizations.<number>`."""


def format_duration(seconds: float) -> str:
    """`5 min`, `1.5 h`, `2 days`, `90 s`, `0.5 s`: the largest unit that needs few digits."""
    for size, unit in _DURATIONS:
        count = seconds / size
        if count >= 1 and abs(count * 10 - round(count * 10)) < 1e-9:
            plural = "s" if unit == "day" and count != 1 else ""
            return f"{count:,.10g} {unit}{plural}"
    return f"{seconds:g} s"


def format_value(spec: SettingSpec, value: Any) -> str:
    """`value` as a person would type it."""
    match spec.kind:
        case Kind.SWITCH:
            return "on" if value else "off"
        case Kind.DURATION:
            return format_duration(value)
        case Kind.COUNT:
            return spec.zero if spec.zero and not value else f"{value:,} {spec.unit}".rstrip()
        case Kind.NUMBER:
            return f"{value:,.10g} {spec.unit}".rstrip()
        case Kind.CHOICE | Kind.TEXT:
            return str(value)


def flatten(settings: Settings) -> dict[str, Any]:
    """Every leaf path with its plain value (no enums), ready for a message or a file."""
    return {path: plain(get_setting(settings, path)) for path in LEAF_PATHS}


def plain(value: Any) -> Any:
    """`value` without its enum."""
    return value.value if isinstance(value, enum.Enum) else value


def changed_paths(before: Settings, after: Settings) -> list[str]:
    """Leaf paths whose values differ, in the registry's order."""
    return [path for path in LEAF_PATHS if get_setting(before, path) != get_setting(after, path)]


def describe_changes(before: Settings, after: Settings) -> str:
    """What changed, in a few words: `+1 parallel queries`, `answers keep for 5 min → 30 min`."""
    paths = changed_paths(before, after)
    switches = [path for path in paths if path.startswith("optimizations.")]
    words = [_describe(path, before, after) for path in paths if path not in switches]
    words = _describe_switches(switches, after) + words
    if len(words) > 3:
        return f"{', '.join(words[:2])} and {len(words) - 2} more"
    return ", ".join(words)


def _describe_switches(paths: list[str], after: Settings) -> list[str]:
    if len(paths) > 2 and not after.optimizations:
        return ["all off"]
    if len(paths) > 2 and len(after.optimizations) == len(Optimization):
        return ["all on"]
    items = [Optimization(int(path.split(".")[1])) for path in paths]
    return [f"{'+' if after.has(item) else '−'}{int(item)} {item.label}" for item in items]


def _describe(path: str, before: Settings, after: Settings) -> str:
    spec = SETTING_SPECS[path]
    old, new = (format_value(spec, get_setting(each, path)) for each in (before, after))
    return f"{spec.title} {old} → {new}"
