"""The engine's six caches, made from the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.cache.disk import DiskStore
from engine.cache.disk_level import DiskLevel
from engine.cache.packing import CompressedPacker
from engine.cache.tiered import TieredCache
from engine.context.agents import AgentRecord
from engine.context.facts import PluginFacts
from engine.context.rules import RuleSet
from engine.context.sops import CompiledSop
from engine.core.answer import AnswerPacker, FinishedAnswer
from engine.core.request import Request
from engine.core.row_packing import RowPacker
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.storage.rows import RowBundle
from engine.trace import Level, Namespace

NEEDS: dict[Namespace, Optimization] = {
    Namespace.ANSWERS: Optimization.PARALLEL_ASSEMBLY,
    Namespace.ROWS: Optimization.PARALLEL_QUERIES,
    Namespace.RULES: Optimization.PARALLEL_QUERIES,
    Namespace.PLUGIN_FACTS: Optimization.PLUGIN_FACTS_CACHE,
    Namespace.AGENTS: Optimization.AGENT_VALIDATION,
    Namespace.SOPS: Optimization.SOP_PRECOMPILATION,
}
"""The optimization that asks each cache; while it is off, the cache is empty and not asked."""

TIERED = frozenset({Namespace.ANSWERS, Namespace.ROWS})
"""The caches that have levels below L1.

The others hold a few hundred small or shared objects, whose packed form would save less memory
than its bookkeeping costs; the TTLs of the levels do not concern them.
"""


class Caches:
    """One `TieredCache` per namespace."""

    def __init__(
        self, settings: Settings, now: Callable[[], float], disk: DiskStore | None = None
    ) -> None:
        """`disk` is where `answers` has its L3; None for none."""

        def make(
            namespace: Namespace, packer: Any = None, level: DiskLevel[Any] | None = None
        ) -> TieredCache[Any, Any]:
            return TieredCache(
                namespace,
                settings.caches[namespace],
                settings.levels,
                now=now,
                packer=packer,
                disk=level,
                tiered=namespace in TIERED and settings.has(Optimization.TIERED_CACHE),
            )

        self.answers: TieredCache[Request, FinishedAnswer] = make(
            Namespace.ANSWERS,
            AnswerPacker(),
            DiskLevel(disk, Namespace.ANSWERS) if disk is not None else None,
        )
        self.rows: TieredCache[Request, RowBundle] = make(
            Namespace.ROWS, CompressedPacker(RowPacker())
        )
        self.rules: TieredCache[int, RuleSet] = make(Namespace.RULES)
        self.plugin_facts: TieredCache[int, PluginFacts] = make(Namespace.PLUGIN_FACTS)
        self.agents: TieredCache[tuple[int, str], AgentRecord | None] = make(Namespace.AGENTS)
        self.sops: TieredCache[str, CompiledSop] = make(Namespace.SOPS)
        self._settings = settings
        self._disk = disk

    def level_limits(
        self, namespace: Namespace, settings: Settings
    ) -> list[tuple[Level, int, float]]:
        """The levels that `namespace` would have under `settings`, with entries and seconds each."""
        limits = settings.caches[namespace]
        if namespace not in TIERED or not settings.has(Optimization.TIERED_CACHE):
            return [(Level.L1, limits.max_entries, limits.ttl_seconds)]
        on_disk = namespace is Namespace.ANSWERS and self._disk is not None
        levels = (Level.L1, Level.L2, Level.L3) if on_disk else (Level.L1, Level.L2)
        return [
            (
                level,
                min(limits.max_entries, settings.levels[level].max_entries),
                min(limits.ttl_seconds, settings.levels[level].ttl_seconds),
            )
            for level in levels
        ]

    def all(self) -> dict[Namespace, TieredCache[Any, Any]]:
        """Every cache by its namespace, in the order in which a start asks them."""
        return {
            Namespace.ANSWERS: self.answers,
            Namespace.ROWS: self.rows,
            Namespace.RULES: self.rules,
            Namespace.PLUGIN_FACTS: self.plugin_facts,
            Namespace.AGENTS: self.agents,
            Namespace.SOPS: self.sops,
        }

    def configure(self, settings: Settings) -> None:
        """Put new limits in force at once; a cache that is no longer asked is emptied."""
        for namespace, cache in self.all().items():
            cache.configure(
                settings.caches[namespace],
                settings.levels,
                tiered=namespace in TIERED and settings.has(Optimization.TIERED_CACHE),
            )
            if not settings.has(NEEDS[namespace]):
                cache.clear()
        if settings.has(Optimization.LEAN_MEMORY) != self._settings.has(Optimization.LEAN_MEMORY):
            # The two forms of a compiled SOP differ in what they hold; the next start makes the other.
            self.sops.clear()
        self._settings = settings

    def clear(self) -> None:
        """Forget every value."""
        for cache in self.all().values():
            cache.clear()
