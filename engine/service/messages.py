"""Typed messages between the engine's process and its viewers.

The engine pushes `Snapshot`s (at most four a second) and `Event`s; a viewer sends `Command`s and
gets one `Reply` for each. Times are milliseconds or seconds as the names say. Every figure that a
cost profile touched comes with `modeled = True`. `None` means "not known" and is drawn as a dash.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

PROTOCOL = 1


class Message(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all messages; the tag is the class's name."""


# ---- what a snapshot is made of -------------------------------------------------------------


class ProjectView(msgspec.Struct, kw_only=True, frozen=True):
    """The project that the displayed engine reads."""

    name: str
    root: str
    tasks: int
    agents: int
    demo: bool = False
    journal_mode: str = "delete"


class TrafficSource(enum.StrEnum):
    """Where the displayed starts come from."""

    LIVE = "live"
    REPLAY = "replay"


class PlayState(enum.StrEnum):
    """State of a replay."""

    PREPARING = "preparing"
    PLAYING = "playing"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class PlaybackView(msgspec.Struct, kw_only=True, frozen=True):
    """A replay that is on, or has ended and is still displayed."""

    name: str
    state: PlayState
    speed: float
    """Virtual seconds per wall second; 0 means as fast as possible."""
    position_s: float
    """Wall seconds played, pauses not counted."""
    duration_s: float
    """Wall seconds that the whole takes at this speed."""
    virtual_s: float
    """Seconds of the workload's own clock."""
    virtual_duration_s: float
    skipped_s: float = 0.0
    """Idle seconds of the workload that the clock on the wall jumped over."""
    starts: int = 0
    writes: int = 0
    total_starts: int = 0
    total_writes: int = 0
    behind_ms: float = 0.0
    """How far the last start was sent after its intended time."""
    worst_behind_ms: float = 0.0
    caption: str = ""
    next_label: str = ""
    """The next change of a setting, in words; empty when none is left."""
    next_in_s: float | None = None
    result: str = ""
    """The one result line, once it has finished."""
    error: str = ""
    then: str = ""
    """The scenario that follows by itself; empty when none does."""


class MetricState(enum.StrEnum):
    """State of a metric or an alert."""

    OK = "ok"
    WARN = "warn"
    ALERT = "alert"
    TOO_FEW = "too few"


class MetricName(enum.StrEnum):
    """The five key metrics."""

    TASKSTART = "TaskStart p95"
    DATABASE = "database p95"
    HIT_RATE = "cache hit rate"
    MEMORY = "memory, engine"
    CPU = "CPU, engine"


class MetricView(msgspec.Struct, kw_only=True, frozen=True):
    """One key metric against its limit."""

    name: MetricName
    value: float | None
    unit: str
    limit: float
    limit_is_minimum: bool = False
    state: MetricState = MetricState.TOO_FEW
    state_for_s: float = 0.0
    history: list[float | None] = []
    """One value per second, oldest first, at most 60."""
    counted: str = ""
    """What the value was computed from, for example `n 35  p50 76.2  p99 –`."""
    modeled: bool = False


class WindowView(msgspec.Struct, kw_only=True, frozen=True):
    """Over what the figures of the snapshot were computed."""

    label: str
    seconds: float
    starts: int


class StartPoint(msgspec.Struct, array_like=True, frozen=True):
    """One dot of the latency chart."""

    at_s: float
    """Seconds on the chart's time axis (`Snapshot.now_s` is now)."""
    total_ms: float
    warm: bool
    failed: bool
    before_change: bool = False


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """A change on the time axis."""

    at_s: float
    label: str


class PhaseView(msgspec.Struct, kw_only=True, frozen=True):
    """Mean milliseconds per start of one phase; the means add up to the total's mean."""

    name: str
    now_ms: float | None = None
    all_off_ms: float | None = None
    slowest_ms: float | None = None
    """Mean over the slowest 5 % of the window."""


