"""One line of a Claude Code transcript, read by its structure.

The format is internal to Claude Code and changes between its versions. What an import needs of
it is little: who spoke, the calls of the tool that starts agents, and their results. Those are
checked strictly; everything else is passed over undecoded. A shape that could hide a start is
refused rather than read as none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from engine.importing.refusal import UnknownShapeError
from engine.importing.shapes import AGENT_TOOLS, AgentInput, AgentSidecar, Block, Entry, Message

_LONGEST_SHOWN = 40
_KEYS_SHOWN = 4
_S = TypeVar("_S")


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One call of the tool that starts agents."""

    tool_use_id: str
    role: str
    prompt: str | None
    """None when the arguments hold no text of this name."""
    description: str


class MalformedLineError(Exception):
    """A line is not JSON; the message says why, without its content."""


def read_entry(line: bytes) -> Entry:
    """Decode one line.

    Raises:
        MalformedLineError: it is not a JSON object, most often since its writer was killed.
        UnknownShapeError: it is an object that Claude Code is not known to write.
    """
    try:
        entry = _decode(line, Entry)
    except msgspec.ValidationError:
        raise MalformedLineError("not a JSON object") from None
    except RecursionError:
        raise MalformedLineError("nested too deeply") from None
    except UnicodeDecodeError as error:
        raise MalformedLineError(f"not UTF-8 (byte {error.start})") from None
    except ValueError as error:
        raise MalformedLineError(f"not JSON ({error})") from None
    if not isinstance(entry.type, str):
        raise UnknownShapeError(f"an object without a text `type` (it has {_keys(line)})")
    if not entry.known and bytes(memoryview(entry.message)[:1]) in (b"{", b"["):
        raise UnknownShapeError(f"unknown entry type {shown(entry.type)} with a message")
    return entry


def read_blocks(entry: Entry) -> list[Block] | str:
    """The parts of a spoken entry's message, or its text when it is nothing else.

    Raises:
        UnknownShapeError: the message is built otherwise.
    """
    content = _part(entry.message, Message, f"{entry.type} entry", "message").content
    raw = bytes(content).lstrip()
    try:
        if raw.startswith(b'"'):
            return _decode(raw, str)
        if raw in (b"", b"null"):
            return ""
        blocks = _decode(raw, list[Block])
    except (ValueError, RecursionError):
        raise UnknownShapeError(
            f"{entry.type} entry whose message.content is neither text nor a list of blocks"
        ) from None
    for block in blocks:
        if not isinstance(block.type, str):
            raise UnknownShapeError(f"{entry.type} entry with a content block without `type`")
    return blocks


def agent_call(block: Block) -> AgentCall | None:
    """The start of an agent that a block of the assistant asks for; None if it asks for none.

    Raises:
        UnknownShapeError: it looks like one, and is built otherwise.
    """
    if not (isinstance(block.name, str) and block.name in AGENT_TOOLS):
        return None
    if block.type != "tool_use":
        raise UnknownShapeError(f"a call of {block.name} in a block of type {shown(block.type)}")
    if not isinstance(block.id, str) or not block.id:
        raise UnknownShapeError(f"a call of {block.name} without an id")
    given = _part(block.input, AgentInput, f"a call of {block.name}", "input")
    return AgentCall(
        block.id,
        _text(given.subagent_type).strip(),
        given.prompt if isinstance(given.prompt, str) else None,
        _text(given.description),
    )


def moment_of(entry: Entry) -> datetime:
    """When the entry was written, UTC.

    Raises:
        UnknownShapeError: it holds no time in ISO form.
    """
    if not isinstance(entry.timestamp, str):
        raise UnknownShapeError(f"{entry.type} entry without a text `timestamp`")
    try:
        moment = datetime.fromisoformat(entry.timestamp)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnknownShapeError(f"{entry.type} entry whose timestamp is not ISO 8601") from None


def optional_part(raw: msgspec.Raw, kind: type[_S]) -> _S | None:
    """A part that may be missing or built otherwise without hiding a start; None then."""
    if bytes(memoryview(raw)[:1]) != b"{":
        return None
    try:
        return _decode(raw, kind)
    except (ValueError, RecursionError):
        return None


def block_text(block: Block) -> str:
    """The text of a block; empty when it has none."""
    if not block.text:
        return ""
    try:
        return _decode(block.text, str)
    except (ValueError, RecursionError):
        return ""


def sidecar_of(content: bytes | None) -> AgentSidecar:
    """What the file beside an agent's transcript says; nothing where there is none."""
    if content is None:
        return AgentSidecar()
    try:
        return _decode(content, AgentSidecar)
    except (ValueError, RecursionError):
        return AgentSidecar()


def shown(text: Any) -> str:
    """A name from a file, short enough for a message."""
    return repr(text if len(str(text)) <= _LONGEST_SHOWN else f"{str(text)[:_LONGEST_SHOWN]}…")


def _part(raw: msgspec.Raw, kind: type[_S], what: str, name: str) -> _S:
    if not _holds(raw):
        raise UnknownShapeError(f"{what} without `{name}`")
    try:
        return _decode(raw, kind)
    except (ValueError, RecursionError):
        raise UnknownShapeError(f"{what} whose `{name}` is not an object") from None


def _holds(raw: msgspec.Raw) -> bool:
    return bytes(raw) not in (b"", b"null")


def _decode(raw: bytes | msgspec.Raw, kind: type[_S]) -> _S:
    """Decode JSON; half of a surrogate pair, as a cut text leaves one, becomes `?`."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        if b"\\u" not in bytes(raw):
            raise
        try:
            value = json.loads(bytes(raw))
        except ValueError:
            raise error from None
        mended = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return msgspec.json.decode(mended, type=kind)


def _keys(line: bytes) -> str:
    try:
        names = sorted(_decode(line, dict[str, msgspec.Raw]))
    except (ValueError, RecursionError):
        return "keys that are not text"
    more = ", ..." if len(names) > _KEYS_SHOWN else ""
    return ", ".join(map(shown, names[:_KEYS_SHOWN])) + more if names else "no keys"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
