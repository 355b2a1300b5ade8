"""Every setting by its dotted path: what it is called, its unit, its bounds, how it is changed.

Paths are `loading`, `freshness`, `bounded_ms`, `profile`, `warming`, `warming_cpu_percent`,
`pool_size`, `busy_timeout_seconds`, `start_timeout_seconds`, `preroll`, `preroll_seconds`,
`optimizations` (all, none or a list), `optimizations.<number>`,
`caches.<namespace>.ttl_seconds|max_entries`, `levels.<L1|L2|L3>.ttl_seconds|max_entries`,
`limits.<name>` and `budgets.<caller>`.
"""

from __future__ import annotations

from engine.optimizations import Optimization
from engine.settings.model import LARGEST_BUDGET, SMALLEST_BUDGET, Freshness, LoadingStrategy
from engine.settings.values import Kind, SettingSpec
from engine.trace import Level, Namespace

PLAIN: tuple[SettingSpec, ...] = (
    SettingSpec(
        "freshness",
        "freshness",
        Kind.CHOICE,
        "how a cached value is known to be current",
        choices=tuple(Freshness),
    ),
    SettingSpec(
        "bounded_ms",
        "check every",
        Kind.NUMBER,
        "in bounded mode, the longest time between two checks",
        unit="ms",
        minimum=0.1,
        maximum=60_000,
    ),
    SettingSpec(
        "loading",
        "loading strategy",
        Kind.CHOICE,
        "how the rows of one TaskStart are read",
        choices=tuple(LoadingStrategy),
    ),
    SettingSpec("profile", "cost profile", Kind.TEXT, "native, plan, or a file"),
    SettingSpec("warming", "warming", Kind.SWITCH, "prepare answers in the background"),
    SettingSpec(
        "warming_cpu_percent",
        "background CPU",
        Kind.NUMBER,
        "share of one core that background work may use",
        unit="%",
        minimum=0.1,
        maximum=100,
    ),
    SettingSpec(
        "pool_size",
        "connections",
        Kind.COUNT,
        "database connections kept open",
        minimum=1,
        maximum=64,
    ),
    SettingSpec(
        "busy_timeout_seconds",
        "lock time-out",
        Kind.DURATION,
        "how long to wait for another process's lock",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    ),
    SettingSpec(
        "start_timeout_seconds",
        "start time-out",
        Kind.DURATION,
        "bound on one TaskStart",
        unit="s",
        minimum=0.1,
        maximum=600.0,
    ),
    SettingSpec(
        "preroll",
        "save alerts",
        Kind.SWITCH,
        "save the time before each alert, and the alert, as a scenario",
    ),
    SettingSpec(
        "preroll_seconds",
        "before an alert",
        Kind.DURATION,
        "how much time before an alert is saved",
        unit="s",
        minimum=1.0,
        maximum=600.0,
    ),
)
"""Settings that are a field of their own."""

ALL_OPTIMIZATIONS = SettingSpec(
    "optimizations", "optimizations", Kind.TEXT, "all, none, or numbers 1 to 8 with commas"
)

LIMITS: tuple[SettingSpec, ...] = tuple(
    SettingSpec(f"limits.{name}", title, Kind.NUMBER, title, unit, minimum=0.0)
    for name, title, unit in (
        ("taskstart_ms", "TaskStart limit", "ms"),
        ("database_ms", "database limit", "ms"),
        ("hit_rate_percent", "hit rate limit", "%"),
        ("memory_mb", "memory limit", "MB"),
        ("cpu_percent", "CPU limit", "%"),
    )
)

BUDGETS: tuple[SettingSpec, ...] = tuple(
    SettingSpec(
        f"budgets.{name}",
        f"{who} budget",
        Kind.COUNT,
        f"most characters of {what}",
        unit="characters",
        minimum=SMALLEST_BUDGET,
        maximum=LARGEST_BUDGET,
        zero="no bound",
    )
    for name, who, what in (
        ("subagent_start", "SubagentStart", "the context of a Claude Code agent that starts"),
        ("user_prompt_submit", "UserPromptSubmit", "the context beside a prompt to Claude Code"),
        ("pre_tool_use", "PreToolUse", "the context in the prompt for a Claude Code agent"),
        ("agentpm", "AgentPM", "a context that AgentPM's hook asks for in full"),
    )
)

_YEAR_S = 365 * 86_400.0


def optimization(item: Optimization) -> SettingSpec:
    """One optimization's switch."""
    number = int(item)
    return SettingSpec(
        f"optimizations.{number}",
        f"{number} {item.label}",
        Kind.SWITCH,
        f"{item.label}; the plan promises {item.published}",
    )


def cache_limits(namespace: Namespace) -> tuple[SettingSpec, SettingSpec]:
    """How long a cache keeps an entry, and how many it holds."""
    title = namespace.label
    return _limits(f"caches.{namespace.value}", title, f"an entry of {title}", 1_000_000)


def level_limits(level: Level) -> tuple[SettingSpec, SettingSpec]:
    """How long a level keeps an entry, and how many it holds of each cache."""
    title = level.label
    return _limits(f"levels.{level.name}", title, f"an entry in {title}", 10_000_000)


def _limits(path: str, title: str, what: str, most: int) -> tuple[SettingSpec, SettingSpec]:
    return (
        SettingSpec(
            f"{path}.ttl_seconds",
            f"{title} keep for",
            Kind.DURATION,
            f"how long {what} is kept at most",
            unit="s",
            minimum=0.0,
            maximum=_YEAR_S,
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
