"""Alerts, and events that deserve one toast."""

from __future__ import annotations

import msgspec

from engine.service.messages.base import Command, Message
from engine.service.messages.figures import MetricState


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
    saved: str = ""
    """Name of the scenario that holds the time before it and the alert; empty if there is none."""


class AcknowledgeAlert(Command, kw_only=True, frozen=True):
    """Mark an alert as seen."""

    id: int


class Event(Message, kw_only=True, frozen=True):
    """Something happened that deserves one toast."""

    title: str
    text: str
    severity: str = "information"
    """information, warning or error, as Textual's toasts call them."""
