"""The six caches."""

from __future__ import annotations

from typing import Any

from engine.service.messages import CacheLevelView, CacheView
from engine.settings import Settings
from engine.trace import Namespace


def caches() -> list[CacheView]:
    """All six caches, two of them off."""

    def level(number: int, on: bool, **figures: Any) -> CacheLevelView:
        ttl, most = ((60.0, 1_000), (300.0, 10_000), (1_800.0, 100_000))[number - 1]
        return CacheLevelView(level=number, on=on, ttl_seconds=ttl, max_entries=most, **figures)

    settings = Settings()
    shown: dict[Namespace, dict[str, Any]] = {
        Namespace.ANSWERS: {"on": False, "off_hint": "turn on 4: finished answers are kept"},
        Namespace.ROWS: {"asked": 35, "first_time": 35, "entries": 35},
        Namespace.RULES: {"asked": 35, "hits": 34, "first_time": 1, "entries": 1},
        Namespace.PLUGIN_FACTS: {"asked": 35, "hits": 30, "expired": 5, "needless": 4},
        Namespace.AGENTS: {"on": False, "off_hint": "turn on 5: agent check from cache"},
        Namespace.SOPS: {"asked": 35, "hits": 35, "entries": 40, "bytes_total": 245_000},
    }
    views = []
    for namespace, figures in shown.items():
        limits = settings.caches[namespace]
        hits = figures.get("hits", 0)
        asked = figures.get("asked", 0)
        levels = [
            level(1, True, asked=asked, hits=hits, entries=12, bytes_per_entry=9_120.0, hit_us=0.4),
            level(2, False),
            level(3, False),
        ]
        values: dict[str, Any] = {"on": True, "levels": levels, **figures}
        views.append(
            CacheView(
                name=namespace.value,
                title=namespace.label,
                ttl_seconds=limits.ttl_seconds,
                max_entries=limits.max_entries,
                **values,
            )
        )
    return views
