"""The simplest thing that could be called a tiered cache: lists, searched from the front."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.trace import Level, Outcome


@dataclass
class ModelLevel:
    size: int
    ttl: float
    items: list[tuple[int, float]] = field(default_factory=list)
    """(key, loaded_at), least recently used first."""

    def loaded_at(self, key: int) -> float | None:
        return next((at for held, at in self.items if held == key), None)

    def store(self, key: int, loaded_at: float) -> None:
        self.remove(key)
        self.items.append((key, loaded_at))
        self.trim()

    def remove(self, key: int) -> None:
        self.items = [item for item in self.items if item[0] != key]

    def trim(self) -> None:
        self.items = self.items[max(0, len(self.items) - self.size) :]


@dataclass
class ModelCache:
    levels: dict[Level, ModelLevel]
    reasons: dict[int, Outcome] = field(default_factory=dict)

    def held(self) -> set[int]:
        return {key for level in self.levels.values() for key, _ in level.items}

    def get(self, key: int, now: float) -> tuple[Outcome, Level | None, float | None]:
        """Outcome, level that answered, and `loaded_at` of the entry given."""
        candidate = None
        above: list[ModelLevel] = []
        for name, level in self.levels.items():
            at = level.loaded_at(key)
            if at is not None:
                level.store(key, at)
                candidate = at
                if now - at < level.ttl:
                    self._promote(key, at, now, above)
                    return Outcome.HIT, name, at
            above.append(level)
        if candidate is not None:
            return Outcome.EXPIRED, None, candidate
        return self.reasons.get(key, Outcome.FIRST_TIME), None, None

    def _promote(self, key: int, at: float, now: float, above: list[ModelLevel]) -> None:
        before = self.held()
        for level in above:
            if now - at < level.ttl:
                level.store(key, at)
            else:
                level.remove(key)
        self._note_lost(before)

    def put(self, key: int, loaded_at: float) -> None:
        before = self.held()
        for level in self.levels.values():
            level.store(key, loaded_at)
        self.reasons.pop(key, None)
        self._note_lost(before)

    def forget(self, key: int, reason: Outcome) -> None:
        if key in self.held():
            self.reasons[key] = reason
        for level in self.levels.values():
            level.remove(key)

    def resize(self, level: Level, size: int, ttl: float) -> None:
        before = self.held()
        self.levels[level].size, self.levels[level].ttl = size, ttl
        self.levels[level].trim()
        self._note_lost(before)

    def _note_lost(self, before: set[int]) -> None:
        for key in before - self.held():
            self.reasons[key] = Outcome.NO_ROOM
