"""One alert that is on and one that is over."""

from __future__ import annotations

from engine.service.messages import AlertView, MetricState

ALERT = AlertView(
    id=1,
    metric="cache hit rate",
    state=MetricState.ALERT,
    text="hit rate 66.7 % < 90 %",
    why="every task is new, no row can be cached yet → o 4, o 6",
    began_at="14:02:13",
    seconds=18,
    active=True,
    modeled=True,
)


PAST_ALERT = AlertView(
    id=0,
    metric="TaskStart p95",
    state=MetricState.OK,
    text="TaskStart p95 145.9 ms > 100 ms",
    why="65 ms of it are the database's → o 1",
    began_at="14:02:00",
    seconds=12,
    active=False,
    acknowledged=True,
    modeled=True,
)
