"""`taskstart answer`: text, JSON lines, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

KEYS = [
    *("task_id", "agent_role", "ok", "error", "text", "payload", "trace"),
    *("rendering", "characters", "whole_characters", "budget", "sections"),
]


def test_the_text_is_what_the_agent_reads(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "1")
    assert ran.code == 0
    assert "**Task #1**" in ran.out
    assert ran.err == ""


def test_a_role_that_no_agent_has_is_noted_beside_the_text(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--role", "nosuch-agent", "1", "2")
    assert ran.code == 0
    assert ran.err.count("The project knows no agent named nosuch-agent") == 1
    assert "knows no agent" not in ran.out


def test_json_is_one_object_a_line_in_the_order_asked(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--json", "3", "1", "2")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [row["task_id"] for row in rows] == [3, 1, 2]
    for row in rows:
        assert list(row) == KEYS
        assert row["ok"] is True
        assert row["error"] is None
        assert row["payload"]["task"]["id"] == row["task_id"]
        assert f"**Task #{row['task_id']}**" in row["text"]


def test_the_phases_of_a_trace_add_up(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--json", "--optimizations", "none", "1")
    trace = json.loads(ran.out)["trace"]
    assert sum(trace["phases_ms"].values()) == pytest.approx(trace["total_ms"], rel=0.01)
    assert trace["optimizations"] == []
    assert trace["profile"] == "native"
    assert trace["modeled"] is False


def test_one_that_fails_does_not_keep_the_others(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--json", "1", "9999", str(2**70), "2")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [row["ok"] for row in rows] == [True, False, False, True]
    assert rows[1]["error"].startswith("Task 9999 not found")
    assert rows[1]["text"] is rows[1]["payload"] is rows[1]["trace"] is None


def test_a_failure_is_one_clear_line_with_a_way_on(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "9999", "1")
    assert ran.code == 1
    assert "**Task #1**" in ran.out
    first, second = ran.err.splitlines()
    assert first == "taskstart: Task 9999 not found"
    assert second.startswith("  → ")


def test_every_way_gives_the_same_but_for_the_time(run: Run, shop: Path) -> None:
    def payloads(*options: str) -> list[object]:
        ran = run(
            "answer",
            "--project",
            shop,
            "--json",
            "--now",
            "2026-03-01T12:00:00Z",
            *options,
            "1",
            "2",
            "3",
        )
        assert ran.code == 0
        return [json.loads(line)["payload"] for line in ran.out.splitlines()]

    reference = payloads("--optimizations", "none")
    assert payloads("--optimizations", "all") == reference
    assert payloads("--optimizations", "1,7") == reference


def test_now_decides_the_age(run: Run, shop: Path) -> None:
    def days(now: str) -> int:
        ran = run("answer", "--project", shop, "--json", "--now", now, "1")
        value = json.loads(ran.out)["payload"]["freshness_days"]
        assert isinstance(value, int)
        return value

    assert days("2030-01-11T00:00:00") - days("2030-01-01T00:00:00Z") == 10


def test_a_role_takes_the_place_of_the_tasks_own(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--json", "--role", "nobody-of-that-name", "1")
    assert json.loads(ran.out)["agent_role"] == "nobody-of-that-name"


def test_a_profile_is_modeled_and_says_so(run: Run, shop: Path) -> None:
    ran = run(
        "answer", "--project", shop, "--json", "--profile", "plan", "--optimizations", "none", "1"
    )
    trace = json.loads(ran.out)["trace"]
    assert trace["modeled"] is True
    assert 0 < trace["modeled_ms"] <= trace["total_ms"]
    assert trace["total_ms"] >= 144, "the start was quicker than the plan's costs say"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--optimizations", "9"], "unknown optimization '9'"),
        (["--profile", "nonsense"], "unknown cost profile 'nonsense'"),
        (["--now", "yesterday"], "say one like"),
        (["--nonsense"], "there is no option --nonsense"),
        (["--project"], "requires an argument"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(
    run: Run, shop: Path, options: list[str], says: str
) -> None:
    ran = run("answer", "--project", shop, "1", *options)
    assert ran.code == 2
    assert says in ran.err
    assert ran.out == ""


def test_no_task_is_wrong_use(run: Run, shop: Path) -> None:
    assert run("answer", "--project", shop).code == 2


def test_the_characters_of_each_section(run: Run, shop: Path) -> None:
    ran = run("answer", "--project", shop, "--for", "subagent-start", "--sections", "1")
    first, head, *rows = ran.out.splitlines()
    assert ran.code == 0
    assert first.endswith("characters, full rendering, budget 10,000 (budgets.subagent_start)")
    assert head.split() == ["section", "characters", "whole", "left", "out"]
    assert rows[-1].split()[0] == "total"
    counts = [int(row[22:33].replace(",", "")) for row in rows]
    assert sum(counts[:-1]) == counts[-1]


def test_a_budget_and_what_it_costs(run: Run, shop: Path) -> None:
    ran = run(
        *("answer", "--project", shop, "--rendering", "full", "--budget", "1500", "--json", "1")
    )
    row = json.loads(ran.out)
    assert (row["rendering"], row["budget"]) == ("full", 1500)
    assert row["characters"] <= 1500 < row["whole_characters"]
    assert row["text"].startswith("# Task #1: ")
    assert any(one["shortened"] for one in row["sections"])


def test_the_budget_of_the_settings_file_holds(run: Run, shop: Path) -> None:
    settings = shop / "taskstart.toml"
    settings.write_text("[budgets]\npre_tool_use = 900\n")
    try:
        row = json.loads(
            run("answer", "--project", shop, "--for", "pre-tool-use", "--json", "1").out
        )
        listed = run("settings", "--project", shop).out
    finally:
        settings.unlink()
    assert (row["budget"], row["characters"] <= 900) == (900, True)
    assert "900 characters*" in listed


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--budget", "900"), "a budget needs --rendering full"),
        (("--rendering", "full", "--budget", "3"), "say 0 (no bound)"),
        (("--rendering", "full", "--budget", "-5"), "is no budget"),
    ],
)
def test_a_budget_that_makes_no_sense(
    run: Run, shop: Path, options: tuple[str, ...], says: str
) -> None:
    ran = run("answer", "--project", shop, *options, "1")
    assert ran.code == 2
    assert says in ran.err
