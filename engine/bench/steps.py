"""The eight optimizations: each alone on, each alone off, and one after the other."""

from __future__ import annotations

import asyncio
import enum
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.bench.budget import Progress, rounds
from engine.bench.samples import Summary, summarize
from engine.bench.side import Side
from engine.bench.situations import SITUATIONS, Contestant, bench_settings, chosen
from engine.bench.worker import Ask
from engine.bench.writes import OtherRow
from engine.costs.profile import NATIVE
from engine.optimizations import (
    ALL_OPTIMIZATIONS,
    NO_OPTIMIZATIONS,
    PUBLISHED,
    Optimization,
    format_optimizations,
)

PUBLISHED_STEPS_MS = {
    0: 145.0,
    4: 97.0,
    6: 75.0,
    8: 60.0,
}
"""The plan's TaskStart before it begins and at the end of each of its three phases."""


class StepKind(enum.StrEnum):
    """The three ways to look at an optimization."""

    ALONE_ON = "alone_on"
    ALONE_OFF = "alone_off"
    CUMULATIVE = "cumulative"


class Step(msgspec.Struct, frozen=True):
    """One configuration under both profiles, in every situation."""

    kind: StepKind
    number: int
    """Of the optimization; 0 for none (`alone_on`, `cumulative`) or all (`alone_off`)."""
    label: str
    published: str
    optimizations: str
    modeled_ms: dict[str, Summary]
    """By situation, under the plan's cost profile."""
    measured_ms: dict[str, Summary]
    """By situation, native."""


Configuration = frozenset[Optimization]
Latencies = dict[Configuration, dict[str, Summary]]


def configurations() -> list[Configuration]:
    """Every configuration that a step needs, each once."""
    wanted = [_configuration(kind, number) for kind, number in _steps()]
    return list(dict.fromkeys(wanted))


async def measure_steps(
    sides: Sequence[Side],
    root: Path,
    asks: Sequence[Ask],
    other_row: OtherRow,
    *,
    profile: str,
    seconds: float,
    progress: Progress,
) -> Latencies:
    """All configurations in every round, each round in another order.

    The sides work at the same time, in step. So give more than one only under a profile whose
    costs are waiting rather than work.

    Raises:
        TaskStartError: the project cannot be read.
    """
    found = {
        configuration: [
            Contestant(side, root, bench_settings(configuration, profile)) for side in sides
        ]
        for configuration in configurations()
    }
    native = profile == NATIVE.name
    order = random.Random(1)
    for number in rounds(seconds, f"{profile}: the eight optimizations", progress, at_least=1):
        tasks = chosen(asks, number, 3 if native else 2)
        turns = list(found)
        order.shuffle(turns)
        for first in range(0, len(turns), len(sides)):
            now = [
                found[configuration][place]
                for place, configuration in enumerate(turns[first : first + len(sides)])
            ]
            await asyncio.gather(*(one.unwritten(tasks, repeats=1) for one in now))
            await other_row.change()
            await asyncio.gather(*(one.after_write(tasks[0]) for one in now))
    return {
        configuration: {
            name: summarize([ms for one in contestants for ms in one.latencies(name)])
            for name in SITUATIONS
        }
        for configuration, contestants in found.items()
    }


def make_steps(modeled: Latencies, measured: Latencies) -> list[Step]:
    """Both profiles' latencies side by side, step by step."""
    return [
        Step(
            kind=kind,
            number=number,
            label=_label(kind, number),
            published=_published(kind, number),
            optimizations=format_optimizations(_configuration(kind, number)),
            modeled_ms=modeled[_configuration(kind, number)],
            measured_ms=measured[_configuration(kind, number)],
        )
        for kind, number in _steps()
    ]


def _steps() -> list[tuple[StepKind, int]]:
    return [(kind, number) for kind in StepKind for number in range(len(Optimization) + 1)]


def _configuration(kind: StepKind, number: int) -> Configuration:
    this = frozenset({Optimization(number)}) if number else NO_OPTIMIZATIONS
    if kind is StepKind.ALONE_ON:
        return this
    if kind is StepKind.ALONE_OFF:
        return ALL_OPTIMIZATIONS - this
    return frozenset(item for item in Optimization if item <= number)


def _label(kind: StepKind, number: int) -> str:
    if not number:
        return "all on" if kind is StepKind.ALONE_OFF else "all off"
    sign = "−" if kind is StepKind.ALONE_OFF else "+"
    return f"{sign}{number} {Optimization(number).label}"


def _published(kind: StepKind, number: int) -> str:
    if kind is StepKind.CUMULATIVE:
        step = PUBLISHED_STEPS_MS.get(number)
        return f"{step:.0f} ms" if step is not None else ""
    return PUBLISHED[Optimization(number)].promise if number else ""
