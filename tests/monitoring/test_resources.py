"""The process's own figures."""

from __future__ import annotations

from engine.monitoring.resources import ProcessResources


def test_this_process_has_memory_and_its_cpu_time_grows() -> None:
    resources = ProcessResources()
    before = resources.read()
    while resources.read().cpu_s <= before.cpu_s:
        sum(range(100_000))

    after = resources.read()

    assert before.resident_bytes > 1_000_000
    assert after.cpu_s > before.cpu_s
