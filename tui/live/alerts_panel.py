"""The alerts of the moment: what is beyond a limit, since when, why, what to press."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.service.messages import AlertView, MetricState, MetricView, Snapshot
from tui import format as fmt
from tui import states
from tui.replay_end import is_over
from tui.text import BLANK, Line, Piece, clip, fit, item, line, plain, width_of, wrap
from tui.widgets.panel import Frame, Panel

_WORTH_READING = 30
"""Cells from which the beginning of an explanation is better than none."""


def current(snapshot: Snapshot | None) -> list[AlertView]:
    """Active alerts, then those that a replay has ended with; of either what is not yet seen first."""
    if snapshot is None:
        return []
    shown = [alert for alert in snapshot.alerts if alert.active or states.is_at_end(alert)]
    return sorted(shown, key=lambda alert: (not alert.active, alert.acknowledged, -alert.id))


def counts(snapshot: Snapshot | None) -> Line:
    """How many are on now, how many a replay has ended with, how many there have been."""
    alerts = snapshot.alerts if snapshot else []
    now = sum(alert.active for alert in alerts)
    at_end = sum(states.is_at_end(alert) for alert in alerts)
    ended = f" · {at_end} at the replay's end" if at_end else ""
    return line(Piece(f"{now} now{ended} · {len(alerts)} in all", "muted"))


class AlertsPanel(Panel):
    """As many alerts as fit; one on a small screen."""

    TITLE = "alerts"
    COMPACT_FRAME = Frame.BARE

    def aside(self) -> Line:
        """How many."""
        return counts(self.snapshot)

    def body(self, width: int, height: int, frame: Frame) -> Sequence[Line]:
        """One alert a line."""
        if self.snapshot is None:
            return [BLANK]
        alerts = current(self.snapshot)
        if not alerts:
            calm = quiet(self.snapshot, width - 1)
            return [(Piece(" "), *calm) if frame is Frame.BARE else calm]
        if frame is Frame.BARE:
            shown = alert_line(alerts[0], width - 1, self.snapshot.metrics, of=len(alerts))
            return [(Piece(" "), *shown)]
        rows: list[Line] = []
        alone = len(alerts) if height == 1 else 1
        for alert in alerts:
            first = alert_line(alert, width, self.snapshot.metrics, of=alone)
            told = [first]
            why = states.standing(alert, self.snapshot.metrics) or alert.why
            if height - len(rows) > len(alerts) + 1 and why not in plain(first):
                told += [line(Piece(f"  {row}", "muted")) for row in wrap(why, width - 2)]
            rows += told
        return rows[:height]


def quiet(snapshot: Snapshot, width: int) -> Line:
    """What to say when nothing is beyond its limit: who was refused, or the pool's suggestion."""
    told = Piece("✓ no alert  ", "muted")
    room = width - width_of((told,))
    if snapshot.traffic.refused:
        count = fmt.count(snapshot.traffic.refused)
        text = f"▲ requests refused: {count}, the last one: {snapshot.traffic.refusal}"
        return (told, Piece(clip(text, room), "warn"))
    if snapshot.pool.suggestion:
        return (told, Piece(clip(f"▸ {snapshot.pool.suggestion}", room), "warn", "app.database"))
    near = [metric.name.value for metric in snapshot.metrics if metric.state is MetricState.WARN]
    if near and not is_over(snapshot.playback):
        return line(Piece("▲ ", "warn"), Piece(clip(_no_alert_yet(near), width - 2), "muted"))
    states_now = [metric.state for metric in snapshot.metrics]
    if any(state is MetricState.TOO_FEW for state in states_now) or not states_now:
        return line(
            Piece("· ", "few"),
            Piece("no alert; some metrics have too few samples to be judged", "muted"),
        )
    return line(Piece("✓ ", "ok"), Piece("every metric is within its limit", "muted"))


def _no_alert_yet(metrics: Sequence[str]) -> str:
    """What is a warning only: near its limit, or beyond it for a moment."""
    return f"no alert; near its limit, or not beyond it for long: {', '.join(metrics)}"


def _why(why: str, room: int) -> Line:
    """The explanation; what to press is its last part, and stays when the rest has no room.

    Of that in turn what stands before a colon.
    """
    _, arrow, press = why.rpartition("→")
    shorter = f"{arrow} {press.strip()}" if arrow else why
    for text in (why, shorter, shorter.partition(":")[0]):
        if text and cell_len(text) <= room:
            return line(Piece(f"  {text}", "muted"))
    return line(Piece(f"  {clip(why, room)}", "muted")) if room >= _WORTH_READING else BLANK


def alert_line(
    alert: AlertView, width: int, metrics: Sequence[MetricView] = (), *, of: int = 1
) -> Line:
    """State, what, since when, why, what to press.

    Args:
        metrics: those of the same moment.
        of: how many alerts there are, where this one alone is shown.
    """
    standing = states.standing(alert, metrics)
    head = (
        states.alert_state(alert, metrics),
        Piece(" "),
        Piece(alert.text, "strong"),
        Piece(f" for {fmt.minutes(alert.seconds)}"),
        *((Piece(f"  1 of {of}", "warn", "screen.explain"),) if of > 1 else BLANK),
    )
    badge: Line = (Piece(" ≈ modeled", "modeled"),) if alert.modeled else BLANK
    seen = line(Piece("✓ seen", "muted")) if alert.acknowledged else BLANK
    keys = fit(
        [
            item(line(Piece("⏎", "key", "screen.explain"), " why"), rank=2),
            item(seen or line(Piece("a", "key", "screen.acknowledge"), " ack"), "", rank=1),
        ],
        18,
        line("  "),
    )
    room = width - width_of(head) - width_of(keys) - 4
    why = standing or alert.why
    if width_of(badge) + cell_len(why) > room:
        # What to press matters more than the badge, which the metric's own panel shows too.
        badge = BLANK
    room -= width_of(badge)
    content = (*head, *badge, *_why(why, room))
    gap = width - width_of(content) - width_of(keys)
    if gap < 1:
        return content
    return (*content, Piece(" " * gap), *keys)
