"""What the keys do to the engine: every action that sends a command, for the app to inherit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from textual.app import App

from engine.errors import ServiceError
from tui import wire as m
from tui.link import EngineLink
from tui.replay_end import is_over

if TYPE_CHECKING:
    from tui.caches.changes import ChangeLog
    from tui.caches.history import RateHistory
    from tui.compare.results import Results
    from tui.feed import EngineFeed

WINDOWS = (0.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Windows in seconds; 0 is since the last change."""
CHOICES: dict[str, tuple[Any, ...]] = {
    "profile": ("native", "plan"),
    "freshness": ("strict", "bounded", "ttl"),
    "loading": ("sequential", "parallel", "batched"),
    "warming": (False, True),
}
"""Settings that one key cycles through."""

TOLD = frozenset(
    {
        "SaveSettings",
        "LoadSettings",
        "ResetSettings",
        "KeepReference",
        "ClearCaches",
        "MeasureAllOff",
        "Stay",
        "Undo",
        "Redo",
    }
)
"""Commands whose outcome is not to be seen on the screen, and so is told in a toast."""

Handler: TypeAlias = "Callable[[m.ReplyBody], Awaitable[None] | None]"


def step(values: tuple[float, ...], now: float, direction: int) -> float:
    """The neighbour of `now` in `values`; at an end it stays."""
    nearest = min(range(len(values)), key=lambda i: abs(values[i] - now))
    return values[min(len(values) - 1, max(0, nearest + direction))]


