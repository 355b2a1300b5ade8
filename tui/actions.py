"""The one registry of actions: key bindings, the command palette and F1 help are made from it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding

from tui.action import SCREENS, Action, Scope
from tui.screen_actions import SCREEN_ACTIONS

__all__ = ["ACTIONS", "BY_ID", "SCREENS", "Action", "Scope", "actions_of", "bindings_of"]

_SCREEN_HELP = {
    Scope.LIVE: "The five key metrics, latency, where the time goes, caches, alerts",
    Scope.CACHES: "What another time (TTL) or size would give: drafted, predicted, applied",
    Scope.REPLAY: "Play a scenario, pause it, change its speed, see its result",
    Scope.COMPARE: "Two results of this console side by side",
    Scope.STARTS: "Every TaskStart: its time, its look-ups, its answer",
    Scope.ALERTS: "What is or was beyond a limit, and what to do",
}

ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            f"screen-{mode}",
            str(number),
            f"{scope.value} screen",
            _SCREEN_HELP[scope],
            f"app.show('{mode}')",
        )
        for number, (mode, scope) in enumerate(SCREENS, 1)
    ),
    Action(
        "scenarios",
        "s",
        "scenarios",
        "Choose a scenario and play it",
        "app.show('replay')",
        footer=80,
    ),
    Action(
        "pause",
        "space",
        "pause",
        "Pause the replay, or go on",
        "app.pause",
        footer=70,
        shown="space",
    ),
    Action(
        "slower",
        "less_than_sign",
        "slower",
        "Halve the replay's speed",
        "app.speed(-1)",
        shown="<",
    ),
    Action(
        "faster",
        "greater_than_sign",
        "faster",
        "Double the replay's speed; beyond ×64 it is as fast as can be",
        "app.speed(1)",
        shown=">",
    ),
    Action(
        "stop",
        "backspace",
        "stop replay",
        "Stop the replay; once it has ended, go back to live traffic",
        "app.stop",
        shown="⌫",
    ),
    Action(
        "optimizations",
        "o",
        "optimizations",
        "Switch one of the eight: o, then its digit",
        "app.optimizations",
        footer=60,
        short="optimize",
    ),
    Action(
        "profile",
        "p",
        "cost profile",
        "Native costs, or the plan's modeled ones, for which agents wait, too",
        "app.cycle('profile')",
    ),
    Action(
        "freshness",
        "f",
        "freshness",
        "Check every start, check every few ms, or trust the TTL",
        "app.cycle('freshness')",
    ),
    Action(
        "loading",
        "l",
        "loading strategy",
        "Sequential, parallel or one batched statement",
        "app.cycle('loading')",
    ),
    Action(
        "warming",
        "W",
        "warming",
        "Prepare answers in the background, or not",
        "app.cycle('warming')",
        shown="W",
    ),
    Action("undo", "u", "undo", "Take the last change of a setting back", "app.undo", footer=40),
    Action(
        "redo",
        "ctrl+r",
        "redo",
        "Make the change again that was taken back",
        "app.redo",
        shown="^r",
    ),
    Action(
        "save",
        "w",
        "save settings",
        "Write the changed settings to the project's taskstart.toml",
        "app.save",
    ),
    Action(
        "load",
        "",
        "load settings",
        "Take the settings of the project's taskstart.toml",
        "app.load",
    ),
    Action(
        "differences",
        "",
        "settings against the file",
        "What differs between the settings in force and taskstart.toml",
        "app.differences",
    ),
    Action(
        "reset-all",
        "",
        "reset all settings",
        "The published defaults of everything, as one step that undo takes back",
        "app.reset_all",
    ),
    Action(
        "stale",
        "v",
        "stale answers",
        "Answers found out of date after they went out, beside the right ones",
        "app.stale_examples",
    ),
    Action(
        "record",
        "r",
        "record",
        "Record what is on display as a scenario of your own, or end it",
        "app.record",
        footer=50,
    ),
    Action(
        "import",
        "i",
        "import history",
        "Make a scenario of the project's own times, or of Claude Code's transcripts",
        "app.import_history",
    ),
    Action("task", "t", "start a task", "Start one task by its id and see its answer", "app.task"),
    Action(
        "window-shorter",
        "left_square_bracket",
        "shorter window",
        "Compute the figures over a shorter window",
        "app.window(-1)",
        shown="[",
    ),
    Action(
        "window-longer",
        "right_square_bracket",
        "longer window",
        "Compute the figures over a longer window",
        "app.window(1)",
        shown="]",
    ),
    Action(
        "database",
        "d",
        "database",
        "The SQL statements and the connections, with counts and times",
        "app.database",
    ),
    Action(
        "budgets",
        "B",
        "budgets",
        "How many characters of a context each caller is given at most",
        "app.budgets",
        shown="B",
    ),
    Action(
        "clear",
        "C",
        "clear caches",
        "Forget everything cached, as after a cold start",
        "app.clear_caches",
        shown="C",
    ),
    Action(
        "all-off",
        "M",
        "measure all off",
        "Measure now what a start costs with all optimizations off",
        "app.measure_all_off",
        shown="M",
    ),
    Action(
        "engine",
        "E",
        "start the engine",
        "Start an engine that has ended again, or have one in trouble open its project anew",
        "app.restart_engine",
        shown="E",
    ),
    Action(
        "stay",
        "K",
        "keep the engine",
        "Let the engine go on when its consoles have gone, or no longer",
        "app.stay",
        shown="K",
    ),
    Action(
        "help",
        "question_mark,f1",
        "help",
        "All keys that work on this screen",
        "app.help",
        footer=90,
        shown="?",
    ),
    Action(
        "palette",
        "ctrl+p",
        "everything",
        "Find and run any action by name",
        "app.command_palette",
        footer=85,
        shown="^p",
        short="all",
    ),
    Action("back", "escape", "back", "Go back to where you came from", "app.go_back", shown="esc"),
    Action("quit", "q", "quit", "Leave the console", "app.quit", footer=10),
    *SCREEN_ACTIONS,
)


def actions_of(scope: Scope) -> Iterable[Action]:
    """The actions whose keys work in `scope`."""
    return (action for action in ACTIONS if action.scope is scope)


def bindings_of(scope: Scope) -> list[Binding]:
    """Textual's bindings for the actions of `scope`."""
    return [
        Binding(
            action.keys,
            action.call,
            action.title,
            show=action.footer > 0,
            key_display=action.shown or action.keys,
            tooltip=action.help,
            id=action.id,
        )
        for action in actions_of(scope)
        if action.keys
    ]


BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