class PhasesView(msgspec.Struct, kw_only=True, frozen=True):
    """Where the time goes, now against all off."""

    phases: list[PhaseView]
    starts: int
    modeled: bool = False
    all_off_starts: int = 0
    all_off_when: str = ""
    """When and how "all off" was measured, in words; empty when it was not."""
    all_off_modeled: bool = False


class CacheLevelView(msgspec.Struct, kw_only=True, frozen=True):
    """One level within one cache."""

    level: int
    on: bool
    entries: int = 0
    max_entries: int = 0
    ttl_seconds: float = 0.0
    asked: int = 0
    hits: int = 0
    bytes_per_entry: float | None = None
    hit_us: float | None = None
    evictions: int = 0
    expirations: int = 0
    promotions: int = 0


class CacheView(msgspec.Struct, kw_only=True, frozen=True):
    """One cache (namespace) over the snapshot's window."""

    name: str
    title: str
    on: bool
    off_hint: str = ""
    """What to turn on, when it is off."""
    ttl_seconds: float = 0.0
    max_entries: int = 0
    entries: int = 0
    asked: int = 0
    hits: int = 0
    """Look-ups that a level answered, the confirmed ones included."""
    """Look-ups answered by any level, the confirmed ones among them: `asked` less `hits` missed."""
    confirmed: int = 0
    first_time: int = 0
    expired: int = 0
    no_room: int = 0
    changed: int = 0
    joined: int = 0
    needless: int = 0
    stale: int = 0
    """Answers known to have been out of date when served."""
    levels: list[CacheLevelView] = []
    bytes_total: int = 0
    """What it holds in memory (L1 and L2)."""
    disk_bytes: int = 0
    """What it holds on disk (L3)."""


class PoolView(msgspec.Struct, kw_only=True, frozen=True):
    """The database connections."""

    on: bool
    size: int = 0
    busy: int = 0
    waiting: int = 0
    wait_p95_ms: float | None = None
    replaced: int = 0
    opened: int = 0
    closed: int = 0
    suggestion: str = ""


class StatementView(msgspec.Struct, kw_only=True, frozen=True):
    """One SQL statement over the life of the displayed engine."""

    name: str
    count: int
    p95_ms: float | None
    share: float
    """Share of all statements' time, 0 to 1."""
    plan: str = ""


class OptimizationView(msgspec.Struct, kw_only=True, frozen=True):
    """One optimization: on or off, and what switching it was measured to save."""

    number: int
    title: str
    published: str
    on: bool
    saved_ms: float | None = None
    before_starts: int = 0
    after_starts: int = 0


class AlertView(msgspec.Struct, kw_only=True, frozen=True):
    """One alert, current or past."""

    id: int
    metric: str
    state: MetricState
    text: str
    """For example `hit rate 66.7 % < 90 %`."""
    why: str = ""
    """What explains it and what to press."""
    began_at: str
    """Clock time, HH:MM:SS."""
    seconds: float
    active: bool
    acknowledged: bool = False
    modeled: bool = False


class TrafficView(msgspec.Struct, kw_only=True, frozen=True):
    """Starts and failures over the window."""

    starts_per_s: float = 0.0
    errors: int = 0
    errors_per_min: float = 0.0
    warm: int = 0
    starts: int = 0
    behind_ms: float | None = None
    agent_wait_ms: float | None = None
    """Median of what the hooks' own processes reported, from their start; None without reports."""
    in_flight: int = 0


class StaleView(msgspec.Struct, kw_only=True, frozen=True):
    """What the checks made after the answers went out have found (bounded and ttl)."""

    checked: int = 0
    stale: int = 0
    text_differs: int = 0
    oldest_s: float = 0.0


class EngineState(enum.StrEnum):
    """State of the displayed engine."""

    STARTING = "starting"
    WARMING = "warming"
    READY = "ready"
    FAILED = "failed"


