"""The console's app: it joins the feed, the screens and the actions, and knows no more."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from engine.errors import ServiceError
from tui import wire as m
from tui.actions import SCREENS, Scope, bindings_of
from tui.commands import EngineCommands
from tui.feed import EngineFeed
from tui.harmless import HarmlessText
from tui.job_control import resume_only_when_stopped
from tui.link import DeferredLink, EngineLink
from tui.pictures import SavesPictures
from tui.screen import ConsoleScreen
from tui.toasts import MOST, SECONDS, Gathering, Severity, is_shown_anyway, on_few_rows
from tui.widgets.layout import is_roomy

if TYPE_CHECKING:
    from textual.command import Provider


def _live() -> Screen[None]:
    from tui.live.screen import LiveScreen

    return LiveScreen()


def _caches() -> Screen[None]:
    from tui.caches.screen import CachesScreen

    return CachesScreen()


def _replay() -> Screen[None]:
    from tui.replay.screen import ReplayScreen

    return ReplayScreen()


def _compare() -> Screen[None]:
    from tui.compare.screen import CompareScreen

    return CompareScreen()


def _starts() -> Screen[None]:
    from tui.starts.screen import StartsScreen

    return StartsScreen()


def _alerts() -> Screen[None]:
    from tui.alerts.screen import AlertsScreen

    return AlertsScreen()


def _palette() -> type[Provider]:
    from tui.dialogs.palette import ActionProvider

    return ActionProvider


class ConsoleApp(EngineCommands, SavesPictures, App[int]):
    """Six screens on one engine."""

    TITLE = "TaskStart console"
    # The style sheet of Live is read with the theme: one parse before the first frame, not two.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["theme.tcss", "live/live.tcss"]
    # Screens are imported when they are first shown: only Live is on the path to the first frame.
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "live": _live,
        "caches": _caches,
        "replay": _replay,
        "compare": _compare,
        "starts": _starts,
        "alerts": _alerts,
    }
    DEFAULT_MODE = "live"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.APP)]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        *App.COMMANDS,
        _palette,
    }

    def __init__(self, link: EngineLink, *, play: str | None = None) -> None:
        super().__init__()
        self.link = link
        self.feed = EngineFeed(
            link,
            on_snapshot=self._show,
            on_event=self._tell,
            on_lost=self._lose,
            on_found=self._find,
        )
        self._harmless = HarmlessText()
        self._events = Gathering(self.set_timer, self._toast)
        self._play = play
        self._trail: list[str] = []
        self._settled = False

    def on_mount(self) -> None:
        """Follow the engine once the first frame is out: it must not wait for the engine."""
        if not self.is_headless:
            resume_only_when_stopped()
        self._ageing = self.set_interval(1.0, self.show_again, pause=True)
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        gc.enable()
        self.run_worker(self.feed.run(), name="engine feed", group="feed")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and one that makes sure that no text commands the terminal."""
        return [*super().get_line_filters(), self._harmless]

    # ---- what the feed brings ---------------------------------------------------------------

    def _show(self, snapshot: m.Snapshot) -> None:
        self.rates.take(snapshot)
        self.changes.take(snapshot)
        if self.results.just_ended(snapshot):
            self.send(m.GetReport(), self._keep_report)
        for screen in self._console_screens():
            screen.show(snapshot)
        if not self._settled:
            self._settled = True
            # What exists now lives as long as the app; collections that walk it would stall frames.
            gc.collect()
            gc.freeze()

    def _keep_report(self, reply: m.ReplyBody) -> None:
        if isinstance(reply, m.Report) and self.feed.snapshot is not None:
            self.results.put(reply.report)
            for screen in self._console_screens():
                screen.show(self.feed.snapshot)

    def _tell(self, event: m.Event) -> None:
        replayed = self.feed.snapshot is not None and self.feed.snapshot.playback is not None
        if not is_shown_anyway(event.title, mode=self.current_mode, replayed=replayed):
            self._events.add(event)

    def _toast(self, title: str, text: str, severity: Severity) -> None:
        self.notify(text, title=title, severity=severity, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast for a few seconds; two at most, on a small screen one, in few rows."""
        small = not is_roomy(self.size)
        self.set_class(small, "-small")
        if small:
            message, title = on_few_rows(title, message), ""
        cleared = len(self._notifications) >= (1 if small else MOST)
        if cleared:
            self.clear_notifications()
        for holder in self.screen.query("ToastHolder"):
            # Textual leaves the row of a toast that goes before its time.
            if cleared or not holder.children:
                holder.remove()
        seconds = SECONDS[severity] if timeout is None else timeout
        super().notify(message, title=title, severity=severity, timeout=seconds, markup=markup)

    def _lose(self, error: ServiceError) -> None:
        for screen in self._console_screens():
            screen.show_lost(self.feed.lost)
        self.show_again()
        self._ageing.resume()
        self.refresh_bindings()
        if isinstance(self.screen, ConsoleScreen):
            return  # Its caption says so, and what to press.
        had_one = self.feed.snapshot is not None
        self.notify(
            f"Press E to {'start it' if had_one else 'try'} again.",
            title="The engine has ended" if had_one else "No engine",
            severity="error",
            markup=False,
        )

    def show_again(self) -> None:
        """Show the newest snapshot with the outages as they are now."""
        self.feed.refresh()
        if self.feed.snapshot is not None:
            for screen in self._console_screens():
                screen.show(self.feed.snapshot)

    def _find(self) -> None:
        self._ageing.pause()
        for screen in self._console_screens():
            screen.show_lost("")
        self.refresh_bindings()
        if self._play:
            name, self._play = self._play, None
            self.send(m.Play(name=name))

    def _console_screens(self) -> list[ConsoleScreen]:
        return [screen for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]

    # ---- moving about -----------------------------------------------------------------------

    def action_show(self, mode: str) -> None:
        """Show one of the six screens."""
        if mode != self.current_mode:
            self._trail = [*self._trail[-8:], self.current_mode]
            self.switch_mode(mode)

    def action_go_back(self) -> None:
        """Close what lies above, or go to the screen before."""
        self.go_back()

    def go_back(self) -> None:
        """Close what lies above, or go to the screen before."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self._trail:
            self.switch_mode(self._trail.pop())
        elif self.current_mode != "live":
            self.switch_mode("live")

    def action_help(self) -> None:
        """All keys that work here."""
        from tui.dialogs.help import HelpDialog

        self.push_screen(HelpDialog(list(self.screen.active_bindings.values())))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Of Textual's own commands, those that the actions do not have."""
        own = {"Keys", "Quit"}
        return [c for c in super().get_system_commands(screen) if c.title not in own]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has no meaning now: pausing, stopping, speed without a replay."""
        del parameters
        if action in ("pause", "stop", "speed"):
            snapshot = self.feed.snapshot
            return True if snapshot is not None and snapshot.playback is not None else None
        return True


_INTERRUPTED = 130
"""Exit code when a signal ended the console."""

assert [mode for mode, _ in SCREENS] == list(ConsoleApp.MODES)


def run_console(
    make_link: Callable[[], EngineLink],
    *,
    play: str | None = None,
    farewell: Callable[[m.Parting], None] = lambda parting: None,
) -> int:
    """Run the console in this terminal until it is left; returns the process's exit code.

    Args:
        make_link: makes the engine's client, once the first frame is out; it is closed when the
            console ends.
        play: name or path of a scenario to play at once.
        farewell: called last, in the plain terminal, with what becomes of the engine.
    """

    link = DeferredLink(make_link)

    async def run() -> int:
        app = ConsoleApp(link, play=play)
        # Left in the middle, the terminal would stay as the console set it up.
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(
                number, partial(app.exit, return_code=_INTERRUPTED)
            )
        try:
            await app.run_async()
        finally:
            parting = await link.close()
            if parting is not None:
                farewell(parting)
        return app.return_code or 0

    return asyncio.run(run())
