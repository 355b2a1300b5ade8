"""Keeping answers current in the background: by a survey where it proves them, else by reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import NamedTuple

from engine.cache.entry import Entry, FileSignatures
from engine.cache.levels import PackedEntry
from engine.clock import Clock
from engine.core.answer import FinishedAnswer
from engine.core.builder import AnswerBuilder
from engine.core.caches import Caches
from engine.core.gate import TRUST, FreshnessGate, files_unmoved
from engine.core.reading import Asked, Era, Reading
from engine.core.request import Request
from engine.core.timing import StartTimer
from engine.settings import Settings
from engine.storage.survey import Survey
from engine.trace import Outcome


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A survey, and what was known before it was made."""

    survey: Survey
    epoch: int
    loaded_at: float
    """Monotonic seconds."""


class _Known(NamedTuple):
    """Rows with this digest make an answer with this proof; both were read at the same epoch."""

    digest: bytes
    proof: bytes


class Refresher:
    """Makes answers current, outside of any start."""

    def __init__(self, clock: Clock, caches: Caches, gate: FreshnessGate) -> None:
        self._clock = clock
        self._answers = caches.answers
        self._gate = gate
        self._known: dict[Request, _Known] = {}

    def keep_only(self, requests: Sequence[Request]) -> None:
        """Forget what is known of all other requests."""
        self._known = {one: self._known[one] for one in requests if one in self._known}

    async def refresh(
        self,
        requests: Sequence[Request],
        surveyed: Surveyed | None,
        builder: AnswerBuilder,
        settings: Settings,
        era: Era,
    ) -> int:
        """Make the answers to `requests` current; how many had to be read.

        Raises:
            DatabaseError: the database cannot be read.
        """
        epoch = await self._epoch()
        tag = self._gate.tag if epoch == TRUST else epoch
        loaded_at = self._clock.monotonic()
        survey = surveyed if surveyed is not None and surveyed.epoch == epoch else None
        unmoved = _UnmovedFiles()
        wanted = []
        for request in requests:
            held = self._answers.tag_of(request)
            if held is not None and self._holds(held, epoch, unmoved):
                if epoch == TRUST or held.epoch == epoch:
                    continue
                if survey is not None and self._is_proven(request, held, survey):
                    self._answers.retag(request, loaded_at=survey.loaded_at, epoch=epoch)
                    continue
            candidate = self._answers.peek(request)
            asked = Asked(False, candidate, Outcome.CHANGED if candidate else Outcome.FIRST_TIME)
            timer = StartTimer(perf_counter_ns())
            reading = Reading(
                request, timer, settings, epoch, tag, loaded_at, counted=False, era=era
            )
            wanted.append((reading, asked))
        if wanted:
            await builder.build_many(wanted)
            if survey is not None and await self._epoch() == epoch:
                self._note([reading.request for reading, _ in wanted], survey)
        return len(wanted)

    async def _epoch(self) -> int:
        checked = self._gate.check_at_once()
        return checked if checked is not None else await self._gate.check()

    def _holds(
        self, held: Entry[FinishedAnswer] | PackedEntry, epoch: int, unmoved: _UnmovedFiles
    ) -> bool:
        return self._gate.holds_today(held) and (epoch == TRUST or unmoved(held.files))

    def _is_proven(
        self, request: Request, held: Entry[FinishedAnswer] | PackedEntry, surveyed: Surveyed
    ) -> bool:
        """Whether the surveyed rows are those that made exactly this answer before."""
        known = self._known.get(request)
        return (
            known is not None
            and known.proof == held.proof
            and known.digest == surveyed.survey.digest(*request)
        )

    def _note(self, requests: Sequence[Request], surveyed: Surveyed) -> None:
        """The epoch has not moved from before the survey until after the reads: they agree."""
        for request in requests:
            held = self._answers.tag_of(request)
            digest = surveyed.survey.digest(*request)
            if held is not None and digest is not None and held.epoch == surveyed.epoch:
                self._known[request] = _Known(digest, held.proof)


class _UnmovedFiles:
    """Whether files have moved, looking at each combination once a step."""

    def __init__(self) -> None:
        self._seen: dict[FileSignatures, bool] = {}

    def __call__(self, files: FileSignatures) -> bool:
        found = self._seen.get(files)
        if found is None:
            found = self._seen[files] = files_unmoved(files)
        return found