class TrialView(msgspec.Struct, kw_only=True, frozen=True):
    """The small trial on the user's own tasks that an engine without traffic makes."""

    tasks: int
    all_off_ms: float
    cold_ms: float
    warm_ms: float


class EffectView(msgspec.Struct, kw_only=True, frozen=True):
    """What settings give, predicted or measured, for one cache on one stretch of traffic."""

    reads: int = 0
    hits: int = 0
    hit_rate: float | None = None
    """`hits / reads`, 0 to 1; None without reads."""
    stale: int | None = None
    """Reads answered from the cache after their content had changed; 0 in strict; None unknown."""
    text_differs: int | None = None
    """Those of them whose text, which the agent reads, differs; known where it was measured."""
    oldest_s: float | None = None
    """How long the oldest of them had been out of date, at most."""
    needless: int | None = None
    """Values loaded anew because their time was up, though nothing had changed."""
    memory_bytes: int | None = None
    """What the cache holds in memory, L1 and L2."""
    disk_bytes: int | None = None
    """What it holds on disk, L3."""


class TryState(enum.StrEnum):
    """State of a try."""

    PREPARING = "preparing"
    PLAYING = "playing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TryView(msgspec.Struct, kw_only=True, frozen=True):
    """The recorded traffic, played under draft settings beside everything else."""

    state: TryState
    changes: dict[str, Any]
    """The draft, path -> value."""
    label: str
    """The draft in words."""
    done: int = 0
    """Events played so far."""
    total: int = 0
    seconds: float = 0.0
    """Seconds on the wall so far."""
    span_s: float = 0.0
    """How long the recorded traffic took when it happened."""
    predicted: EffectView | None = None
    measured: EffectView | None = None
    """While it plays: so far."""
    errors: int = 0
    """Starts that failed; 0 of a recording on the same project."""
    error: str = ""
    """Why it failed."""


class Snapshot(Message, kw_only=True, frozen=True):
    """All that the screens show, at one moment; complete, so that a viewer can attach at any time."""

    number: int
    now_s: float
    """Now, on the charts' time axis."""
    clock: str
    """Wall (or virtual) clock as HH:MM:SS."""
    uptime_s: float
    engine: EngineState
    engine_error: str = ""
    warmed: int = 0
    to_warm: int = 0
    project: ProjectView
    source: TrafficSource
    playback: PlaybackView | None = None
    profile: str
    modeled: bool
    freshness: str
    bounded_ms: float
    loading: str
    warming: bool
    recording: str = ""
    """Path of the recording in progress; empty when none is."""
    recorded: int = 0
    settings: dict[str, Any] = {}
    """Current value of every setting, by path."""
    can_undo: str = ""
    """What undo would take back, in words; empty when there is nothing."""
    can_redo: str = ""
    metrics: list[MetricView] = []
    window: WindowView
    traffic: TrafficView
    points: list[StartPoint] = []
    marks: list[Mark] = []
    phases: PhasesView
    caches: list[CacheView] = []
    pool: PoolView
    statements: list[StatementView] = []
    optimizations: list[OptimizationView] = []
    alerts: list[AlertView] = []
    stale: StaleView | None = None
    """None in strict mode."""
    trial: TrialView | None = None
    tried: TryView | None = None
    """The try that is on, or the last one; None before the first."""
    viewers: int = 1


class Event(Message, kw_only=True, frozen=True):
    """Something happened that deserves one toast."""

    title: str
    text: str
    severity: str = "information"
    """information, warning or error, as Textual's toasts call them."""


# ---- commands -------------------------------------------------------------------------------


