"""TaskStart latency over time: one dot is one start, the limit and every change drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.service.messages import EngineState, MetricName, Snapshot, StartPoint, TrialView
from tui import format as fmt
from tui.plots.axis import Axis, latency_axis
from tui.plots.braille import BrailleCanvas
from tui.text import BLANK, Line, Piece, clip, line, wrap
from tui.widgets.panel import Frame, Panel

_SHORTEST_S = 10.0
_DEFAULT_LIMIT_MS = 100.0
_HELP_AT = 22
"""The cell at which the explanation of a key begins: key and title stand before it."""


class LatencyChart(Panel):
    """The chart, or what to do when there has been no start yet."""

    TITLE = "TaskStart latency, ms"

    def heading(self) -> Line:
        """Title, and whether costs were injected."""
        modeled = self.snapshot is not None and self.snapshot.modeled
        badge = (Piece(" ≈ modeled", "modeled"),) if modeled else ()
        return (Piece(self.TITLE, "title"), *badge)

    def aside(self) -> Line:
        """What a dot is, and where the limit is when it is out of sight."""
        if self.snapshot is None or not self.snapshot.points:
            return BLANK
        axis = _axis(self.snapshot)
        if axis.logarithmic and axis.high >= _limit(self.snapshot):
            return line(Piece("one dot = one start · log", "muted"))
        if axis.logarithmic:
            highest = max(point.total_ms for point in self.snapshot.points)
            limit = _limit(self.snapshot)
            return line(
                f"log · limit {limit:g} ms is {limit / max(highest, 1e-6):,.0f} × above the highest"
            )
        return line(Piece("one dot = one start · linear", "muted"))

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """Dots over a time axis."""
        if self.snapshot is None or not self.snapshot.points:
            return empty_state(self.snapshot, width, height, ended=self.is_of_the_past)
        return draw(self.snapshot, width, height)


def _limit(snapshot: Snapshot) -> float:
    return next(
        (m.limit for m in snapshot.metrics if m.name is MetricName.TASKSTART), _DEFAULT_LIMIT_MS
    )


def _axis(snapshot: Snapshot) -> Axis:
    return latency_axis([point.total_ms for point in snapshot.points], _limit(snapshot))


def _role(point: StartPoint) -> tuple[str, int]:
    if point.failed:
        return "failed", 3
    if point.before_change:
        return "past", 0
    return ("warm", 2) if point.warm else ("dot", 1)


def draw(snapshot: Snapshot, width: int, height: int) -> list[Line]:
    """The chart of a snapshot with points."""
    axis, limit = _axis(snapshot), _limit(snapshot)
    gutter = max(len(_tick(tick)) for tick in axis.ticks) + 3
    canvas = BrailleCanvas(max(10, width - gutter), max(2, height - 1))
    end = snapshot.now_s
    begin = min(*(point.at_s for point in snapshot.points), end - _SHORTEST_S)
    span = end - begin

    def across(at_s: float) -> float:
        return (at_s - begin) / span

    labels = _value_labels(axis, canvas.height, gutter)
    if axis.high >= limit:
        _draw_limit(canvas, axis, limit)
    for mark in snapshot.marks:
        if mark.at_s >= begin:
            column = round(across(mark.at_s) * (canvas.width - 1))
            for row in range(canvas.height):
                canvas.put(column, row, "┊", "mark")
    for point in snapshot.points:
        role, rank = _role(point)
        canvas.dot(across(point.at_s), axis.place(point.total_ms), role, rank)
        if point.failed:
            row = min(canvas.height - 1, int((1 - axis.place(point.total_ms)) * canvas.height))
            canvas.put(int(across(point.at_s) * (canvas.width - 1)), row, "✖", "failed")
    for mark in snapshot.marks:
        if mark.at_s >= begin:
            _label_mark(canvas, round(across(mark.at_s) * (canvas.width - 1)), mark.label)
    if axis.high >= limit:
        _label_limit(canvas, axis, limit)
    rows: list[Line] = [
        (Piece(labels[y], "muted"), *pieces) for y, pieces in enumerate(canvas.lines())
    ]
    rows.append((Piece(" " * gutter), Piece(_time_labels(span, canvas.width), "muted")))
    return rows


def _row_of(axis: Axis, value: float, height: int) -> int:
    return min(height - 1, int((1 - axis.place(value)) * height))


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _value_labels(axis: Axis, height: int, gutter: int) -> list[str]:
    labels = [" " * (gutter - 1) + "│"] * height
    ticks = axis.ticks if len(axis.ticks) <= height else (axis.ticks[0], axis.ticks[-1])
    for tick in ticks:
        row = height - 1 if tick == axis.low else _row_of(axis, tick, height)
        labels[row] = f"{_tick(tick):>{gutter - 2}} ┤"
    return labels


def _draw_limit(canvas: BrailleCanvas, axis: Axis, limit: float) -> None:
    row = _row_of(axis, limit, canvas.height)
    canvas.put(0, row, "╌" * canvas.width, "limit")


def _label_limit(canvas: BrailleCanvas, axis: Axis, limit: float) -> None:
    text = f" limit {limit:g}"
    row = _row_of(axis, limit, canvas.height)
    for candidate in (row, row - 1, row + 1):
        if canvas.free(canvas.width - len(text), candidate, len(text)):
            canvas.put(canvas.width - len(text), candidate, text, "limit")
            return


def _label_mark(canvas: BrailleCanvas, column: int, label: str) -> None:
    # The number of an optimization says enough where its whole name has no room.
    short = label.split(" ")[0]
    for text in (label, short):
        for row in (0, 1):
            if canvas.free(column + 1, row, len(text) + 1):
                canvas.put(column + 1, row, text, "mark")
                return


def _time_labels(span: float, width: int) -> str:
    """`1:00 ago ... now` below the axis."""
    left, middle, right = f"{fmt.minutes(span)} ago", fmt.minutes(span / 2), "now"
    text = left + middle.rjust(width // 2 - len(left) + len(middle) // 2)
    return text + right.rjust(width - len(text))


def empty_state(
    snapshot: Snapshot | None, width: int, height: int, *, ended: bool = False
) -> list[Line]:
    """What to do when there is no dot yet; `ended`: there is no engine to do it."""
    if snapshot is None:
        return [BLANK, line(Piece("The figures come with the engine …", "muted"))]
    if ended:
        return [line(row) for row in wrap("No TaskStart came before the engine ended.", width)]
    told = [line(row) for row in wrap(_readiness(snapshot), width)]
    ways = 5
    trial: list[Line] = []
    if snapshot.trial:
        room = height - len(told) - ways
        whole, short = (_wrapped(words, width) for words in _trial(snapshot.trial))
        trial = whole if len(whole) <= room else short
    spare = height - len(told) - len(trial) - ways
    rows: list[Line] = [BLANK] if spare > 1 else []
    rows += [*told, BLANK] if spare > 0 else told
    if not snapshot.project.demo and snapshot.engine is EngineState.READY:
        rows.append(_hook_row(snapshot.project.root, width))
    for key, title, help_, call in (
        ("s", "play a scenario", "a minute, on a copy: nothing is written", "app.show('replay')"),
        ("t", "start one task", "type a task id, see its answer", "app.task"),
        ("i", "import history", "from the database, or transcripts", "app.import_history"),
        ("r", "record", "your agents' own starts, to play again", "app.record"),
    ):
        explained = clip(help_, width - _HELP_AT)
        rows.append(
            line(Piece(f"  {key}", "key", call), Piece(f"  {title:<17}", "", call), explained)
        )
    return [*rows, *([BLANK] if spare > 2 and trial else []), *trial]


def _wrapped(words: str, width: int) -> list[Line]:
    return [line(row) for row in wrap(words, width)]


def _trial(trial: TrialView) -> tuple[str, str]:
    """What the trial has measured, in words and in few words."""
    all_off, cold, warm = (
        fmt.milliseconds(value) for value in (trial.all_off_ms, trial.cold_ms, trial.warm_ms)
    )
    return (
        f"Measured on {trial.tasks} of your tasks: all off {all_off} ms, "
        f"everything on {cold} ms cold, {warm} ms warm.",
        f"On {trial.tasks} of your tasks: all off {all_off} ms, all on {cold} ms, warm {warm} ms.",
    )


def _hook_row(root: str, width: int) -> Line:
    """The command, to be run in a shell, by which agents ask this engine."""
    here = Path.cwd().is_relative_to(root)
    command = "taskstart install-hook" if here else f"taskstart install-hook --project {root}"
    told = Piece(clip(command, width - _HELP_AT), "strong")
    return line(Piece("  $", "key"), f"  {'connect a hook':<17}", told)


def _readiness(snapshot: Snapshot) -> str:
    match snapshot.engine:
        case EngineState.STARTING:
            return "No TaskStart yet. The engine is starting."
        case EngineState.FAILED:
            return f"The engine could not start: {snapshot.engine_error}"
        case EngineState.WARMING:
            return (
                f"No TaskStart lately. The engine answers already and prepares answers: "
                f"{fmt.count(snapshot.warmed)} of {fmt.count(snapshot.to_warm)}."
            )
        case EngineState.READY:
            warm = f" and warm ({fmt.count(snapshot.warmed)} answers)" if snapshot.warmed else ""
            return f"No TaskStart lately. The engine is ready{warm}."
