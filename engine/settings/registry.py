"""Reads and changes settings by their dotted paths; `engine.settings.catalog` says what there is."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.errors import SettingError
from engine.optimizations import Optimization, format_optimizations, parse_optimizations
from engine.settings import catalog
from engine.settings.model import Settings
from engine.settings.values import SettingSpec, convert
from engine.trace import Level, Namespace

Reader = Callable[[Settings], Any]
Writer = Callable[[Settings, Any], Settings]


@dataclass(frozen=True, slots=True)
class _Access:
    spec: SettingSpec
    read: Reader
    write: Writer


def _field(spec: SettingSpec) -> _Access:
    name = spec.path
    return _Access(
        spec,
        lambda settings: getattr(settings, name),
        lambda settings, value: msgspec.structs.replace(settings, **{name: value}),
    )


def _member(spec: SettingSpec) -> _Access:
    """A field of the struct in a field: `limits.cpu_percent`."""
    group, name = spec.path.split(".")

    def write(settings: Settings, value: Any) -> Settings:
        changed = msgspec.structs.replace(getattr(settings, group), **{name: value})
        return msgspec.structs.replace(settings, **{group: changed})

    return _Access(spec, lambda settings: getattr(getattr(settings, group), name), write)


def _cache(namespace: Namespace, spec: SettingSpec, name: str) -> _Access:
    def write(settings: Settings, value: Any) -> Settings:
        changed = msgspec.structs.replace(settings.caches[namespace], **{name: value})
        return msgspec.structs.replace(settings, caches={**settings.caches, namespace: changed})

    return _Access(spec, lambda settings: getattr(settings.caches[namespace], name), write)


def _level(level: Level, spec: SettingSpec, name: str) -> _Access:
    def write(settings: Settings, value: Any) -> Settings:
        changed = msgspec.structs.replace(settings.levels[level], **{name: value})
        return msgspec.structs.replace(settings, levels={**settings.levels, level: changed})

    return _Access(spec, lambda settings: getattr(settings.levels[level], name), write)


def _optimization(item: Optimization) -> _Access:
    spec = catalog.optimization(item)

    def write(settings: Settings, value: Any) -> Settings:
        chosen = settings.optimizations | {item} if value else settings.optimizations - {item}
        return msgspec.structs.replace(settings, optimizations=frozenset(chosen))

    return _Access(spec, lambda settings: item in settings.optimizations, write)


def _all_optimizations() -> _Access:
    return _Access(
        catalog.ALL_OPTIMIZATIONS,
        lambda settings: format_optimizations(settings.optimizations),
        lambda settings, value: msgspec.structs.replace(
            settings, optimizations=parse_optimizations(value)
        ),
    )


def _build() -> dict[str, _Access]:
    found = [_field(spec) for spec in catalog.PLAIN]
    found.append(_all_optimizations())
    found += [_optimization(item) for item in Optimization]
    found += [_member(spec) for spec in (*catalog.LIMITS, *catalog.BUDGETS)]
    for namespace in Namespace:
        ttl, size = catalog.cache_limits(namespace)
        found += [_cache(namespace, ttl, "ttl_seconds"), _cache(namespace, size, "max_entries")]
    for level in Level:
        ttl, size = catalog.level_limits(level)
        found += [_level(level, ttl, "ttl_seconds"), _level(level, size, "max_entries")]
    return {access.spec.path: access for access in found}


_ACCESS = _build()
SETTING_SPECS: dict[str, SettingSpec] = {path: access.spec for path, access in _ACCESS.items()}


def _access(path: str) -> _Access:
    try:
        return _ACCESS[path]
    except KeyError:
        near = difflib.get_close_matches(path, _ACCESS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "taskstart settings lists them all"
        raise SettingError(f"unknown setting {path!r}", hint) from None


def get_setting(settings: Settings, path: str) -> Any:
    """The value at `path`.

    Raises:
        SettingError: there is no such setting.
    """
    return _access(path).read(settings)


def with_setting(settings: Settings, path: str, value: Any) -> Settings:
    """A copy of `settings` with one value changed; text is converted as a person would type it.

    Raises:
        SettingError: there is no such setting, or it does not take this value.
    """
    access = _access(path)
    return access.write(settings, convert(access.spec, value))
