"""The long way of one TaskStart: read, prove or assemble, render."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.cache.entry import Entry, FileSignatures
from engine.cache.tiered import TieredCache
from engine.clock import Clock
from engine.context.agents import AgentRecord, decode_agent, effective_role, require_active
from engine.context.amalgamations import Amalgamations
from engine.context.assembly import require_rows
from engine.context.facts import PluginFacts, decode_plugin_facts
from engine.context.payload import Context
from engine.context.render import render
from engine.context.sops import Sop
from engine.core.answer import FinishedAnswer, Payload
from engine.core.assembling import Assembler, Parts
from engine.core.caches import NEEDS, Caches
from engine.core.gate import TRUST, FreshnessGate, files_unmoved
from engine.core.reading import Asked, PartCache, Reading
from engine.core.request import OwnRoles, Request
from engine.core.row_reader import ReadRows, RowReader, project_id
from engine.core.sop_source import SopSource, is_settled
from engine.core.storage_access import RowSource
from engine.core.traffic import TrafficLog
from engine.errors import InactiveAgentError, NotFoundError
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.storage.queries import assigned_role
from engine.storage.rows import CONTEXT_COLUMNS, Row, fingerprint
from engine.trace import Namespace, Phase

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_FACTS_CELL = CONTEXT_COLUMNS.index("confidence_factors")
_NEVER = (-1,)
"""A signature that no file has: what depends on it is read again at the next start."""


@dataclass(frozen=True, slots=True)
class Built:
    """An answer, and whether it was finished before."""

    entry: Entry[FinishedAnswer]
    warm: bool


class AnswerBuilder:
    """Builds answers under one set of settings; the caches outlive it."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        storage: RowSource,
        caches: Caches,
        gate: FreshnessGate,
        settings: Settings,
        traffic: TrafficLog,
        own_roles: OwnRoles,
    ) -> None:
        def part(cache: TieredCache[K, V]) -> PartCache[K, V]:
            namespace = cache.namespace
            enabled = settings.has(NEEDS[namespace])
            return PartCache(cache, gate, enabled, traffic.caches[namespace])

        self._storage = storage
        self._gate = gate
        self._traffic = traffic
        self._own_roles = own_roles
        self.answers = part(caches.answers)
        self._facts = part(caches.plugin_facts)
        self._agents = part(caches.agents)
        self._assembler = Assembler(root, clock, storage)
        self._sops = SopSource(root, caches.sops, storage, traffic.caches[Namespace.SOPS])
        self._rows = RowReader(storage, gate, part(caches.rows), part(caches.rules))

    async def build(self, reading: Reading, asked: Asked[FinishedAnswer]) -> Built:
        """The answer to `reading.request`; `asked` is what the `answers` cache said of it.

        Raises:
            TaskStartError: there is no answer; the reason says why.
        """
        facts = self._ask_likely_facts(reading)
        read = await self._rows.read(reading, charge_facts=not facts.served)
        return await self._finish(reading, asked, read, facts)

    async def build_many(
        self, wanted: Sequence[tuple[Reading, Asked[FinishedAnswer]]]
    ) -> set[Request]:
        """`build` for many requests, reading all their rows by one hop; which have no answer.

        Raises:
            DatabaseError: the database cannot be read.
        """
        failed = set()
        reads = await self._rows.read_many([reading for reading, _ in wanted])
        for (reading, asked), read in zip(wanted, reads, strict=True):
            try:
                facts = self._ask_likely_facts(reading)
                await self._finish(reading, asked, read, facts)
            except (NotFoundError, InactiveAgentError):
                # Not kept: its traceback refers to everything that was read here.
                failed.add(reading.request)
        return failed

    async def _finish(
        self,
        reading: Reading,
        asked: Asked[FinishedAnswer],
        read: ReadRows,
        facts: Asked[PluginFacts],
    ) -> Built:
        task = read.bundle.task
        own_role = assigned_role(task) if task is not None else None
        self._own_roles.note(reading.request.task_id, own_role)
        key = self._own_roles.key_of(reading.request)
        self._traffic.name(key)
        confirmed = self._confirm(key, reading, asked, read)
        if confirmed is not None:
            return Built(confirmed, warm=True)
        require_rows(read.bundle, reading.request.task_id)
        parts = await self._read_parts(reading, read, facts)
        context, amalgamations = await self._assembler.assemble(reading, read, parts)
        reading.timer.enter(Phase.RENDER)
        text = render(context)
        reading.timer.enter(Phase.CACHE)
        entry = Entry(
            FinishedAnswer(
                text.head,
                text.tail,
                _payload_maker(context, reading.settings),
                reading.request.agent_role or own_role,
            ),
            reading.loaded_at,
            reading.tag,
            valid_until=context.valid_until.timestamp() if context.valid_until else None,
            proof=_proof(read, reading) + _digest(parts.sop, amalgamations),
            files=_watched(parts.sop, amalgamations),
        )
        self.answers.store(key, asked, entry, reading)
        return Built(entry, warm=False)

    def _confirm(
        self, key: Request, reading: Reading, asked: Asked[FinishedAnswer], read: ReadRows
    ) -> Entry[FinishedAnswer] | None:
        """The finished answer, when the same content was read and its files have not moved.

        A mode that trusts TTLs rebuilds what has expired, as the plan does.
        """
        before = asked.entry
        if before is None or not before.proof.startswith(read.proof):
            return None
        if reading.epoch == TRUST and not asked.is_survivor:
            return None
        if not files_unmoved(before.files):
            return None
        return self.answers.confirm(key, asked, before.proof, reading, files=before.files)

    # ---- facts and agents -------------------------------------------------------------------

    def _ask_likely_facts(self, reading: Reading) -> Asked[PluginFacts]:
        # Before anything is known of a task, only the database's usual project can be meant.
        return self._facts.ask(self._rows.likely_project, reading)

    async def _read_parts(
        self, reading: Reading, read: ReadRows, facts: Asked[PluginFacts]
    ) -> Parts:
        bundle, timer = read.bundle, reading.timer
        timer.enter(Phase.PLUGIN_FACTS)
        plugin_facts = self._settle_facts(
            reading, project_id(bundle), bundle.project_context, facts
        )
        timer.enter(Phase.AGENT_VALIDATION)
        assigned_role = _text(bundle.task[8] if bundle.task else None)
        role = effective_role(reading.request.agent_role, assigned_role)
        agent = await self._check_agent(reading, project_id(bundle), role, bundle.agent)
        assigned = agent
        if assigned_role != role:
            assigned = await self._check_agent(
                reading, project_id(bundle), assigned_role, bundle.assigned_agent
            )
        require_active(agent)
        timer.enter(Phase.AGENT_SOPS)
        sop = await self._sops.find(role, agent, reading) if role else None
        return Parts(plugin_facts, agent, assigned, sop)

    def _settle_facts(
        self, reading: Reading, project: int, row: Row | None, asked: Asked[PluginFacts]
    ) -> PluginFacts:
        content = row[_FACTS_CELL] if row is not None else None
        asked = self._facts.correct(project, asked, reading)
        if asked.served and asked.entry is not None:
            reading.trust(asked.entry, content)
            return asked.entry.value
        proof = fingerprint(content)
        confirmed = self._facts.confirm(project, asked, proof, reading)
        if confirmed is not None:
            return confirmed.value
        entry = Entry(decode_plugin_facts(row), reading.loaded_at, reading.tag, proof=proof)
        self._facts.store(project, asked, entry, reading)
        return entry.value

    async def _check_agent(
        self, reading: Reading, project: int, role: str | None, row: Row | None
    ) -> AgentRecord | None:
        if not role:
            return None
        key = (project, role)
        asked = self._agents.ask(key, reading)
        if asked.served and asked.entry is not None:
            reading.trust(asked.entry, row)
            return asked.entry.value
        costs = self._storage.costs
        reading.timer.modeled_ns += await costs.bill().pay(costs.profile.agent_check_ms)
        proof = fingerprint(row)
        confirmed = self._agents.confirm(key, asked, proof, reading)
        if confirmed is not None:
            return confirmed.value
        entry = Entry(decode_agent(row, role), reading.loaded_at, reading.tag, proof=proof)
        self._agents.store(key, asked, entry, reading)
        return entry.value


