"""Insertions into JSON texts with comments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.hook.claude_settings import ClaudeHook, insertions
from engine.hook.jsonc import insert, insertion, parse

HOOK = ClaudeHook(command="run me", prompts=True)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3)
    ),
    max_leaves=8,
)
indents = st.sampled_from([None, 1, 2, 4, "\t"])


@given(
    st.dictionaries(st.text(), values, max_size=4), indents, st.sampled_from(["\n", "\r\n"]), values
)
def test_an_appended_member_is_all_that_changes(
    settings: dict[str, Any], indent: Any, newline: str, value: Any
) -> None:
    text = json.dumps(settings, indent=indent).replace("\n", newline)
    made = insertion(text, parse(text), value, "ours")

    assert json.loads(insert(text, [made])) == {**settings, "ours": value}
    assert list(json.loads(insert(text, [made])))[-1:] == ["ours"] or "ours" in settings


@given(st.lists(values, max_size=4), indents, values)
def test_an_appended_item_is_all_that_changes(items: list[Any], indent: Any, value: Any) -> None:
    text = json.dumps(items, indent=indent)

    assert json.loads(insert(text, [insertion(text, parse(text), value)])) == [*items, value]


SETTINGS = [
    "{}",
    "{ }",
    "{\n}\n",
    "\ufeff{}",
    '{"model": "x"}',
    '{\n  "model": "x"\n}\n',
    '{\n\t"model": "x", "b": [1,\n2]\n}\n',
    '{"hooks": {}}',
    '{"hooks": {\n  }\n}',
    '{\n  "hooks": {\n    "Stop": []\n  }\n}\n',
    '{"hooks": {"SubagentStart": []}}',
    '{"hooks": {"SubagentStart": [{"hooks": []}], "PreToolUse": [ ], "UserPromptSubmit": []}}',
    '{\r\n  "hooks": {\r\n    "PreToolUse": [\r\n      {"matcher": "Bash"}\r\n    ]\r\n  }\r\n}\r\n',
]


@pytest.mark.parametrize("text", SETTINGS)
def test_hooks_go_in_and_nothing_else_changes(text: str) -> None:
    after = insert(text, insertions(text, HOOK))
    before = json.loads(text.lstrip("\ufeff"))
    hooks = json.loads(after.lstrip("\ufeff"))["hooks"]

    for event in ("SubagentStart", "PreToolUse", "UserPromptSubmit"):
        *others, ours = hooks[event]
        assert others == before.get("hooks", {}).get(event, [])
        assert ours["hooks"] == [{"type": "command", "command": "run me", "timeout": 5}]
    assert {**json.loads(after.lstrip("\ufeff")), "hooks": 0} == {**before, "hooks": 0}
    assert ("\r\n" in text) == ("\r\n" in after)


def test_comments_and_trailing_commas_are_understood() -> None:
    text = '{ // "hooks": {\n  /* } */ "a": "// no comment",\n  "hooks": {"Stop": [1,], },\n}'
    after = insert(text, insertions(text, HOOK))

    assert set(parse(after).members["hooks"].members) == {
        *("Stop", "SubagentStart", "PreToolUse", "UserPromptSubmit")
    }
    for piece in ('{ // "hooks": {', '/* } */ "a": "// no comment",', '{"Stop": [1,],'):
        assert piece in after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]x",
        "{",
        '{"a": }',
        '{"a" 1}',
        "{,}",
        '{"a": 1 "b": 2}',
        "nul",
        '{"a": "\n"}',
        "[" * 5_000,
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(SettingError, match="line"):
        parse(text)


@pytest.mark.parametrize("text", ["[]", '{"hooks": []}', '{"hooks": {"PreToolUse": {}}}'])
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(SettingError):
        insertions(text, HOOK)
