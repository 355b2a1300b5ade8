"""Claude Code's hook events: which task they mean, and the answer in the form that it reads.

SubagentStart and UserPromptSubmit are answered with `additionalContext`. PreToolUse of the Agent
tool is the only event that carries a subagent's prompt; the context goes into that prompt
(`updatedInput`), since `additionalContext` of this event would reach the parent instead. It is
given there only where the prompt itself names the task: everything else SubagentStart knows too.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter_ns
from typing import Any

from engine.context.measure import characters
from engine.errors import InactiveAgentError, NotFoundError
from engine.hook.callers import CLAUDE_CODE_EVENTS, HookCaller
from engine.hook.naming import NO_ROLE, Naming, named_task, task_of_role
from engine.hook.options import CallerOptions, Rendering
from engine.hook.ports import Desk
from engine.hook.queries import RoleFacts, role_facts, unknown_agent
from engine.hook.renderer import TaskRenderer, read_project, write_project
from engine.hook.sections import Written
from engine.hook.wire import RefusalError
from engine.trace import NO_TASK, Phase, Span, Trace

SOURCE = "claude"
LONGEST_ROLE = 100
_AGENT_TOOLS = frozenset({"Agent", "Task"})


@dataclass(frozen=True, slots=True)
class AgentStart:
    """What an event says of the start of an agent."""

    caller: HookCaller
    role: str = ""
    prompt: str = ""
    tool_input: dict[str, Any] | None = None
    """PreToolUse: all arguments of the Agent tool."""


@dataclass(frozen=True, slots=True)
class StartContext:
    """The context for one start."""

    written: Written
    trace: Trace
    """The TaskStart's, or of making the project's context where no task was meant."""
    brief: str = ""
    """Why there is no task, in two words for a list; the text says it in a line."""


def agent_start(body: dict[str, Any]) -> AgentStart | None:
    """Read an event; None where it is no start of an agent and nothing is to be added.

    Raises:
        RefusalError: an unknown event, or a field of a wrong type.
    """
    event = _text(body, "hook_event_name")
    caller = CLAUDE_CODE_EVENTS.get(event)
    match caller:
        case HookCaller.SUBAGENT_START:
            return AgentStart(caller, _text(body, "agent_type"))
        case HookCaller.USER_PROMPT_SUBMIT:
            return AgentStart(caller, prompt=_text(body, "prompt"))
        case HookCaller.PRE_TOOL_USE:
            if _text(body, "tool_name") not in _AGENT_TOOLS:
                return None
            arguments = body.get("tool_input")
            if not isinstance(arguments, dict):
                raise _bad("tool_input must be an object")
            role, prompt = _text(arguments, "subagent_type"), _text(arguments, "prompt")
            return AgentStart(caller, role, prompt, arguments)
    shown = f"unknown event {event[:40]!r}" if event else "hook_event_name is missing"
    raise _bad(f"{shown}: there are {', '.join(CLAUDE_CODE_EVENTS)}")


async def answer_event(
    desk: Desk, renderer: TaskRenderer, start: AgentStart, environment: str, options: CallerOptions
) -> tuple[dict[str, Any], StartContext | None]:
    """The hook's output, and the context in it.

    Raises:
        TaskStartError: there is no context, and why.
    """
    if start.tool_input is not None:
        naming = named_task(start.prompt, "")
        if naming is None or naming.task_id is None:
            return {}, None
        context = await _context(desk, renderer, start.role, naming, options)
        prompt = f"{start.prompt}\n\n{context.written.text}"
        output: dict[str, Any] = {"updatedInput": {**start.tool_input, "prompt": prompt}}
    else:
        found = named_task(start.prompt, environment)
        context = await _context(desk, renderer, start.role, found, options)
        output = {"additionalContext": context.written.text}
    return {"hookSpecificOutput": {"hookEventName": start.caller.label, **output}}, context


async def _context(
    desk: Desk, renderer: TaskRenderer, role: str, naming: Naming | None, options: CallerOptions
) -> StartContext:
    began_ns = perf_counter_ns()
    facts = RoleFacts(known=False, active_tasks=())
    if role:
        facts = await desk.read(lambda connection: role_facts(connection, role))
    if naming is None:
        naming = task_of_role(role, facts) if role else NO_ROLE
    if naming.task_id is None:
        return await _without_task(desk, role, options, naming, began_ns)
    try:
        # A role that the project does not know (general-purpose, say) leaves the task its own.
        answer = await desk.start_task(naming.task_id, role if facts.known else None, source=SOURCE)
    except (NotFoundError, InactiveAgentError) as error:
        brief = "not found" if isinstance(error, NotFoundError) else "inactive agent"
        failed = Naming(None, f"{naming.why} But: {error.reason}.", brief)
        return await _without_task(desk, role, options, failed, began_ns)
    if options.rendering is Rendering.AGENTPM:
        count = characters(answer.text)
        written = Written(answer.text, count, count, None, ())
    else:
        written = await renderer.write(answer, options.budget, naming.why)
    return StartContext(written, answer.trace)


async def _without_task(
    desk: Desk, role: str, options: CallerOptions, naming: Naming, began_ns: int
) -> StartContext:
    overview = await read_project(desk, role)
    why = naming.why
    if role and overview.sop is None:
        unknown = await desk.read(lambda connection: unknown_agent(connection, role))
        why = f"{why} {unknown}".rstrip()
    read_ns = perf_counter_ns()
    written = write_project(overview, role, options.budget, why)
    total, reading = perf_counter_ns() - began_ns, read_ns - began_ns
    phases = [0] * len(Phase)
    phases[Phase.DATABASE], phases[Phase.RENDER] = reading, total - reading
    spans = (Span("project and agent", 0, reading), Span("render", reading, total))
    trace = Trace(NO_TASK, role or None, total, tuple(phases), spans=spans)
    return StartContext(written, trace, naming.brief)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(f"{name} must be text")
    if name in {"agent_type", "subagent_type"}:
        if len(value) > LONGEST_ROLE:
            raise _bad(f"{name} is longer than {LONGEST_ROLE} characters")
        if not _is_unicode(value):
            raise _bad(f"{name} holds characters that are not valid Unicode text")
        return value.strip()
    return value


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can say it: a database cannot be asked for half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bad(line: str) -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, line)
