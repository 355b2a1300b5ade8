"""A scrape gives what was recorded, in a form that Prometheus' own parser reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from engine.monitoring.prometheus import CONTENT_TYPE, PrometheusExposition
from engine.monitoring.totals import BOUNDS_S
from engine.trace import NO_TASK, Level, Namespace, Outcome, Phase
from tests.monitoring.rig import Rig, lookups, trace

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(rig: Rig) -> Samples:
    text = PrometheusExposition(rig.monitor).render().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def test_durations_by_profile_and_warmth() -> None:
    rig = Rig()
    for total_ms, warm in ((0.04, True), (0.05, True), (99.0, False), (145.0, False)):
        rig.record(trace(total_ms, warm=warm, profile="plan"))
    rig.record(trace(1.0, error="no such task"))

    samples = scrape(rig)

    cold = {"profile": "plan", "warm": "false"}
    name = "taskstart_duration_seconds"
    assert value(samples, f"{name}_count", **cold) == 2
    assert value(samples, f"{name}_sum", **cold) == pytest.approx(0.244)
    assert value(samples, f"{name}_bucket", le="0.1", **cold) == 1
    assert value(samples, f"{name}_bucket", le="+Inf", **cold) == 2
    warm_bucket = value(samples, f"{name}_bucket", le="5e-05", profile="plan", warm="true")
    assert warm_bucket == 2
    assert value(samples, "taskstart_phase_seconds_count", profile="plan", phase="database") == 4


def test_starts_and_look_ups() -> None:
    rig = Rig()
    hit = lookups((Namespace.ANSWERS, Outcome.HIT), level=Level.L2)
    miss = lookups((Namespace.ANSWERS, Outcome.EXPIRED), (Namespace.SOPS, Outcome.OFF))
    for looked_up in (hit, hit, miss):
        rig.record(trace(looked_up=looked_up), source="hook")
    rig.record(trace(error="no such task"), source="api")

    samples = scrape(rig)

    assert value(samples, "taskstart_starts_total", source="hook", result="answered") == 3
    assert value(samples, "taskstart_starts_total", source="api", result="failed") == 1
    asked = "taskstart_cache_lookups_total"
    assert value(samples, asked, cache="answers", outcome="hit") == 2
    assert value(samples, asked, cache="answers", outcome="expired") == 1
    assert value(samples, asked, cache="sops", outcome="off") is None
    assert value(samples, "taskstart_cache_hits_total", cache="answers", level="L2") == 2


def test_refusals_and_contexts_without_a_task() -> None:
    rig = Rig()
    rig.record(trace(task_id=NO_TASK), source="claude")
    for status in (400, 401, 400):
        rig.monitor.refused("/claude-code", status, "no")

    samples = scrape(rig)

    assert value(samples, "taskstart_contexts_without_task_total") == 1
    refused = "taskstart_refused_requests_total"
    assert value(samples, refused, route="/claude-code", status="400") == 2
    assert value(samples, refused, route="/claude-code", status="401") == 1
    assert value(samples, "taskstart_starts_total", source="claude", result="answered") is None


def test_alerts_and_resources() -> None:
    rig = Rig()
    rig.process.resident_mb = 600.0
    rig.advance(10.0)

    samples = scrape(rig)

    assert value(samples, "taskstart_alert_active", metric="memory") == 1
    assert value(samples, "taskstart_alert_active", metric="cpu") == 0
    assert value(samples, "taskstart_alerts_total", metric="memory") == 1
    assert value(samples, "taskstart_engine_resident_bytes") == 600e6
    assert value(samples, "taskstart_engine_cpu_seconds_total") == pytest.approx(0.5)
    assert value(samples, "taskstart_in_flight") == 0


def test_totals_do_not_forget_what_left_the_window() -> None:
    rig = Rig(capacity=256)
    rig.play([trace()] * 1_000, every_s=1.0)

    labels = {"profile": "native", "warm": "false"}
    assert value(scrape(rig), "taskstart_duration_seconds_count", **labels) == 1_000


def test_an_engine_without_starts_can_be_scraped() -> None:
    samples = scrape(Rig())

    assert value(samples, "taskstart_in_flight") == 0
    assert CONTENT_TYPE.startswith("text/plain")


@given(st.lists(st.integers(0, 20 * 10**9), max_size=60))
def test_every_bucket_counts_what_lasted_at_most_so_long(totals_ns: list[int]) -> None:
    rig = Rig()
    for total_ns in totals_ns:
        rig.record(trace(phases={Phase.ASSEMBLY: total_ns / 1e6}))

    samples = scrape(rig)

    for bound in BOUNDS_S if totals_ns else ():
        found = [
            count
            for (name, labels), count in samples.items()
            if name == "taskstart_duration_seconds_bucket" and float(dict(labels)["le"]) == bound
        ]
        assert found == [sum(total_ns <= round(bound * 1e9) for total_ns in totals_ns)]
