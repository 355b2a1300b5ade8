"""Which task a start means; never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hook.naming import named_task, task_of_role, tasks_in_prompt
from engine.hook.queries import RoleFacts


@pytest.mark.parametrize(
    ("prompt", "tasks"),
    [
        ("Work on task 45.", [45]),
        ("work on Task #45, please", [45]),
        ("task_id: 45", [45]),
        ("task id=45", [45]),
        ("TASK-45: fix it", [45]),
        ("task 45 and again task #45", [45]),
        ("task 45 depends on task 46", [45, 46]),
        ("(task 45)", [45]),
        ("see issue #45", []),
        ("this is task 2 of 3", []),
        ("task 2/3", []),
        ("Task 1: write tests", []),
        ("task 1.5", []),
        ("multitask 45", []),
        ("task 45th", []),
        ("tasks 45", []),
        ("task", []),
        ("task 9999999999999999999999", []),
        ("", []),
    ],
)
def test_only_what_is_explicit_names_a_task(prompt: str, tasks: list[int]) -> None:
    assert tasks_in_prompt(prompt) == tasks


@given(st.text())
def test_no_prompt_breaks_it(prompt: str) -> None:
    assert all(0 <= task_id < 10**18 for task_id in tasks_in_prompt(prompt))


@pytest.mark.parametrize(
    "piece", ["task id ", "task ", "task", " ", "task_", "task#", "9", "task 1 of"]
)
def test_a_prompt_of_a_megabyte_is_read_in_no_time(piece: str) -> None:
    # Quadratic work would take minutes here, and the whole suite with it.
    assert len(tasks_in_prompt("task id" + piece * (2**20 // len(piece)))) <= 1
    assert tasks_in_prompt("task id" + " " * 2**20 + "7") == []


def test_the_prompt_counts_more_than_the_environment() -> None:
    found = named_task("do task 45", "46")
    assert found is not None
    assert found.task_id == 45


def test_the_environment_counts_where_the_prompt_names_none() -> None:
    found = named_task("do it", "#46")
    assert found is not None
    assert (found.task_id, "TASKSTART_TASK" in found.why) == (46, True)


def test_several_tasks_mean_none_even_with_an_environment() -> None:
    found = named_task("task 45 or task 46", "45")
    assert found is not None
    assert found.task_id is None
    assert "#45, #46" in found.why


@pytest.mark.parametrize("environment", ["x", "-1", "4 5", "٤"])
def test_an_unusable_environment_is_said(environment: str) -> None:
    found = named_task("", environment)
    assert found is not None
    assert found.task_id in {None, 4}
    assert "TASKSTART_TASK" in found.why


def test_nothing_named_is_no_finding() -> None:
    assert named_task("do it", " ") is None


def test_a_role_means_its_one_active_task() -> None:
    assert task_of_role("tester", RoleFacts(True, (45,))).task_id == 45
    several = task_of_role("tester", RoleFacts(True, (45, 46)))
    assert several.task_id is None
    assert "#45, #46" in several.why
    none = task_of_role("tester", RoleFacts(True, ()))
    assert none.task_id is None
    one = task_of_role("tester", RoleFacts(True, (45,)))
    assert all("If your prompt names another" in found.why for found in (one, several, none))
