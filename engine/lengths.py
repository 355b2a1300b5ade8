"""How long something that can be played takes, in the same words everywhere."""

from __future__ import annotations

_HOUR_S = 3600
_TWO_DAYS_S = 172_800


def length_text(seconds: float) -> str:
    """A length of time, to the nearest second while that is worth saying: `0:41`, `3.1 h`, `134 d`."""
    whole = max(0, round(seconds))
    if whole < _HOUR_S:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{seconds / 3600:.1f} h" if whole < _TWO_DAYS_S else f"{seconds / 86_400:,.0f} d"
