"""`python -m tui.screenshots DIR`: pictures of the console on real runs of the demo project.

A real engine process plays real scenarios; each picture is taken when the run has come to the
moment that it is to show. Takes about two minutes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from engine.errors import TaskStartError
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import MetricState, Play, PlayState, Snapshot
from tui.app import ConsoleApp

SMALL, MEDIUM, LARGE = (80, 24), (120, 36), (200, 50)
_PATIENCE_S = 240.0
_LOOK_EVERY_S = 0.1

Moment = Callable[[Snapshot], bool]


class Photographer:
    """Drives one console and saves what it shows."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[int], directory: Path) -> None:
        self._app = app
        self._pilot = pilot
        self._directory = directory

    async def until(self, moment: Moment, what: str) -> None:
        """Wait for a moment of the run.

        Raises:
            TaskStartError: the engine has ended, or the moment has not come in time.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while self._app.feed.snapshot is None or not moment(self._app.feed.snapshot):
                    if self._app.feed.lost:
                        raise TaskStartError(f"no picture of {what}", self._app.feed.lost)
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise TaskStartError(f"{what} did not come within {_PATIENCE_S:g} s") from error

    async def take(self, name: str, size: tuple[int, int], *keys: str) -> None:
        """Press keys, and save the screen at this size."""
        await self._pilot.resize_terminal(*size)
        for key in keys:
            await self._pilot.press(key)
        # The next snapshot brings what the new size or screen has not shown yet.
        number = self._app.feed.snapshot.number if self._app.feed.snapshot else 0
        await self.until(lambda snapshot: snapshot.number > number + 1, "another snapshot")
        self._app.clear_notifications()
        await self._pilot.pause(0.5)
        path = Path(self._app.save_screenshot(f"{name}.svg", str(self._directory)))
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()


def at(scenario: str, seconds: float) -> Moment:
    """The moment when `scenario` has played so many seconds."""

    def reached(snapshot: Snapshot) -> bool:
        playback = snapshot.playback
        return (
            playback is not None
            and playback.name == scenario
            and (playback.position_s >= seconds or playback.state is PlayState.FINISHED)
        )

    return reached


def beyond_a_limit(snapshot: Snapshot) -> bool:
    """An alert is active and its metric is highlighted."""
    return any(metric.state is MetricState.ALERT for metric in snapshot.metrics) and any(
        alert.active and alert.state is MetricState.ALERT for alert in snapshot.alerts
    )


async def photograph(directory: Path) -> None:
    """Play the plan and the workday on the demo project, and take all pictures."""
    client = EngineClient(EngineTarget(None, private=True))
    client.launch()
    app = ConsoleApp(client, play="the-plan")
    try:
        async with app.run_test(size=MEDIUM, notifications=True) as pilot:
            photographer = Photographer(app, pilot, directory)
            await photographer.until(at("the-plan", 3.0), "the plan")
            await photographer.until(beyond_a_limit, "an alert")
            await photographer.take("live-120x36-alert", MEDIUM)
            await photographer.until(at("the-plan", 40.0), "the middle of the plan")
            await photographer.take("live-80x24", SMALL)
            await photographer.until(at("the-plan", 72.0), "the end of the plan")
            await photographer.take("live-200x50", LARGE)
            app.send(Play(name="workday"))
            await photographer.until(at("workday", 20.0), "the workday")
            await photographer.take("caches-120x36", MEDIUM, "2", "shift+left")
            await photographer.until(at("workday", 40.0), "the second half of the workday")
            await photographer.take("replay-120x36", MEDIUM, "3")
            await photographer.take("taskstarts-120x36", MEDIUM, "5")
            await photographer.take("taskstart-120x36", MEDIUM, "enter")
    finally:
        await client.close()


def main(arguments: list[str]) -> int:
    """Take the pictures; 0 good, 1 failed, 2 wrong use."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m tui.screenshots DIR\n")
        return 2
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(photograph(directory))
    except TaskStartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
