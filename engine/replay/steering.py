"""What a workload may do to the engine that it is played on: change settings, let it rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from engine.replay.ports import Steered
from engine.service.messages import StaleView
from engine.settings import with_setting


class Steering:
    """Applies a workload's setting events, but for those that the caller has fixed."""

    def __init__(self, engine: Steered, fixed: Mapping[str, Any]) -> None:
        self._engine = engine
        self._fixed = frozenset(fixed)

    async def change_settings(
        self, changes: Mapping[str, Any], label: str, clear_caches: bool
    ) -> None:
        """One change of settings, as one mark on the time axis.

        Raises:
            SettingError: a path or a value is not accepted.
        """
        settings = self._engine.settings
        for path, value in changes.items():
            if not self._is_fixed(path):
                settings = with_setting(settings, path, value)
        if clear_caches:
            self._engine.clear_caches()
        if settings != self._engine.settings:
            words = label or ", ".join(f"{path} {value}" for path, value in changes.items())
            await self._engine.apply(settings, words)

    def _is_fixed(self, path: str) -> bool:
        if path in self._fixed:
            return True
        if path.startswith("optimizations."):
            return "optimizations" in self._fixed
        return path == "optimizations" and any(
            fixed.startswith("optimizations.") for fixed in self._fixed
        )

    async def rest(self, seconds: float) -> None:
        """Let warming run to its end, for at most `seconds`."""
        if not self._engine.settings.warming:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._engine.warm_now()
        except TimeoutError:
            return  # what was not warmed in the workload's own time stays cold

    async def check(self) -> None:
        """Check the answers that went out unchecked."""
        if self.view() is not None:
            await self._engine.check_now()

    def view(self) -> StaleView | None:
        """What the checks have found; None while no answer goes out unchecked."""
        return self._engine.stale_view()
