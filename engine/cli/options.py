"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from engine.clock import Clock, ShiftedClock, SystemClock
from engine.core.project import find_project, resolve_root
from engine.errors import ProjectError, SettingError
from engine.optimizations import Optimization, parse_optimizations
from engine.settings import Settings
from engine.settings.file import load_settings, settings_file
from engine.settings.model import LARGEST_BUDGET, SMALLEST_BUDGET

F = TypeVar("F", bound=Callable[..., Any])


class OptimizationsParam(click.ParamType[frozenset[Optimization]]):
    """`all`, `none` or numbers with commas."""

    name = "all|none|1,2,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[Optimization]:
        if isinstance(value, frozenset):
            return value
        try:
            return parse_optimizations(value)
        except SettingError as error:
            self.fail(error.reason, param, ctx)


class ProfileParam(click.ParamType[str]):
    """The name of a cost profile, or a profile's file."""

    name = "native|plan|FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from engine.costs.profile import load_profile

        try:
            load_profile(value)
        except SettingError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class BudgetParam(click.ParamType[int]):
    """Characters, within the bounds that every budget has; 0 is no bound."""

    name = "CHARACTERS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).replace(",", "").replace("_", "")
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
        if count and not SMALLEST_BUDGET <= count <= LARGEST_BUDGET:
            bounds = f"{SMALLEST_BUDGET:,} to {LARGEST_BUDGET:,} characters"
            self.fail(f"{value!r} is no budget: say 0 (no bound), or {bounds}", param, ctx)
        return count


BUDGET = BudgetParam()


class InstantParam(click.ParamType[datetime]):
    """A moment in ISO form; without a zone it is UTC."""

    name = "ISO"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time like 2026-01-31T09:30:00Z", param, ctx)


class SpeedParam(click.ParamType[float]):
    """A factor of real time, or `max`, which is 0."""

    name = "X|max"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        if value == "max":
            return 0.0
        from engine.replay.pace import check_speed

        try:
            # Nought is how `max` is told to the player; a user has a word for it.
            return check_speed(float(value.removesuffix("x").removeprefix("×")) or -1.0)
        except ValueError:
            said = f"{value!r} is no speed: say max, or a number from 0.001 to 1,000,000"
            self.fail(said, param, ctx)


def project_option(function: F) -> F:
    """`--project DIR`."""
    return click.option(
        "--project",
        type=click.Path(path_type=Path),
        help="Folder of the project. Default: the nearest parent with .agentpm.",
    )(function)


def optimizations_option(function: F) -> F:
    """`--optimizations`."""
    return click.option(
        "--optimizations",
        type=OptimizationsParam(),
        help="Which of the eight are on; the others are off. Default: as the settings say.",
    )(function)


def profile_option(function: F) -> F:
    """`--profile`."""
    return click.option(
        "--profile",
        type=ProfileParam(),
        help="Injected costs: native has none, plan has the plan's published ones.",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def chosen_project(project: Path | None) -> Path:
    """The given project, else the nearest one around the working folder; links resolved.

    Raises:
        ProjectError: there is none.
        DatabaseMissingError: it has no database.
    """
    if project is not None:
        return resolve_root(project)
    found = find_project()
    if found is None:
        raise ProjectError(
            f"there is no AgentPM project around {Path.cwd()} (no .agentpm folder)",
            "give --project DIR, or make a demo project: taskstart demo DIR",
        )
    return resolve_root(found)


def chosen_settings(
    project: Path,
    optimizations: frozenset[Optimization] | None = None,
    profile: str | None = None,
) -> Settings:
    """The project's settings with what the command line says laid upon them.

    Raises:
        SettingError: the project's taskstart.toml is wrong.
    """
    settings = load_settings(settings_file(project))
    if optimizations is not None:
        settings = msgspec.structs.replace(settings, optimizations=optimizations)
    if profile is not None:
        settings = msgspec.structs.replace(settings, profile=profile)
    return settings


def chosen_clock(now: datetime | None) -> Clock:
    """The machine's clock, or one whose wall time starts at `now`."""
    return ShiftedClock(now) if now is not None else SystemClock()


def print_json(value: Any, *, indent: int | None = None) -> None:
    """One JSON value on standard output; any text survives, lone surrogates too."""
    click.echo(json.dumps(value, indent=indent))
