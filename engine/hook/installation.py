"""Installing a project's hook and removing it, exactly.

An installation is one record per kind of caller; installing again replaces it, removing it puts
every file back as it was.
"""

from __future__ import annotations

import enum
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.errors import ServiceError, SettingError
from engine.files import write_whole
from engine.hook import claude_settings, client_script
from engine.hook.claude_settings import ClaudeHook
from engine.hook.file_changes import (
    FileChange,
    FileRecord,
    read_or_none,
    take_back,
    taken_back,
)
from engine.hook.jsonc import insert
from engine.hook.state import HookFolder
from engine.service.paths import hook_socket_path, socket_path

AGENTPM_HOOK = Path(".claude") / "hooks" / "task-start.py"
SETTINGS = Path(".claude") / "settings.json"
LOCAL_SETTINGS = Path(".claude") / "settings.local.json"


class CallerKind(enum.StrEnum):
    """Who calls."""

    AGENTPM = "agentpm"
    CLAUDE_CODE = "claude-code"


@dataclass(frozen=True, slots=True)
class HookChoice:
    """What is to be installed.

    Attributes:
        kind: who calls.
        http: Claude Code asks over TCP, without a process of its own.
        port: the TCP port; 0 is the project's usual one.
        local: the settings file that is not shared with others.
        prompts: answer the user's own prompts too.
        query: options of the request (rendering, budget), as in a URL; empty for the usual ones.
    """

    kind: CallerKind
    http: bool = False
    port: int = 0
    local: bool = False
    prompts: bool = False
    query: str = ""


class _Records(msgspec.Struct):
    installed: dict[str, FileRecord] = {}


