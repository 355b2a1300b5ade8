"""A replay that plays, and the list of scenarios."""

from __future__ import annotations

from engine.service.messages import PlaybackView, PlayState, ScenarioList, ScenarioView

PLAYBACK = PlaybackView(
    name="the-plan",
    state=PlayState.PLAYING,
    speed=1.0,
    position_s=31,
    duration_s=80,
    virtual_s=31,
    virtual_duration_s=80,
    starts=155,
    total_starts=400,
    worst_behind_ms=0.2,
    caption='3 of 8, SOPs compiled once: "agent SOPs" has just left the table on the right.',
    next_label="+4 parallel assembly",
    next_in_s=1.0,
    then="workday",
)


SCENARIOS = ScenarioList(
    scenarios=[
        ScenarioView(
            name="the-plan",
            line="eight steps of the plan, switched on one by one",
            wall_s=80,
            starts=400,
            writes=0,
            modeled=True,
            last_result="145.9 → 0.9 ms",
        ),
        ScenarioView(
            name="first-start",
            line="the first start of the day, cold, then warmed",
            wall_s=30,
            starts=60,
            writes=0,
            modeled=False,
        ),
        ScenarioView(
            name="workday",
            line="agents come back when every TTL has run out",
            wall_s=60,
            starts=180,
            writes=240,
            modeled=False,
            last_result="warm 24 → 99 %",
        ),
        ScenarioView(
            name="fan-out",
            line="40 agents at once: how long does the last one wait?",
            wall_s=40,
            starts=128,
            writes=0,
            modeled=False,
        ),
        ScenarioView(
            name="monday",
            line="recorded 24 Nov, hook, 3 agents",
            wall_s=11_160,
            starts=212,
            writes=96,
            modeled=False,
            bundled=False,
            last_result="p95 0.31 ms",
            path="/home/you/monday.jsonl",
        ),
    ]
)
