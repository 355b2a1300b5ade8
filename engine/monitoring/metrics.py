"""The five key metrics against their limits.

- TaskStart: p95 of the window's answered starts, from the intended start.
- Database: p95 of the database phase over those starts that asked the database.
- Hit rate: look-ups answered by any level / all look-ups. A cache that was not asked (its
  optimization is off) is no look-up. A start that joined another's load asked and was not
  answered by a level: it counts as a miss.
- Memory: resident set of the engine's process, in MB of 10^6 bytes.
- CPU: of one core, engine's process, mean of five seconds.

Percentiles and the hit rate are given from 20 samples on, a p99 from 100.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.monitoring.aggregate import Aggregate
from engine.monitoring.caches import hits_and_asked
from engine.monitoring.resources import ResourceMeter
from engine.monitoring.window import ENOUGH
from engine.monitoring.wording import count_text, figure_beside, figure_text
from engine.percentile import ENOUGH_FOR_P99
from engine.service.messages import MetricName, MetricState
from engine.settings.model import AlertLimits
from engine.trace import Phase

WARN_SHARE = 0.8
"""From this share of what the limit allows on, a metric is a warning."""

ERRORS = "errors"
ERRORS_PER_MINUTE = 2.0
"""Failed starts a minute that are no alert yet: one mistyped task id is none."""

_OF_STARTS = frozenset({MetricName.TASKSTART, MetricName.DATABASE, MetricName.HIT_RATE})


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric's value now; None when there are too few samples."""

    name: str
    """One of `MetricName`, or `errors`."""
    value: float | None
    limit: float
    unit: str
    counted: str
    limit_is_minimum: bool = False
    modeled: bool = False

    @property
    def is_of_starts(self) -> bool:
        """Whether it says what the window's starts were like, and not what is so by itself."""
        return self.name in _OF_STARTS

    @property
    def _used(self) -> float:
        """How much of what the limit allows is used up: 1 is the limit itself."""
        if self.value is None:
            return 0.0
        value, limit = self.value, self.limit
        if self.limit_is_minimum:
            value, limit = 100.0 - value, 100.0 - limit
        if limit <= 0:
            return float("inf") if value > 0 else 0.0
        return value / limit

    @property
    def state(self) -> MetricState:
        """The state by the value alone, without regard to how long it has lasted."""
        if self.value is None:
            return MetricState.TOO_FEW
        if self._used > 1:
            return MetricState.ALERT
        return MetricState.WARN if self._used >= WARN_SHARE else MetricState.OK

    def within(self, margin: float) -> bool:
        """Whether the value keeps the limit with `margin` (a share of the limit) to spare."""
        return self.value is not None and self._used <= 1 - margin

    @property
    def text(self) -> str:
        """The value against its limit in words, for example `hit rate 66.7 % < 90 %`."""
        if self.value is None:
            return f"{self.name}: too few samples"
        beyond = self.state is MetricState.ALERT
        sign = ("<" if beyond else "≥") if self.limit_is_minimum else (">" if beyond else "≤")
        value, limit = figure_beside(self.value, self.limit), f"{self.limit:g}"
        return f"{self.name} {value} {self.unit} {sign} {limit} {self.unit}"


def read_metrics(
    aggregate: Aggregate, resources: ResourceMeter, limits: AlertLimits
) -> list[Reading]:
    """The five metrics over the window, in the order in which they are shown."""
    return [
        _taskstart(aggregate, limits),
        _database(aggregate, limits),
        _hit_rate(aggregate, limits),
        Reading(
            MetricName.MEMORY,
            resources.memory_mb,
            limits.memory_mb,
            "MB",
            f"resident, peak {resources.peak_mb:.0f}",
        ),
        Reading(MetricName.CPU, resources.cpu_percent, limits.cpu_percent, "%", "of one core"),
    ]


def read_errors(failures: int) -> Reading:
    """The failed starts of the last minute, as something to be alerted of."""
    return Reading(
        ERRORS, float(failures), ERRORS_PER_MINUTE, "a minute", "failed starts of the last minute"
    )


def _taskstart(aggregate: Aggregate, limits: AlertLimits) -> Reading:
    n = aggregate.answered
    p50, p95, p99 = (value / 1e6 for value in aggregate.total.percentiles(50, 95, 99))
    middle = figure_text(p50) if n else "–"
    far = figure_text(p99) if n >= ENOUGH_FOR_P99 else "–"
    return Reading(
        MetricName.TASKSTART,
        p95 if n >= ENOUGH else None,
        limits.taskstart_ms,
        "ms",
        f"n {count_text(n)}  p50 {middle}  p99 {far}",
        modeled=aggregate.modeled > 0,
    )


def _database(aggregate: Aggregate, limits: AlertLimits) -> Reading:
    histogram = aggregate.phases[Phase.DATABASE]
    n, starts = histogram.count, aggregate.answered
    asked = f"all {count_text(n)} asked it" if n == starts else f"of {count_text(starts)} asked it"
    return Reading(
        MetricName.DATABASE,
        histogram.percentiles(95)[0] / 1e6 if n >= ENOUGH else None,
        limits.database_ms,
        "ms",
        f"n {count_text(n)}  {asked}" if n else f"none of {count_text(starts)} asked it",
        modeled=aggregate.modeled > 0,
    )


def _hit_rate(aggregate: Aggregate, limits: AlertLimits) -> Reading:
    hits, asked = hits_and_asked(aggregate.patterns)
    return Reading(
        MetricName.HIT_RATE,
        100.0 * hits / asked if asked >= ENOUGH else None,
        limits.hit_rate_percent,
        "%",
        f"{count_text(hits)} of {count_text(asked)} look-ups",
        limit_is_minimum=True,
    )
