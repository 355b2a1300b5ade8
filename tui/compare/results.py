"""The results that this console has seen: whole replays, and their parts between two changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from engine.service.messages import PlayState, Snapshot

_MOST = 12
"""Replays that are kept."""
_KEPT = ", reference"
ENOUGH = 20
"""Samples on either side below which a difference says nothing."""


class Figure(NamedTuple):
    """One figure of a result, and from how many samples it is."""

    name: str
    unit: str
    value: float | None
    n: int | None = None
    """None where the figure is a count."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a replay, or of one part of it."""

    name: str
    clock: str
    """When the replay ended, by the person's own clock; of one kept earlier, when it was kept."""
    workload: str
    whole: bool
    """Whether it is all of a replay, not one part."""
    stopped: bool
    """Whether the replay was ended before its end."""
    starts: int
    modeled: bool
    speed: float | None
    """That at which it ended, virtual seconds per wall second; 0 is as fast as possible. None where
    the report does not tell."""
    settings: str
    figures: tuple[Figure, ...]


class Results:
    """Keeps the reports of replays that have ended while this console looked on."""

    def __init__(self, now: Callable[[], datetime] = datetime.now) -> None:
        """`now` tells the person's own time."""
        self._now = now
        self.all: list[Result] = []
        """Newest replay first; each whole, then its parts; last a kept run that is older than these."""
        self._replays: list[list[Result]] = []
        self._newest: Mapping[str, Any] = {}
        self.asked = False
        """Whether the engine has been asked for the run that was kept before, or need not be."""
        self.kept: Result | None = None
        """The reference run: it goes only when another one is kept."""
        self._state: tuple[str, PlayState] | None = None

    def just_ended(self, snapshot: Snapshot) -> bool:
        """Whether a replay has ended with this snapshot, so that its report is worth asking for."""
        playback = snapshot.playback
        state = (playback.name, playback.state) if playback else None
        before, self._state = self._state, state
        return (
            playback is not None
            and state != before
            and playback.state in (PlayState.FINISHED, PlayState.STOPPED)
            and playback.starts > 0
        )

    def put(self, report: Mapping[str, Any]) -> None:
        """Keep the report of a replay that has just ended (keys as of `taskstart replay --json`)."""
        self._newest = report
        self._replays.insert(0, results_of(report, f"{self._now():%H:%M:%S}"))
        del self._replays[_MOST:]
        self._list()

    @property
    def newest_is_kept(self) -> bool:
        """Whether the run that ended last is the reference run."""
        return bool(self._replays) and self._replays[0][0] is self.kept

    def keep(self) -> Mapping[str, Any]:
        """Mark the run that ended last as the reference run; its report, empty if none ended here."""
        if self._replays and not self.newest_is_kept:
            self._forget()
            whole, *parts = self._replays[0]
            self.kept = _marked(whole)
            self._replays[0] = [self.kept, *parts]
            self._list()
        self.asked = True
        return self._newest

    def forget(self) -> None:
        """No run is the reference any more."""
        self._forget()
        self.asked = True
        self._list()

    def recall(self, report: Mapping[str, Any], clock: str) -> None:
        """A run that was kept before this console was opened is the reference run."""
        if report and self.kept is None:
            self.kept = _marked(results_of(report, clock)[0])
            self._list()

    def _forget(self) -> None:
        kept, self.kept = self.kept, None
        for replay in self._replays:
            if replay[0] is kept:
                replay[0] = replace(replay[0], name=replay[0].name.removesuffix(_KEPT))

    def _list(self) -> None:
        self.all = [result for replay in self._replays for result in replay]
        if self.kept is not None and all(result is not self.kept for result in self.all):
            self.all.append(self.kept)

    def pair(self) -> tuple[int, int] | None:
        """Places of what is best compared; None when there is nothing beside which to put another.

        The reference run with the last replay, if it was of the same scenario, else the last
        replay's first part with its last, else the one before of the same scenario with the last,
        else the last two.
        """
        if not self._replays:
            return None
        newest = self._replays[0]
        if self.kept is not None and self.kept.name == f"{newest[0].name}{_KEPT}":
            place = next(i for i, result in enumerate(self.all) if result is self.kept)
            return place, 0
        if len(newest) > 2:
            return 1, len(newest) - 1
        if len(self._replays) == 1:
            return None
        wholes = [i for i, result in enumerate(self.all) if i and result.whole]
        same = [i for i in wholes if self.all[i].workload == newest[0].workload]
        return (same or wholes)[0], 0


def _marked(result: Result) -> Result:
    return replace(result, name=f"{result.name}{_KEPT}")


def results_of(report: Mapping[str, Any], clock: str) -> list[Result]:
    """The whole replay, and, if settings changed within it, its parts."""
    name, modeled = str(report["workload"]), bool(report["modeled"])
    chosen = str(report["optimizations"])
    switched = {"all": "all on", "none": "all off"}.get(chosen, f"on: {chosen}")
    settings = f"{report['freshness']}, {switched}"
    segments = report.get("segments") or []
    if len(segments) > 1:
        settings = "settings changed"
    whole = Result(
        name=name,
        clock=clock,
        workload=name,
        whole=True,
        stopped=report.get("state") == PlayState.STOPPED,
        starts=int(report["starts"]),
        modeled=modeled,
        speed=report.get("speed"),
        settings=settings,
        figures=_whole(report),
    )
    if len(segments) < 2:
        return [whole]
    return [
        whole,
        *(
            replace(
                whole,
                name=f"{name}, part {number}",
                whole=False,
                settings=segment["label"] or "as it begins",
                figures=(*_starts(segment), *_latency(segment["latency"]), *_stale(segment)),
            )
            for number, segment in enumerate(segments, 1)
        ),
    ]


def _whole(report: Mapping[str, Any]) -> tuple[Figure, ...]:
    database = report["database"]
    asked = sum(cache["asked"] for cache in report["caches"])
    hit_rate = report.get("hit_rate")
    return (
        *_starts(report),
        *_latency(report["latency"]),
        Figure("database p95", "ms", database.get("p95_ms"), database["n"]),
        Figure("hit rate", "%", None if hit_rate is None else 100 * hit_rate, asked),
        *_stale(report),
        Figure("needless reloads", "", sum(cache["needless"] for cache in report["caches"])),
        Figure("worst lateness", "ms", report.get("worst_behind_ms")),
    )


def _starts(part: Mapping[str, Any]) -> tuple[Figure, ...]:
    starts = int(part["starts"])
    return (
        Figure("starts", "", starts),
        Figure("errors", "", part["errors"]),
        Figure("warm starts", "%", 100 * part["warm"] / starts if starts else None, starts),
    )


def _latency(latency: Mapping[str, Any]) -> tuple[Figure, ...]:
    n = int(latency["n"])
    return tuple(
        Figure(f"TaskStart {words}", "ms", latency.get(key), n)
        for key, words in (
            ("p50_ms", "p50"),
            ("p95_ms", "p95"),
            ("p99_ms", "p99"),
            ("max_ms", "slowest"),
        )
    )


def _stale(part: Mapping[str, Any]) -> tuple[Figure, ...]:
    found = part.get("stale")
    if found is None:
        return (Figure("stale answers", "", 0),)
    return (Figure("stale answers", "", found["stale"]),)
