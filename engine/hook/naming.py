"""Which task an agent's start means: one that is named, else the one active task of its role.

Nothing else is tried. A start that could mean several tasks means none, and the answer says so:
the wrong task's context is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.hook.queries import RoleFacts

# Every repetition is bounded: a prompt of a megabyte must not hold up the other callers.
_NAMED = re.compile(
    r"""(?<![\w-])task
        (?: (?:\s{0,3}\#\s{0,3} | [\s_-]{0,3}id\s{0,3}[:=\#]?\s{0,3}\#? | \s{0,3}[=_-]\s{0,3})
            (?P<marked>\d{1,18})
          | \s{1,3} (?P<plain>\d{1,18}) (?!\s{0,3}:)    # not the number of a list's item
        )
        (?!\w|[.,]\d)                                    # not 1.5, not 3rd
        (?!\s{0,3}(?:of|/|out\sof)\s{0,3}\d)             # not "task 2 of 3"
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_NUMBER = re.compile(r"\#?(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Naming:
    """The task that a start means, or None; and why, as a line for the agent."""

    task_id: int | None
    why: str
    brief: str = ""
    """Why there is no task, in two words for a list."""


def tasks_in_prompt(prompt: str) -> list[int]:
    """The tasks that a prompt names explicitly, each once: task 45, task #45, task_id: 45, TASK-45."""
    return list(
        dict.fromkeys(int(match["marked"] or match["plain"]) for match in _NAMED.finditer(prompt))
    )


def named_task(prompt: str, environment: str) -> Naming | None:
    """The task that the start itself names; None if it names none.

    The prompt is about this one start, so it counts more than the environment of all.
    """
    named = tasks_in_prompt(prompt)
    if len(named) == 1:
        return Naming(named[0], "The prompt names this task.")
    if named:
        listed = ", ".join(f"#{task_id}" for task_id in named[:10])
        return Naming(
            None,
            f"The prompt names several tasks ({listed}), so no task is assumed.",
            "names several",
        )
    if not environment.strip():
        return None
    match = _WHOLE_NUMBER.fullmatch(environment.strip())
    if match is None:
        why = "TASKSTART_TASK is not the number of a task, so no task is assumed."
        return Naming(None, why, "no number")
    return Naming(int(match[1]), "TASKSTART_TASK names this task.")


def task_of_role(role: str, facts: RoleFacts) -> Naming:
    """The one active task of a role.

    The event that says a role (SubagentStart) does not say the prompt. An agent whose prompt names
    a task is therefore told that this one counts.
    """
    active = facts.active_tasks
    if len(active) == 1:
        why = f"this is the one active task of the agent {role}. {_PROMPT_COUNTS}"
        return Naming(active[0], f"Nothing in this start names a task; {why}")
    if active:
        listed = ", ".join(f"#{task_id}" for task_id in active[:10])
        why = f"the agent {role} has several active ones ({listed}), so no task is assumed."
        brief = "several active"
    else:
        why, brief = f"the agent {role} has no active one.", "none active"
    return Naming(None, f"Nothing in this start names a task, and {why} {_PROMPT_COUNTS}", brief)


_PROMPT_COUNTS = "If your prompt names another task, that one counts."
NO_ROLE = Naming(None, "Nothing in this start names a task.", "names none")
