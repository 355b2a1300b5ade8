"""The likely cause of an alert, read from the window's own figures, and what to press.

Each line is `<what the data says> → <keys>`, where `o 4` switches optimization 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.monitoring.aggregate import Aggregate
from engine.monitoring.caches import CacheCounts, count_lookups
from engine.monitoring.metrics import ERRORS
from engine.monitoring.wording import figure_text
from engine.optimizations import Optimization
from engine.service.messages import MetricName
from engine.settings.model import Freshness, LoadingStrategy, Settings
from engine.trace import Namespace, Outcome, Phase

_CACHES_KEY = "2 Caches"

_REMEDY: dict[Phase, tuple[Optimization, ...]] = {
    Phase.DATABASE: (Optimization.PARALLEL_QUERIES, Optimization.CONNECTION_POOL),
    Phase.PLUGIN_FACTS: (Optimization.PLUGIN_FACTS_CACHE,),
    Phase.AGENT_VALIDATION: (Optimization.AGENT_VALIDATION,),
    Phase.AGENT_SOPS: (Optimization.SOP_PRECOMPILATION,),
    Phase.ASSEMBLY: (Optimization.PARALLEL_ASSEMBLY,),
    Phase.RENDER: (Optimization.PARALLEL_ASSEMBLY,),
}
"""What shortens a phase, the strongest first; a finished answer (4) skips assembly and render."""

_BECAUSE: dict[Optimization, str] = {
    Optimization.PARALLEL_QUERIES: "the queries run one after another",
    Optimization.CONNECTION_POOL: "each query opens a connection of its own",
    Optimization.PLUGIN_FACTS_CACHE: "plugin facts are decoded anew for every start",
    Optimization.AGENT_VALIDATION: "the agent is looked for in its files at every start",
    Optimization.SOP_PRECOMPILATION: "the SOP is read from its file at every start",
    Optimization.PARALLEL_ASSEMBLY: "every answer is assembled anew, part by part",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What an explanation may draw on."""

    aggregate: Aggregate
    settings: Settings
    starts_per_s: float
    in_flight: int
    errors: Mapping[str, int]
    """Failures of the last minute by their reason."""


def explain(metric: str, situation: Situation) -> str:
    """Why `metric` is beyond its limit, and what to press; one line."""
    match metric:
        case MetricName.TASKSTART:
            return _slow_start(situation)
        case MetricName.DATABASE:
            return _slow_database(situation)
        case MetricName.HIT_RATE:
            return _few_hits(situation)
        case MetricName.MEMORY:
            return _much_memory(situation)
        case MetricName.CPU:
            return _much_cpu(situation)
        case _ if metric == ERRORS and situation.errors:
            reason, count = max(situation.errors.items(), key=lambda item: item[1])
            return f"{count} of {sum(situation.errors.values())}: {reason} → 5 TaskStarts"
    return ""


def _keys(*optimizations: Optimization) -> str:
    return ", ".join(f"o {int(one)}" for one in optimizations)


def _off(settings: Settings, *optimizations: Optimization) -> tuple[Optimization, ...]:
    return tuple(one for one in optimizations if not settings.has(one))


def _slow_start(situation: Situation) -> str:
    sums = situation.aggregate.phase_sums
    total = sum(sums.by_phase)
    if not total:
        return ""
    settings = situation.settings
    share = {phase: sums.by_phase[phase] / total for phase in Phase}
    largest = max(share, key=share.__getitem__)
    mean = figure_text(sums.mean_ms(largest) or 0.0)
    found = f"{largest.label} takes {mean} of {figure_text(total / sums.starts / 1e6)} ms"
    if largest is Phase.QUEUE:
        return f"{found}: {_queued(situation)}"
    if largest is Phase.DATABASE:
        return f"{found}: {_database_cause(situation)}"
    missing = _off(settings, *_REMEDY.get(largest, ()))
    if missing:
        return f"{found}: {_BECAUSE[missing[0]]} → {_keys(missing[0])}"
    return f"{found} with its optimization on: see the slowest starts → 5 TaskStarts"


def _queued(situation: Situation) -> str:
    missing = _off(situation.settings, Optimization.PARALLEL_QUERIES, Optimization.CONNECTION_POOL)
    if missing:
        return f"starts wait for each other ({situation.in_flight} under way) → {_keys(*missing)}"
    return f"more starts at once than the engine serves ({situation.in_flight} under way)"


