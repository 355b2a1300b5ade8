"""Hand-made messages: the figures of the plan's third step, and of a few other moments."""

from __future__ import annotations

from tests.tui.samples.alerts import ALERT, PAST_ALERT
from tests.tui.samples.caches import caches
from tests.tui.samples.figures import metrics, phases
from tests.tui.samples.replays import PLAYBACK, SCENARIOS
from tests.tui.samples.snapshots import (
    PROJECT,
    fast_and_native,
    live_without_traffic,
    settings_of,
    snapshot,
)
from tests.tui.samples.starts import DETAIL, STARTS

__all__ = [
    "ALERT",
    "DETAIL",
    "PAST_ALERT",
    "PLAYBACK",
    "PROJECT",
    "SCENARIOS",
    "STARTS",
    "caches",
    "fast_and_native",
    "live_without_traffic",
    "metrics",
    "phases",
    "settings_of",
    "snapshot",
]
