"""The rows and rules of one start: from the caches where they are proven, else by one load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.cache.entry import Entry
from engine.context.rules import RuleSet, compile_rules
from engine.core.gate import TRUST, FreshnessGate
from engine.core.reading import Asked, PartCache, Reading
from engine.core.request import Request
from engine.core.storage_access import RowSource
from engine.optimizations import Optimization
from engine.settings import LoadingStrategy
from engine.storage.loading import Loaded
from engine.storage.packed_rules import proof_of
from engine.storage.rows import Row, RowBundle
from engine.storage.statements import StatementName
from engine.trace import Outcome, Phase

_NO_RULES = Entry(compile_rules(()), 0.0)

NO_PROJECT = 0


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What one start has read, with fingerprints of it."""

    bundle: RowBundle
    bundle_proof: bytes
    rules: RuleSet
    rules_proof: bytes

    @property
    def proof(self) -> bytes:
        """Fingerprint of everything that came from the database."""
        return self.bundle_proof + self.rules_proof


class RowReader:
    """Loads a start's rows, asking the `rows` and `rules` caches first."""

    def __init__(
        self,
        storage: RowSource,
        gate: FreshnessGate,
        rows: PartCache[Request, RowBundle],
        rules: PartCache[int, RuleSet],
    ) -> None:
        self._storage = storage
        self._gate = gate
        self._rows = rows
        self._rules = rules
        self.likely_project = NO_PROJECT
        """The project of the last start. Nearly every database holds just one, so that what
        belongs to it can be judged before a task's project is known."""

    async def read(self, reading: Reading, *, charge_facts: bool) -> ReadRows:
        """The rows and the compiled rules, all of one snapshot.

        Raises:
            DatabaseError: the database cannot be read.
        """
        asked = self._rows.ask(reading.request, reading)
        if asked.served and asked.entry is not None:
            return await self._with_rules(asked.entry, reading)
        rules = self._ask_likely_rules(reading)
        loaded = await self._load(reading, rules, charge_facts=charge_facts)
        bundle = loaded.bundle
        proof = bundle.fingerprint()
        if self._rows.confirm(reading.request, asked, proof, reading) is None:
            entry = Entry(bundle, reading.loaded_at, reading.tag, proof=proof)
            self._rows.store(reading.request, asked, entry, reading)
        settled = self._settle_rules(project_id(bundle), rules, loaded.rules, reading)
        return ReadRows(bundle, proof, settled.value, settled.proof)

    async def read_many(self, readings: Sequence[Reading]) -> list[ReadRows]:
        """What `read` gives, for many requests by one hop; the `rows` cache is not asked.

        All readings have the same epoch.

        Raises:
            DatabaseError: the database cannot be read.
        """
        requests = [reading.request for reading in readings]
        reading = readings[0]
        likely = self._ask_likely_rules(reading)
        loaded = await self._storage.load_many(requests, want_rules=not likely.served)
        if likely.served and not (
            all(_may_have(likely, bundle) for bundle, _ in loaded.bundles)
            and (reading.epoch == TRUST or await self._still(reading.epoch))
        ):
            loaded = await self._storage.load_many(requests, want_rules=True)
        settled: dict[int, Entry[RuleSet]] = {}
        found = []
        for bundle, proof in loaded.bundles:
            project = project_id(bundle)
            if project not in settled:
                rows = loaded.rules.get(project)
                settled[project] = self._settle_rules(project, likely, rows, reading)
            rules = settled[project]
            found.append(ReadRows(bundle, proof, rules.value, rules.proof))
        return found

    async def _with_rules(self, rows: Entry[RowBundle], reading: Reading) -> ReadRows:
        """Rows from the cache with the rules that belong to them."""
        project = project_id(rows.value)
        if project == NO_PROJECT:
            return ReadRows(rows.value, rows.proof, _NO_RULES.value, _NO_RULES.proof)
        asked = self._rules.ask(project, reading)
        if asked.served and asked.entry is not None:
            return ReadRows(rows.value, rows.proof, asked.entry.value, asked.entry.proof)
        # Rules that are read now may be of a later snapshot than the cached rows: read both.
        loaded = await self._load_once(reading, True, charge_facts=False)
        bundle = loaded.bundle
        settled = self._settle_rules(project_id(bundle), asked, loaded.rules, reading)
        return ReadRows(bundle, bundle.fingerprint(), settled.value, settled.proof)

    def _ask_likely_rules(self, reading: Reading) -> Asked[RuleSet]:
        if self.likely_project == NO_PROJECT:
            return Asked(False, None, Outcome.FIRST_TIME, key=NO_PROJECT)
        return self._rules.ask(self.likely_project, reading)

    async def _load(self, reading: Reading, rules: Asked[RuleSet], *, charge_facts: bool) -> Loaded:
        """One load with the rules in the same snapshot, unless they are proven to belong to it."""
        want_rules = not rules.served
        loaded = await self._load_once(reading, want_rules, charge_facts)
        if not want_rules and not await self._belong_together(loaded, rules, reading):
            loaded = await self._load_once(reading, True, charge_facts)
        return loaded

    async def _belong_together(
        self, loaded: Loaded, rules: Asked[RuleSet], reading: Reading
    ) -> bool:
        """Whether the rules that were proven before the load go with the rows that it read."""
        if not _may_have(rules, loaded.bundle):
            return False
        return reading.epoch == TRUST or await self._still(reading.epoch)

    async def _still(self, epoch: int) -> bool:
        # Cached rules and fresh rows belong together only if nobody committed in between.
        now = self._gate.check_at_once()
        return epoch == (now if now is not None else await self._gate.check())

    async def _load_once(self, reading: Reading, want_rules: bool, charge_facts: bool) -> Loaded:
        timer = reading.timer
        timer.enter(Phase.DATABASE)
        loaded = await self._storage.load(
            *reading.request, want_rules=want_rules, charge_facts=charge_facts
        )
        timer.enter(Phase.CACHE)
        for span in loaded.spans:
            timer.add_span(span.name, span.start_ns, span.end_ns, span.modeled_ns)
        timer.modeled_ns += loaded.modeled_ns
        if charge_facts and _is_sequential(reading):
            facts = sum(
                span.end_ns - span.start_ns
                for span in loaded.spans
                if span.name == StatementName.PROJECT_CONTEXT
            )
            timer.move(facts, Phase.DATABASE, Phase.PLUGIN_FACTS)
        return loaded

    def _settle_rules(
        self,
        project: int,
        asked: Asked[RuleSet],
        rows: Sequence[Row] | None,
        reading: Reading,
    ) -> Entry[RuleSet]:
        if project == NO_PROJECT:
            return _NO_RULES
        self.likely_project = project
        if rows is None:
            assert asked.entry is not None, "without loaded rules there are proven ones"
            return asked.entry
        asked = self._rules.correct(project, asked, reading)
        proof = proof_of(rows)
        if asked.served and asked.entry is not None:
            # They are on record as a hit; what was read since decides whether they were right.
            if asked.entry.proof == proof:
                return asked.entry
            asked = Asked(False, asked.entry, Outcome.CHANGED, key=project)
        confirmed = self._rules.confirm(project, asked, proof, reading)
        if confirmed is not None:
            return confirmed
        reading.timer.enter(Phase.ASSEMBLY)
        compiled = compile_rules(rows)
        reading.timer.enter(Phase.CACHE)
        entry = Entry(compiled, reading.loaded_at, reading.tag, proof=proof)
        self._rules.store(project, asked, entry, reading)
        return entry


def _may_have(rules: Asked[RuleSet], bundle: RowBundle) -> bool:
    """Whether the rules that were asked for, by a guess, are those of the bundle's project."""
    return project_id(bundle) in (rules.key, NO_PROJECT)


def project_id(bundle: RowBundle) -> int:
    row = bundle.project
    return row[0] if row is not None and isinstance(row[0], int) else NO_PROJECT


def _is_sequential(reading: Reading) -> bool:
    settings = reading.settings
    return (
        not settings.has(Optimization.PARALLEL_QUERIES)
        or settings.loading is LoadingStrategy.SEQUENTIAL
    )
