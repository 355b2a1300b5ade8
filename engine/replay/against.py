"""A replay beside what its recording measured."""

from __future__ import annotations

import msgspec

from engine.replay.latency import Latency, in_words
from engine.replay.report import ReplayReport
from engine.replay.run_file import Run


class RecordedFigures(msgspec.Struct, kw_only=True, frozen=True):
    """What a run file holds, summed up."""

    workload: str
    cpu: str
    """The machine's processor; empty where the run does not say."""
    modeled: bool
    starts: int
    warm: int
    errors: int
    latency: Latency


def recorded_figures(run: Run) -> RecordedFigures:
    """The figures of a run."""
    return RecordedFigures(
        workload=run.header.workload,
        cpu=run.header.machine.cpu if run.header.machine is not None else "",
        modeled=run.modeled,
        starts=len(run.starts) + run.errors,
        warm=run.warm,
        errors=run.errors,
        latency=run.latency,
    )


def side_by_side(recorded: RecordedFigures, report: ReplayReport) -> str:
    """A table of both; no verdict, since a run and a replay are one sample each."""
    then, now = recorded.latency, report.latency
    rows = [
        ("", "recorded", "replayed"),
        ("measured", _kind(recorded.modeled), _kind(report.modeled)),
        ("starts", f"{recorded.starts:,}", f"{report.starts:,}"),
        ("warm", f"{recorded.warm:,}", f"{report.warm:,}"),
        ("failed", f"{recorded.errors:,}", f"{report.errors:,}"),
        ("TaskStart p50, ms", in_words(then.p50_ms), in_words(now.p50_ms)),
        ("TaskStart p95, ms", in_words(then.p95_ms), in_words(now.p95_ms)),
        ("TaskStart p99, ms", in_words(then.p99_ms), in_words(now.p99_ms)),
        ("TaskStart max, ms", in_words(then.max_ms), in_words(now.max_ms)),
    ]
    return "\n".join(f"  {name:20}{one:>12}{other:>12}" for name, one, other in rows)


def _kind(modeled: bool) -> str:
    return "modeled" if modeled else "native"