def _slow_database(situation: Situation) -> str:
    mean = situation.aggregate.phase_sums.mean_ms(Phase.DATABASE)
    return f"{figure_text(mean or 0.0)} ms a start: {_database_cause(situation)}"


def _database_cause(situation: Situation) -> str:
    settings = situation.settings
    missing = _off(settings, *_REMEDY[Phase.DATABASE])
    if missing:
        return f"{_BECAUSE[missing[0]]} → {_keys(missing[0])}"
    if settings.loading is not LoadingStrategy.BATCHED:
        return f"loading is {settings.loading.value}, several statements a start → batched"
    if not settings.has(Optimization.PARALLEL_ASSEMBLY):
        return f"every start asks it, no finished answer is kept → {_keys(Optimization.PARALLEL_ASSEMBLY)}"
    if not settings.warming:
        return "starts load what warming would have loaded before → turn warming on"
    return "one batched statement is slow: a slow disk, or a writer that holds the lock"


def _few_hits(situation: Situation) -> str:
    counts = count_lookups(situation.aggregate.patterns)
    asked = sum(one.asked for one in counts.values())
    reasons: Counter[Outcome] = Counter()
    for one in counts.values():
        reasons.update(one.outcomes)
    for none in (Outcome.HIT, Outcome.CONFIRMED, Outcome.OFF):
        del reasons[none]
    if not reasons:
        return ""
    reason, misses = reasons.most_common(1)[0]
    worst = max(counts, key=lambda name: counts[name].outcomes[reason])
    if reason is Outcome.FIRST_TIME:
        return _first_times(situation.settings, misses, asked)
    return _lost(reason, worst, misses, asked, counts, situation.settings)


def _first_times(settings: Settings, misses: int, asked: int) -> str:
    missing = _off(settings, Optimization.PARALLEL_ASSEMBLY, Optimization.TIERED_CACHE)
    # Emptied caches remember nothing: what was asked for before that counts as new again.
    what = f"{misses} of {asked} look-ups: nothing kept yet"
    if missing:
        return f"{what} → {_keys(*missing)}"
    return f"{what} → {'wait for warming' if settings.warming else 'turn warming on'}"


def _lost(
    reason: Outcome,
    worst: Namespace,
    misses: int,
    asked: int,
    counts: Mapping[Namespace, CacheCounts],
    settings: Settings,
) -> str:
    of = f"{misses} of {asked} look-ups"
    match reason:
        case Outcome.EXPIRED if settings.freshness is Freshness.TTL:
            needless = sum(one.needless for one in counts.values())
            return (
                f"{of} came after the time was up, {needless} needlessly, most in {worst.label} "
                f"→ {_CACHES_KEY}: keep for longer or check every start"
            )
        case Outcome.NO_ROOM:
            tiers = _off(settings, Optimization.TIERED_CACHE)
            key = _keys(*tiers) if tiers else f"{_CACHES_KEY}: more entries"
            return f"{of} found their entry pushed out, most in {worst.label} → {key}"
        case Outcome.CHANGED | Outcome.EXPIRED:
            # Where every start is checked, what had only expired is found unchanged and served.
            warming = "" if settings.warming else " → turn warming on"
            return f"{of} came after the database had changed, most in {worst.label}{warming}"
        case _:
            return f"{of} waited for another start's load: many equal starts at once"


def _much_memory(situation: Situation) -> str:
    missing = _off(situation.settings, Optimization.LEAN_MEMORY)
    if missing:
        return f"rows and SOPs are kept as full objects → {_keys(*missing)}"
    return f"the caches hold more than the limit allows → {_CACHES_KEY}: fewer entries in L1 live"


def _much_cpu(situation: Situation) -> str:
    aggregate, settings = situation.aggregate, situation.settings
    rate = f"{figure_text(situation.starts_per_s)} starts/s"
    if aggregate.answered and aggregate.warm < aggregate.answered / 2:
        missing = _off(settings, Optimization.PARALLEL_ASSEMBLY, Optimization.PARALLEL_QUERIES)
        what = (
            f"{aggregate.answered - aggregate.warm} of {aggregate.answered} starts are built anew"
        )
        return f"{what} at {rate}" + (f" → {_keys(*missing)}" if missing else "")
    if not aggregate.starts and settings.warming:
        return f"no starts: warming, which may use {settings.warming_cpu_percent:g} % of one core"
    return f"{rate}, nearly all warm: the traffic itself is what costs"
