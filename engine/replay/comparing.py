"""The same workload under three ways to keep answers fresh, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.replay.report import CacheReport, ReplayReport
from engine.replay.session import Replay, run_replay
from engine.replay.tally import StartKind
from engine.replay.workload import Workload
from engine.settings import Freshness, Settings
from engine.settings.words import format_duration
from engine.trace import Namespace

WAYS: Mapping[str, Mapping[str, Any]] = {
    "strict + warming": {"freshness": Freshness.STRICT, "warming": True},
    "strict": {"freshness": Freshness.STRICT, "warming": False},
    "ttl (the plan's)": {"freshness": Freshness.TTL, "warming": False},
}


class FreshnessComparison(msgspec.Struct, frozen=True):
    """One report a way, in the order of `WAYS`."""

    reports: dict[str, ReplayReport]

    def as_json(self) -> bytes:
        """For a program."""
        return msgspec.json.encode(self.reports)

    def as_text(self) -> str:
        """A table, one column a way."""
        columns = list(self.reports.values())
        first = columns[0]
        rows: list[tuple[str, list[str]]] = [
            ("", list(self.reports)),
            ("warm, all starts", [_share(one.warm, one.starts) for one in columns]),
            *(
                (f"  {words}", [_share(*_kind(one, kind)) for one in columns])
                for kind, words in (
                    (StartKind.FIRST, "first of their task"),
                    (StartKind.SAME_INSTANT, "same instant"),
                    (StartKind.OTHER, "the rest"),
                )
            ),
            ("hit rate, answers", [_rate(_answers(one)) for one in columns]),
            ("needless reloads", [_needless(one) for one in columns]),
            ("stale, payload", [_stale(one, "stale") for one in columns]),
            ("stale, text", [_stale(one, "text_differs") for one in columns]),
            ("oldest stale", [_oldest(one) for one in columns]),
            ("failed", [f"{one.errors:,}" for one in columns]),
        ]
        head = f"{first.workload}: {first.starts:,} starts, {first.writes:,} writes"
        return "\n".join(
            [
                head,
                *(f"{name:22}" + "".join(f"{cell:>20}" for cell in cells) for name, cells in rows),
            ]
        )


async def compare_freshness(
    root: Path,
    workload: Workload,
    *,
    settings: Settings,
    on_progress: Callable[[Replay], None] | None = None,
) -> FreshnessComparison:
    """Play `workload` once a way, as fast as possible, each time on a scratch copy of its own.

    Raises:
        TaskStartError: it cannot be played to its end.
    """
    reports = {
        name: await run_replay(
            root,
            workload,
            settings=settings,
            fixed=fixed,
            speed=0,
            rest=True,
            on_progress=on_progress,
        )
        for name, fixed in WAYS.items()
    }
    return FreshnessComparison(reports)


def _kind(report: ReplayReport, kind: StartKind) -> tuple[int, int]:
    found = report.kinds[kind.value]
    return found.warm, found.starts


def _answers(report: ReplayReport) -> CacheReport | None:
    return next((one for one in report.caches if one.name == Namespace.ANSWERS), None)


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} {100 * part / whole:5.1f} %" if whole else "–"


def _rate(cache: CacheReport | None) -> str:
    return "–" if cache is None or cache.hit_rate is None else f"{100 * cache.hit_rate:.1f} %"


def _needless(report: ReplayReport) -> str:
    cache = _answers(report)
    return "–" if cache is None else f"{cache.needless:,}"


def _stale(report: ReplayReport, name: str) -> str:
    # In strict mode no answer goes out that the check has not proven.
    return f"{getattr(report.stale, name):,}" if report.stale is not None else "0"


def _oldest(report: ReplayReport) -> str:
    if report.stale is None or not report.stale.stale:
        return "–"
    return format_duration(round(report.stale.oldest_s))
