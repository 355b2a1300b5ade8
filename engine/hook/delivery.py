"""What an agent was given of a start, for the screens: which rendering, and what it lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.context.measure import characters, rendered_sections
from engine.hook.callers import HookCaller
from engine.hook.options import Rendering
from engine.hook.sections import Written
from engine.service.messages import DeliveryView, SectionView


@dataclass(frozen=True, slots=True)
class Delivery:
    """A context in the full rendering, as it went out."""

    asker: HookCaller
    written: Written
    brief: str = ""
    """Why there is no task, in two words for a list."""
    asked: bool = False
    """The request itself said the budget; else it is the caller's among the settings."""

    @property
    def caller(self) -> str:
        """Who asked, as the screens call it."""
        return self.asker.label

    @property
    def text(self) -> str:
        """What the agent reads."""
        return self.written.text

    @property
    def shortened(self) -> bool:
        """Whether anything had to be left out."""
        return self.written.shortened

    def view(self) -> DeliveryView:
        """For the screens."""
        written = self.written
        return DeliveryView(
            caller=self.caller,
            rendering=Rendering.FULL.value,
            characters=written.characters,
            whole=written.whole_characters,
            budget=written.budget,
            setting="" if self.asked else self.asker.setting,
            sections=[
                SectionView(one.part.value, one.characters, one.whole_characters)
                for one in written.sections
            ],
        )


def measures(text: str, written: Written | None) -> dict[str, Any]:
    """Rendering, characters, budget and sections as JSON.

    `written` is None for a text in AgentPM's rendering, which no budget shortens.
    """
    if written is None:
        count = characters(text)
        parts = [(name, length, length) for name, length in rendered_sections(text)]
    else:
        count = written.characters
        parts = [(one.part.value, one.characters, one.whole_characters) for one in written.sections]
    return {
        "rendering": (Rendering.AGENTPM if written is None else Rendering.FULL).value,
        "characters": count,
        "whole_characters": count if written is None else written.whole_characters,
        "budget": None if written is None else written.budget,
        "sections": [
            {
                "name": name,
                "characters": length,
                "whole_characters": whole,
                "shortened": length < whole,
            }
            for name, length, whole in parts
        ],
    }
