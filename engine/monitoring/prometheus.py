"""The engine's figures in the Prometheus exposition format.

Everything counts from the start of the engine. Durations are seconds, from the intended start of
each TaskStart, and carry the cost profile, so that modeled figures are never taken for measured
ones. Not imported by the engine itself: only who is scraped pays for the client library.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from engine.monitoring.metrics import ERRORS
from engine.monitoring.monitor import Monitor
from engine.monitoring.totals import BOUNDS_S, Durations, Totals
from engine.monitoring.views import LifetimeFigures
from engine.service.messages import MetricName

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Value of the `Content-Type` header of `render`'s answer."""

_METRIC_LABELS: dict[str, str] = {
    MetricName.TASKSTART: "taskstart",
    MetricName.DATABASE: "database",
    MetricName.HIT_RATE: "hit_rate",
    MetricName.MEMORY: "memory",
    MetricName.CPU: "cpu",
    ERRORS: "errors",
}


class _MonitorCollector(Collector):
    """Makes the metric families anew at every scrape."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def describe(self) -> list[Metric]:
        # Registering would otherwise collect once, only to learn the names.
        return []

    def collect(self) -> Iterator[Metric]:
        figures = self._monitor.lifetime()
        yield from _durations(figures.totals)
        yield from _counts(figures.totals)
        yield from _states(figures)


def _durations(totals: Totals) -> Iterator[Metric]:
    starts = HistogramMetricFamily(
        "taskstart_duration_seconds",
        "Answered TaskStarts, from the intended start to the answer.",
        labels=["profile", "warm"],
    )
    for (profile, warm), durations in totals.starts.items():
        _add(starts, [profile, "true" if warm else "false"], durations)
    yield starts
    phases = HistogramMetricFamily(
        "taskstart_phase_seconds",
        "Time in one exclusive phase, of the TaskStarts that spent any there.",
        labels=["profile", "phase"],
    )
    for (profile, phase), durations in totals.phases.items():
        _add(phases, [profile, phase.name.lower()], durations)
    yield phases


def _add(family: HistogramMetricFamily, labels: list[str], durations: Durations) -> None:
    bounds = [*map(repr, BOUNDS_S), "+Inf"]
    buckets = list(zip(bounds, map(float, durations.cumulative()), strict=True))
    family.add_metric(labels, buckets, durations.sum_ns / 1e9)


def _counts(totals: Totals) -> Iterator[Metric]:
    starts = CounterMetricFamily(
        "taskstart_starts", "TaskStarts by source and result.", labels=["source", "result"]
    )
    for result, counts in (("answered", totals.answered), ("failed", totals.failed)):
        for source, count in counts.items():
            starts.add_metric([source, result], count)
    yield starts
    yield CounterMetricFamily(
        "taskstart_contexts_without_task",
        "Contexts of the project alone, given where no task was meant.",
        value=totals.without_task,
    )
    refused = CounterMetricFamily(
        "taskstart_refused_requests",
        "Requests of hooks that never became a start.",
        labels=["route", "status"],
    )
    for (route, status), count in totals.refused.items():
        refused.add_metric([route, str(status)], count)
    yield refused
    lookups = CounterMetricFamily(
        "taskstart_cache_lookups", "Cache look-ups by outcome.", labels=["cache", "outcome"]
    )
    for (namespace, outcome), count in totals.lookups.items():
        lookups.add_metric([namespace.value, outcome.value], count)
    yield lookups
    hits = CounterMetricFamily(
        "taskstart_cache_hits",
        "Cache look-ups by the level that answered.",
        labels=["cache", "level"],
    )
    for (namespace, level), count in totals.hits.items():
        hits.add_metric([namespace.value, level.name], count)
    yield hits


def _states(figures: LifetimeFigures) -> Iterator[Metric]:
    active = GaugeMetricFamily(
        "taskstart_alert_active", "1 while the metric's alert is active.", labels=["metric"]
    )
    begun = CounterMetricFamily("taskstart_alerts", "Alerts that have begun.", labels=["metric"])
    for metric, label in _METRIC_LABELS.items():
        active.add_metric([label], float(metric in figures.active_alerts))
        begun.add_metric([label], figures.alerts.get(metric, 0))
    yield active
    yield begun
    yield GaugeMetricFamily("taskstart_in_flight", "TaskStarts under way.", value=figures.in_flight)
    if figures.resources is not None:
        yield GaugeMetricFamily(
            "taskstart_engine_resident_bytes",
            "Resident memory of the engine's process.",
            value=figures.resources.resident_bytes,
        )
        yield CounterMetricFamily(
            "taskstart_engine_cpu_seconds",
            "Seconds of one core that the engine's process has used.",
            value=figures.resources.cpu_s,
        )


class PrometheusExposition:
    """What a scrape of `/metrics` is answered with."""

    def __init__(self, monitor: Monitor) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_MonitorCollector(monitor))

    def render(self) -> bytes:
        """The figures now, in the text format of `CONTENT_TYPE`."""
        return generate_latest(self._registry)
