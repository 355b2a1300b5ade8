"""The same answer from every level."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.core.engine import Engine
from engine.settings import Freshness, LevelSettings
from engine.trace import Level, LookUp, Namespace, Outcome
from tests.core.rig import ALL, NOW, REQUESTS, Expected, Project, changed, opened, plain, truth

SMALL_L1 = changed(ALL, levels={**ALL.levels, Level.L1: LevelSettings(60.0, 1)})
HIT_L2 = (LookUp(Namespace.ANSWERS, Outcome.HIT, Level.L2),)


async def test_a_small_l1_leaves_the_rest_to_l2(template: Project, expected: Expected) -> None:
    requests = [request for request in REQUESTS if request != (1, "checkout-captain")]
    async with opened(template, SMALL_L1) as engine:
        for request in requests:
            await engine.task_start(*request)
        for request in requests:
            answer = await engine.task_start(*request)
            assert answer.trace.lookups == HIT_L2
            assert answer.trace.warm
            assert plain(answer) == expected[request]


async def test_a_short_l1_leaves_the_old_to_l2(template: Project, expected: Expected) -> None:
    clock = VirtualClock(NOW)
    async with opened(template, changed(ALL, freshness=Freshness.TTL), clock=clock) as engine:
        for seconds, level in ((0, Level.L1), (59, Level.L1), (1, Level.L2), (200, Level.L2)):
            clock.advance(seconds)
            answer = await engine.task_start(1)
            if seconds:
                assert [lookup.level for lookup in answer.trace.lookups] == [level]
            assert plain(answer) == expected[1, None]


@pytest.mark.parametrize("freshness", [Freshness.STRICT, Freshness.BOUNDED])
async def test_what_is_proven_current_is_as_good_as_new(
    project: Project, freshness: Freshness
) -> None:
    clock = VirtualClock(NOW)
    async with opened(project, changed(ALL, freshness=freshness), clock=clock) as engine:
        await engine.task_start(1)
        for seconds in (59, 61, 400, 3600):
            clock.advance(seconds)
            answer = await engine.task_start(1)
            assert [lookup.level for lookup in answer.trace.lookups] == [Level.L1]
            assert not answer.trace.asked_database
        # Its time began with the last start that needed it.
        clock.advance(3600)
        await engine.apply(changed(ALL, freshness=Freshness.TTL))
        assert (await engine.task_start(1)).trace.asked_database
        await engine.apply(changed(ALL, freshness=freshness))
        project.sop("checkout-captain").write_text("New words.", encoding="utf-8")
        clock.advance(61)
        assert (await engine.task_start(1)).payload["agent_sop"] == "New words."


ODD_FACTS = {
    "large": '{"plugin_facts": {"python": {"version": 123456789012345678901234567890}}}',
    "not a number": '{"plugin_facts": {"python": {"version": "1", "x": NaN, "y": -Infinity}}}',
    "surrogate": '{"plugin_facts": {"python": {"version": "\\\\ud800"}}}',
    "deep": '{"plugin_facts": {"python": ' + '{"a": ' * 60 + "1" + "}" * 60 + "}}",
    "keys": '{"plugin_facts": {"python": {"": 1, "1": 2, "\\\\u0000": 3}, "": {}}}',
}


@pytest.mark.parametrize("facts", ODD_FACTS)
async def test_odd_values_survive_packing(project: Project, facts: str) -> None:
    project.write(
        "UPDATE contexts SET confidence_factors = ? WHERE entity_type = 'project'",
        ODD_FACTS[facts].replace("\\\\", "\\"),
    )
    project.write("UPDATE tasks SET assigned_to = NULL")  # so that nothing is filtered
    expected = await truth(project, [(1, None)])
    async with opened(project, SMALL_L1) as engine:
        for task_id in (1, 2):
            await engine.task_start(task_id)
        answer = await engine.task_start(1)
        assert answer.trace.lookups == HIT_L2
        assert plain(answer) == expected[1, None]


async def test_answers_on_disk_are_proven_before_they_are_served(
    project: Project, tmp_path: Path
) -> None:
    disk = tmp_path / "cache"
    requests = [(1, None), (2, None), (3, None)]
    async with Engine.open(project.root, background=False, disk=disk) as engine:
        for request in requests:
            await engine.task_start(*request)
    project.write("UPDATE tasks SET name = 'Written meanwhile' WHERE id = 2")
    expected = await truth(project, requests)
    async with Engine.open(project.root, background=False, disk=disk) as engine:
        for request, warm in zip(requests, (True, False, True), strict=True):
            answer = await engine.task_start(*request)
            found = [one for one in answer.trace.lookups if one.namespace is Namespace.ANSWERS]
            assert answer.trace.warm == warm
            assert [one.level for one in found] == [Level.L3 if warm else None]
            assert answer.trace.asked_database
            assert (
                plain(answer)[0].split("Warnings")[0] == (expected[request][0].split("Warnings")[0])
            )
