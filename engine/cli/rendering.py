"""How a context is to be written, from the command line and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from engine.cli.usage import WrongUse
from engine.hook.callers import HookCaller
from engine.hook.options import Rendering
from engine.settings import Settings


@dataclass(frozen=True, slots=True)
class Form:
    """A rendering and its budget."""

    full: bool
    budget: int | None
    """Most characters of the full rendering; None is no bound."""
    budget_of: str
    """Where the budget comes from: a setting's path, or the option."""


def chosen_form(
    caller: HookCaller, rendering: str | None, budget: int | None, settings: Settings
) -> Form:
    """What `caller` is given, unless the command line says otherwise; a budget of 0 is no bound.

    Raises:
        WrongUse: a budget for AgentPM's rendering, which is never shortened.
    """
    usual = Rendering.AGENTPM if caller is HookCaller.AGENTPM else Rendering.FULL
    full = Rendering(rendering or usual) is Rendering.FULL
    if budget and not full:
        raise WrongUse("AgentPM's rendering is never shortened", "a budget needs --rendering full")
    if budget is not None:
        return Form(full, budget or None, "--budget")
    return Form(full, caller.budget(settings.budgets), caller.setting)
