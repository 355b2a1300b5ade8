"""What an action is, and the screens it can belong to."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Scope(enum.StrEnum):
    """Where an action can be called."""

    APP = "everywhere"
    LIVE = "Live"
    CACHES = "Caches"
    REPLAY = "Replay"
    COMPARE = "Compare"
    STARTS = "TaskStarts"
    ALERTS = "Alerts"


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do.

    Attributes:
        id: its name in key maps.
        keys: Textual key names, separated by commas; empty: the palette only.
        title: two or three words, for the footer and the palette.
        help: one sentence, for F1, the palette and tooltips.
        call: the Textual action it runs; `app.` or `screen.` says on what.
        scope: where its keys work.
        footer: rank in the footer, 0 is not shown there; the highest eight are shown.
        shown: the key as a person reads it; made from `keys` when empty.
        short: the title where the footer has no room for it; empty: there is no shorter one.
    """

    id: str
    keys: str
    title: str
    help: str
    call: str
    scope: Scope = Scope.APP
    footer: int = 0
    shown: str = ""
    short: str = ""


SCREENS: tuple[tuple[str, Scope], ...] = (
    ("live", Scope.LIVE),
    ("caches", Scope.CACHES),
    ("replay", Scope.REPLAY),
    ("compare", Scope.COMPARE),
    ("starts", Scope.STARTS),
    ("alerts", Scope.ALERTS),
)
"""The screens in the order of their digits."""
