"""Start one task by its id, as an agent would, and see its answer."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label

from engine.service.messages import ReplyBody, StartDetail, StartTask
from tui.dialogs.base import Dialog

_LARGEST_ID = 2**63 - 1
"""SQLite's."""


class StartTaskDialog(Dialog):
    """Two fields: the task's id, and a role that overrides the assigned one."""

    HEADING = "start a task"
    HINT = "⏎ start · esc close"

    def compose_content(self) -> ComposeResult:
        """The fields and a line for what is wrong with them."""
        yield Label("Task id")
        yield Input(placeholder="for example 45", type="integer", max_length=19, id="task-id")
        yield Label("Agent role (empty: the one assigned)")
        yield Input(placeholder="assigned", id="task-role")
        yield Label("", id="task-error")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#task-id", Input).focus()

    @on(Input.Submitted)
    def start(self) -> None:
        """Start it; its answer opens above the screen."""
        text = self.query_one("#task-id", Input).value.strip()
        if not text.isdecimal() or int(text) > _LARGEST_ID:
            self.query_one("#task-error", Label).update("✖ type the id of a task: a whole number")
            return
        role = self.query_one("#task-role", Input).value.strip() or None
        self.console.send(StartTask(task_id=int(text), agent_role=role), self._open)

    async def _open(self, reply: ReplyBody) -> None:
        from tui.starts.detail import StartScreen

        if isinstance(reply, StartDetail):
            await self.app.switch_screen(StartScreen(reply))
