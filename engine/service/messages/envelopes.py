"""What goes over the wire: a command with its number, its reply, and what the engine pushes."""

from __future__ import annotations

from engine.service.messages.alerts import AcknowledgeAlert, Event
from engine.service.messages.base import Done, Failed, Message
from engine.service.messages.caches import ClearCaches, GetStaleExamples, StaleExamples
from engine.service.messages.figures import MeasureAllOff, SetWindow
from engine.service.messages.importing import CancelImport, Imported, ImportHistory
from engine.service.messages.playback import (
    GetReference,
    GetReport,
    KeepReference,
    ListScenarios,
    PausePlayback,
    Play,
    Reference,
    Report,
    ScenarioList,
    SetSpeed,
    StepSpeed,
    StopPlayback,
    ToggleRecording,
)
from engine.service.messages.process import Goodbye, Hello, Leave, Parting, Reopen, Shutdown, Stay
from engine.service.messages.settings import (
    ChangeSettings,
    DiffSettings,
    LoadSettings,
    Redo,
    ResetSettings,
    SaveSettings,
    SettingsDiff,
    Undo,
)
from engine.service.messages.snapshot import Snapshot
from engine.service.messages.starts import GetStart, ListStarts, StartDetail, StartList, StartTask
from engine.service.messages.tuning import (
    CancelTry,
    ForecastView,
    GetForecast,
    Preview,
    PreviewSettings,
    Suggest,
    Suggestion,
    Try,
)


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
        | StepSpeed
        | StopPlayback
        | GetReport
        | KeepReference
        | GetReference
        | StartTask
        | ListStarts
        | GetStart
        | ToggleRecording
        | ImportHistory
        | CancelImport
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
        | Reopen
        | Stay
        | Leave
        | Shutdown
    )


class Reply(Message, kw_only=True, frozen=True):
    """The answer to the request of the same number."""

    id: int
    body: (
        Done
        | Failed
        | ScenarioList
        | Imported
        | StartList
        | StartDetail
        | Report
        | Reference
        | ForecastView
        | Preview
        | Suggestion
        | StaleExamples
        | SettingsDiff
        | Parting
    )


ToViewer = Snapshot | Event | Reply | Hello | Goodbye
