"""The alerts that were on when a replay ended: what they are about does not go on."""

from __future__ import annotations

from tui import wire as m


def is_over(playback: m.PlaybackView | None) -> bool:
    """Whether a replay is displayed that plays no more: no start comes that could change a figure."""
    over = (m.PlayState.FINISHED, m.PlayState.STOPPED, m.PlayState.FAILED)
    return playback is not None and playback.state in over


def is_of_starts(metric: str) -> bool:
    """Whether a metric is made of starts; memory and CPU go on without them, failures are forgotten."""
    return metric in (m.MetricName.TASKSTART, m.MetricName.DATABASE, m.MetricName.HIT_RATE)


class AlertsAtEnd:
    """Keeps them as they were then: the engine judges on, by fewer and fewer of the last starts."""

    def __init__(self) -> None:
        self._kept: dict[int, m.AlertView] = {}

    def put_into(self, snapshot: m.Snapshot) -> m.Snapshot:
        """The snapshot with these alerts no longer active: beyond their limit, or not to be judged.

        One that was about to end is left to the engine, which ends it.
        """
        if not is_over(snapshot.playback):
            self._kept.clear()
            return snapshot
        import msgspec

        from tui import states

        last_start_s = snapshot.points[-1].at_s if snapshot.points else snapshot.now_s
        since_s = snapshot.now_s - last_start_s
        metrics: dict[str, m.MetricView] = {
            metric.name: metric for metric in snapshot.metrics if is_of_starts(metric.name)
        }
        for alert in snapshot.alerts:
            metric = metrics.get(alert.metric)
            if metric is None or not alert.active or alert.id in self._kept:
                continue
            if not states.is_ending(metric):
                self._kept[alert.id] = msgspec.structs.replace(
                    alert,
                    active=False,
                    state=alert.state if metric.value is not None else m.MetricState.TOO_FEW,
                    seconds=max(0.0, alert.seconds - since_s),
                )
        if not self._kept:
            return snapshot
        alerts = [
            msgspec.structs.replace(
                self._kept.get(alert.id, alert), acknowledged=alert.acknowledged, saved=alert.saved
            )
            for alert in snapshot.alerts
        ]
        return msgspec.structs.replace(snapshot, alerts=alerts)
