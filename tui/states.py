"""Glyph, word and role of every state, so that each reads without color."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.messages import (
    AlertView,
    EngineState,
    MetricState,
    MetricView,
    PlayState,
    Snapshot,
    StaleView,
    Stays,
    TrafficSource,
)
from tui import format as fmt
from tui.text import Item, Line, Piece, clip, item, line

METRIC: dict[MetricState, tuple[str, str]] = {
    MetricState.OK: ("✓ ok", "ok"),
    MetricState.WARN: ("▲ warn", "warn"),
    MetricState.ALERT: ("✖ ALERT", "alert"),
    MetricState.TOO_FEW: ("· too few", "few"),
}

PLAY: dict[PlayState, tuple[str, str]] = {
    PlayState.PREPARING: ("…", "preparing"),
    PlayState.PLAYING: ("▶", ""),
    PlayState.PAUSED: ("‖", "paused"),
    PlayState.FINISHED: ("■", "done"),
    PlayState.STOPPED: ("■", "stopped"),
    PlayState.FAILED: ("✖", "failed"),
}


STAYS: dict[Stays, str] = {
    Stays.NO: "",
    Stays.CONSOLES: "for others",
    Stays.AGENTS: "for agents",
    Stays.TOLD: "as told",
    Stays.SERVED: "(serve)",
}
"""Why the engine stays when this console is left."""


ENDING = Piece("✖ ending", "warn")
"""An alert whose metric is within its limit again, but not yet for long enough."""


OVER = Piece("✓ over", "muted")
"""An alert that has ended; its text still tells how far beyond the limit it was."""


AT_END: dict[MetricState, Piece] = {
    MetricState.OK: Piece("✓ at end", "muted"),
    MetricState.WARN: Piece("▲ at end", "warn"),
    MetricState.ALERT: Piece("✖ at end", "warn"),
    MetricState.TOO_FEW: Piece("· too few", "few"),
}
"""What a replay that is over has left: no start comes that could change it."""


LAST = Piece("· last", "few")
"""The state of a metric of an engine that has ended."""


EARLIER = Piece("· earlier", "few")
"""An alert whose metric has too few samples now to say whether it goes on."""


def metric_state(state: MetricState) -> Piece:
    """A metric's or alert's state."""
    text, role = METRIC[state]
    return Piece(text, role)


def is_ending(metric: MetricView) -> bool:
    """Whether a metric is within its limit again while its alert is still on.

    An alert ends once its metric has kept the limit for a moment; until then value and state
    would contradict each other.
    """
    if metric.state is not MetricState.ALERT or metric.value is None:
        return False
    if metric.limit_is_minimum:
        return metric.value >= metric.limit
    return metric.value <= metric.limit


def is_at_end(alert: AlertView) -> bool:
    """Whether the alert was on when its replay ended, so that it neither goes on nor is over."""
    return not alert.active and alert.state is MetricState.ALERT


def alert_state(alert: AlertView, metrics: Sequence[MetricView]) -> Piece:
    """An alert's state beside its metric's value of now."""
    if is_at_end(alert):
        return AT_END[alert.state]
    if not alert.active:
        return EARLIER if alert.state is MetricState.TOO_FEW else OVER
    metric = _metric_of(alert, metrics)
    if metric is None:
        return metric_state(alert.state)
    if metric.value is None:
        return EARLIER
    return ENDING if is_ending(metric) else metric_state(alert.state)


def standing(alert: AlertView, metrics: Sequence[MetricView]) -> str:
    """What has become of an active alert that its metric no longer bears out; empty if it does."""
    metric = _metric_of(alert, metrics)
    if metric is None:
        return ""
    if metric.value is None:
        counted, *_ = metric.counted.split("  ")
        return f"too few starts since to judge it ({counted})"
    if is_ending(metric):
        now = fmt.amount(metric.value, metric.unit)
        return f"now {now}: over once it stays within the limit"
    return ""


def _metric_of(alert: AlertView, metrics: Sequence[MetricView]) -> MetricView | None:
    if not alert.active:
        return None
    return next((metric for metric in metrics if metric.name == alert.metric), None)


def cost_badge(modeled: bool, profile: str = "") -> Line:
    """NATIVE or MODELED; every panel whose figures a cost profile touched carries it."""
    if not modeled:
        return line(Piece("● NATIVE", "native"))
    return line(Piece(f"≈ MODELED {profile}".rstrip(), "modeled"))


def cost_glyph(modeled: bool) -> Piece:
    """`cost_badge` where there is room for its glyph only."""
    return Piece("≈", "modeled") if modeled else Piece("●", "native")


def speed_text(speed: float) -> str:
    """`×1`, `×0.5`; `×max` for as fast as possible."""
    return "×max" if speed == 0 else f"×{speed:g}"


_SHORT_NAME = 14
"""Cells of a scenario's name where there is no room for all of it."""
_SOURCES = {"claude": "Claude Code", "cli": "command line", "api": "Python"}


