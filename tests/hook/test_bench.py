"""The benchmark of being called: that it measures every way and says so, never how fast."""

from __future__ import annotations

import json
from pathlib import Path

from engine.bench.hook import CLIENT, FRESH, WAYS, measure_hook


async def test_every_way_is_measured(project: Path, folder: Path) -> None:
    report = await measure_hook(project, rounds=2, progress=lambda text: None)

    assert tuple(report.ways) == WAYS
    assert report.journal_mode in report.as_text()
    assert report.answer_bytes > 500
    assert [report.ways[name].n for name in (CLIENT, FRESH)] == [2, 20]
    assert all(name in report.as_text() for name in report.ways)
    assert json.loads(report.as_json())["ways"].keys() == report.ways.keys()
