"""`taskstart hook`: what an agent's hook would be answered, for people and tests."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import click

from engine.cli.log_notes import log_as_notes
from engine.cli.options import chosen_project, project_option
from engine.cli.reporting import note
from engine.cli.usage import WrongUse
from engine.cli.values import BUDGET, TaskIdParam
from engine.errors import ServiceError, TaskStartError
from engine.hook.claude_settings import TASK_VARIABLE
from engine.hook.client import HookAnswer, ask, task_header
from engine.service.paths import hook_socket_path, socket_path


@click.command("hook")
@click.argument("task_id", required=False, type=TaskIdParam())
@project_option
@click.option("--role", help="Agent role, with TASK_ID.")
@click.option("--claude-code", is_flag=True, help="Standard input is an event of Claude Code.")
@click.option("--rendering", type=click.Choice(["agentpm", "full"]), help="How to write it.")
@click.option("--budget", type=BUDGET, metavar="CHARACTERS", help="Most characters; 0: no bound.")
@click.option("--json", "as_json", is_flag=True, help="Text, payload and characters per section.")
@click.option("--socket", "print_socket", is_flag=True, help="Print where the engine takes hooks.")
def command(
    task_id: str | None,
    project: Path | None,
    role: str | None,
    claude_code: bool,
    rendering: str | None,
    budget: int | None,
    as_json: bool,
    print_socket: bool,
) -> int:
    """Ask the project's engine like a hook would and print the answer.

    The request is AgentPM's JSON object on standard input, or TASK_ID. Without an engine the answer
    is assembled here, and standard error says so. By hand the same is

        curl --unix-socket "$(taskstart hook --socket)" -d '{"task_id": 7}' localhost/taskstart
    """
    _check_use(task_id, role, rendering, budget, claude_code=claude_code)
    root = chosen_project(project)
    path = hook_socket_path(socket_path(root))
    if print_socket:
        click.echo(str(path))
        return 0
    choices = {"rendering": rendering, "budget": budget, "format": "json" if as_json else None}
    query = urlencode({name: value for name, value in choices.items() if value is not None})
    target = f"/{'claude-code' if claude_code else 'taskstart'}{'?' if query else ''}{query}"
    answer = _answer(root, path, target, _body(task_id, role), as_json=as_json)
    if answer.status is not HTTPStatus.OK:
        raise _RefusedError(answer)
    sys.stdout.buffer.write(answer.body)
    if not answer.body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()
    return 0


def _check_use(
    task_id: str | None,
    role: str | None,
    rendering: str | None,
    budget: int | None,
    *,
    claude_code: bool,
) -> None:
    if task_id is not None and claude_code:
        raise WrongUse(
            "an event of Claude Code comes on standard input, without TASK_ID",
            "leave TASK_ID out, or --claude-code",
        )
    if role is not None and task_id is None:
        raise WrongUse("--role goes with TASK_ID", "say both, or neither")
    if budget and rendering != "full" and not (claude_code and rendering is None):
        raise WrongUse("AgentPM's rendering is never shortened", "a budget needs --rendering full")


class _RefusedError(TaskStartError):
    """The hook service's own words."""

    def __init__(self, answer: HookAnswer) -> None:
        from engine.hook.replies import failure_code

        line = answer.body.decode("utf-8", "replace").strip()
        super().__init__(line.removeprefix("taskstart: "))
        self.code = failure_code(answer.status)


def _body(task_id: str | None, role: str | None) -> bytes:
    if task_id is None:
        return sys.stdin.buffer.read()
    return json.dumps({"task_id": task_id, "agent_role": role, "session_id": "cli"}).encode()


def _answer(root: Path, path: Path, target: str, body: bytes, *, as_json: bool) -> HookAnswer:
    named = task_header(os.environ.get(TASK_VARIABLE, ""))
    try:
        return ask(path, target, body, headers={"X-TaskStart-Task": named} if named else {})
    except ServiceError as error:
        note(f"{error.reason}: assembling without it", as_json=as_json)
        # Only who finds no engine pays for importing one.
        from engine.hook.fallback import request_of, respond_once

        log_as_notes(logging.ERROR, as_json=as_json)
        response = asyncio.run(respond_once(root, request_of(target, body)))
        return HookAnswer(response.status, response.body)
