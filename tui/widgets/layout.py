"""The three layouts and the sizes from which they hold.

Textual's own breakpoints look at width and height apart; a wide but flat terminal must get the
compact layout, so both are looked at together here, in this one place.
"""

from __future__ import annotations

import enum

from textual.geometry import Size

MINIMUM = Size(80, 24)


class Layout(enum.StrEnum):
    """A layout; the value is the class that screens carry in `theme.tcss`."""

    TOO_SMALL = "-too-small"
    COMPACT = "-compact"
    ROOMY = "-roomy"
    VAST = "-vast"


_FROM = (
    (Size(180, 46), Layout.VAST),
    (Size(118, 34), Layout.ROOMY),
    (MINIMUM, Layout.COMPACT),
)


def layout_of(size: Size) -> Layout:
    """The layout for a terminal of `size`."""
    for least, layout in _FROM:
        if size.width >= least.width and size.height >= least.height:
            return layout
    return Layout.TOO_SMALL


def is_roomy(size: Size) -> bool:
    """Whether panels have boxes."""
    return layout_of(size) in (Layout.ROOMY, Layout.VAST)
