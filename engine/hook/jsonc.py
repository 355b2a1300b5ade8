"""Where the parts of a JSON text with comments are, so that text can be inserted between them.

Settings files are edited as text and never written anew: comments, formatting and everything
else stay byte for byte as their owner left them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from engine.errors import SettingError

_BLANK = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_MOST_DEPTH = 100


@dataclass(slots=True)
class Node:
    """A value: its place in the text, and its children."""

    kind: str
    """object, array, string or scalar."""
    start: int
    end: int
    items: list[Node] = field(default_factory=list)
    members: dict[str, Node] = field(default_factory=dict)
    """Of equal keys the last one, as in JSON."""
    last_end: int = 0
    """End of the last child, the comma behind it included; 0 where there is none."""
    last_start: int = 0
    """Start of the last child, its key included."""
    has_last_comma: bool = False


def parse(text: str) -> Node:
    """Find the parts of `text`.

    Raises:
        SettingError: it is no JSON, not even with comments and trailing commas.
    """
    reader = _Reader(text)
    node = reader.value(reader.skip(0), 0)
    end = reader.skip(node.end)
    if end != len(text):
        raise reader.wrong(end, "nothing more")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def wrong(self, at: int, expected: str) -> SettingError:
        line = self._text.count("\n", 0, at) + 1
        return SettingError(f"line {line} is not JSON ({expected} expected)")

    def skip(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match is not None else at

    def value(self, at: int, depth: int) -> Node:
        if depth > _MOST_DEPTH:
            raise self.wrong(at, "less nesting")
        opening = self._text[at : at + 1]
        if opening == "{":
            return self._container(Node("object", at, at), "}", depth)
        if opening == "[":
            return self._container(Node("array", at, at), "]", depth)
        for kind, pattern in (("string", _STRING), ("scalar", _SCALAR)):
            match = pattern.match(self._text, at)
            if match is not None:
                return Node(kind, at, match.end())
        raise self.wrong(at, "a value")

    def _container(self, node: Node, closing: str, depth: int) -> Node:
        at = self.skip(node.start + 1)
        while self._text[at : at + 1] != closing:
            start = at
            key = ""
            if node.kind == "object":
                key, at = self._key(at)
            child = self.value(at, depth + 1)
            if node.kind == "object":
                node.members[key] = child
            node.items.append(child)
            node.last_start, node.last_end, node.has_last_comma = start, child.end, False
            at = self.skip(child.end)
            if self._text[at : at + 1] == ",":
                node.last_end, node.has_last_comma = at + 1, True
                at = self.skip(at + 1)
            elif self._text[at : at + 1] != closing:
                raise self.wrong(at, f", or {closing}")
        node.end = at + 1
        return node

    def _key(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self._text, at)
        if match is None:
            raise self.wrong(at, "a name in quotes")
        try:
            key: str = json.loads(match[0])
        except ValueError:
            raise self.wrong(at, "a name in quotes") from None
        colon = self.skip(match.end())
        if self._text[colon : colon + 1] != ":":
            raise self.wrong(colon, ":")
        return key, self.skip(colon + 1)


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text to be inserted before the character at `at`."""

    at: int
    text: str


def insertion(text: str, container: Node, value: object, key: str | None = None) -> Insertion:
    """What appends `value` to an array, or as `key` to an object, in the style of its surroundings."""
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = _indent(text, container.start)
    if container.items:
        own = _indent(text, container.last_start)
        comma = "" if container.has_last_comma else ","
        if not _begins_line(text, container.last_start):
            return Insertion(container.last_end, f"{comma} {_written(value, key, None)}")
        unit = own.removeprefix(outer) or "  "
        body = _written(value, key, unit, own, newline)
        return Insertion(container.last_end, f"{comma}{newline}{own}{body}")
    unit = _unit(text)
    own = outer + unit
    body = _written(value, key, unit, own, newline)
    blank = text[container.start + 1 : container.end - 1]
    closing = "" if "\n" in blank else f"{newline}{outer}"
    return Insertion(container.start + 1, f"{newline}{own}{body}{closing}")


def insert(text: str, insertions: list[Insertion]) -> str:
    """The text with all insertions, whose places are those of the text as it is."""
    for one in sorted(insertions, key=lambda item: item.at, reverse=True):
        text = text[: one.at] + one.text + text[one.at :]
    return text


def _written(
    value: object, key: str | None, unit: str | None, indent: str = "", newline: str = "\n"
) -> str:
    separators = (", ", ": ") if unit is None else None
    body = json.dumps(value, indent=unit, separators=separators, ensure_ascii=False)
    body = body.replace("\n", newline + indent)
    return body if key is None else f"{json.dumps(key)}: {body}"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _begins_line(text: str, at: int) -> bool:
    return _line_start(text, at) > 0 and not text[_line_start(text, at) : at].strip()


def _indent(text: str, at: int) -> str:
    line = text[_line_start(text, at) :].lstrip("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    match = re.search(r"\n([ \t]+)\S", text)
    return match[1] if match is not None else "  "
