"""Every setting by its dotted path: what it is called, its unit, its bounds, how it is changed.

Paths are `loading`, `freshness`, `bounded_ms`, `profile`, `warming`, `warming_cpu_percent`,
`pool_size`, `busy_timeout_seconds`, `start_timeout_seconds`, `preroll`, `preroll_seconds`,
`optimizations` (all, none or a list), `optimizations.<number>`,
`caches.<namespace>.ttl_seconds|max_entries`, `levels.<L1|L2|L3>.ttl_seconds|max_entries`,
`limits.<name>` and `budgets.<caller>`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.errors import SettingError
from engine.optimizations import Optimization, format_optimizations, parse_optimizations
from engine.settings.model import (
    LARGEST_BUDGET,
    SMALLEST_BUDGET,
    AlertLimits,
    Freshness,
    HookBudgets,
    LoadingStrategy,
    Settings,
)
from engine.settings.values import Kind, SettingSpec, convert
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
    spec = SettingSpec(
        f"optimizations.{int(item)}", f"{int(item)} {item.label}", Kind.SWITCH, item.published
    )

    def write(settings: Settings, value: Any) -> Settings:
        chosen = settings.optimizations | {item} if value else settings.optimizations - {item}
        return msgspec.structs.replace(settings, optimizations=frozenset(chosen))

    return _Access(spec, lambda settings: item in settings.optimizations, write)


def _all_optimizations() -> _Access:
    spec = SettingSpec(
        "optimizations", "optimizations", Kind.TEXT, "all, none, or numbers 1 to 8 with commas"
    )
    return _Access(
        spec,
        lambda settings: format_optimizations(settings.optimizations),
        lambda settings, value: msgspec.structs.replace(
            settings, optimizations=parse_optimizations(value)
        ),
    )


_DAY = 86_400.0


def _limits_of(path: str, title: str, what: str, most: int) -> tuple[SettingSpec, SettingSpec]:
    return (
        SettingSpec(
            f"{path}.ttl_seconds",
            f"{title} keep for",
            Kind.DURATION,
            f"how long {what} is kept at most",
            unit="s",
            minimum=0.0,
            maximum=365 * _DAY,
        ),
        SettingSpec(
            f"{path}.max_entries",
            f"{title} size",
            Kind.COUNT,
            f"how many entries {title} holds at most",
            minimum=1,
            maximum=most,
        ),
    )


_CALLERS = (
    ("subagent_start", "SubagentStart", "the context of a Claude Code agent that starts"),
    ("user_prompt_submit", "UserPromptSubmit", "the context beside a prompt to Claude Code"),
    ("pre_tool_use", "PreToolUse", "the context in the prompt for a Claude Code agent"),
    ("agentpm", "AgentPM", "a context that AgentPM's hook asks for in full"),
)


def _budget(name: str, who: str, what: str) -> SettingSpec:
    return SettingSpec(
        f"budgets.{name}",
        f"{who} budget",
        Kind.COUNT,
        f"most characters of {what}",
        unit="characters",
        minimum=SMALLEST_BUDGET,
        maximum=LARGEST_BUDGET,
        zero="no bound",
    )


def _build() -> dict[str, _Access]:
    found: list[_Access] = [
        _field(
            SettingSpec(
                "freshness",
                "freshness",
                Kind.CHOICE,
                "how a cached value is known to be current",
                choices=tuple(Freshness),
            )
        ),
        _field(
            SettingSpec(
                "bounded_ms",
                "check every",
                Kind.NUMBER,
                "in bounded mode, the longest time between two checks",
                unit="ms",
                minimum=0.1,
                maximum=60_000,
            )
        ),
        _field(
            SettingSpec(
                "loading",
                "loading strategy",
                Kind.CHOICE,
                "how the rows of one TaskStart are read",
                choices=tuple(LoadingStrategy),
            )
        ),
        _field(SettingSpec("profile", "cost profile", Kind.TEXT, "native, plan, or a file")),
        _field(SettingSpec("warming", "warming", Kind.SWITCH, "prepare answers in the background")),
        _field(
            SettingSpec(
                "warming_cpu_percent",
                "background CPU",
                Kind.NUMBER,
                "share of one core that background work may use",
                unit="%",
                minimum=0.1,
                maximum=100,
            )
        ),
        _field(
            SettingSpec(
                "pool_size",
                "connections",
                Kind.COUNT,
                "database connections kept open",
                minimum=1,
                maximum=64,
            )
        ),
        _field(
            SettingSpec(
                "busy_timeout_seconds",
                "lock time-out",
                Kind.DURATION,
                "how long to wait for another process's lock",
                unit="s",
                minimum=0.0,
                maximum=60.0,
            )
        ),
        _field(
            SettingSpec(
                "start_timeout_seconds",
                "start time-out",
                Kind.DURATION,
                "bound on one TaskStart",
                unit="s",
                minimum=0.1,
                maximum=600.0,
            )
        ),
        _field(
            SettingSpec(
                "preroll",
                "save alerts",
                Kind.SWITCH,
                "save the time before each alert, and the alert, as a scenario",
            )
        ),
        _field(
            SettingSpec(
                "preroll_seconds",
                "before an alert",
                Kind.DURATION,
                "how much time before an alert is saved",
                unit="s",
                minimum=1.0,
                maximum=600.0,
            )
        ),
        _all_optimizations(),
        *(_optimization(item) for item in Optimization),
        *(
            _member(SettingSpec(f"limits.{name}", title, Kind.NUMBER, title, unit, minimum=0.0))
            for name, title, unit in (
                ("taskstart_ms", "TaskStart limit", "ms"),
                ("database_ms", "database limit", "ms"),
                ("hit_rate_percent", "hit rate limit", "%"),
                ("memory_mb", "memory limit", "MB"),
                ("cpu_percent", "CPU limit", "%"),
            )
        ),
    ]
    found += [_member(_budget(name, who, what)) for name, who, what in _CALLERS]
    groups = {"limits": AlertLimits, "budgets": HookBudgets}
    assert {path for path in (one.spec.path for one in found) if path.split(".")[0] in groups} == {
        f"{group}.{name}" for group, kind in groups.items() for name in kind.__struct_fields__
    }
    for namespace in Namespace:
        title = namespace.label
        ttl, size = _limits_of(
            f"caches.{namespace.value}", title, f"an entry of {title}", 1_000_000
        )
        found += [_cache(namespace, ttl, "ttl_seconds"), _cache(namespace, size, "max_entries")]
    for level in Level:
        title = level.label
        ttl, size = _limits_of(f"levels.{level.name}", title, f"an entry in {title}", 10_000_000)
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
