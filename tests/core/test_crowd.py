"""Many agents beside a busy writer: one survey proves their answers, and none is out of date."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from engine.core.engine import Engine
from engine.core.refreshing import Crowd
from engine.core.request import Request
from engine.settings import Settings
from engine.trace import Trace
from tests.core.rig import ALL, Expected, Project, changed, opened, plain, truth, without
from tests.core.test_strict import CHANGES

TASKS = range(1, 13)
REQUESTS: list[tuple[int, str | None]] = [(task_id, None) for task_id in TASKS]


async def all_started(engine: Engine) -> tuple[Expected, list[Trace]]:
    answers = await asyncio.gather(*(engine.task_start(*request) for request in REQUESTS))
    found = {request: plain(answer) for request, answer in zip(REQUESTS, answers, strict=True)}
    return found, [answer.trace for answer in answers]


async def gather_crowd(project: Project, engine: Engine) -> None:
    """Every held answer is made doubtful, and asked for."""
    await engine.warm_now()
    project.write("UPDATE tasks SET name = 'renamed' WHERE id = 12")
    await all_started(engine)


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
async def test_a_crowd_waits_for_one_survey_and_reads_nothing(
    project: Project, journal_mode: str
) -> None:
    project.set_journal_mode(journal_mode)
    async with opened(project) as engine:
        await gather_crowd(project, engine)
        project.write("UPDATE tasks SET name = 'renamed again' WHERE id = 12")
        found, traces = await all_started(engine)
        assert [trace.task_id for trace in traces if trace.asked_database] == [12]
        assert found == await truth(project, REQUESTS)


async def test_few_starts_prove_their_own_answers(project: Project) -> None:
    async with opened(project) as engine:
        await engine.warm_now()
        project.write("UPDATE tasks SET name = 'renamed' WHERE id = 12")
        assert (await engine.task_start(1)).trace.asked_database


async def test_without_warming_nobody_surveys(project: Project) -> None:
    async with opened(project, changed(ALL, warming=False)) as engine:
        await gather_crowd(project, engine)
        project.write("UPDATE tasks SET name = 'renamed again' WHERE id = 12")
        _, traces = await all_started(engine)
        assert all(trace.asked_database for trace in traces)


@pytest.mark.parametrize(
    ("journal_mode", "settings"), [("wal", without(6)), ("delete", ALL)], ids=["wal", "delete"]
)
async def test_whatever_changes_is_in_the_crowd_s_next_answers(
    project: Project, journal_mode: str, settings: Settings
) -> None:
    project.set_journal_mode(journal_mode)
    checked = REQUESTS[:2]
    async with opened(project, settings) as engine:
        await gather_crowd(project, engine)
        for name, change in CHANGES.items():
            change(project)
            found, _ = await all_started(engine)
            right = await truth(project, checked)
            assert {request: found[request] for request in checked} == right, name
            # What was changed back and forth must not be taken for what was known before.
            again, _ = await all_started(engine)
            assert again == found, name


def test_a_crowd_is_dense_when_its_proofs_would_cost_more_than_a_survey() -> None:
    clock = itertools.count(step=0.1)
    crowd = Crowd(lambda: next(clock))
    dense = []
    for task_id in range(100):
        crowd.note(Request(task_id, None), 1)
    dense.append(crowd.is_dense)  # nobody knows yet what a survey costs
    crowd.survey_s = 0.015
    dense.append(crowd.is_dense)
    crowd.note(Request(1, None), 2)
    dense.append(crowd.is_dense)  # as many may come as came after the change before
    for _ in range(100):
        crowd.note(Request(1, None), 3)
    dense.append(crowd.is_dense)  # one answer needs one proof
    assert dense == [False, True, True, False]


def test_no_survey_is_begun_that_the_next_commit_would_overtake() -> None:
    moments = itertools.chain([0.0, 0.1, 0.101], itertools.count(0.2, 0.1))
    crowd = Crowd(lambda: next(moments))
    crowd.survey_s = 0.015
    dense = []
    for epoch in range(1, 6):
        for task_id in range(100):
            crowd.note(Request(task_id, None), epoch)
        dense.append(crowd.is_dense)
    assert dense == [True, True, False, True, True]
