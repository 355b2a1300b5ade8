"""Keeping answers current: by a survey where it proves them, else in the background by reading."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, perf_counter_ns
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

_LONGER_THAN_CPU = 3.0
"""A survey may take so many times its CPU where others want the processor, too."""
_PROOF_S = 0.001_5
"""CPU of a start that proves its answer itself, in the loop and in the connection's thread."""


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
    proof: bytes | None
    """None: there is no answer, the agent is inactive for instance."""


class Crowd:
    """Counts the held answers that are asked for and that the last commit has made doubtful.

    Each of them can be proven by a read of its own. Where a writer and many agents are busy at
    once, a survey proves them all for less, unless the next commit comes before it is done.
    """

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self.survey_s = math.inf
        """CPU of the last survey; infinite before the first."""
        self._epoch = TRUST
        self._doubtful: set[Request] = set()
        self._before = 0
        self._began = -math.inf
        self._lasted = math.inf
        """Seconds between the last two commits that were met."""

    def note(self, key: Request, epoch: int) -> None:
        """The answer of `key` needs a proof at `epoch`."""
        if epoch != self._epoch:
            now = self._now()
            self._lasted, self._began = now - self._began, now
            self._epoch, self._before = epoch, len(self._doubtful)
            self._doubtful.clear()
        self._doubtful.add(key)

    @property
    def is_dense(self) -> bool:
        """Whether proofs one by one would cost more, judging by this epoch and the one before."""
        crowd = max(len(self._doubtful), self._before)
        in_time = self._lasted > _LONGER_THAN_CPU * self.survey_s
        return in_time and crowd > 1 and crowd * _PROOF_S >= self.survey_s


class Refresher:
    """Makes answers current without a start of their own."""

    def __init__(self, clock: Clock, caches: Caches, gate: FreshnessGate) -> None:
        self._clock = clock
        self._answers = caches.answers
        self._gate = gate
        self._known: dict[Request, _Known] = {}
        self.surveyed: Surveyed | None = None
        """The last survey; it proves answers for as long as its epoch lasts."""
        self._crowd = Crowd()

    def take(self, surveyed: Surveyed, cpu_s: float) -> None:
        """Prove by this survey from now on; it took `cpu_s` seconds of CPU."""
        self.surveyed = surveyed
        self._crowd.survey_s = cpu_s

    @property
    def is_crowded(self) -> bool:
        """Whether one survey is cheaper than a proof for every start that needs one."""
        return self._crowd.is_dense

    def prove(self, key: Request, epoch: int) -> bool:
        """Make the held answer of `key` one of `epoch` where the survey of that epoch proves it.

        One that is of `epoch` already is as good as new: its time begins again when it is up.
        False: one is held, and it still lacks a proof.
        """
        if epoch == TRUST:
            return True
        held = self._answers.tag_of(key)
        if held is None:
            return True
        if held.epoch == epoch:
            self._renew(key, held, epoch)
            return True
        self._crowd.note(key, epoch)
        survey = self.surveyed
        if survey is None or survey.epoch != epoch:
            return False
        if not (self._holds(held, epoch, files_unmoved) and self._knows(key, held.proof, survey)):
            return False
        self._answers.retag(key, loaded_at=survey.loaded_at, epoch=epoch)
        return True

    def _renew(self, key: Request, held: Entry[FinishedAnswer] | PackedEntry, epoch: int) -> None:
        now = self._clock.monotonic()
        if now - held.loaded_at < self._answers.live_ttl:
            return
        if self._gate.is_now(epoch) and self._holds(held, epoch, files_unmoved):
            self._answers.retag(key, loaded_at=now, epoch=epoch)

    def learn(self, key: Request) -> None:
        """Know the held answer of `key` again by a later survey, if the last one saw its rows."""
        survey = self.surveyed
        # The epoch has not moved from before the survey until now: it agrees with what was read.
        if survey is not None and self._gate.is_now(survey.epoch):
            self._note(key, survey)

    def keep_only(self, requests: Sequence[Request]) -> None:
        """Forget what is known of all other requests."""
        self._known = {one: self._known[one] for one in requests if one in self._known}

    async def refresh(
        self,
        requests: Sequence[Request],
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
        survey = self.surveyed
        if survey is not None and survey.epoch != epoch:
            survey = None
        unmoved = _UnmovedFiles()
        wanted = []
        for request in requests:
            held = self._answers.tag_of(request)
            if survey is not None and self._knows(request, None, survey):
                continue
            if held is not None and self._holds(held, epoch, unmoved):
                if epoch == TRUST or held.epoch == epoch:
                    continue
                if survey is not None and self._knows(request, held.proof, survey):
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
            failed = await builder.build_many(wanted)
            if survey is not None and self._gate.is_now(epoch):
                for reading, _ in wanted:
                    self._note(reading.request, survey, has_answer=reading.request not in failed)
        return len(wanted)

    async def _epoch(self) -> int:
        checked = self._gate.check_at_once()
        return checked if checked is not None else await self._gate.check()

    def _holds(
        self,
        held: Entry[FinishedAnswer] | PackedEntry,
        epoch: int,
        unmoved: Callable[[FileSignatures], bool],
    ) -> bool:
        return self._gate.holds_today(held) and (epoch == TRUST or unmoved(held.files))

    def _knows(self, request: Request, proof: bytes | None, surveyed: Surveyed) -> bool:
        """Whether the surveyed rows are those that came to exactly this before."""
        known = self._known.get(request)
        return (
            known is not None
            and known.proof == proof
            and known.digest == surveyed.survey.digest(*request)
        )

    def _note(self, request: Request, surveyed: Surveyed, *, has_answer: bool = True) -> None:
        """The epoch has not moved from before the survey until after the read: they agree."""
        digest = surveyed.survey.digest(*request)
        if digest is None:
            return
        held = self._answers.tag_of(request)
        if not has_answer:
            self._known[request] = _Known(digest, None)
        elif held is not None and held.epoch == surveyed.epoch:
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
