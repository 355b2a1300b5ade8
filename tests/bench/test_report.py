"""The report: 100 columns of plain text that label what is modeled, and JSON that reads back."""

from __future__ import annotations

import msgspec
import pytest

from engine.bench.concurrency import MOST, Concurrency, Served
from engine.bench.machine import Machine, this_machine
from engine.bench.memory import EngineHolds, Memory
from engine.bench.report import BenchReport
from engine.bench.samples import Interval, Ratio, Summary, summarize
from engine.bench.situations import SITUATIONS, Comparison, Figures, Situation
from engine.bench.steps import configurations, make_steps
from engine.bench.table import WIDTH, factor, milliseconds, part

MACHINE = Machine("Some CPU " * 20, 64, "Linux 6", "CPython 3.11", "3.40", "0.1", (99.0, 9.0, 9.0))
SLOW = summarize([1_234.5678] * 1_000)
QUICK = summarize([0.0123456] * 20_000)
FEW = summarize([12.3] * 3)


def comparison(profile: str) -> Comparison:
    return Comparison(
        profile=profile,
        modeled=profile != "native",
        rounds=1_234,
        situations=[
            Situation(
                name,
                Figures(SLOW, FEW),
                Figures(QUICK, FEW),
                Ratio(1 / 12_345.6, Interval(1 / 15_000, 1 / 10_000)),
                None,
            )
            for name in SITUATIONS
        ],
        baseline_resident_mb=1_234.5,
        optimized_resident_mb=99.9,
    )


def report(memory: Memory | None = None) -> BenchReport:
    steps = {which: dict.fromkeys(SITUATIONS, SLOW) for which in configurations()}
    return BenchReport(
        project=f"A shop (/{'very/' * 40}long/path), 300 tasks, 360 agents",
        tasks_asked=60,
        journal_mode="delete",
        quick=True,
        took_s=12.3,
        machine=MACHINE,
        comparisons=[comparison("native"), comparison("plan")],
        concurrency=[
            Concurrency(
                profile,
                profile != "native",
                100.0,
                [Served("optimized, empty caches", MOST, 4_000, MOST, 3, MOST)],
            )
            for profile in ("native", "plan")
        ],
        memory=memory,
        steps=make_steps(steps, steps),
    )


HELD = Memory(360, 3_400_000, EngineHolds(187_000, 1_640_000, 26_000_000, 360))


@pytest.mark.parametrize("memory", [HELD, None])
def test_every_line_fits_into_100_columns(memory: Memory | None) -> None:
    lines = report(memory).as_text().splitlines()
    assert max(len(line) for line in lines) <= WIDTH
    assert not any(line != line.rstrip() for line in lines)


def test_every_section_says_whether_it_is_modeled_or_measured() -> None:
    text = report(HELD).as_text()
    for section in text.split("\n\n"):
        title = section.splitlines()[0]
        if title.startswith("BASELINE"):
            assert ("modeled (plan profile)" in title) != ("measured (native)" in title)
        elif title.startswith("THE EIGHT"):
            assert "modeled (plan)" in section
            assert "measured (native)" in section
        elif title.startswith("CONCURRENT"):
            assert "modeled (plan profile)" in section
            assert "measured (native)" in section
        elif title.startswith("MEMORY"):
            assert "measured" in title
    assert text.count("published") >= 5


def test_the_text_names_the_machine_and_that_it_was_busy() -> None:
    text = report().as_text()
    assert "64 cores" in text
    assert "busy" in text
    assert "SQLite 3.40" in text


def test_memory_is_told_as_a_share_of_the_reference() -> None:
    text = report(HELD).as_text()
    assert HELD.saved_after_start == pytest.approx(0.945)
    assert "3,400 kB" in text
    assert "−94 %" in text or "−95 %" in text
    assert "−52 %" in text
    assert "MEMORY" not in report().as_text()


def test_a_count_at_the_end_of_the_search_is_a_lower_bound() -> None:
    assert f"≥ {MOST:,}" in report().as_text()


def test_json_reads_back_as_the_same_report() -> None:
    found = report(HELD)
    assert msgspec.json.decode(found.as_json(), type=BenchReport) == found
    plain = msgspec.json.decode(found.as_json())
    assert [one["modeled"] for one in plain["comparisons"]] == [False, True]
    assert plain["steps"][0]["modeled_ms"]["warm"]["n"] == 1_000


def test_percentiles_of_few_samples_are_left_out() -> None:
    line = next(line for line in report().as_text().splitlines() if "cold start: baseline" in line)
    assert line.split()[-2:] == ["12.3", "3"]
    assert milliseconds(None) == "–"
    assert milliseconds(Summary(0, None, None, None, None).p50) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(145.4, "145"), (14.54, "14.5"), (1.454, "1.45"), (0.1454, "0.145"), (0.00454, "0.0045")],
)
def test_milliseconds_have_three_figures(value: float, shown: str) -> None:
    assert milliseconds(value) == shown


def test_ratios_read_as_parts_below_one_and_as_factors_above() -> None:
    assert part(Ratio(0.02, Interval(0.01, 0.04))) == "1/50 (1/100–1/25)"
    assert part(Ratio(1.5, Interval(0.5, 2.0))) == "×1.50 (1/2.0–×2.00)"
    assert factor(Ratio(2.5, Interval(2.0, 3.0))) == "×2.50 (×2.00–×3.00)"
    assert part(None) == factor(None) == "–"


def test_the_fingerprint_of_this_machine_is_complete() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert machine.python.startswith("CPython 3.")
    assert machine.sqlite[0] == "3"
    assert len(machine.load) == 3
