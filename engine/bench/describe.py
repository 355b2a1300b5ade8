"""The report of `taskstart bench` for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.bench.concurrency import Concurrency, Served
from engine.bench.memory import Memory
from engine.bench.situations import SITUATIONS, Comparison, Figures
from engine.bench.steps import Step, StepKind
from engine.bench.table import (
    heading,
    kilobytes,
    machine_lines,
    milliseconds,
    part,
    span,
    table,
)

if TYPE_CHECKING:
    from engine.bench.report import BenchReport

_STEP_TITLES = {
    StepKind.ALONE_ON: "each optimization alone on",
    StepKind.ALONE_OFF: "each optimization alone off",
    StepKind.CUMULATIVE: "switched on one after the other",
}
_SHORT = {"cold": "cold", "new_task": "new", "warm": "warm", "after_write": "write"}


def describe(report: BenchReport) -> str:
    """All sections, of at most 100 columns."""
    form = ", quick" if report.quick else ""
    lines = [
        heading("taskstart bench", report.project),
        *(f"  {line}" for line in machine_lines(report.machine)),
        f"  {report.tasks_asked} tasks asked, journal mode {report.journal_mode}, scratch copy; "
        f"{report.took_s:.0f} s{form}",
    ]
    for comparison in report.comparisons:
        lines += ["", *_comparison(comparison)]
    lines += ["", *_concurrency(report.concurrency)]
    if report.memory is not None:
        lines += ["", *_memory(report.memory)]
    for kind in StepKind:
        steps = [step for step in report.steps if step.kind is kind]
        if steps:
            lines += ["", *_steps(kind, steps)]
    if report.steps:
        lines += ["", *_legend()]
    return "\n".join(lines)


def _kind(profile: str, modeled: bool) -> str:
    return f"modeled ({profile} profile)" if modeled else "measured (native)"


def _comparison(comparison: Comparison) -> list[str]:
    rows = []
    for situation in comparison.situations:
        words = SITUATIONS[situation.name]
        rows.append(_figures(f"{words}: baseline", situation.baseline))
        rows.append(_figures(f"{words}: optimized", situation.optimized))
    ratios = [
        (SITUATIONS[one.name], part(one.latency_ratio), part(one.cpu_ratio))
        for one in comparison.situations
    ]
    header = ("ms per start", "p50", "95 % interval", "p95", "p99", "n", "CPU p50", "blocks")
    return [
        f"BASELINE AGAINST OPTIMIZED, {_kind(comparison.profile, comparison.modeled)}, "
        f"interleaved, {comparison.rounds} rounds",
        *table(header, rows),
        "",
        *table(("optimized of baseline (95 %)", "p50", "CPU per start"), ratios),
        f"  resident memory of the process: baseline {comparison.baseline_resident_mb:.0f} MB, "
        f"optimized {comparison.optimized_resident_mb:.0f} MB",
    ]


def _figures(name: str, figures: Figures) -> Sequence[str]:
    latency, cpu = figures.latency_ms, figures.cpu_ms
    return (
        name,
        milliseconds(latency.p50),
        span(latency.p50_interval),
        milliseconds(latency.p95),
        milliseconds(latency.p99),
        f"{latency.n:,}",
        milliseconds(cpu.p50),
        f"{cpu.n:,}",
    )


def _concurrency(found: Sequence[Concurrency]) -> list[str]:
    rows = [
        (
            f"{served.name}, {_kind(one.profile, one.modeled)}",
            _count(served, served.median),
            f"{served.low:,}–{served.high:,}",
            str(served.searches),
        )
        for one in found
        for served in one.served
    ]
    limit = found[0].limit_ms if found else 0.0
    return [
        f"CONCURRENT STARTS, all at the same instant, served with p95 below {limit:.0f} ms",
        *table(("", "median", "lowest–highest", "searches"), rows),
        "  published promise: twice as many",
    ]


def _count(served: Served, count: int) -> str:
    return f"≥ {count:,}" if count >= served.at_most else f"{count:,}"


def _memory(memory: Memory) -> list[str]:
    engine = memory.engine
    rows = [
        (
            "reference: every agent row and SOP as full dict-based objects",
            kilobytes(memory.reference),
            "",
        ),
        (
            "engine after start",
            kilobytes(engine.after_start),
            _saved(memory.saved_after_start),
        ),
        (
            f"engine after all {engine.used} agents were used once",
            kilobytes(engine.after_use),
            _saved(memory.saved_after_use),
        ),
        (
            "  with finished answers, rows and all other caches",
            kilobytes(engine.all_caches_after_use),
            "",
        ),
    ]
    return [
        f"MEMORY held for {memory.agents} agents and their SOPs, measured (tracemalloc)",
        *table(("", "held", "of the reference"), rows),
        "  published promise: −30 %",
    ]


def _saved(share: float) -> str:
    return f"{-100 * share:+.0f} %".replace("-", "−")


def _steps(kind: StepKind, steps: Sequence[Step]) -> list[str]:
    shorts = list(_SHORT.values())
    rows = [
        (
            step.label,
            step.published,
            *(milliseconds(step.modeled_ms[name].p50) for name in _SHORT),
            *(milliseconds(step.measured_ms[name].p50) for name in _SHORT),
        )
        for step in steps
    ]
    lines = table(("", "published", *shorts, *shorts), rows)
    modeled_at = _column_start(lines[0], "cold")
    measured_at = _column_start(lines[0], "cold", modeled_at + 1)
    over = "  p50, ms".ljust(modeled_at) + "modeled (plan)".ljust(measured_at - modeled_at)
    return [
        f"THE EIGHT OPTIMIZATIONS, {_STEP_TITLES[kind]}",
        f"{over}measured (native)",
        *lines,
    ]


def _column_start(line: str, word: str, after: int = 0) -> int:
    return line.index(word, after)


def _legend() -> list[str]:
    return [
        "  cold: first start of a fresh engine, start-up work done and not counted; new: a task "
        "not yet",
        "  served, by an engine that served others; warm: served before; write: served before, and",
        "  somebody changed another row since. Published figures stand as published.",
    ]
