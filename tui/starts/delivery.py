"""What the agent was given of a start: rendering, budget, and the characters of each section."""

from __future__ import annotations

from engine.service.messages import DeliveryView, SectionView
from tui import format as fmt
from tui.states import source_word
from tui.text import Line, Piece, clip, line, wrap

_NAME = 22
_FIGURE = 9


def delivery_rows(delivery: DeliveryView, width: int) -> list[Line]:
    """Who asked and by which budget, then each section: written, whole, left out."""
    rows = [line(Piece(row, "muted")) for row in wrap(_bound(delivery), width)]
    shortened = delivery.characters < delivery.whole
    head = ("written", "whole", "left out") if shortened else ("written",)
    name = max(2, min(_NAME, width - len(head) * _FIGURE))
    rows.append(line(Piece(" " * name + "".join(one.rjust(_FIGURE) for one in head), "muted")))
    rows += [_section_row(one, name, shortened) for one in delivery.sections]
    between = delivery.characters - sum(one.characters for one in delivery.sections)
    if between and delivery.sections:
        rows.append(
            line(Piece("between them".ljust(name) + fmt.count(between).rjust(_FIGURE), "muted"))
        )
    total = SectionView("total", delivery.characters, delivery.whole)
    rows.append(_section_row(total, name, shortened))
    return rows


def loss_rows(delivery: DeliveryView, width: int) -> list[Line]:
    """Above the text: how long it is, and what its budget has cost; nothing where nothing bounds it."""
    if delivery.budget is None:
        return []
    length = f"{fmt.count(delivery.characters)} of {fmt.count(delivery.budget)} characters"
    lost = [
        f"{one.name} −{fmt.count(one.whole - one.characters)}"
        for one in delivery.sections
        if one.characters < one.whole
    ]
    if not lost:
        return [line(Piece(row, "muted")) for row in wrap(f"{length}, whole", width)]
    return [line(Piece(row, "warn")) for row in wrap(f"▲ {length}: {', '.join(lost)}", width)]


def _bound(delivery: DeliveryView) -> str:
    asked = f"{source_word(delivery.caller)}, {delivery.rendering} rendering"
    if delivery.rendering == "agentpm":
        return f"{asked}: never shortened"
    if delivery.budget is None:
        return f"{asked}, no budget"
    source = f"setting {delivery.setting}, B changes it" if delivery.setting else "by the request"
    return f"{asked}, budget {fmt.count(delivery.budget)} ({source})"


def _section_row(section: SectionView, name: int, shortened: bool) -> Line:
    left = section.whole - section.characters
    figures = [Piece(fmt.count(section.characters).rjust(_FIGURE), "strong")]
    if shortened:
        figures.append(Piece(fmt.count(section.whole).rjust(_FIGURE)))
        figures.append(Piece(f"▲ {fmt.count(left)}".rjust(_FIGURE) if left > 0 else "", "warn"))
    return line(Piece(clip(section.name, name).ljust(name)), *figures)
