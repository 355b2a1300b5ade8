"""`taskstart answer`: TaskStarts from the shell."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from engine.cli.options import (
    chosen_clock,
    chosen_project,
    chosen_settings,
    json_option,
    optimizations_option,
    print_json,
    profile_option,
    project_option,
)
from engine.cli.rendering import Form, chosen_form
from engine.cli.reporting import FAILED, note, report
from engine.cli.sections_table import sections_table
from engine.cli.values import BUDGET, InstantParam, TaskIdParam
from engine.clock import Clock
from engine.core.answer import Answer
from engine.core.engine import Engine
from engine.errors import TaskStartError
from engine.hook.callers import HookCaller
from engine.hook.delivery import measures
from engine.hook.fallback import EngineDesk
from engine.hook.options import Rendering
from engine.hook.queries import unknown_agent
from engine.hook.renderer import TaskRenderer
from engine.hook.sections import Written
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.trace import Phase, Trace


@click.command("answer")
@click.argument("task_ids", metavar="TASK_ID...", nargs=-1, required=True, type=TaskIdParam())
@project_option
@click.option("--role", help="Answer for this agent role instead of the task's own.")
@click.option("--now", type=InstantParam(), help="Answer as of this time (UTC unless it says).")
@optimizations_option
@profile_option
@click.option(
    "--for",
    "asker",
    type=click.Choice([caller.value.replace("_", "-") for caller in HookCaller]),
    default="agentpm",
    help="Whose rendering and budget. Default: agentpm.",
)
@click.option(
    "--rendering", type=click.Choice([one.value for one in Rendering]), help="How to write it."
)
@click.option("--budget", type=BUDGET, metavar="CHARACTERS", help="Most characters; 0: no bound.")
@click.option("--sections", is_flag=True, help="Print the characters of each section instead.")
@json_option
def command(
    task_ids: tuple[str, ...],
    project: Path | None,
    role: str | None,
    now: datetime | None,
    optimizations: frozenset[Optimization] | None,
    profile: str | None,
    asker: str,
    rendering: str | None,
    budget: int | None,
    sections: bool,
    as_json: bool,
) -> int:
    """Answer the TaskStarts of TASK_ID... and print what the agent would read.

    With --json one object a line: task_id, agent_role, ok, error, text, payload, trace, and the
    text's rendering, characters, whole_characters, budget and sections. The exit code is 1 if any
    of them failed; the others are printed all the same.
    """
    root = chosen_project(project)
    settings = chosen_settings(root, optimizations, profile)
    form = chosen_form(HookCaller(asker.replace("-", "_")), rendering, budget, settings)
    output = _Output(role, form, sections, as_json)
    return asyncio.run(_answer(root, settings, chosen_clock(now), task_ids, output))


@dataclass(frozen=True, slots=True)
class _Output:
    """What is asked for and how it is printed."""

    role: str | None
    form: Form
    sections: bool
    as_json: bool

    def failed(self, task_id: str, error: TaskStartError) -> None:
        if self.as_json:
            print_json(_failed(task_id, self.role, error))
        else:
            said = error.reason.startswith(f"Task {task_id} ")
            report(error, "" if said else f"task {task_id}")

    def answered(self, answer: Answer, written: Written | None) -> None:
        text = answer.text if written is None else written.text
        measured = measures(text, written)
        if self.as_json:
            print_json(_answered(self.role, answer, text) | measured)
        elif self.sections:
            task = f"task {answer.trace.task_id}"
            click.echo("\n".join(sections_table(measured, task, self.form.budget_of)))
        else:
            sys.stdout.write(text if text.endswith("\n") else text + "\n")
            sys.stdout.flush()


async def _answer(
    root: Path, settings: Settings, clock: Clock, task_ids: tuple[str, ...], output: _Output
) -> int:
    failed = 0
    form = output.form
    async with Engine.open(root, settings=settings, clock=clock) as engine:
        desk = EngineDesk(engine)
        renderer = TaskRenderer(desk)
        role, unknown = output.role, ""
        for task_id in task_ids:
            try:
                answer = await engine.task_start(task_id, output.role, source="cli")
                written = await renderer.write(answer, form.budget) if form.full else None
            except TaskStartError as error:
                failed += 1
                output.failed(task_id, error)
                continue
            output.answered(answer, written)
            if role and answer.payload["agent_sop"] is None:
                unknown = await desk.read(lambda connection: unknown_agent(connection, role))
        if unknown:
            note(unknown, as_json=output.as_json)
    return FAILED if failed else 0


def _failed(task_id: str, role: str | None, error: TaskStartError) -> dict[str, Any]:
    said = int(task_id) if task_id.isascii() and task_id.isdigit() else task_id
    return {
        "task_id": said,
        "agent_role": role,
        "ok": False,
        "error": str(error),
        "text": None,
        "payload": None,
        "trace": None,
        **dict.fromkeys(("rendering", "characters", "whole_characters", "budget", "sections")),
    }


def _answered(role: str | None, answer: Answer, text: str) -> dict[str, Any]:
    return {
        "task_id": answer.trace.task_id,
        "agent_role": role,
        "ok": True,
        "error": None,
        "text": text,
        "payload": answer.payload,
        "trace": trace_view(answer.trace),
    }


def trace_view(trace: Trace) -> dict[str, Any]:
    """A trace as JSON; the phases add up to the total, in milliseconds."""
    return {
        "total_ms": trace.total_ns / 1e6,
        "phases_ms": {phase.name.lower(): trace.phases[phase] / 1e6 for phase in Phase},
        "lookups": [
            {
                "cache": one.namespace.value,
                "outcome": one.outcome.value,
                "level": None if one.level is None else int(one.level),
                "needless": one.needless,
            }
            for one in trace.lookups
        ],
        "spans": [
            {
                "name": one.name,
                "start_ms": one.start_ns / 1e6,
                "end_ms": one.end_ns / 1e6,
                "modeled_ms": one.modeled_ns / 1e6,
            }
            for one in trace.spans
        ],
        "warm": trace.warm,
        "profile": trace.profile,
        "modeled": trace.modeled,
        "modeled_ms": trace.modeled_ns / 1e6,
        "optimizations": sorted(int(item) for item in trace.optimizations),
    }
