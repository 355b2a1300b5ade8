"""One start's spans on a common time scale, its phases and its look-ups."""

from __future__ import annotations

from engine.service.messages import LookUpView, SpanView, StartDetail, StartView
from engine.trace import Namespace, Phase
from tui import format as fmt
from tui.states import cost_badge, source_word
from tui.text import BLANK, Line, Piece, clip, line, pad, wrap

_NAME = 22
_FIGURE = 9
_OUTCOMES = {
    "hit": ("✓ hit", "ok"),
    "confirmed": ("✓ confirmed", "ok"),
    "first_time": ("○ first time", ""),
    "expired": ("○ expired", "warn"),
    "no_room": ("○ no room", "warn"),
    "changed": ("○ changed", ""),
    "joined": ("○ joined", ""),
    "off": ("· off", "muted"),
}
_LEVELS = {1: "L1 live", 2: "L2 packed", 3: "L3 disk"}


def span_rows(spans: list[SpanView], total_ms: float, width: int) -> list[Line]:
    """Each span as a bar from its beginning to its end; modeled time is drawn lighter."""
    if not spans:
        return [line(Piece("no spans: nothing was loaded", "muted"))]
    name = min(_NAME, max(8, width // 3))
    room = max(8, width - name - _FIGURE - 2)
    end = max([total_ms, *(span.end_ms for span in spans)]) or 1e-9
    scale = f"{fmt.milliseconds(end)} ms"
    rows = [line(Piece(" " * (name + _FIGURE + 2) + "0" + scale.rjust(room - 1), "muted"))]
    for span in sorted(spans, key=lambda span: (span.start_ms, span.end_ms)):
        taken = span.end_ms - span.start_ms
        first = min(room - 1, round(span.start_ms / end * room))
        length = min(room - first, max(1, round(taken / end * room)))
        modeled = min(length, round(span.modeled_ms / end * room))
        rows.append(
            line(
                Piece(clip(span.name.replace("_", " "), name).ljust(name)),
                Piece(fmt.milliseconds(taken).rjust(_FIGURE), "strong"),
                " " * (2 + first),
                Piece("█" * (length - modeled), "accent"),
                Piece("░" * modeled, "modeled"),
            )
        )
    if any(span.modeled_ms for span in spans):
        rows.append(line(Piece("░ modeled: injected by the cost profile", "modeled")))
    return rows


def phase_rows(phases: dict[str, float], width: int) -> list[Line]:
    """The exclusive phases; they add up to the total."""
    total = sum(phases.values()) or 1e-9
    room = max(6, width - _NAME - _FIGURE - 2)
    rows = []
    for number, (name, value) in enumerate(phases.items()):
        bar = fmt.bar(value / total, room).rstrip()
        rows.append(
            line(
                Piece(_phase_title(name).ljust(_NAME), "" if value else "muted"),
                Piece(fmt.milliseconds(value).rjust(_FIGURE), "strong" if value else "muted"),
                "  ",
                Piece(bar, f"phase-{number % 8}"),
            )
        )
    return rows


def failed_rows(phases: dict[str, float], width: int) -> list[Line]:
    """How long a failed start waited and worked: it is measured no further."""
    waited = phases.get(Phase.QUEUE.label, 0.0)
    worked = sum(phases.values()) - waited
    note = "One that fails is not measured further: neither its look-ups nor what it loaded."
    return [
        *phase_rows({Phase.QUEUE.label: waited, "until it failed": worked}, width),
        *(line(Piece(row, "muted")) for row in wrap(note, width)),
    ]


def _phase_title(name: str) -> str:
    known = Phase.__members__.get(name.upper())
    return known.label if known is not None else name


def look_up_rows(lookups: list[LookUpView]) -> list[Line]:
    """Every question to a cache and how it ended."""
    if not lookups:
        return [line(Piece("no cache was asked", "muted"))]
    rows = []
    for entry in lookups:
        text, role = _OUTCOMES.get(entry.outcome, (entry.outcome, ""))
        level = _LEVELS.get(entry.level or 0, "")
        needless = Piece("needless", "warn") if entry.needless else Piece("")
        name = Namespace(entry.cache).label if entry.cache in tuple(Namespace) else entry.cache
        rows.append(
            line(Piece(name.ljust(_NAME)), *pad(line(Piece(text, role)), 14), level, needless)
        )
    if any(entry.needless for entry in lookups):
        rows.append(line(Piece("needless: expired, loaded again, nothing had changed", "muted")))
    return rows


def asked_by(start: StartView) -> str:
    """Who asked: Claude Code's event where there was one, else the source."""
    return start.event if start.source == "claude" and start.event else source_word(start.source)


def summary_rows(detail: StartDetail) -> list[Line]:
    """What was started, how long it took, how it ended."""
    start = detail.start
    without_task = not start.task_id and not start.error
    if start.error:
        state = Piece("✖ failed", "alert")
    elif without_task:
        state = Piece("· the project's context", "muted")
    else:
        state = Piece("✓ warm start", "ok") if start.warm else Piece("○ built anew", "")
    told = start.changed and not without_task
    because = Piece(f"  not warm: {start.changed}" if told else "", "muted")
    asked = Piece(f"at {start.clock}, {asked_by(start)}  ", "muted")
    rows = [
        line(
            Piece("no task" if without_task else f"task {start.task_id}", "title"),
            f"  {start.agent_role or ('no role' if without_task else 'role as assigned')}  ",
            Piece(f"{fmt.milliseconds(start.total_ms)} ms  ", "strong"),
            state,
        ),
        line(asked, *cost_badge(start.modeled), because),
    ]
    if start.error:
        rows += [BLANK, line(Piece(start.error, "failed"))]
    return rows
