"""Context rows and how their 6W merge."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.merge import merge
from engine.context.render import render
from engine.context.sixw import LIST_FIELDS, SIX_W_FIELDS, TEXT_FIELDS, ContextLevel, decode_level
from tests.context.builders import build, bundle, context_row

_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.none() | st.lists(st.text(), max_size=3) for name in LIST_FIELDS},
        **{name: st.none() | st.text() for name in TEXT_FIELDS},
    },
)
_LEVELS = st.none() | st.builds(
    ContextLevel,
    row_id=st.integers(1, 9),
    fields=st.none() | _FIELDS,
    deadline=st.none() | st.datetimes(),
    updated_at=st.none(),
)


def _level(**fields: Any) -> ContextLevel:
    return ContextLevel(100, fields, None, None)


def _merged(*levels: ContextLevel | None) -> dict[str, Any]:
    return merge(levels).as_dict()


@given(st.tuples(_LEVELS, _LEVELS, _LEVELS))
def test_each_field_comes_whole_from_the_first_level_that_has_it(
    levels: tuple[ContextLevel | None, ContextLevel | None, ContextLevel | None],
) -> None:
    merged = _merged(*levels)
    known = [level.fields for level in levels if level is not None and level.fields is not None]
    for name in LIST_FIELDS:
        assert merged[name] == next((f[name] for f in known if f.get(name)), [])
    for name in TEXT_FIELDS:
        assert merged[name] == next((f[name] for f in known if (f.get(name) or "").strip()), None)


@given(st.tuples(_LEVELS, _LEVELS, _LEVELS))
def test_merging_well_typed_levels_never_warns_and_counts_filled_fields(
    levels: tuple[ContextLevel | None, ContextLevel | None, ContextLevel | None],
) -> None:
    result = merge(levels)
    assert result.warnings == ()
    filled = sum(1 for value in result.as_dict().values() if value)
    assert result.completeness == filled / 15


@given(_LEVELS)
def test_merging_a_level_with_itself_changes_nothing(level: ContextLevel | None) -> None:
    assert merge((level, level, level)) == merge((level,))


@given(st.tuples(_LEVELS, _LEVELS))
def test_an_absent_level_in_between_changes_nothing(
    levels: tuple[ContextLevel | None, ContextLevel | None],
) -> None:
    assert merge(levels) == merge((levels[0], None, levels[1]))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from((*SIX_W_FIELDS, "other")), _JSON))
def test_any_json_object_can_be_merged_and_rendered(six_w: dict[str, Any]) -> None:
    context = build(bundle(task_context=context_row(six_w=json.dumps(six_w))))
    text = render(context).text(3)
    assert text.startswith("\n## 🎯 Task Context Assembled")
    assert context.payload["merged_6w"].keys() == set(SIX_W_FIELDS)


def test_a_list_replaces_the_lists_below_and_one_empty_text_counts() -> None:
    assert _merged(_level(reviewers=[""]), _level(reviewers=["a"]))["reviewers"] == [""]
    assert _merged(_level(reviewers=[]), _level(reviewers=["a"]))["reviewers"] == ["a"]
    assert _merged(_level(reviewers=["x"]), _level(reviewers=["a", "b"]))["reviewers"] == ["x"]


def test_a_text_where_a_list_is_expected_counts_as_a_list_of_one() -> None:
    merged = merge((_level(implementers="alice"), _level(implementers=["b"])))
    assert merged.as_dict()["implementers"] == ["alice"]
    assert merged.warnings == ()
    assert _merged(_level(implementers=""), _level(implementers=["b"]))["implementers"] == ["b"]


@pytest.mark.parametrize("value", [5, 0, True, False, 1.5])
def test_a_list_field_without_a_length_is_passed_over_with_a_warning(value: Any) -> None:
    merged = merge((_level(implementers=value), _level(implementers=["b"])))
    assert merged.as_dict()["implementers"] == ["b"]
    assert merged.warnings == ("contexts 100: six_w_data unusable (implementers is not a list)",)


def test_an_unusable_value_below_a_usable_one_is_not_worth_a_warning() -> None:
    merged = merge((_level(implementers=["a"]), _level(implementers=7)))
    assert merged.as_dict()["implementers"] == ["a"]
    assert merged.warnings == ()


def test_items_that_are_not_text_are_left_out_where_text_is_joined() -> None:
    merged = merge((_level(end_users=["a", 1, None, "b"]),))
    assert merged.as_dict()["end_users"] == ["a", "b"]
    assert merged.warnings == (
        "contexts 100: six_w_data unusable (end_users has items that are not text)",
    )


def test_items_of_criteria_and_constraints_may_be_anything() -> None:
    merged = merge((_level(acceptance_criteria=[1, "b"], technical_constraints=[None, {"a": 1}]),))
    assert merged.as_dict()["acceptance_criteria"] == [1, "b"]
    assert merged.as_dict()["technical_constraints"] == [None, {"a": 1}]
    assert merged.warnings == ()


@pytest.mark.parametrize("value", [0, False, 0.0, [], {}])
def test_an_empty_value_that_is_not_text_counts_and_is_carried(value: Any) -> None:
    result = merge((_level(business_value=value), _level(business_value="money")))
    assert result.as_dict()["business_value"] == value
    assert result.completeness == 0.0
    assert result.warnings == ()


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}, float("nan")])
def test_a_text_field_of_another_type_is_passed_over_with_a_warning(value: Any) -> None:
    result = merge((_level(business_value=value), _level(business_value="money")))
    assert result.as_dict()["business_value"] == "money"
    assert result.warnings == ("contexts 100: six_w_data unusable (business_value is not text)",)


def test_a_blank_text_is_passed_over() -> None:
    assert (
        _merged(_level(risk_if_delayed=" \t"), _level(risk_if_delayed="r"))["risk_if_delayed"]
        == "r"
    )


@pytest.mark.parametrize(
    ("stored", "deadline"),
    [
        ("2026-07-10T03:27:51", datetime(2026, 7, 10, 3, 27, 51)),
        ("2026-07-10 03:27", datetime(2026, 7, 10, 3, 27)),
        ("next week", None),
        ("", None),
        (0, None),
        (None, None),
    ],
)
def test_deadlines(stored: Any, deadline: datetime | None) -> None:
    warnings: list[str] = []
    level = decode_level(context_row(six_w={"deadline": stored, "end_users": ["a"]}), warnings)
    assert level is not None
    assert level.deadline == deadline
    assert level.fields is not None
    assert warnings == []


def test_a_deadline_that_is_not_text_costs_the_level_its_6w_but_not_its_row() -> None:
    level = decode_level(context_row(six_w={"deadline": 20260710, "end_users": ["a"]}), [])
    assert level is not None
    assert level.fields is None
    assert level.updated_at is not None


@pytest.mark.parametrize("stored", [None, "", "{", "no json at all"])
def test_a_row_without_readable_6w_still_counts(stored: str | None) -> None:
    context = build(bundle(task_context=context_row(six_w=stored)))
    assert context.freshness_days == 1
    assert "No 6W context found at any level" not in context.warnings
    assert not any("unusable" in warning for warning in context.warnings)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"six_w_data": "[1]"}, "six_w_data"),
        ({"six_w_data": "null"}, "six_w_data"),
        ({"six_w_data": '"text"'}, "six_w_data"),
        ({"six_w_data": b"\xff{}"}, "six_w_data"),
        ({"confidence_factors": "[]"}, "confidence_factors"),
        ({"confidence_factors": "{"}, "confidence_factors"),
        ({"context_data": "7"}, "context_data"),
        ({"context_data": "nope"}, "context_data"),
        ({"entity_id": 0}, "entity_id"),
        ({"updated_at": b"\xff"}, "updated_at"),
    ],
)
@pytest.mark.parametrize("entity", ["task", "work_item", "project"])
def test_an_unusable_context_row_is_left_out_and_told(
    entity: str, changes: dict[str, Any], column: str
) -> None:
    row = context_row(entity, six_w={"end_users": ["a"]}, **changes)
    context = build(bundle(**{f"{entity}_context": row}))
    assert context.payload["merged_6w"]["end_users"] == []
    assert context.warnings[0].startswith(f"contexts {row[0]!r}: {column} unusable (")
    assert context.warnings[1] == "No 6W context found at any level"
    assert context.freshness_days == 999


@pytest.mark.parametrize("cell", [None, "", "null", "{}"])
def test_empty_json_columns_are_fine(cell: str | None) -> None:
    row = context_row(six_w={"end_users": ["a"]}, confidence_factors=cell, context_data=cell)
    assert build(bundle(task_context=row)).payload["merged_6w"]["end_users"] == ["a"]
