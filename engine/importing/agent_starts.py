"""The starts of agents in many transcripts: each once, and only those that did happen.

A call starts an agent unless its result says that it failed and nothing shows that an agent ran.
Sessions that were resumed or forked hold copies of earlier calls; their ids tell. An agent's own
transcript is a start of its own only if no call that was read can have been its beginning: pairing
calls and agents by their order would misattribute those that start at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.importing.refusal import UnknownShape
from engine.importing.transcript import Outcome, OwnAgent, Spawn, Transcript

INTERNAL_AGENTS = ("acompact-", "aprompt_suggestion-", "aside_question-")
"""Ids of agents that Claude Code runs for itself begin like this; no task is started by them."""


@dataclass(frozen=True, slots=True)
class AgentStart:
    """The start of one agent."""

    path: Path
    spawn: Spawn


@dataclass(slots=True)
class AgentStarts:
    """All starts of the transcripts, in the order of their times, and what is none."""

    starts: list[AgentStart] = field(default_factory=list)
    copies: int = 0
    """Calls that a resumed or forked session repeats."""
    failed: int = 0
    """Calls that were refused or failed before an agent ran."""
    unanswered: int = 0
    """Starts whose result is not in the transcripts (still running, or ended with the session)."""
    from_agents: int = 0
    """Starts known from an agent's own transcript alone."""
    unpaired: int = 0
    """Agents' transcripts that may belong to a call that is counted already."""
    internal: int = 0
    """Agents that Claude Code ran for itself."""
    refused: list[UnknownShape] = field(default_factory=list)


@dataclass(slots=True)
class _Call:
    path: Path
    spawn: Spawn
    outcome: Outcome


def join_starts(transcripts: Iterable[Transcript]) -> AgentStarts:
    """Join calls, results and agents' own transcripts."""
    found = AgentStarts()
    calls: dict[str, _Call] = {}
    agents: dict[str, tuple[Path, OwnAgent]] = {}
    for transcript in transcripts:
        _take_calls(transcript, calls, found)
        if transcript.agent is not None:
            agents.setdefault(transcript.agent.agent_id, (transcript.path, transcript.agent))
    for _, agent in agents.values():
        if agent.tool_use_id in calls:
            calls[agent.tool_use_id].outcome.agents.add(agent.agent_id)
    open_sessions = _count_calls(calls, found)
    paired = {agent_id for call in calls.values() for agent_id in call.outcome.agents}
    for path, agent in agents.values():
        if agent.agent_id not in paired:
            _count_agent(path, agent, open_sessions, found)
    found.starts.sort(key=lambda start: start.spawn.when)
    return found


def _take_calls(transcript: Transcript, calls: dict[str, _Call], found: AgentStarts) -> None:
    for call_id, spawn in transcript.calls.items():
        outcome = transcript.outcomes.get(call_id, Outcome())
        known = calls.get(call_id)
        if known is None:
            calls[call_id] = _Call(transcript.path, spawn, outcome)
            continue
        found.copies += 1
        if spawn.when < known.spawn.when:
            known.path, known.spawn = transcript.path, spawn
        known.outcome.answered |= outcome.answered
        known.outcome.failed |= outcome.failed
        known.outcome.agents |= outcome.agents


def _count_calls(calls: dict[str, _Call], found: AgentStarts) -> set[str]:
    """Count the calls; the sessions in which some call's agent is not known by its id."""
    open_sessions = set()
    for call in calls.values():
        outcome = call.outcome
        if outcome.failed and not outcome.agents:
            found.failed += 1
            continue
        if call.spawn.tasks is None:
            reason = "a call of the agents' tool without a text `prompt`"
            found.refused.append(UnknownShape(call.path, call.spawn.line, reason))
            continue
        found.starts.append(AgentStart(call.path, call.spawn))
        found.unanswered += not outcome.answered
        if not outcome.agents:
            open_sessions.add(call.spawn.session)
    return open_sessions


def _count_agent(path: Path, agent: OwnAgent, open_sessions: set[str], found: AgentStarts) -> None:
    if agent.agent_id.startswith(INTERNAL_AGENTS):
        found.internal += 1
    elif agent.spawn is None or agent.spawn.session in open_sessions:
        found.unpaired += 1
    else:
        found.from_agents += 1
        found.starts.append(AgentStart(path, agent.spawn))
