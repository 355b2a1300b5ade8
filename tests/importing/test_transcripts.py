"""Transcripts of several ages, as workloads."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.importing.claude_code import TranscriptChoice, import_transcripts
from engine.importing.coverage import TranscriptCoverage
from engine.importing.refusal import ImportRefusedError
from engine.importing.workload_times import Span
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import (
    Workload,
    encode_event,
    encode_header,
    read_workload,
    write_workload,
)
from tests.importing.transcripts import (
    BEGINNING,
    SECRET,
    Json,
    agent_file,
    at,
    call,
    entry,
    hook_run,
    result,
    said,
    write,
)


def imported(path: Path, **choice: Any) -> tuple[list[WorkloadEvent], TranscriptCoverage]:
    workload, report = import_transcripts([path], choice=TranscriptChoice(**choice))
    return workload.events if workload is not None else [], report


# ---- shapes of several ages -----------------------------------------------------------------


def older(minutes: float, task: int) -> list[Json]:
    """The agent's own messages lie in the same file, and no id of it is told."""
    tool_id = f"toolu_old_{task}"
    return [
        call(minutes, f"Do task #{task}", tool="Task", tool_id=tool_id),
        said(minutes + 0.1, f"Do task #{task}", isSidechain=True),
        result(minutes + 1, tool_id),
    ]


def middle(minutes: float, task: int) -> list[Json]:
    """Entries of type progress tell which agent works for which call."""
    tool_id = f"toolu_middle_{task}"
    progress = entry(
        "progress",
        minutes + 0.1,
        parentToolUseID=tool_id,
        data={"type": "agent_progress", "agentId": f"a{task}", "prompt": SECRET, "message": {}},
    )
    return [
        call(minutes, f"Do task #{task}", tool="Task", tool_id=tool_id),
        progress,
        result(minutes + 1, tool_id, agent=f"a{task}"),
    ]


def newer(minutes: float, task: int) -> list[Json]:
    """The tool is called Agent; the result of one in the background comes at once."""
    tool_id = f"toolu_new_{task}"
    launched = result(minutes + 0.01, tool_id, agent=f"a{task}")
    launched["toolUseResult"] = {"status": "async_launched", "agentId": f"a{task}", "isAsync": True}
    return [call(minutes, f"Do task #{task}", tool_id=tool_id), launched]


@pytest.mark.parametrize("shape", [older, middle, newer])
def test_starts_of_every_age_are_found(tmp_path: Path, shape: Any) -> None:
    path = write(tmp_path / "s1.jsonl", [said(0), *shape(1, 7), *shape(3, 8)])
    events, report = imported(path)
    assert [(one.t, one.op, one.task_id) for one in events] == [
        (0.0, Op.TASKSTART, 7),
        (120.0, Op.TASKSTART, 8),
    ]
    assert (report.starts, report.explicit, report.none, report.malformed) == (2, 2, 0, 0)


def test_a_folder_with_agents_own_transcripts_counts_each_start_once(tmp_path: Path) -> None:
    write(tmp_path / "s1.jsonl", [said(0), *newer(1, 7)])
    agent_file(
        tmp_path / "s1", "a7", [said(1.01, "Do task #7"), call(2, "Now task #9", tool_id="n")]
    )
    events, report = imported(tmp_path)
    assert [one.task_id for one in events] == [7, 9]
    assert (report.files, report.from_agents, report.unpaired) == (2, 0, 0)


def test_a_call_whose_agent_only_its_sidecar_tells_is_one_start(tmp_path: Path) -> None:
    write(tmp_path / "s1.jsonl", [call(1, "Do task #7", tool_id="t7")])
    sidecar = {"agentType": "coder", "toolUseId": "t7", "spawnDepth": 1}
    agent_file(tmp_path / "s1", "a7", [said(1.01, "Do task #7")], sidecar)
    _, report = imported(tmp_path)
    assert (report.starts, report.unanswered, report.unpaired) == (1, 1, 0)


def test_an_agents_transcript_without_its_parent_is_a_start(tmp_path: Path) -> None:
    agent_file(tmp_path / "s1", "a7", [said(1, "Do task #7")], {"agentType": "coder"})
    events, report = imported(tmp_path)
    assert [(one.task_id, one.agent_role) for one in events] == [(7, "coder")]
    assert report.from_agents == 1