def _proof(read: ReadRows, reading: Reading) -> bytes:
    """What proves the content from the database; no rows prove a mixture."""
    return read.proof if not reading.mixed else fingerprint((read.proof, reading.mixed))


def _payload_maker(context: Context, settings: Settings) -> Callable[[], Payload]:
    """Lean: made from shared parts when asked for. Otherwise made now and held beside the text."""
    if settings.has(Optimization.LEAN_MEMORY):
        return lambda: context.payload
    payload = context.payload
    return lambda: dict(payload)


def _text(cell: object) -> str | None:
    if isinstance(cell, bytes):
        try:
            cell = cell.decode("utf-8")
        except UnicodeDecodeError:
            return None
    return cell.strip() if isinstance(cell, str) else None


def _digest(sop: Sop | None, amalgamations: Amalgamations) -> bytes:
    """16 bytes for what an answer takes from files."""
    content = sop.content.digest if sop is not None and sop.content is not None else b""
    notes = (sop.column_warnings, sop.file_warnings) if sop is not None else ((), ())
    return fingerprint((content, notes, sorted(amalgamations.paths), amalgamations.warnings))


def _watched(sop: Sop | None, amalgamations: Amalgamations) -> FileSignatures:
    """The files whose signatures an answer depends on."""
    watched = list(sop.watched) if sop is not None else []
    watched.append((amalgamations.folder, amalgamations.signature))
    return tuple(
        (path, tuple(seen) if seen is not None and is_settled(seen) else (_NEVER if seen else None))
        for path, seen in watched
    )
