"""Each role's standard operating procedure, composed from what it owns and the crafts it shares."""

from __future__ import annotations

from random import Random

from engine.demo.catalog import Craft, Role

BROKEN_BYTES = b"# Latte art\n\nCaf\xe9 cr\xe8me first, pull request second.\n"
"""A procedure saved as Latin-1: its bytes are not UTF-8, and no agent can be given it."""

_HOUSE_RULES = (
    "Read the task's acceptance criteria twice before the first edit; if one cannot be tested, ask "
    "before you start, not in review.",
    "One task, one branch, one reason to change. What you notice on the way becomes a new task, not a "
    "bigger diff.",
    "Prices are integers in cents. If you see a float near money, stop and say so.",
    "Customers' names, addresses and order numbers never appear in a log line, a test fixture or a "
    "commit message.",
    "Behind a feature flag until the numbers are in; delete the flag within two weeks of full release.",
    "Between 17:00 and 22:00 CET the shop earns half of its day. Nothing risky is deployed then.",
    "Write the failing test first when you fix a bug, and keep the shopper's words in its name.",
    "When a step below does not fit what you see, do the safe thing, write down why, and tell the role "
    "you hand over to.",
)


def sop_text(role: Role, crafts: dict[str, Craft], random: Random) -> str:
    """The role's whole SOP in Markdown; the same for the same state of `random`."""
    parts = [
        f"---\nname: {role.role}\ndescription: {role.line}\n---",
        f"# {role.title}\n\nYou own `{role.owns}`. Nobody merges there without you; "
        "you merge nowhere else without its owner.",
        "## How you work\n\n" + _numbered(role.steps),
        "## Where others went wrong\n\n" + _bullets(role.traps),
        *(_craft_section(crafts[key]) for key in role.crafts),
        "## House rules\n\n" + _bullets(_some(_HOUSE_RULES, random)),
        "## Done means\n\n" + _checks(role.done),
        "## Hand over\n\nLeave three lines in the session summary: what changed for whom, what you "
        "decided and why, what the next agent should do first. When you are stuck for more than "
        f"thirty minutes, ask `{role.ask}` and attach the smallest example that shows the problem.",
    ]
    return "\n\n".join(parts) + "\n"


def _craft_section(craft: Craft) -> str:
    commands = "\n".join(craft.commands)
    return (
        f"## {craft.title}\n\n{craft.intro}\n\n{_bullets(craft.habits)}\n\n"
        f"```sh\n{commands}\n```\n\nBefore you ask for review:\n\n{_checks(craft.review)}"
    )


def _some(lines: tuple[str, ...], random: Random) -> list[str]:
    chosen = sorted(random.sample(range(len(lines)), 5))
    return [lines[index] for index in chosen]


def _numbered(lines: list[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _checks(lines: list[str]) -> str:
    return "\n".join(f"- [ ] {line}" for line in lines)