def test_an_agent_that_cannot_be_paired_for_certain_is_no_start(tmp_path: Path) -> None:
    write(tmp_path / "s1.jsonl", [call(1, "Do task #7", tool_id="t7")])
    agent_file(tmp_path / "s1", "a7", [said(1.01, "Do task #7")])
    events, report = imported(tmp_path)
    assert [one.task_id for one in events] == [7]
    assert (report.starts, report.unpaired) == (1, 1)


def test_agents_that_claude_code_runs_for_itself_are_no_starts(tmp_path: Path) -> None:
    agent_file(tmp_path / "s1", "acompact-12ab", [said(1, "Do task #7")])
    write(tmp_path / "s1.jsonl", [said(0)])
    events, report = imported(tmp_path)
    assert (events, report.internal) == ([], 1)


def test_copies_in_a_resumed_session_count_once_at_their_first_time(tmp_path: Path) -> None:
    write(tmp_path / "a-resumed.jsonl", [*newer(5, 7), *newer(9, 8)])
    write(tmp_path / "b-first.jsonl", newer(1, 7))
    events, report = imported(tmp_path)
    assert [(one.t, one.task_id) for one in events] == [(0.0, 7), (480.0, 8)]
    assert report.copies == 1


def test_calls_that_started_no_agent_are_counted_apart(tmp_path: Path) -> None:
    entries = [
        call(1, "Do task #7", tool_id="no"),
        result(1.1, "no", error="denied by the user"),
        call(2, None, tool_id="bad"),
        result(2.1, "bad", error="InputValidationError"),
        *newer(3, 8),
    ]
    events, report = imported(write(tmp_path / "s.jsonl", entries))
    assert [one.task_id for one in events] == [8]
    assert report.failed == 2


def test_a_failed_agent_that_did_run_is_a_start(tmp_path: Path) -> None:
    failed = result(2, "t7", error="API error")
    failed["toolUseResult"] = {"status": "failed", "agentId": "a7"}
    events, _ = imported(write(tmp_path / "s.jsonl", [call(1, "task #7", tool_id="t7"), failed]))
    assert [one.task_id for one in events] == [7]


def test_other_tools_and_other_words_are_no_starts(tmp_path: Path) -> None:
    other = call(1, "Do task #7", tool="TaskUpdate")
    quoted = said(2, json.dumps(call(2, "Do task #8")))
    events, report = imported(write(tmp_path / "s.jsonl", [other, quoted]))
    assert (events, report.starts) == ([], 0)


# ---- what is tied to which task -------------------------------------------------------------


def test_without_a_project_only_named_tasks_are_tied(tmp_path: Path) -> None:
    entries = [
        call(1, "Do task #7"),
        call(2, "Do task #7 and task #8"),
        call(3, "Look around"),
    ]
    events, report = imported(write(tmp_path / "s.jsonl", entries))
    assert [(one.task_id, one.source) for one in events] == [(7, "explicit id")]
    assert (report.starts, report.explicit, report.role, report.none) == (3, 1, 0, 2)
    assert report.none_reasons["names several tasks"] == 1


def test_prompts_and_descriptions_stay_out_unless_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [call(1, f"Do task #7: {SECRET}")])
    workload, report = import_transcripts([path])
    assert workload is not None
    written = b"\n".join([encode_header(workload.header), *map(encode_event, workload.events)])
    assert b"secret" not in written
    assert "secret" not in report.as_text()
    events, _ = imported(path, texts=True)
    assert [(one.op, one.text) for one in events] == [
        (Op.NOTE, f"{SECRET}, in short"),
        (Op.TASKSTART, None),
    ]


def test_a_text_in_the_place_of_a_role_is_not_written(tmp_path: Path) -> None:
    events, _ = imported(write(tmp_path / "s.jsonl", [call(1, "task #7", role="x y " * 40)]))
    assert [one.agent_role for one in events] == [None]


def test_only_the_span_that_was_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [call(n, f"task #{n}") for n in (1, 2, 3, 4)])
    span = Span(BEGINNING + timedelta(minutes=2), BEGINNING + timedelta(minutes=4))
    events, report = imported(path, span=span)
    assert [one.task_id for one in events] == [2, 3]
    assert report.outside_span == 2
    assert report.none == 0


def test_a_clock_that_was_wrong_by_years_is_said(tmp_path: Path) -> None:
    lost = call(1, "task #7")
    lost["timestamp"] = "1999-01-01T00:00:00Z"
    path = write(tmp_path / "s.jsonl", [lost, call(1, "task #8", tool_id="other")])
    with pytest.raises(ImportRefusedError, match="1999-01-01 to 2026-03-02 is more than"):
        imported(path)