class Installation:
    """The hook of one project."""

    def __init__(self, project: Path, folder: HookFolder | None = None) -> None:
        """`folder` is where this machine keeps what belongs to it."""
        self._project = project
        self.folder = folder or HookFolder(project)

    def plan(self, choice: HookChoice) -> FileChange:
        """What installing would change; nothing where it is installed like this already.

        Raises:
            SettingError: the file is none that can be changed.
        """
        record = self._records().installed.get(choice.kind.value)
        if choice.kind is CallerKind.AGENTPM:
            return self._agentpm_change(choice, record)
        name = LOCAL_SETTINGS if choice.local else SETTINGS
        path = (self._project / name).resolve()
        if record is not None and record.path == str(path):
            now, before = read_or_none(path), taken_back(record).after
        else:
            now = before = read_or_none(path)
        if before is None:
            settings = claude_settings.new_settings(self._claude_hook(choice))
            text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
            return FileChange(path, now, text.encode())
        return self._settings_change(path, now, before, choice)

    def install(self, choice: HookChoice) -> FileChange:
        """Install the hook; what was changed.

        Raises:
            SettingError: a file cannot be changed; nothing is.
            ServiceError: this machine's own files cannot be written.
        """
        change = self.plan(choice)
        records = self._records()
        record = records.installed.get(choice.kind.value)
        self.folder.make()
        if choice.kind is CallerKind.CLAUDE_CODE and choice.http:
            self.folder.open_tcp(self._port(choice))
        if choice.kind is CallerKind.CLAUDE_CODE and not choice.http:
            self.folder.close_tcp()
            client = client_text(self._project, f"/claude-code{_as_query(choice.query)}")
            self._write(self.folder.client_path, client)
        if record is not None and change.before == change.after:
            return change
        folders: list[str] = []
        if record is not None:
            self._undo(choice.kind, records)
            change = self.plan(choice)
            folders = [one for one in record.made_folders if Path(one).exists()]
        made = change.make()
        records.installed[choice.kind.value] = msgspec.structs.replace(
            made, made_folders=[*made.made_folders, *folders]
        )
        self._save(records)
        return change

    def plan_removal(self) -> list[FileChange]:
        """What removing all of it would change.

        Raises:
            SettingError: a file was changed so that it cannot be told what to remove.
        """
        return [taken_back(record) for record in self._records().installed.values()]

    def remove(self) -> list[FileChange]:
        """Put every file back; what was changed.

        Raises:
            SettingError: as for `plan_removal`; nothing is changed then.
        """
        changes = self.plan_removal()
        records = self._records()
        # The last one first: a folder that the first one needed can only go when it is empty.
        for kind in reversed(tuple(records.installed)):
            self._undo(CallerKind(kind), records)
        self.folder.close_tcp()
        for path in (self.folder.client_path, self.folder.records_path):
            path.unlink(missing_ok=True)
        if self.folder.path.is_dir() and not any(self.folder.path.iterdir()):
            self.folder.path.rmdir()
        return changes

    # ---- parts -------------------------------------------------------------------------------

    def _agentpm_change(self, choice: HookChoice, record: FileRecord | None) -> FileChange:
        if choice.http:
            raise SettingError(
                "AgentPM runs a command: --http is for Claude Code", "leave --http out"
            )
        path = (self._project / AGENTPM_HOOK).resolve()
        client = client_text(self._project, f"/taskstart{_as_query(choice.query)}").encode()
        return FileChange(path, read_or_none(path), client, 0o755)

    def _settings_change(
        self, path: Path, now: bytes | None, before: bytes, choice: HookChoice
    ) -> FileChange:
        hook = self._claude_hook(choice)
        try:
            text = before.decode("utf-8")
            made = claude_settings.insertions(text, hook)
        except UnicodeDecodeError as error:
            raise SettingError(
                f"{path} is not UTF-8 (byte {error.start})", "save it as UTF-8"
            ) from error
        except SettingError as error:
            raise SettingError(f"{path}: {error.reason}", "correct it first") from error
        after = insert(text, made).encode()
        inserted = tuple(one.text for one in made)
        return FileChange(path, now, after, inserted=inserted)

    def _claude_hook(self, choice: HookChoice) -> ClaudeHook:
        if choice.http:
            query = _as_query(choice.query)
            url = f"http://127.0.0.1:{self._port(choice)}/claude-code{query}"
            return ClaudeHook(url=url, prompts=choice.prompts)
        words = [base_python(), "-I", "-S", str(self.folder.client_path)]
        return ClaudeHook(command=shlex.join(words), prompts=choice.prompts)

    def _port(self, choice: HookChoice) -> int:
        return choice.port or self.folder.usual_port

    def _undo(self, kind: CallerKind, records: _Records) -> None:
        record = records.installed[kind.value]
        take_back(taken_back(record), record)
        del records.installed[kind.value]
        self._save(records)

    def _records(self) -> _Records:
        data = read_or_none(self.folder.records_path)
        if data is None:
            return _Records()
        try:
            return msgspec.json.decode(data, type=_Records)
        except msgspec.DecodeError as error:
            raise SettingError(
                f"{self.folder.records_path} is damaged ({error})",
                "take the hook out by hand, remove this file, and install again",
            ) from error

    def _save(self, records: _Records) -> None:
        self._write(self.folder.records_path, msgspec.json.encode(records).decode())

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text.encode())
        except OSError as error:
            raise ServiceError(
                f"{path} cannot be written ({error.strerror})", f"check the rights of {path.parent}"
            ) from error


def base_python() -> str:
    """The interpreter under the virtual environment, which starts faster: the client needs no more."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def client_text(project: Path, path: str, socket: Path | None = None) -> str:
    """The client's source with this project and this installation written in.

    `socket` is where to ask; where the project's engine takes hooks if None.
    """
    socket = socket if socket is not None else hook_socket_path(socket_path(project))
    values = {
        "SOCKET": str(socket),
        "PRODUCT_PYTHON": sys.executable,
        "PROJECT": str(project.resolve()),
        "PATH": path,
    }
    source = Path(client_script.__file__).read_text("utf-8")
    for name, value in values.items():
        line = next(line for line in source.splitlines() if line.startswith(f"{name} = "))
        source = source.replace(f"{line}\n", f"{name} = {value!r}\n", 1)
    return source


def _as_query(query: str) -> str:
    return f"?{query}" if query else ""
