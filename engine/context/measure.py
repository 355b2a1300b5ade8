"""How long a text is, and how long the sections of AgentPM's rendering are.

Characters are counted as JavaScript counts them (UTF-16 code units), which is what Claude Code
does: an emoji is two.
"""

from __future__ import annotations

from engine.context.render import (
    CONFIDENCE_LABEL,
    FACTS_HEADING,
    SESSIONS_HEADING,
    SIX_W_HEADING,
    SOP_HEADING,
    WARNINGS_HEADING,
)

_BEGINNINGS = (
    ("merged context", SIX_W_HEADING),
    ("technologies", FACTS_HEADING),
    ("SOP", SOP_HEADING),
    ("recent sessions", SESSIONS_HEADING),
    ("confidence", CONFIDENCE_LABEL),
    ("warnings", WARNINGS_HEADING),
)


def characters(text: str) -> int:
    """Length as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def rendered_sections(text: str) -> list[tuple[str, int]]:
    """The sections of a text in AgentPM's rendering with their characters, blank lines included.

    They add up to the text.
    """
    places = [("head", 0)]
    for name, beginning in _BEGINNINGS:
        place = text.find(f"\n{beginning}", places[-1][1])
        if place >= 0:
            places.append((name, place + 1))
    ends = [place for _, place in places[1:]] + [len(text)]
    return [
        (name, characters(text[place:end])) for (name, place), end in zip(places, ends, strict=True)
    ]
