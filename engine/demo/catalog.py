"""The demo's content, as data: who works in the shop, what they work on, by which rules.

The texts are TOML files beside this module, so that they can be read and edited as prose; here is
only their shape.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agent role and the part of its SOP that no other role shares."""

    role: str
    title: str
    line: str
    """What the role is there for, in one sentence."""
    category: str
    crafts: list[str]
    """Keys of `Craft`: the know-how that the role shares with others."""
    owns: str
    steps: list[str]
    traps: list[str]
    done: list[str]
    ask: str
    """The role to turn to; another role's name."""
    capabilities: list[str] = []
    """Empty is a generalist: nothing is filtered from its context."""


class Craft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Know-how that several roles share."""

    title: str
    intro: str
    habits: list[str]
    commands: list[str]
    review: list[str]


class TaskSeed(msgspec.Struct, frozen=True, array_like=True):
    """One task of an epic."""

    role: str
    type: str
    hours: float
    name: str
    description: str


class Epic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One work item with the tasks that carry it out, in their order."""

    name: str
    type: str
    service: str
    goal: str
    value: str
    risk: str
    approach: str
    constraints: list[str]
    criteria: list[str]
    users: list[str]
    decisions: list[str]
    tasks: list[TaskSeed]


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """One rule: `DP-001`, its name, level, text, and how it is checked (may be empty)."""

    rule_id: str
    name: str
    level: str
    description: str
    check: str = ""
    config: str = ""


class RuleCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one category of the catalogue."""

    category: str
    rules: list[Rule]


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The project itself."""

    name: str
    description: str
    tech_stack: list[str]
    frameworks: list[str]
    six_w: dict[str, Any]
    technologies: dict[str, dict[str, Any]]
    """Plugin facts keyed by technology."""
    markets: list[str]
    teams: list[str]
    reviewers: list[str]
    amalgamations: dict[str, str]
    """File name without `.txt` -> what stands in it."""


class Catalog(NamedTuple):
    """All of it."""

    shop: Shop
    roles: list[Role]
    crafts: dict[str, Craft]
    epics: list[Epic]
    rules: list[RuleCategory]


class _Roles(msgspec.Struct, forbid_unknown_fields=True):
    role: list[Role]


class _Crafts(msgspec.Struct, forbid_unknown_fields=True):
    craft: dict[str, Craft]


class _Epics(msgspec.Struct, forbid_unknown_fields=True):
    epic: list[Epic]


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    category: list[RuleCategory]


@cache
def catalog() -> Catalog:
    """The content, read once."""
    folder = files("engine.demo") / "content"

    def text(name: str) -> str:
        return (folder / f"{name}.toml").read_text(encoding="utf-8")

    return Catalog(
        shop=msgspec.toml.decode(text("shop"), type=Shop),
        roles=msgspec.toml.decode(text("roles"), type=_Roles).role,
        crafts=msgspec.toml.decode(text("crafts"), type=_Crafts).craft,
        epics=[
            epic
            for part in ("epics_shop", "epics_platform")
            for epic in msgspec.toml.decode(text(part), type=_Epics).epic
        ],
        rules=msgspec.toml.decode(text("rules"), type=_Rules).category,
    )