class EngineCommands(App[int]):
    """Actions that act on the engine."""

    link: EngineLink
    feed: EngineFeed

    @cached_property
    def rates(self) -> RateHistory:
        """The caches' hit rates as they passed; imported with the first snapshot, not before."""
        from tui.caches.history import RateHistory

        return RateHistory()

    @cached_property
    def changes(self) -> ChangeLog:
        """The changes of settings that were seen."""
        from tui.caches.changes import ChangeLog

        return ChangeLog()

    @cached_property
    def results(self) -> Results:
        """What came of the replays that have ended since this console was opened."""
        from tui.compare.results import Results

        return Results()

    def go_back(self) -> None:
        """Close what lies above, or go to the screen before."""
        raise NotImplementedError

    def send(
        self,
        command: m.Command,
        then: Handler | None = None,
        *,
        done: Callable[[], None] | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """Send a command; `then` gets the reply, `refused` the reason where there is none.

        Without `refused` a refusal becomes a toast. `done` is called last, whatever has come of it.
        """
        work = self._send(command, then, done, refused)
        self.run_worker(work, name=type(command).__name__, group="commands")

    async def _send(
        self,
        command: m.Command,
        then: Handler | None,
        done: Callable[[], None] | None,
        refused: Callable[[str], None] | None,
    ) -> None:
        try:
            await self._exchange(command, then, refused or self._toast_refusal)
        finally:
            if done is not None:
                done()

    def _toast_refusal(self, reason: str) -> None:
        title, _, remedy = reason.partition("\n")
        self.notify(remedy, title=title, severity="error", markup=False)

    async def _exchange(
        self, command: m.Command, then: Handler | None, refused: Callable[[str], None]
    ) -> None:
        try:
            reply = await self.link.request(command)
        except ServiceError as error:
            refused(f"{error.reason}\n{error.remedy}".rstrip())
            return
        if isinstance(reply, m.Failed):
            refused(f"{reply.reason}\n{reply.remedy}".rstrip())
            return
        if then is not None:
            outcome = then(reply)
            if outcome is not None:
                await outcome
        elif type(command).__name__ in TOLD and isinstance(reply, m.Done) and reply.text:
            self.notify(reply.text, markup=False)

    def change(self, path: str, value: Any) -> None:
        """Change one setting as one undoable step."""
        self.send(m.ChangeSettings(changes={path: value}))

    def acknowledge(self, alert: int) -> None:
        """Mark an alert as seen."""
        if self.feed.outages.acknowledge(alert):
            self.show_again()
        else:
            self.send(m.AcknowledgeAlert(id=alert))

    def show_again(self) -> None:
        """Show the newest snapshot with what the console itself has to add."""
        raise NotImplementedError

    # ---- settings ---------------------------------------------------------------------------

    def action_switch_optimization(self, number: int) -> None:
        """Switch one optimization."""
        if self.feed.snapshot is None:
            return
        on = next((o.on for o in self.feed.snapshot.optimizations if o.number == number), None)
        if on is not None:
            self.change(f"optimizations.{number}", not on)

    def action_cycle(self, path: str) -> None:
        """The next of a setting's few values."""
        if self.feed.snapshot is None:
            return
        values = CHOICES[path]
        now = self.feed.snapshot.settings.get(path, getattr(self.feed.snapshot, path))
        place = values.index(now) if now in values else -1
        chosen = values[(place + 1) % len(values)]
        live = self.feed.snapshot.playback is None
        waits = path == "profile" and chosen != "native" and live
        warn = partial(self._warn_of_costs, chosen) if waits else None
        self.send(m.ChangeSettings(changes={path: chosen}), warn)

    def _warn_of_costs(self, profile: str, _reply: m.ReplyBody) -> None:
        self.notify(
            "agents wait for these costs, too; p ends it",
            title=f"cost profile {profile}",
            severity="warning",
            markup=False,
        )

    def action_undo(self) -> None:
        """Take the last change back."""
        self.send(m.Undo())

    def action_redo(self) -> None:
        """Make it again."""
        self.send(m.Redo())

    def action_save(self) -> None:
        """Write the settings to the project's file."""
        self.send(m.SaveSettings())

    def action_load(self) -> None:
        """Take the settings of the project's file."""
        self.send(m.LoadSettings())

    def action_reset_all(self) -> None:
        """The published defaults of everything."""
        self.send(m.ResetSettings())

    def action_differences(self) -> None:
        """The settings in force against the project's file."""
        self.send(m.DiffSettings(), self._show_differences)

    def _show_differences(self, reply: m.ReplyBody) -> None:
        from tui.dialogs.differences import DifferencesDialog

        if isinstance(reply, m.SettingsDiff):
            self.push_screen(DifferencesDialog(reply))

    def action_stale_examples(self) -> None:
        """Answers that were out of date, beside the right ones."""
        self.send(m.GetStaleExamples(), self._show_stale_examples)

    def _show_stale_examples(self, reply: m.ReplyBody) -> None:
        from tui.caches.stale_screen import StaleScreen

        if isinstance(reply, m.StaleExamples):
            self.push_screen(StaleScreen(reply.examples, self.feed.snapshot))

    def action_window(self, direction: int) -> None:
        """A shorter or longer window."""
        snapshot = self.feed.snapshot
        if snapshot is not None:
            chosen = step(WINDOWS, snapshot.window.chosen_s, direction)
            self.send(m.SetWindow(seconds=chosen))

    def action_optimizations(self) -> None:
        """Choose one of the eight by its digit."""
        from tui.dialogs.optimizations import OptimizationsDialog

        if self.feed.snapshot is not None:
            self.push_screen(OptimizationsDialog(self.feed.snapshot.optimizations))

    # ---- replay -----------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pause the replay, or go on."""
        self.send(m.PausePlayback())

    def action_speed(self, direction: int) -> None:
        """A slower or faster replay."""
        snapshot = self.feed.snapshot
        if snapshot is None or snapshot.playback is None:
            return
        # A step, not a speed: a second press may come before the first one shows in a snapshot.
        self.send(m.StepSpeed(direction=direction))

    def action_stop(self) -> None:
        """Stop the replay; one that has ended is left for live traffic."""
        snapshot = self.feed.snapshot
        if snapshot is None or snapshot.playback is None:
            return
        self.send(m.StopPlayback(leave=is_over(snapshot.playback)))

    def action_record(self) -> None:
        """Start or end a recording."""
        self.send(m.ToggleRecording(), self._tell_recording)

    def _tell_recording(self, reply: m.ReplyBody) -> None:
        from tui.toasts import without_folders

        if isinstance(reply, m.Done):
            self.notify(without_folders(reply.text), markup=False)

    # ---- the rest ---------------------------------------------------------------------------

    def action_task(self) -> None:
        """Ask for a task's id and start it."""
        from tui.dialogs.start_task import StartTaskDialog

        self.push_screen(StartTaskDialog())

    def action_import_history(self) -> None:
        """Ask what to import and import it."""
        from tui.dialogs.import_history import ImportDialog

        if self.feed.snapshot is not None:
            self.push_screen(ImportDialog(self.feed.snapshot.project.root))

    def action_database(self) -> None:
        """Statements and connections."""
        from tui.dialogs.database import DatabaseDialog

        if self.feed.snapshot is not None:
            self.push_screen(DatabaseDialog(self.feed.snapshot))

    def action_budgets(self) -> None:
        """See and change the callers' budgets."""
        from tui.dialogs.budgets import BudgetsDialog

        if self.feed.snapshot is not None:
            self.push_screen(BudgetsDialog(self.feed.snapshot.settings))

    def action_clear_caches(self) -> None:
        """Forget everything cached."""
        self.send(m.ClearCaches())

    def action_measure_all_off(self) -> None:
        """Measure the reference."""
        self.send(m.MeasureAllOff())

    def action_stay(self) -> None:
        """Let the engine go on without any console, or no longer."""
        if self.feed.snapshot is not None:
            self.send(m.Stay(on=not self.feed.snapshot.told_to_stay))

    def action_restart_engine(self) -> None:
        """Start the engine again where it needs that; say so where it does not."""
        from tui import format as fmt

        snapshot = self.feed.snapshot
        if self.feed.start_again():
            self.notify("Starting the engine again …")
        elif self.feed.starting or snapshot is None or snapshot.engine is m.EngineState.STARTING:
            self.notify("The engine is starting already.")
        else:
            up = fmt.minutes(snapshot.uptime_s)
            self.notify(f"Nothing to start: the engine is well, up for {up}.", markup=False)