# ---- unknown shapes -------------------------------------------------------------------------

UNKNOWN: dict[str, tuple[Json | str, str]] = {
    "another program's": (
        {"timestamp": at(0), "type": "response_item", "payload": {}},
        "'response_item'",
    ),
    "a command history": ({"display": "hi", "project": "/x"}, "without a text `type`"),
    "a new kind of message": (
        {"type": "utterance", "message": {"content": []}},
        "'utterance' with a message",
    ),
    "no message": ({"type": "assistant", "timestamp": at(0)}, "assistant entry without `message`"),
    "other content": (
        entry("assistant", 0, message={"content": {"parts": []}}),
        "neither text nor a list of blocks",
    ),
    "a nameless block": (
        entry("assistant", 0, message={"content": [{"kind": "x"}]}),
        "without `type`",
    ),
    "printed by the command": (
        {"type": "assistant", "message": {"content": []}, "session_id": "s"},
        "assistant entry without a text `timestamp`",
    ),
    "an odd time": ({**call(0, "task #7"), "timestamp": "yesterday"}, "not ISO 8601"),
    "another kind of call": (
        entry("assistant", 0, message={"content": [{"type": "agent_use", "name": "Agent"}]}),
        "a call of Agent in a block of type 'agent_use'",
    ),
    "a call without an id": (
        entry("assistant", 0, message={"content": [{"type": "tool_use", "name": "Agent"}]}),
        "a call of Agent without an id",
    ),
    "a call without input": (
        entry(
            "assistant", 0, message={"content": [{"type": "tool_use", "name": "Task", "id": "t"}]}
        ),
        "a call of Task without `input`",
    ),
    "a prompt by another name": (call(0, None), "without a text `prompt`"),
    "no JSON at all": ("%PDF-1.7", "no other line of it is an entry"),
}


@pytest.mark.parametrize("shape", UNKNOWN)
def test_an_unknown_shape_is_refused_by_name_and_line(tmp_path: Path, shape: str) -> None:
    strange, reason = UNKNOWN[shape]
    path = tmp_path / "strange.jsonl"
    path.write_text(f"\n{strange if isinstance(strange, str) else json.dumps(strange)}\n")
    with pytest.raises(ImportRefusedError) as caught:
        imported(tmp_path)
    assert f"{path}, line 2: " in caught.value.reason
    assert reason in caught.value.reason
    assert "--skip-unknown" in caught.value.remedy


def test_files_of_an_unknown_shape_can_be_left_out_whole(tmp_path: Path) -> None:
    write(tmp_path / "good.jsonl", newer(1, 7))
    strange = write(tmp_path / "strange.jsonl", [*newer(2, 8), {"type": "x", "message": {}}])
    events, report = imported(tmp_path, skip_unknown=True)
    assert [one.task_id for one in events] == [7]
    assert report.refused == [f"{strange}, line 3: unknown entry type 'x' with a message"]
    assert report.files == 1


def test_new_bookkeeping_without_a_message_is_passed_over_and_counted(tmp_path: Path) -> None:
    entries = [{"type": "moon-phase"}, *newer(1, 7), {"type": "moon-phase", "message": "full"}]
    events, report = imported(write(tmp_path / "s.jsonl", entries))
    assert len(events) == 1
    assert report.unknown_types == {"moon-phase": 2}


def test_a_refusal_names_what_cannot_be_text(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"\xff": 1}\n')
    with pytest.raises(ImportRefusedError, match="keys that are not text"):
        imported(tmp_path)


# ---- bad input ------------------------------------------------------------------------------


def test_malformed_lines_are_counted_and_named(tmp_path: Path) -> None:
    good = json.dumps(newer(1, 7)[0])
    path = tmp_path / "s.jsonl"
    deep = b'{"type":"user","message":' + b"[" * 100_000
    lines = [
        good.encode(),
        b"",
        b"[1]",
        b"\x00\x00\x00",
        deep,
        b'{"type":"\xff"}',
        good.encode()[:50],
    ]
    path.write_bytes(b"\r\n".join(lines))
    events, report = imported(path)
    assert len(events) == 1
    assert [bad.line for bad in report.malformed_lines] == [3, 4, 5, 6, 7]
    assert (report.malformed, report.lines) == (5, 7)
    assert "s.jsonl, line 3: not a JSON object" in report.as_text()


