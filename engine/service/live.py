"""The live engine: opened in the background while viewers are served already.

What keeps it from opening may pass (a lock, a file that somebody corrects), so it is tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from engine.errors import ServiceError, TaskStartError
from engine.service.messages import ProjectView
from engine.service.ports import EngineLike
from engine.service.snapshots import project_view
from engine.service.stage import Stage
from engine.settings import Settings
from engine.settings.file import load_settings, settings_file

log = logging.getLogger(__name__)

TRY_AGAIN_S = 5.0

OpenEngine = Callable[[Path, Settings], AbstractAsyncContextManager[EngineLike]]
FindProject = Callable[[], Path]
"""The project's folder; may take seconds (a demo that is made first), and runs in a thread."""


class LiveEngine:
    """Starting, open or failed; `run` keeps it until it is cancelled."""

    def __init__(self, find_project: FindProject, open_engine: OpenEngine, name: str) -> None:
        """`name` is what to call the project until it has been opened."""
        self._find_project = find_project
        self.open_engine = open_engine
        self._name = name
        self._settled = asyncio.Event()
        self._again = asyncio.Event()
        self.try_again_s = TRY_AGAIN_S
        """After a failure; nobody has to ask for it."""
        self.root: Path | None = None
        self.stage: Stage | None = None
        self.error: TaskStartError | None = None
        self.settings = Settings()
        """What the project's file says; the published defaults until it has been read."""

    async def run(self) -> None:
        """Open the engine and keep it open; a failure is kept in `error`, not raised."""
        while True:
            await self._keep()
            if await self._asked_again():
                self.error = None
                self._settled.clear()

    async def _asked_again(self) -> bool:
        """Wait for `reopen`; False when it was not called before a failure is worth another try."""
        try:
            async with asyncio.timeout(self.try_again_s):
                await self._again.wait()
        except TimeoutError:
            return False
        self._again.clear()
        return True

    def reopen(self) -> None:
        """Close the engine if it is open and open it anew, its settings read from the file again."""
        self._again.set()

    async def _keep(self) -> None:
        try:
            self.root = await asyncio.to_thread(self._find_project)
            self.settings = await asyncio.to_thread(load_settings, settings_file(self.root))
            async with self.open_engine(self.root, self.settings) as engine:
                self.stage = Stage(engine)
                self.error = None
                self._settled.set()
                try:
                    await self._again.wait()
                    # Who asks from now on waits for the next one.
                    self._settled.clear()
                finally:
                    self.stage = None
        except TaskStartError as error:
            self._fail(error)
        except Exception as error:
            failed = ServiceError(f"the engine failed ({error!r})")
            if self.error is None or self.error.reason != failed.reason:
                log.exception("the engine failed")
            self._fail(failed)

    def _fail(self, error: TaskStartError) -> None:
        self.error = error
        self._settled.set()

    async def opened(self) -> EngineLike:
        """Wait for the engine.

        Raises:
            TaskStartError: why it could not be opened.
        """
        return (await self.opened_stage()).engine

    async def opened_stage(self) -> Stage:
        """Wait for the engine; it comes with its history of settings.

        Raises:
            TaskStartError: why it could not be opened.
        """
        await self._settled.wait()
        if self.stage is None:
            raise self.error or ServiceError("the engine is ending")
        return self.stage

    async def project_root(self) -> Path:
        """The project's folder, as soon as it is known.

        Raises:
            TaskStartError: there is no such project.
        """
        if self.root is None:
            await self._settled.wait()
        if self.root is None:
            raise self.error or ServiceError("the engine is ending")
        return self.root

    def project_view(self) -> ProjectView:
        """The project as far as it is known."""
        if self.stage is not None:
            return project_view(self.stage.engine.project)
        return ProjectView(
            name=self._name, root=str(self.root) if self.root else "", tasks=0, agents=0
        )
