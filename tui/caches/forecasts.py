"""What is known of the chosen cache: its curves, and what the draft would give."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.service.messages import (
    ForecastView,
    GetForecast,
    Preview,
    PreviewSettings,
    ReplyBody,
    Snapshot,
)
from tui.asking import LatestQuestion, Send
from tui.caches.history import engine_shown

_AT_LEAST_S = 2.0
_SHARE = 20.0
"""Curves of flowing traffic are asked again so many times their own cost apart, or more."""


class Forecasts:
    """Asks for what is not known yet; tells when there is something new to show."""

    def __init__(self, send: Send, tell: Callable[[], None]) -> None:
        self.view: ForecastView | None = None
        self.preview: Preview | None = None
        self.failure = ""
        """Why there is no forecast, in words."""
        self._tell = tell
        self._curves = LatestQuestion(send, self._take_view, self._refuse)
        self._drafts = LatestQuestion(send, self._take_preview, self._refuse)
        self._cache = ""
        self._of: object = None
        self._asked_draft: dict[str, Any] = {}
        self._asked_at = 0.0

    def follow(self, snapshot: Snapshot, cache: str, draft: Mapping[str, Any]) -> None:
        """Ask anew when the cache, the settings, the displayed engine or the draft is another."""
        of = (cache, engine_shown(snapshot), snapshot.settings)
        if of != self._of:
            if cache != self._cache:
                self.view = None
            self._of, self._cache = of, cache
            self._asked_draft = {}
            self.preview = None
            self._ask_curves()
        if draft and draft != self._asked_draft:
            self._asked_draft = dict(draft)
            self._drafts.ask(PreviewSettings(changes=self._asked_draft, cache=cache))

    def drop_preview(self) -> None:
        """The draft is another one: what the last one gave is no longer shown."""
        self.preview = None
        self._asked_draft = {}
        self._drafts.forget()

    def look(self, snapshot: Snapshot | None) -> None:
        """Ask for the curves again while traffic flows, as often as their cost allows."""
        if snapshot is None or not self._cache or not self._curves.idle:
            return
        pause = max(_AT_LEAST_S, _SHARE * self._curves.took_s)
        if time.monotonic() - self._asked_at >= pause:
            self._ask_curves()

    def _ask_curves(self) -> None:
        self._asked_at = time.monotonic()
        self._curves.ask(GetForecast(cache=self._cache))

    def _take_view(self, reply: ReplyBody) -> None:
        if isinstance(reply, ForecastView) and reply.cache == self._cache:
            self.failure = ""
            self.view = reply
            self._tell()

    def _take_preview(self, reply: ReplyBody) -> None:
        if isinstance(reply, Preview) and reply.cache == self._cache:
            self.preview = reply
            self._tell()

    def _refuse(self, reason: str) -> None:
        self.failure = reason.replace("\n", ": ")
        self._tell()
