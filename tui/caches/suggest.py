"""Ask for settings that reach a target; see why these, then apply them or make them the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine.errors import SettingError
from engine.service.messages import (
    ChangeSettings,
    EffectView,
    ReplyBody,
    Suggest,
    Suggestion,
    SuggestTarget,
)
from engine.settings.values import parse_duration
from tui import format as fmt
from tui.dialogs.base import Dialog
from tui.text import Line, Piece, line, wrap
from tui.widgets.sheet import Sheet

_SIZES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "b": 1.0}


def read_share(text: str) -> float:
    """`90 %` or `90` as 0.9.

    Raises:
        SettingError: it is no percentage.
    """
    try:
        return float(text.removesuffix("%").strip()) / 100
    except ValueError:
        raise SettingError(f"{text!r} is no percentage: say 90 %") from None


def read_size(text: str) -> float:
    """`5 MB`, `800 KB`, or bytes.

    Raises:
        SettingError: it is no size.
    """
    words = text.strip().lower().replace(",", "")
    unit = next((unit for unit in _SIZES if words.endswith(unit)), "")
    try:
        return float(words.removesuffix(unit).strip()) * _SIZES.get(unit, 1.0)
    except ValueError:
        raise SettingError(f"{text!r} is no size: say 5 MB or 800 KB") from None


@dataclass(frozen=True, slots=True)
class _Target:
    target: SuggestTarget
    title: str
    example: str
    read: Callable[[str], float]


_TARGETS = (
    _Target(SuggestTarget.HIT_RATE, "a hit rate of at least", "90 %", read_share),
    _Target(SuggestTarget.OLDEST_AGE, "nothing out of date for longer than", "0 s", parse_duration),
    _Target(SuggestTarget.MEMORY, "memory of at most", "5 MB", read_size),
)


class SuggestDialog(Dialog):
    """A target, its value, and what is suggested."""

    HEADING = "suggest settings"
    HINT = "↑↓ target · ⏎ ask · esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "target(-1)", "target", show=False, id="suggest-up"),
        Binding("down", "target(1)", "target", show=False, id="suggest-down"),
        Binding("enter", "apply", "apply", id="suggest-apply"),
        Binding("d", "draft", "draft", id="suggest-draft"),
        Binding("e", "edit", "edit", id="suggest-edit"),
    ]
    AUTO_FOCUS = "#suggest-value"

    def __init__(self, cache: str, take_as_draft: Callable[[Suggestion], None]) -> None:
        super().__init__()
        self._cache = cache
        self._take_as_draft = take_as_draft
        self._chosen = 0
        self._suggestion: Suggestion | None = None
        self._said = ""

    def compose_content(self) -> ComposeResult:
        """Targets, the value, the outcome."""
        yield Sheet(self._targets)
        yield Input(_TARGETS[0].example, id="suggest-value", compact=True)
        yield Sheet(self._outcome)

    def _targets(self, width: int) -> Sequence[Line]:
        del width
        rows: list[Line] = []
        for index, target in enumerate(_TARGETS):
            call = f"screen.target_at({index})"
            here = index == self._chosen
            mark = Piece("› " if here else "  ", "key", call)
            rows.append(line(mark, Piece(target.title, "strong" if here else "", call)))
        return rows

    def _outcome(self, width: int) -> Sequence[Line]:
        if self._said:
            return [line(Piece(row, "muted")) for row in wrap(self._said, width)]
        if self._suggestion is None:
            return [line(Piece("at the least cost, on the recorded traffic", "muted"))]
        return suggestion_rows(self._suggestion, width)

    def _show(self) -> None:
        ready = self._suggestion is not None and bool(self._suggestion.changes)
        keys = "⏎ apply · d make it the draft · e another value · esc close"
        self.query_one("#dialog").border_subtitle = keys if ready else self.HINT
        for sheet, write in zip(self.query(Sheet), (self._targets, self._outcome), strict=True):
            sheet.show(write)

    def action_target(self, by: int) -> None:
        """Another target."""
        self.action_target_at((self._chosen + by) % len(_TARGETS))

    def action_target_at(self, index: int) -> None:
        """This target, with a value to start from."""
        self._chosen, self._suggestion, self._said = index, None, ""
        field = self.query_one("#suggest-value", Input)
        field.value = _TARGETS[index].example
        field.focus()
        self._show()

    def action_edit(self) -> None:
        """Change the value and ask again."""
        self.query_one("#suggest-value", Input).focus()

    @on(Input.Submitted, "#suggest-value")
    def ask(self, event: Input.Submitted) -> None:
        """Ask the engine."""
        chosen = _TARGETS[self._chosen]
        try:
            value = chosen.read(event.value)
        except SettingError as error:
            self._say(f"✖ {error}")
            return
        self._say("… looking on the recorded traffic")
        command = Suggest(target=chosen.target, value=value, cache=self._cache)
        self.console.send(command, self._take, refused=self._say)

    def _say(self, words: str) -> None:
        self._said, self._suggestion = words, None
        self._show()

    def _take(self, reply: ReplyBody) -> None:
        if isinstance(reply, Suggestion):
            self._said, self._suggestion = "", reply
            # The keys below the suggestion are letters: the field must not take them.
            self.set_focus(None)
            self._show()

    def action_apply(self) -> None:
        """Apply the suggestion as one undoable step, and close."""
        if self._suggestion is not None and self._suggestion.changes:
            self.console.send(ChangeSettings(changes=self._suggestion.changes))
            self.dismiss()

    def action_draft(self) -> None:
        """Make it the draft, to be tried or changed, and close."""
        if self._suggestion is not None and self._suggestion.changes:
            self._take_as_draft(self._suggestion)
            self.dismiss()


def suggestion_rows(suggestion: Suggestion, width: int) -> list[Line]:
    """What, whether it reaches the target, why, what it gives, what to press."""
    head = (
        Piece("✓ reached by", "ok")
        if suggestion.reachable
        else Piece("! out of reach here", "warn")
    )
    if suggestion.reachable and not suggestion.changes:
        head = Piece("✓ reached already: nothing to change", "ok")
    rows: list[Line] = [line(head)]
    rows += [line(Piece(row, "draft")) for row in wrap(suggestion.label, width) if row]
    for reason in suggestion.why:
        first, *rest = wrap(reason, width - 2)
        rows += [line(Piece("· ", "muted"), first), *(line(f"  {row}") for row in rest)]
    if suggestion.draft is not None:
        rows += [*_effects(suggestion.now, suggestion.draft)]
    return rows


def _effects(now: EffectView, then: EffectView) -> list[Line]:
    def stale(effect: EffectView) -> str:
        return fmt.DASH if effect.stale is None else fmt.count(effect.stale)

    return [
        line(Piece(f"{name:<20}", "muted"), f"{before:>10}", " → ", Piece(after, "strong"))
        for name, before, after in (
            ("hit rate, predicted", fmt.share(now.hit_rate), fmt.share(then.hit_rate)),
            ("stale answers", stale(now), stale(then)),
            ("memory", fmt.size(now.memory_bytes), fmt.size(then.memory_bytes)),
        )
    ]
