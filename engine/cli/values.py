"""The values that options and arguments take, each with its own words for what it does not."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import click

from engine.cli.usage import WrongValue, refuse
from engine.core.request import parse_request
from engine.errors import RequestError, SettingError, TaskStartError
from engine.optimizations import Optimization, parse_optimizations
from engine.settings.model import LARGEST_BUDGET, SMALLEST_BUDGET

_MOST_DIGITS = 30
_WHOLE = re.compile(r"[+-]?[0-9]+")


class WholeNumber(click.ParamType[int]):
    """A whole number between two bounds, both included."""

    name = "N"

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        remedy = f"say a whole number from {self._least:,} to {self._most:,}"
        if not _WHOLE.fullmatch(text):
            refuse(value, "no whole number", remedy, param, ctx)
        if len(text) > _MOST_DIGITS or not self._least <= int(text) <= self._most:
            refuse(value, "out of range", remedy, param, ctx)
        return int(text)


class LeastNumber(click.ParamType[float]):
    """A finite number of at least so much."""

    name = "X"

    def __init__(self, least: float) -> None:
        self._least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        remedy = f"say a number of {self._least:g} or more"
        if not math.isfinite(number):
            refuse(value, "no number", remedy, param, ctx)
        if number < self._least:
            refuse(value, "out of range", remedy, param, ctx)
        return number


class TaskIdParam(click.ParamType[str]):
    """What can name a task; whether there is one is the engine's to say."""

    name = "TASK_ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            parse_request(text)
        except TaskStartError as error:
            # A number that is only too great is no task's, and said so with the others.
            number = text.isascii() and text.isdigit() and text.strip("0")
            if isinstance(error, RequestError) or not number:
                remedy = "say the id of a task, a whole number of 1 or more"
                refuse(value, "no task id", remedy, param, ctx)
        return text


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
            reason, _, remedy = error.reason.partition(": ")
            raise WrongValue(reason, error.remedy or remedy, param, ctx) from error


class ProfileParam(click.ParamType[str]):
    """The name of a cost profile, or a profile's file."""

    name = "native|plan|FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from engine.costs.profile import load_profile

        try:
            load_profile(value)
        except SettingError as error:
            remedy = error.remedy or "say native, plan, or the file of a profile"
            raise WrongValue(error.reason, remedy, param, ctx) from error
        return str(value)


class BudgetParam(click.ParamType[int]):
    """Characters, within the bounds that every budget has; 0 is no bound."""

    name = "CHARACTERS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).replace(",", "").replace("_", "")
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
        if count and not SMALLEST_BUDGET <= count <= LARGEST_BUDGET:
            bounds = f"{SMALLEST_BUDGET:,} to {LARGEST_BUDGET:,} characters"
            refuse(value, "no budget", f"say 0 (no bound), or {bounds}", param, ctx)
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
            refuse(value, "no time", "say one like 2026-01-31T09:30:00Z", param, ctx)


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
            refuse(value, "no speed", "say max, or a number from 0.001 to 1,000,000", param, ctx)
