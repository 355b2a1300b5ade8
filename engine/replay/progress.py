"""Where a replay stands, as the screen shows it."""

from __future__ import annotations

from engine.errors import TaskStartError
from engine.replay.events import Op
from engine.replay.pace import Pace
from engine.replay.result import result_line
from engine.replay.schedule import Schedule, Step
from engine.replay.tally import Tally
from engine.replay.workload import Workload
from engine.service.messages import PlaybackView, PlayState

_NS_PER_MS = 1e6


class Progress:
    """State, captions and lateness of one replay; `view` puts them together."""

    def __init__(self, workload: Workload, schedule: Schedule) -> None:
        self.state = PlayState.PREPARING
        self.done = 0
        """Steps carried out."""
        self._workload = workload
        self._schedule = schedule
        self._total_starts = workload.starts
        self._total_writes = workload.writes
        self._settings = [
            index
            for index, step in enumerate(schedule.steps)
            if step.events[0].op is Op.SETTING and step.at_s > 0
        ]
        self._begun: Step | None = None
        self._caption = ""
        self._behind_ns = 0
        self._worst_behind_ns = 0
        self._error = ""
        self._ended_s: float | None = None

    @property
    def worst_behind_ms(self) -> float:
        """How late the latest event was sent."""
        return self._worst_behind_ns / _NS_PER_MS

    def begin(self, step: Step) -> None:
        """A step is being carried out."""
        self._begun = step
        if step.events[0].op is Op.NOTE:
            self._caption = step.events[0].text or ""

    def behind(self, late_ns: int) -> None:
        """An event was sent so much after its time."""
        self._behind_ns = late_ns
        self._worst_behind_ns = max(self._worst_behind_ns, late_ns)

    def fail(self, error: BaseException) -> None:
        """The replay cannot go on."""
        self.state = PlayState.FAILED
        self._error = str(error) if isinstance(error, TaskStartError) else repr(error)

    def ended(self, pace: Pace, now_ns: int) -> None:
        """The clock on the wall stops."""
        self._ended_s = pace.played_s(now_ns)

    def played_s(self, pace: Pace, now_ns: int) -> float:
        """Wall seconds played, pauses not counted."""
        return pace.played_s(now_ns) if self._ended_s is None else self._ended_s

    def view(self, pace: Pace, now_ns: int, tally: Tally) -> PlaybackView:
        """Everything, at one moment."""
        reached_s = self._reached_s(pace, now_ns)
        position_s, duration_s = self._on_the_wall(pace, now_ns, reached_s)
        label, in_s = self._next_setting(reached_s, pace.speed)
        return PlaybackView(
            name=self._workload.name,
            state=self.state,
            speed=pace.speed,
            position_s=position_s,
            duration_s=duration_s,
            virtual_s=self._virtual_s(reached_s),
            virtual_duration_s=self._workload.duration_s,
            skipped_s=self._begun.skipped_s if self._begun else 0.0,
            starts=tally.starts,
            writes=tally.writes,
            writes_without_row=tally.writes_without_row,
            total_starts=self._total_starts,
            total_writes=self._total_writes,
            behind_ms=self._behind_ns / _NS_PER_MS,
            worst_behind_ms=self.worst_behind_ms,
            caption=self._caption,
            next_label=label,
            next_in_s=in_s,
            result=self._result(tally),
            error=self._error,
            then=self._workload.header.then,
        )

    def _result(self, tally: Tally) -> str:
        if self.state is not PlayState.FINISHED:
            return ""
        return result_line(tally, self._workload.header.result)

    def _reached_s(self, pace: Pace, now_ns: int) -> float:
        """Schedule seconds reached, never beyond an event that is still to be sent."""
        steps = self._schedule.steps
        if self.done >= len(steps) or self._begun is None:
            return self._schedule.duration_s if self.done else 0.0
        if self.state not in (PlayState.PLAYING, PlayState.PAUSED):
            return self._begun.at_s
        return min(max(pace.position_s(now_ns), self._begun.at_s), steps[self.done].at_s)

    def _on_the_wall(self, pace: Pace, now_ns: int, reached_s: float) -> tuple[float, float]:
        total_s = self._schedule.duration_s
        if pace.speed > 0:
            return reached_s / pace.speed, total_s / pace.speed
        played_s = self.played_s(pace, now_ns)
        share = self.done / max(1, len(self._schedule.steps))
        return played_s, played_s / share if share else 0.0

    def _virtual_s(self, reached_s: float) -> float:
        if self._begun is None:
            return 0.0
        if self.done >= len(self._schedule.steps):
            return self._begun.t
        following = self._schedule.steps[self.done]
        gap_s = following.at_s - self._begun.at_s
        share = (reached_s - self._begun.at_s) / gap_s if gap_s > 0 else 0.0
        return self._begun.t + share * (following.t - self._begun.t)

    def _next_setting(self, reached_s: float, speed: float) -> tuple[str, float | None]:
        for index in self._settings:
            if index >= self.done:
                step = self._schedule.steps[index]
                label = step.events[0].label or ", ".join(step.events[0].changes or {})
                in_s = max(0.0, step.at_s - reached_s) / speed if speed > 0 else None
                return label, in_s
        return "", None