def source_word(source: str) -> str:
    """Who asked, in a word or two: `hook`, `Claude Code`, `replay`."""
    return _SOURCES.get(source, source)


def source_item(snapshot: Snapshot) -> Item:
    """Where the displayed starts come from."""
    playback = snapshot.playback
    if snapshot.source is TrafficSource.LIVE or playback is None:
        return item("● LIVE traffic", "● LIVE", rank=90)
    glyph, word = PLAY[playback.state]
    role = "alert" if playback.state is PlayState.FAILED else "strong"
    time = fmt.played(playback.position_s, playback.duration_s)
    tail = f" {word}" if word else ""
    speed = speed_text(playback.speed)
    name = Piece(f"{playback.name}{tail}", role)
    return item(
        line(Piece(f"{glyph} REPLAY ", role), name, f" {time} {speed}"),
        line(Piece(f"{glyph} ", role), name, f" {time} {speed}"),
        line(Piece(f"{glyph} ", role), name, f" {time}"),
        line(Piece(f"{glyph} {clip(playback.name, _SHORT_NAME)}", role), f" {time}"),
        rank=95,
    )


def stale_words(stale: StaleView) -> str:
    """`stale 2 of 41 checked, oldest 26 min`."""
    if not stale.checked:
        return "stale: none checked yet"
    oldest = f", oldest {fmt.duration(max(stale.oldest_s, 0.001))}" if stale.stale else ""
    return f"stale {fmt.count(stale.stale)} of {fmt.count(stale.checked)} checked{oldest}"


def stale_count(stale: StaleView) -> str:
    """`stale 2 of 41`."""
    return f"stale {fmt.count(stale.stale)} of {fmt.count(stale.checked)}"


def freshness_item(snapshot: Snapshot) -> Item:
    """How cached values are known to be current, and what that costs."""
    mode = snapshot.freshness
    if mode == "strict":
        return item("= STRICT 0 stale", "= STRICT", rank=60)
    word = f"≤{snapshot.bounded_ms:g} ms BOUNDED" if mode == "bounded" else "~ TTL"
    stale = snapshot.stale
    if stale is None or not stale.checked:
        return item(word, rank=60)
    role = "warn" if stale.stale else ""
    call = "app.stale_examples"
    few = stale_count(stale).removeprefix("stale ")
    return item(
        line(Piece(f"{word} {stale_words(stale)}", role, call)),
        line(Piece(f"{word} stale {few}", role, call)),
        line(
            Piece(f"{word.split(' ')[0]} {few} {'STALE' if stale.stale else 'stale'}", role, call)
        ),
        rank=60,
    )


def recording_item(snapshot: Snapshot) -> Item:
    """Whether live starts are being recorded."""
    if snapshot.recording:
        text = f"● RECORDING {fmt.count(snapshot.recorded)}"
        return item(line(Piece(text, "warn")), line(Piece("● REC", "warn")), rank=55)
    return item("○ not recording", "○ rec", "", rank=20)


def engine_item(snapshot: Snapshot) -> Item:
    """The engine's state."""
    stays = STAYS[snapshot.stays]
    match snapshot.engine:
        case EngineState.STARTING:
            return item(line(Piece("◌ engine starting", "warn")), rank=70)
        case EngineState.WARMING:
            done = f"{fmt.count(snapshot.warmed)}/{fmt.count(snapshot.to_warm)}"
            short = f"◐ warming {done}"
            if not stays:
                return item(f"◐ engine warming {done}", short, rank=50)
            return item(
                f"◐ engine warming {done}, stays {stays}", f"{short}, stays", short, rank=50
            )
        case EngineState.FAILED:
            return item(line(Piece("✖ engine failed", "alert")), rank=99)
        case EngineState.READY:
            up = fmt.minutes(snapshot.uptime_s)
            dot = Piece("● ", "ok")
            if not stays:
                return item(line(dot, f"engine {up}"), line(dot, "engine"), rank=30)
            return item(
                line(dot, f"engine {up}, stays {stays}"),
                line(dot, f"engine stays {stays}"),
                line(dot, "engine stays"),
                line(dot, "stays"),
                rank=30,
            )


def traffic_items(snapshot: Snapshot) -> Item:
    """Starts per second and errors, in few words."""
    traffic = snapshot.traffic
    role = "alert" if traffic.errors else ""
    return item(
        line(f"{traffic.starts_per_s:.1f}/s ", Piece(f"err {traffic.errors}", role)), "", rank=25
    )
