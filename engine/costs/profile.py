"""Injected ("modeled") costs: what they are, and the only place where they are paid.

All figures are milliseconds per TaskStart. `native` injects nothing; `plan` injects the published
costs that add up to the plan's 145 ms.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import msgspec

from engine.errors import SettingError
from engine.storage.statements import StatementName

Milliseconds = Annotated[float, msgspec.Meta(ge=0.0, le=60_000.0)]


class AssemblyCosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Awaitable delays of the three parts of assembly; concurrent assembly pays the dearest."""

    task: Milliseconds = 0.0
    work_item: Milliseconds = 0.0
    project: Milliseconds = 0.0


class CostProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each step of a TaskStart costs, its real time included.

    A cache hit costs nothing: only work that is really done is charged.
    """

    name: str
    connect_ms: Milliseconds = 0.0
    """Opening a connection for a statement named in `query_ms`; a pool never pays it."""
    close_ms: Milliseconds = 0.0
    """Closing such a connection."""
    query_ms: dict[StatementName, Milliseconds] = {}
    """The query itself. Statements not named here are free, their connections included."""
    per_statement_ms: Milliseconds = 0.0
    """Added to every statement, whatever it reads (a slow disk)."""
    plugin_facts_ms: Milliseconds = 0.0
    """Added to the project-context statement when plugin facts are not answered by a cache."""
    sop_ms: Milliseconds = 0.0
    """Each file read and compilation of an SOP within a TaskStart."""
    agent_check_ms: Milliseconds = 0.0
    """Each check of an agent's file."""
    assembly_ms: AssemblyCosts = AssemblyCosts()

    @property
    def modeled(self) -> bool:
        """Whether figures measured under this profile must be labeled as modeled."""
        return self.name != NATIVE.name

    def charges_connection(self, name: StatementName) -> bool:
        """Whether a connection opened for this statement pays `connect_ms` and `close_ms`."""
        return name is StatementName.BATCH or self.query_ms.get(name, 0.0) > 0.0

    def statement_ms(self, name: StatementName, *, charge_facts: bool) -> float:
        """What one statement costs; `charge_facts`: the plugin facts come from this load.

        A batch counts as one statement and costs as much as its dearest query.
        """
        if name is StatementName.BATCH:
            query = max(self.query_ms.values(), default=0.0)
        else:
            query = self.query_ms.get(name, 0.0)
        if charge_facts and name is StatementName.BATCH:
            query = max(query, self.plugin_facts_ms)
        elif charge_facts and name is StatementName.PROJECT_CONTEXT:
            query += self.plugin_facts_ms
        return query + self.per_statement_ms


NATIVE = CostProfile("native")

_PLAN = CostProfile(
    "plan",
    connect_ms=5.0,
    close_ms=2.0,
    query_ms={
        StatementName.TASK: 13.0,
        StatementName.WORK_ITEM: 13.0,
        StatementName.PROJECT: 18.0,
    },
    plugin_facts_ms=20.0,
    sop_ms=10.0,
    assembly_ms=AssemblyCosts(task=15.0, work_item=15.0, project=20.0),
)

BUILT_IN_PROFILES: dict[str, CostProfile] = {
    profile.name: profile
    for profile in (
        NATIVE,
        _PLAN,
        msgspec.structs.replace(_PLAN, name="plan-full", agent_check_ms=30.0),
        CostProfile("slow-disk", per_statement_ms=20.0),
    )
}


def load_profile(name: str) -> CostProfile:
    """Find a built-in profile by name, or read one from a `.toml` or `.json` file.

    Raises:
        SettingError: there is no such profile, or the file is not a valid one.
    """
    built_in = BUILT_IN_PROFILES.get(name)
    if built_in is not None:
        return built_in
    path = Path(name).expanduser()
    if path.suffix not in (".toml", ".json"):
        known = ", ".join(BUILT_IN_PROFILES)
        raise SettingError(
            f"unknown cost profile {name!r}",
            f"say one of {known}, or the path of a .toml or .json file",
        )
    return _read_profile(path)


def _read_profile(path: Path) -> CostProfile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingError(
            f"cannot read cost profile {path}: {error.strerror}",
            f"say one of {', '.join(BUILT_IN_PROFILES)}, or the path of a readable file",
        ) from error
    try:
        if path.suffix == ".toml":
            profile = msgspec.toml.decode(content, type=CostProfile)
        else:
            profile = msgspec.json.decode(content, type=CostProfile)
        _require_usable(profile)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise SettingError(
            f"cost profile {path} is not valid: {error}",
            "correct the file, or say a built-in profile: " + ", ".join(BUILT_IN_PROFILES),
        ) from error
    return profile


def _require_usable(profile: CostProfile) -> None:
    # A file that called itself `native` would pass modeled figures off as measured ones.
    if profile.name in BUILT_IN_PROFILES:
        raise ValueError(f"the name {profile.name!r} is taken by a built-in profile")
    if StatementName.BATCH in profile.query_ms:
        raise ValueError("a batch costs as much as its dearest query; it has no cost of its own")


class Costs:
    """The profile in force; hands out a bill for each stretch of work that it charges for."""

    __slots__ = ("profile",)

    def __init__(self, profile: CostProfile = NATIVE) -> None:
        self.profile = profile

    def bill(self, since_ns: int | None = None) -> Bill:
        """A bill for work that began at `since_ns` (`time.perf_counter_ns`), or begins now."""
        return Bill(time.perf_counter_ns() if since_ns is None else since_ns)


class Bill:
    """Costs that fall due one after the other. No other code waits on purpose.

    A published cost is the whole duration of a step, the real work within it included. So a
    payment waits only for what real work since the bill's beginning has not used up already: on
    any machine that is quicker than the profile, the steps take just what the profile says.
    """

    __slots__ = ("_due_ns",)

    def __init__(self, since_ns: int) -> None:
        self._due_ns = since_ns

    async def pay(self, milliseconds: float) -> int:
        """Wait on the event loop; returns the nanoseconds really waited."""
        waiting = self._owe(milliseconds)
        if waiting <= 0.0:
            return 0
        started = time.perf_counter_ns()
        await asyncio.sleep(waiting)
        return time.perf_counter_ns() - started

    def pay_blocking(self, milliseconds: float) -> int:
        """Wait in a worker thread (never on the loop); returns the nanoseconds really waited."""
        waiting = self._owe(milliseconds)
        if waiting <= 0.0:
            return 0
        started = time.perf_counter_ns()
        time.sleep(waiting)
        return time.perf_counter_ns() - started

    def _owe(self, milliseconds: float) -> float:
        """Seconds still to wait once `milliseconds` more have fallen due."""
        if milliseconds <= 0.0:
            return 0.0
        self._due_ns += round(milliseconds * 1e6)
        return (self._due_ns - time.perf_counter_ns()) / 1e9