class Command(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all commands."""


class ChangeSettings(Command, kw_only=True, frozen=True):
    """Change settings as one undoable step: path -> value (text is converted)."""

    changes: dict[str, Any]


class Undo(Command, kw_only=True, frozen=True):
    """Take the last change of settings back."""


class Redo(Command, kw_only=True, frozen=True):
    """Make the last undone change again."""


class ResetSettings(Command, kw_only=True, frozen=True):
    """Back to the published defaults; `prefix` limits it (for example `caches.answers`)."""

    prefix: str = ""


class SaveSettings(Command, kw_only=True, frozen=True):
    """Write the settings that differ from the file to the project's `taskstart.toml`."""


class SetWindow(Command, kw_only=True, frozen=True):
    """Choose the figures' window: 0 is "since the last change, at most 60 s"."""

    seconds: float


class ListScenarios(Command, kw_only=True, frozen=True):
    """Reply: `ScenarioList`."""


class Play(Command, kw_only=True, frozen=True):
    """Play a bundled scenario by name, or a workload file by path."""

    name: str
    speed: float = 1.0
    """0 means as fast as possible."""


class PausePlayback(Command, kw_only=True, frozen=True):
    """Pause, or go on when paused."""


class SetSpeed(Command, kw_only=True, frozen=True):
    """Change the speed of the replay that is on; 0 means as fast as possible."""

    speed: float


class StopPlayback(Command, kw_only=True, frozen=True):
    """Stop the replay; `leave` goes back to live traffic."""

    leave: bool = False


class GetReport(Command, kw_only=True, frozen=True):
    """What came of the replay on display, so far or in the end. Reply: `Report`."""


class StartTask(Command, kw_only=True, frozen=True):
    """Make one TaskStart now. Reply: `StartDetail`."""

    task_id: int
    agent_role: str | None = None


class ListStarts(Command, kw_only=True, frozen=True):
    """Reply: `StartList`, newest first; `before` pages on by id."""

    limit: int = 200
    before: int | None = None


class GetStart(Command, kw_only=True, frozen=True):
    """Reply: `StartDetail`."""

    id: int


class ToggleRecording(Command, kw_only=True, frozen=True):
    """Start or stop recording live starts; `path` empty chooses a name."""

    path: str = ""


class AcknowledgeAlert(Command, kw_only=True, frozen=True):
    """Mark an alert as seen."""

    id: int


class ClearCaches(Command, kw_only=True, frozen=True):
    """Forget all cached values (not a setting; cannot be undone)."""


class MeasureAllOff(Command, kw_only=True, frozen=True):
    """Measure the "all off" reference now on a sample of the project's tasks."""


class LoadSettings(Command, kw_only=True, frozen=True):
    """Take the settings of the project's `taskstart.toml`, as one undoable step."""


class DiffSettings(Command, kw_only=True, frozen=True):
    """The settings that differ from the project's `taskstart.toml`. Reply: `SettingsDiff`."""


class GetForecast(Command, kw_only=True, frozen=True):
    """What-if curves of one cache over the recorded traffic. Reply: `ForecastView`."""

    cache: str
    """Its name: answers, rows, rules, plugin_facts, agents, sops."""
    ttls: list[float] = []
    """Seconds; none: a grid from a second to beyond what was recorded."""
    sizes: list[int] = []
    """Entries; none: a grid up to the first size that holds every key."""


class PreviewSettings(Command, kw_only=True, frozen=True):
    """What a draft of settings would give, before it is applied. Reply: `Preview`."""

    changes: dict[str, Any]
    cache: str = "answers"
    """Whose effect is asked for."""


class SuggestTarget(enum.StrEnum):
    """What a suggestion is to reach."""

    HIT_RATE = "hit_rate"
    """At least so much, 0 to 1."""
    OLDEST_AGE = "oldest_age"
    """No answer out of date for longer than so many seconds; 0: none at all."""
    MEMORY = "memory"
    """At most so many bytes in memory."""


class Suggest(Command, kw_only=True, frozen=True):
    """Settings that reach a target at the least cost. Reply: `Suggestion`."""

    target: SuggestTarget
    value: float
    cache: str = "answers"


class Try(Command, kw_only=True, frozen=True):
    """Play the recorded traffic under a draft in the background; progress in `Snapshot.tried`."""

    changes: dict[str, Any]


class CancelTry(Command, kw_only=True, frozen=True):
    """Give up the try that is on."""


class GetStaleExamples(Command, kw_only=True, frozen=True):
    """The last answers that were out of date. Reply: `StaleExamples`."""


class Shutdown(Command, kw_only=True, frozen=True):
    """End the engine's process in good order."""


class Request(Message, kw_only=True, frozen=True):
    """A command with its number."""

    id: int
    command: (
        ChangeSettings
        | Undo
        | Redo
        | ResetSettings
        | SaveSettings
        | SetWindow
        | ListScenarios
        | Play
        | PausePlayback
        | SetSpeed
        | StopPlayback
        | GetReport
        | StartTask
        | ListStarts
        | GetStart
        | ToggleRecording
        | AcknowledgeAlert
        | ClearCaches
        | MeasureAllOff
        | LoadSettings
        | DiffSettings
        | GetForecast
        | PreviewSettings
        | Suggest
        | Try
        | CancelTry
        | GetStaleExamples
        | Shutdown
    )


# ---- replies --------------------------------------------------------------------------------


class ReplyBody(msgspec.Struct, tag=True, kw_only=True, frozen=True):
    """Base of all replies' bodies."""


class Done(ReplyBody, kw_only=True, frozen=True):
    """The command was carried out; `text` says what was done, in one line."""

    text: str = ""


class Failed(ReplyBody, kw_only=True, frozen=True):
    """It was not; `reason` and `remedy` are for a person."""

    reason: str
    remedy: str = ""
    code: str = "error"


class ScenarioView(msgspec.Struct, kw_only=True, frozen=True):
    """One line of the list of scenarios."""

    name: str
    line: str
    wall_s: float
    starts: int
    writes: int
    modeled: bool
    bundled: bool = True
    last_result: str = ""
    path: str = ""


class ScenarioList(ReplyBody, kw_only=True, frozen=True):
    scenarios: list[ScenarioView]


class Report(ReplyBody, kw_only=True, frozen=True):
    """The figures of a replay; the keys are those of `taskstart replay --json`."""

    report: dict[str, Any]


class StartView(msgspec.Struct, kw_only=True, frozen=True):
    """One TaskStart in a list."""

    id: int
    clock: str
    task_id: int
    agent_role: str | None
    total_ms: float
    warm: bool
    modeled: bool
    source: str
    """api, replay, console, hook."""
    error: str | None = None
    changed: str = ""
    """Why it was not warm, in two words; empty when it was."""


class StartList(ReplyBody, kw_only=True, frozen=True):
    starts: list[StartView]
    total: int


class SpanView(msgspec.Struct, array_like=True, frozen=True):
    name: str
    start_ms: float
    end_ms: float
    modeled_ms: float


class LookUpView(msgspec.Struct, array_like=True, frozen=True):
    cache: str
    outcome: str
    level: int | None
    needless: bool


class StartDetail(ReplyBody, kw_only=True, frozen=True):
    """One TaskStart in full."""

    start: StartView
    phases: dict[str, float]
    spans: list[SpanView]
    lookups: list[LookUpView]
    text: str
    """The answer's text; empty when it failed or is no longer kept."""
    warnings: list[str] = []


class TtlForecast(msgspec.Struct, array_like=True, frozen=True):
    """One point of the curve over TTLs, without a bound on the size."""

    ttl_s: float
    hits: int
    hit_rate: float
    stale: int
    """In strict mode: would be stale under this TTL alone."""
    oldest_s: float
    """Longest time for which one of them had been out of date."""
    needless: int
    beyond: bool
    """Longer than the recorded traffic: not observed, to be drawn grey."""


class SizeForecast(msgspec.Struct, array_like=True, frozen=True):
    """One point of the curve over sizes, without a TTL; changes are heard of."""

    entries: int
    hits: int
    hit_rate: float


class ForecastView(ReplyBody, kw_only=True, frozen=True):
    """What-if curves of one cache, and where its settings stand on them."""

    cache: str
    reads: int
    cold: int
    """First reads of a key: no TTL and no size answers them."""
    keys: int
    changes: int
    """Changes of a value that were seen in the recorded traffic."""
    span_s: float
    """Time from the first recorded read to the last."""
    by_ttl: list[TtlForecast]
    """TTL alone, nothing checked; the point of `ttl_now_s` is always among them."""
    by_size: list[SizeForecast]
    ttl_setting_s: float
    """`caches.<cache>.ttl_seconds`."""
    ttl_now_s: float
    """How long an entry is kept in truth: at most as long as the most patient level keeps it."""
    ttl_limited_by: str = ""
    """The level that makes it less than the setting, in words; empty when none does."""
    size_now: int
    """How many entries are held in truth: at most what the roomiest level takes."""
    freshness: str
    predicted: EffectView
    """The settings in force, on the recorded traffic: sizes, levels and freshness mode included."""
    measured: EffectView
    """What came of the reads since the settings were last changed."""
    validated: EffectView
    """The same traffic with every start checked (strict), no warming."""
    warmed: EffectView
    """With every start checked and answers prepared in the background: "with validation instead"."""
    notes: list[str] = []
    """What limits these figures, in words, for example that lower caches see only what `answers` missed."""


class Preview(ReplyBody, kw_only=True, frozen=True):
    """A draft beside the settings in force, both predicted on the recorded traffic."""

    cache: str
    label: str
    """The draft in words."""
    now: EffectView
    draft: EffectView
    notes: list[str] = []
    """Warnings and hints, the most important first."""


class Suggestion(ReplyBody, kw_only=True, frozen=True):
    """Settings that reach the target, or that nothing of the kind does and what would."""

    reachable: bool
    """Whether `changes` reach the target."""
    changes: dict[str, Any] = {}
    """Path -> value, for `ChangeSettings`, `PreviewSettings` or `Try`; empty: nothing to change."""
    label: str = ""
    """The changes in words."""
    why: list[str] = []
    """Why these, one sentence a line."""
    now: EffectView
    draft: EffectView | None = None
    """What the changes would give; None when there are none."""


class StaleExampleView(msgspec.Struct, kw_only=True, frozen=True):
    """An answer that was out of date, beside the right one."""

    task_id: int
    agent_role: str | None
    age_s: float
    """Seconds since the served content had been read; it changed at some time in between."""
    served: str
    current: str
    """Empty when there is no right answer any more: the task is gone or its agent inactive."""


class StaleExamples(ReplyBody, kw_only=True, frozen=True):
    """Newest first; at most 50."""

    examples: list[StaleExampleView]


class SettingDifference(msgspec.Struct, kw_only=True, frozen=True):
    """One setting that is not as the file says."""

    path: str
    title: str
    in_file: str
    """In words, as on screen."""
    now: str


class SettingsDiff(ReplyBody, kw_only=True, frozen=True):
    """The settings in force against `taskstart.toml`."""

    path: str
    """The file."""
    exists: bool
    """Without one, the published defaults stand in its place."""
    differences: list[SettingDifference]


class Reply(Message, kw_only=True, frozen=True):
    """The answer to the request of the same number."""

    id: int
    body: (
        Done
        | Failed
        | ScenarioList
        | StartList
        | StartDetail
        | Report
        | ForecastView
        | Preview
        | Suggestion
        | StaleExamples
        | SettingsDiff
    )


class Hello(Message, kw_only=True, frozen=True):
    """First message of the engine to a viewer."""

    protocol: int
    pid: int
    version: str
    owned: bool
    """Whether a console started this engine (then it ends with that console)."""


ToViewer = Snapshot | Event | Reply | Hello
