"""The roles of painted text as styles, made from the theme's variables.

Not CSS component classes: Textual resolves each of those for each widget when it is mounted,
and thirty roles in a dozen panels would double the time to the first frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style
from textual.color import Color


class Role(NamedTuple):
    """Theme variables for the two colors, and what is told without color."""

    color: str = "foreground"
    background: str = ""
    alpha: float = 1.0
    """How much of the color; the rest is the background behind it."""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False


ROLES: dict[str, Role] = {
    "muted": Role(alpha=0.62),
    "title": Role("text-primary", bold=True),
    "border": Role(alpha=0.3),
    "focus": Role("border"),
    "strong": Role(bold=True),
    "ok": Role("text-success"),
    "warn": Role("text-warning", bold=True),
    "alert": Role("text-error", bold=True, reverse=True),
    "few": Role(alpha=0.62),
    "modeled": Role("text-warning", italic=True),
    "native": Role("text-success"),
    "key": Role("text-accent", bold=True),
    "accent": Role("text-primary"),
    "cursor": Role(background="primary-muted", bold=True),
    "cursor-blurred": Role(background="panel"),
    "draft": Role("text-accent", bold=True, underline=True),
    "banner": Role("text-error", bold=True, reverse=True),
    "tab": Role("text-primary", bold=True, reverse=True),
    "dot": Role("text-primary"),
    "warm": Role("text-success"),
    "failed": Role("text-error", bold=True),
    "past": Role(alpha=0.4),
    "mark": Role("text-accent"),
    "limit": Role("text-error"),
    "phase-0": Role(alpha=0.62),
    "phase-1": Role("text-secondary"),
    "phase-2": Role("text-primary"),
    "phase-3": Role("text-success"),
    "phase-4": Role("text-error"),
    "phase-5": Role("text-accent"),
    "phase-6": Role("accent"),
    "phase-7": Role(),
}


def style_of(name: str, base: Style, variables: Mapping[str, str]) -> Style:
    """The style of the role `name` on `base`, the widget's own style.

    Args:
        variables: the theme's, name to color.

    Raises:
        KeyError: there is no such role.
    """
    role = ROLES[name]
    color = _color(variables[role.color])
    behind = base.bgcolor
    if role.background:
        behind = _color(variables[role.background]).rich_color
    alpha = role.alpha * color.a
    dim = False
    if alpha < 1.0:
        if color.ansi is not None or behind is None or behind.triplet is None:
            # The terminal's own colors cannot be mixed; dimming is what it can do.
            dim, color = True, color.with_alpha(1.0)
        else:
            color = Color.from_rich_color(behind).blend(color.with_alpha(1.0), alpha)
    return base + Style(
        color=color.rich_color,
        bgcolor=behind,
        bold=role.bold or None,
        dim=dim or None,
        italic=role.italic or None,
        underline=role.underline or None,
        reverse=role.reverse or None,
    )


def _color(variable: str) -> Color:
    """A theme variable's color, which may carry an alpha: `#57A5E2`, `ansi_blue 50%`."""
    name, _, percent = variable.partition(" ")
    color = Color.parse(name)
    return color.with_alpha(float(percent.removesuffix("%")) / 100) if percent else color
