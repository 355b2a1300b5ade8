"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from engine.cli.values import OptimizationsParam, ProfileParam
from engine.clock import Clock, ShiftedClock, SystemClock
from engine.core.project import find_project, resolve_root
from engine.errors import ProjectError
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.settings.file import load_settings, settings_file

F = TypeVar("F", bound=Callable[..., Any])


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