def test_a_line_of_any_length_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [said(0, "x" * 50_000), *newer(1, 7), said(3, "y" * 70_000)])
    events, report = imported(path, longest_line=10_000)
    assert len(events) == 1
    assert [bad.line for bad in report.malformed_lines] == [1, 4]
    assert report.lines == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_by_their_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "s.jsonl"
    line = json.dumps(call(1, "Aufgabe – task #7 ✓", role="prüfer"), ensure_ascii=False)
    path.write_bytes(f"{line}\n".encode(encoding))
    events, report = imported(path)
    assert [(one.task_id, one.agent_role) for one in events] == [(7, "prüfer")]
    assert report.malformed == 0


def test_half_a_surrogate_pair_spoils_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [call(1, "cut \ud83d here, task #7", role="\ud83d")])
    events, report = imported(path, texts=True)
    assert [one.task_id for one in events] == [None, 7]
    assert report.malformed == 0


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(outside / "other.jsonl", newer(1, 8))
    inside = tmp_path / "inside"
    inside.mkdir()
    write(inside / "mine.jsonl", newer(1, 7))
    (inside / "link.jsonl").symlink_to(outside / "other.jsonl")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe.jsonl")
    (inside / "notes.txt").write_text("x")
    events, report = imported(inside)
    assert [one.task_id for one in events] == [7]
    assert report.skipped == {"link": 3, "not a .jsonl file": 1, "not a regular file": 1}
    named = tmp_path / "named"
    named.symlink_to(outside)
    assert [one.task_id for one in imported(named)[0]] == [8]


def test_a_sidecar_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text('{"agentType": "spy"}')
    path = agent_file(tmp_path / "in", "a7", [said(1, "Do task #7")])
    path.with_suffix(".meta.json").symlink_to(tmp_path / "elsewhere.json")
    assert [one.agent_role for one in imported(tmp_path / "in")[0]] == [None]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", newer(1, 7))
    _, report = import_transcripts([tmp_path, path])
    assert (report.files, report.skipped["named twice"]) == (1, 1)


@pytest.mark.parametrize("name", ["missing.jsonl", "empty", "pipe"])
def test_a_path_that_gives_nothing_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImportRefusedError, match=name) as caught:
        imported(tmp_path / name)
    assert caught.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", newer(1, 7))
    write(tmp_path / "t.jsonl", newer(1, 8)).chmod(0)
    events, report = imported(tmp_path)
    assert len(events) == 1
    assert "t.jsonl: Permission denied" in report.unreadable[0]


def test_empty_files_and_files_of_bookkeeping_alone_are_fine(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    write(tmp_path / "summary.jsonl", [{"type": "summary", "summary": "x", "leafUuid": "y"}])
    events, report = imported(tmp_path)
    assert (events, report.files, report.starts) == ([], 2, 0)


def test_waits_for_hooks_are_told(tmp_path: Path) -> None:
    runs = [hook_run(n, "SubagentStart", took) for n, took in ((1, 10.0), (2, 30.0), (3, 500.0))]
    _, report = imported(write(tmp_path / "s.jsonl", [*runs, *newer(4, 7)]))
    assert [(one.event, one.n, one.median_ms, one.max_ms) for one in report.hooks] == [
        ("SubagentStart", 3, 30.0, 500.0)
    ]


def test_long_reading_tells_its_progress(tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", [*newer(1, 7), *[{"type": "mode"}] * 5_000])
    told: list[str] = []
    import_transcripts([tmp_path], on_progress=told.append)
    assert [text for text in told if text.startswith("reading 1 of 1")][1:]


# ---- a law ----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(0, 500_000), st.integers(1, 2**63 - 1), st.text(max_size=120)),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_imported_is_a_workload_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, starts: list[tuple[float, int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("law")
    entries = [
        call(when, f"task_id: {task}", role=role, tool_id=f"t{number}")
        for number, (when, task, role) in enumerate(starts)
    ]
    workload, report = import_transcripts([write(folder / "s.jsonl", entries)])
    assert workload is not None or report.none == report.starts
    if workload is not None:
        write_workload(workload, folder / "w.jsonl")
        again: Workload = read_workload(folder / "w.jsonl")
        assert len(again.events) == report.explicit
        assert [one.t for one in again.events] == [one.t for one in workload.events]
