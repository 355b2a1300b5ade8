"""A context's characters by section, as a table for people."""

from __future__ import annotations

from typing import Any

_NAME, _FIGURE = 20, 11


def sections_table(measured: dict[str, Any], task: str, budget_of: str) -> list[str]:
    """The lines of the table.

    Args:
        measured: as `engine.hook.delivery.measures` gives it.
        task: what it is a context of.
        budget_of: where the budget comes from.
    """
    count, whole, budget = (measured[key] for key in ("characters", "whole_characters", "budget"))
    bound = f"budget {budget:,} ({budget_of})" if budget else "no budget"
    if measured["rendering"] == "agentpm":
        bound = "never shortened"
    of = f" of {whole:,}" if count < whole else ""
    lines = [
        f"{task}: {count:,}{of} characters, {measured['rendering']} rendering, {bound}",
        _row("section", "characters", "whole", "left out"),
    ]
    lines += [
        _row(
            one["name"],
            f"{one['characters']:,}",
            f"{one['whole_characters']:,}",
            _left_out(one["characters"], one["whole_characters"]),
        )
        for one in measured["sections"]
    ]
    between = count - sum(one["characters"] for one in measured["sections"])
    if between:
        lines.append(_row("between them", f"{between:,}", "", ""))
    lines.append(_row("total", f"{count:,}", f"{whole:,}", _left_out(count, whole)))
    return lines


def _left_out(count: int, whole: int) -> str:
    return f"{whole - count:,}" if count < whole else ""


def _row(name: str, *figures: str) -> str:
    return f"  {name:<{_NAME}}{''.join(figure.rjust(_FIGURE) for figure in figures)}".rstrip()
