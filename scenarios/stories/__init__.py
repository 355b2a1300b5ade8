"""The bundled stories, in the order in which the console lists them."""

from __future__ import annotations

from collections.abc import Callable

from engine.replay.workload import Workload
from scenarios.stories.agent_update import agent_update
from scenarios.stories.fan_out import fan_out
from scenarios.stories.first_start import first_start
from scenarios.stories.limits import limits
from scenarios.stories.slow_disk import slow_disk
from scenarios.stories.the_plan import the_plan
from scenarios.stories.tour import tour
from scenarios.stories.workday import workday
from scenarios.stories.write_storm import write_storm

STORIES: tuple[Callable[[], Workload], ...] = (
    tour,
    the_plan,
    first_start,
    workday,
    fan_out,
    write_storm,
    agent_update,
    slow_disk,
    limits,
)
