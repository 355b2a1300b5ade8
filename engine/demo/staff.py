"""The agents: the catalogue's roles first, then the same roles in the shop's other teams."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import msgspec

from engine.demo.catalog import Catalog, Role

BROKEN_SOP_ROLE = "latte-artist"
"""Its SOP file is not UTF-8."""
INACTIVE_ROLE = "legacy-archaeologist"
"""Retired; a task that is still assigned to it cannot start."""


def staff(catalog: Catalog, agents: int) -> list[Role]:
    """The first `agents` roles; beyond the catalogue each team has its own of every role."""
    return list(islice(_roles(catalog), agents))


def _roles(catalog: Catalog) -> Iterator[Role]:
    yield from catalog.roles
    for number in count(1):
        for team in catalog.shop.teams:
            suffix = team if number == 1 else f"{team}-{number}"
            for role in catalog.roles:
                if role.role in (BROKEN_SOP_ROLE, INACTIVE_ROLE):
                    continue
                yield msgspec.structs.replace(
                    role,
                    role=f"{role.role}-{suffix}",
                    title=f"{role.title}, {suffix.replace('-', ' ')}",
                    owns=f"{role.owns} ({suffix})",
                )
