"""The bundled scenarios: what the generator makes, playable, and told as a story should be."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from engine.errors import WorkloadError
from engine.optimizations import Optimization
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, read_workload
from engine.settings import Settings, get_setting, with_setting
from scenarios.cast import MISSING_TASK, TASKS, retired_task
from scenarios.generate import generate
from scenarios.reader import DIRECTORY, ORDER, ScenarioInfo, find_scenario, list_scenarios

NAMES = [info.name for info in list_scenarios()]


@pytest.fixture(params=NAMES)
def scenario(request: pytest.FixtureRequest) -> Workload:
    return find_scenario(request.param)


def starts(events: list[WorkloadEvent]) -> list[WorkloadEvent]:
    return [event for event in events if event.op is Op.TASKSTART]


def segments(workload: Workload) -> list[list[int]]:
    """The tasks started between two changes of settings, in order; empty ones left out."""
    parts: list[list[int]] = [[]]
    for event in workload.events:
        if event.op is Op.SETTING:
            parts.append([])
        elif event.op is Op.TASKSTART and event.task_id is not None:
            parts[-1].append(event.task_id)
    return [part for part in parts if part]


def test_the_committed_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    made = generate(tmp_path)
    assert {path.name for path in made} == {path.name for path in DIRECTORY.glob("*.jsonl*")}
    for path in made:
        fresh, committed = read_workload(path), read_workload(DIRECTORY / path.name)
        assert committed.header == fresh.header, path.name
        assert committed.events == fresh.events, f"{path.name}: run python -m scenarios.generate"


def test_the_list_is_in_the_order_of_the_stories() -> None:
    assert tuple(NAMES) == ORDER


def test_each_line_of_the_list_says_what_will_be_seen() -> None:
    for info in list_scenarios():
        assert 30 <= info.wall_s <= 80, info.name
        assert 20 <= len(info.line) <= 64, info.name
        assert info.description.endswith(".")
        assert info.modeled == (read_workload(info.path).header.settings.get("profile") is not None)
        assert not info.then or info.then in NAMES


def test_there_is_always_a_caption_and_it_fits_the_screen(scenario: Workload) -> None:
    notes = [event for event in scenario.events if event.op is Op.NOTE]
    assert notes[0].t == 0
    assert scenario.events[0].op is Op.NOTE, "the caption stands before anything happens"
    for note in notes:
        assert note.text is not None
        assert len(note.text) <= 79, note.text
        assert note.text.endswith((".", "?")), note.text


def test_settings_change_one_at_a_time_and_each_change_is_named(scenario: Workload) -> None:
    settings = Settings()
    for path, value in scenario.header.settings.items():
        settings = with_setting(settings, path, value)
    for event in scenario.events:
        if event.op is Op.SETTING:
            assert event.label
            assert len(event.changes or {}) == 1
            for path, value in (event.changes or {}).items():
                before = get_setting(settings, path)
                settings = with_setting(settings, path, value)
                assert get_setting(settings, path) != before, f"{path} is {value} already"


def test_every_start_finds_its_task_in_the_demo(scenario: Workload) -> None:
    failing = {MISSING_TASK, retired_task()} if scenario.name == "tour" else set()
    for event in scenario.events:
        if event.task_id not in failing and event.task_id is not None:
            assert 1 <= event.task_id <= TASKS
            assert event.task_id != retired_task()
    assert failing <= {event.task_id for event in starts(scenario.events)}


def test_the_plan_shows_each_step_on_tasks_that_no_cache_can_know() -> None:
    plan = find_scenario("the-plan")
    labels = [event.label for event in plan.events if event.op is Op.SETTING]
    assert labels == [f"+{int(item)} {item.label}" for item in Optimization]
    keys = [(event.task_id, event.agent_role) for event in starts(plan.events)]
    fresh = keys[: 9 * 41]
    assert len(fresh) == len(set(fresh)) == 369
    again = keys[369:]
    assert set(again) == set(fresh[-41:]), "what comes back has been answered with all eight on"
    assert len(again) > 41, "the last settings' median is one of a known task"
    assert plan.header.then == "workday"
    assert "This is your machine." in str([e.text for e in plan.events if e.op is Op.NOTE][-1])


@pytest.mark.parametrize("name", ["first-start", "fan-out", "agent-update", "slow-disk"])
def test_the_same_starts_come_before_and_after(name: str) -> None:
    parts = segments(find_scenario(name))
    for part in parts[1:]:
        assert Counter(part).keys() == Counter(parts[0]).keys()
    assert len(parts[-1]) == len(parts[1]) if name != "first-start" else True


def test_the_second_workday_is_the_first_again() -> None:
    events = starts(find_scenario("workday").events)
    first, second = (
        [(event.t - day * 86_400, event.task_id) for event in events if event.t // 86_400 == day]
        for day in (0, 1)
    )
    assert len(first) == 90
    for (time, task_id), (time_again, task_id_again) in zip(first, second, strict=True):
        assert task_id == task_id_again
        assert abs(time - time_again) < 0.01


def test_a_workday_edits_what_agents_read_and_what_they_do_not() -> None:
    workday = find_scenario("workday")
    started = {event.task_id for event in starts(workday.events)}
    writes = [event for event in workday.events if event.op.is_write]
    delivered = [event for event in writes if event.task_id in started]
    assert len(delivered) >= 20
    assert len(writes) >= 8 * len(delivered)
    names = Counter((event.task_id, str(event.changes)) for event in delivered)
    assert max(names.values()) == 1, "an edit that repeats an earlier one changes nothing"


def test_a_fan_out_sends_its_bursts_at_one_instant() -> None:
    events = starts(find_scenario("fan-out").events)
    bursts = [len(list(group)) for _, group in groupby(events, key=lambda event: event.t)]
    assert bursts == [8, 16, 40, 8, 16, 40]


def test_a_storm_commits_three_hundred_times_a_second() -> None:
    storm = find_scenario("write-storm")
    writes = Counter(int(event.t) for event in storm.events if event.op.is_write)
    assert set(writes.values()) == {300}
    assert len(writes) == 30


def test_limits_are_put_back() -> None:
    settings = Settings()
    for event in find_scenario("limits").events:
        for path, value in (event.changes or {}).items() if event.op is Op.SETTING else ():
            settings = with_setting(settings, path, value)
    assert settings.limits == Settings().limits


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(WorkloadError, match="did you mean workday"):
        find_scenario("wrokday")
    with pytest.raises(WorkloadError, match="there are agent-update, fan-out"):
        find_scenario("x")
    with pytest.raises(WorkloadError, match="no scenario called"):
        find_scenario("../scenarios/workday")


def test_a_damaged_scenario_names_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"workload": 1, "line": "mine"}\n{"t": 0}\n')
    with pytest.raises(WorkloadError, match=r"own\.jsonl, line 2: op is missing"):
        list_scenarios(tmp_path)


def test_a_scenario_that_was_edited_is_read_again(tmp_path: Path) -> None:
    def only() -> ScenarioInfo:
        (info,) = list_scenarios(tmp_path)
        return info

    path = tmp_path / "own.jsonl"
    path.write_text('{"workload": 1, "line": "mine"}\n{"t": 0, "op": "taskstart", "task_id": 1}\n')
    assert (only().line, only().starts) == ("mine", 1)
    path.write_text(
        '{"workload": 1, "line": "better"}\n{"t": 5, "op": "taskstart", "task_id": 1}\n'
    )
    assert (only().line, only().wall_s) == ("better", 5.0)
