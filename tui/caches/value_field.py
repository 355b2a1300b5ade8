"""The field in which a person types a value: how long, or how many."""

from __future__ import annotations

from textual.widgets import Input

from tui.caches.fields import What, spec_of, worded


class ValueField(Input):
    """Not displayed until it asks; its `Submitted` brings what was typed."""

    def __init__(self) -> None:
        super().__init__(id="value-input")
        self.border_subtitle = "⏎ draft · esc leave"
        self.display = False

    def ask(self, path: str, what: What, value: float) -> None:
        """Ask for another value of a setting; `value` is the one to begin with."""
        self.value = worded(path, value)
        example = "90 s, 5 min, 2 h, 1 day" if what is What.KEEP_FOR else "a whole number"
        self.border_title = f"{spec_of(path).title}: {example}"
        self.display = True
        self.focus()
