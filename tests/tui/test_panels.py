"""What the panels say, tested as plain lines."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import (
    MetricState,
    PoolView,
    StaleView,
    StartPoint,
)
from tests.tui import samples
from tests.tui.samples.figures import optimizations
from tui import states
from tui.alerts.explain import explanation
from tui.live.alerts_panel import alert_line, current, quiet
from tui.live.caches_panel import in_one_line, rate_role
from tui.live.latency_chart import draw, empty_state
from tui.live.metrics_panel import COLUMNS, gauge, metric_row, whole_parts
from tui.live.optimizations_panel import OptimizationsPanel, connections, saving
from tui.live.optimizations_panel import in_one_line as optimizations_line
from tui.live.phases_panel import bars, fold, phase_rows, table
from tui.plots.axis import latency_axis
from tui.replay.playback_panel import playback_rows
from tui.starts.detail import StartScreen
from tui.starts.waterfall import look_up_rows, span_rows
from tui.states import METRIC
from tui.text import Line, line, plain, width_of
from tui.widgets.table import fit_columns

WIDTHS = (40, 60, 79, 116, 196)


def _fits(lines: list[Line], width: int) -> None:
    assert all(width_of(row) <= width for row in lines), [plain(row) for row in lines]


@pytest.mark.parametrize("width", WIDTHS)
def test_charts_and_tables_stay_within_their_width(width: int) -> None:
    snapshot = samples.snapshot()
    rows = phase_rows(snapshot.phases, slowest=False)
    _fits(draw(snapshot, width, 10), width)
    _fits(empty_state(samples.live_without_traffic(), width, 10), width)
    _fits(table(rows, width, 10), width)
    _fits(bars(rows, width), width)
    _fits([in_one_line(snapshot.caches, width)], width)
    _fits([connections(snapshot.pool, width)], width)
    _fits(playback_rows(samples.PLAYBACK, width), width)
    _fits(span_rows(samples.DETAIL.spans, 76.4, width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_writes_of_what_does_not_exist_are_told(width: int) -> None:
    lost = msgspec.structs.replace(
        samples.PLAYBACK, writes=4, total_writes=90, writes_without_row=3
    )
    rows = playback_rows(lost, width)
    _fits(rows, width)
    assert "▲ 3" in plain(rows[1])
    assert "▲" not in plain(playback_rows(samples.PLAYBACK, width)[1])


def test_a_saving_is_told_once_enough_starts_have_come() -> None:
    view = samples.snapshot().optimizations[3]
    gathering = msgspec.structs.replace(view, before_starts=40, after_starts=12)
    told = msgspec.structs.replace(view, before_starts=40, after_starts=40, saved_ms=-0.5)
    assert [saving(one) for one in (view, gathering, told)] == ["?", "12/40", "−0.50"]


@pytest.mark.parametrize(
    ("saved_ms", "chance_ms", "told"),
    [(-0.02, 0.05, "≈ 0"), (0.02, 0.05, "≈ 0"), (-0.5, 0.05, "−0.50"), (20.1, 0.4, "20.1")],
)
def test_a_saving_that_chance_explains_is_neither_gain_nor_loss(
    saved_ms: float, chance_ms: float, told: str
) -> None:
    view = msgspec.structs.replace(optimizations()[4], saved_ms=saved_ms, chance_ms=chance_ms)
    assert saving(view) == told
    panel = OptimizationsPanel()
    panel.show(samples.snapshot(optimizations=[view]))
    assert ("chance alone" in plain(panel.footnote())) is (told == "≈ 0")


def test_every_state_has_a_glyph_and_a_word() -> None:
    assert set(METRIC) == set(MetricState)
    texts = [text for text, _ in METRIC.values()]
    assert len({text[0] for text in texts}) == len(texts)
    assert all(len(text.split()) >= 2 for text in texts)


def test_folding_keeps_the_sum_of_the_means() -> None:
    rows = phase_rows(samples.phases(), slowest=False)
    folded = fold(rows, 4)
    assert len(folded) == 4
    assert folded[-1].name == "5 others"
    assert sum(row.now or 0 for row in folded) == pytest.approx(sum(row.now or 0 for row in rows))
    assert [row.name for row in folded[:-1]] == ["database", "plugin facts", "assembly"]


def test_the_phases_table_ends_with_the_total_and_what_was_saved() -> None:
    last = plain(table(phase_rows(samples.phases(), slowest=False), 60, 12)[-1])
    assert last.split() == ["total", "76.3", "145.9", "69.6"]


def test_a_limit_in_reach_is_drawn_and_one_far_above_is_told() -> None:
    near = "\n".join(plain(row) for row in draw(samples.snapshot(), 80, 12))
    assert "limit 100" in near
    assert "╌" in near
    far = "\n".join(plain(row) for row in draw(samples.fast_and_native(), 80, 12))
    assert "limit" not in far
    assert latency_axis([0.02, 0.9], 100.0).logarithmic
    assert not latency_axis([60.0, 90.0], 100.0).logarithmic


def test_one_dot_is_one_start_and_nothing_is_drawn_between() -> None:
    two = samples.snapshot(
        points=[StartPoint(0.0, 20.0, False, False), StartPoint(30.0, 80.0, False, False)],
        marks=[],
    )
    drawn = "".join(plain(row) for row in draw(two, 80, 12))
    assert sum(0x2800 < ord(character) < 0x2900 for character in drawn) == 2


def test_a_rate_is_judged_only_when_it_was_asked_often_enough() -> None:
    assert rate_role(0, 19) == "muted"
    assert rate_role(10, 20) == "warn"
    assert rate_role(19, 20) == "ok"


def test_a_gauge_beyond_its_limit_crosses_the_limit_line() -> None:
    metric = samples.metrics()[0]
    below = plain(gauge(msgspec.structs.replace(metric, value=99.0)))
    above = plain(gauge(msgspec.structs.replace(metric, value=130.0)))
    assert "┃ " in below
    assert "┃█" in above


def test_figures_are_left_out_whole() -> None:
    assert whole_parts("n 35  p50 76.2  p99 –", 15) == "n 35  p50 76.2"
    assert whole_parts("n 35  all 35 asked it", 12) == "n 35"


def test_an_alert_says_what_why_and_what_to_press() -> None:
    text = plain(alert_line(samples.ALERT, 116))
    assert text.startswith("✖ ALERT hit rate 66.7 % < 90 % for 0:18")
    assert "o 4, o 6" in text
    assert "⏎ why" in text


def test_an_alert_that_its_metric_no_longer_bears_out_says_so() -> None:
    hit_rate = samples.metrics()[2]
    back = msgspec.structs.replace(hit_rate, value=96.0)
    unknown = msgspec.structs.replace(hit_rate, value=None, counted="3 of 4 look-ups")
    told = [plain(alert_line(samples.ALERT, 116, [metric])) for metric in (hit_rate, back, unknown)]
    assert "every task is new" in told[0]
    assert told[1].startswith("✖ ending")
    assert "now 96.0 %: over once it stays within the limit" in told[1]
    assert told[2].startswith("· earlier hit rate 66.7 %")
    assert "too few starts since to judge it (3 of 4 look-ups)" in told[2]
    assert "now 96.0 %" in plain(alert_line(samples.ALERT, 79, [back]))
    rows = [metric_row(metric, fit_columns(COLUMNS, 79)) for metric in (hit_rate, back)]
    assert "✖ ALERT" in plain(rows[0])
    assert "✖ ending" in plain(rows[1])
    assert "alert" not in {piece.role for piece in rows[1]}
    in_full = "\n".join(plain(row) for row in explanation(samples.ALERT, 70, [back]))
    assert "now 96.0 %" in in_full
    assert "every task is new" in in_full


def test_seen_alerts_come_after_those_not_seen() -> None:
    seen = msgspec.structs.replace(samples.ALERT, id=7, acknowledged=True)
    ordered = current(samples.snapshot(alerts=[seen, samples.ALERT, samples.PAST_ALERT]))
    assert [alert.id for alert in ordered] == [1, 7]


def test_no_alert_is_not_called_good_while_samples_are_too_few() -> None:
    assert "too few" in plain(quiet(samples.live_without_traffic(), 80))
    good = [msgspec.structs.replace(m, state=MetricState.OK) for m in samples.metrics()]
    assert "within its limit" in plain(quiet(samples.snapshot(metrics=good), 80))
    near = [msgspec.structs.replace(good[2], state=MetricState.WARN), *good[3:]]
    told = plain(quiet(samples.snapshot(metrics=near), 80))
    assert told == "▲ no alert; near its limit, or not beyond it for long: cache hit rate"


def test_the_pool_s_suggestion_is_told_where_there_is_no_alert() -> None:
    pool = PoolView(on=True, size=4, suggestion="6 connections would end the waiting")
    crowded = samples.snapshot(alerts=[], pool=pool)
    assert "6 connections would end" in plain(quiet(crowded, 80))


def test_stale_answers_are_told_in_the_status_line_at_every_width() -> None:
    stale = states.freshness_item(samples.fast_and_native())
    texts = [plain(variant) for variant in stale.variants]
    assert texts[0] == "~ TTL stale 65 of 622 checked, oldest 26 min"
    assert all("65 of 622" in text for text in texts)
    assert plain(states.freshness_item(samples.snapshot()).variants[0]) == "= STRICT 0 stale"


def test_an_empty_console_says_what_to_do_next() -> None:
    text = "\n".join(plain(row) for row in empty_state(samples.live_without_traffic(), 80, 12))
    assert "ready and warm (300 answers)" in text
    assert "play a scenario" in text
    assert "start one task" in text
    assert "0.61 ms" in text


@pytest.mark.parametrize("width", [61, 78, 120])
def test_every_way_on_is_explained_at_every_size(width: int) -> None:
    rows = [plain(row) for row in empty_state(samples.live_without_traffic(), width, 12)]
    _fits([line(row) for row in rows], width)
    text = "\n".join(rows)
    assert "on a copy: nothing is written" in text
    assert "your agents' own starts, to play again" in text


def test_optimizations_that_are_all_off_are_said_to_be_off_once() -> None:
    off = plain(optimizations_line(optimizations(()), 79))
    assert (off.count("off"), off.count("8")) == (1, 1)
    some = plain(optimizations_line(optimizations((2,)), 79))
    assert " ".join(some.split()) == "optimizations on ● 2 off ○ 1 3 4 5 6 7 8"


def test_no_stale_answer_is_no_warning() -> None:
    checked = msgspec.structs.replace(
        samples.fast_and_native(), stale=StaleView(checked=8, stale=0)
    )
    found = states.freshness_item(checked)
    assert [plain(variant) for variant in found.variants][-1] == "~ 0 of 8 stale"
    stale = states.freshness_item(samples.fast_and_native())
    assert plain(stale.variants[-1]).endswith("STALE")


@pytest.mark.parametrize("height", [7, 8])
def test_the_trial_and_every_way_on_are_told_where_there_is_little_room(height: int) -> None:
    mine = msgspec.structs.replace(samples.PROJECT, demo=False)
    idle = msgspec.structs.replace(samples.live_without_traffic(), project=mine)
    text = "\n".join(plain(row) for row in empty_state(idle, 78, height)[:height])
    for words in ("ready and warm", "install-hook", "a scenario", "one task", "record", "0.030 ms"):
        assert words in text


def test_modeled_time_is_drawn_apart_in_the_waterfall() -> None:
    rows = [plain(row) for row in span_rows(samples.DETAIL.spans, 76.4, 80)]
    assert "░" in rows[1]
    assert rows[-1] == "░ modeled: injected by the cost profile"


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_a_failed_start_names_no_phase_it_was_not_measured_in(width: int) -> None:
    start = msgspec.structs.replace(samples.DETAIL.start, error="task 99999 does not exist")
    failed = msgspec.structs.replace(
        samples.DETAIL,
        start=start,
        phases={"waiting to start": 0.25, "cache": 5.21, "database": 0.0},
        lookups=[],
        spans=[],
        text="",
    )
    rows = StartScreen(failed).figures(width)
    _fits(rows, width)
    text = "\n".join(plain(row) for row in rows)
    assert "until it failed" in text
    assert "5.21" in text
    for words in ("cache", "database", "no cache was asked", "nothing was loaded"):
        assert words not in text


def test_a_needless_reload_is_explained() -> None:
    rows = [plain(row) for row in look_up_rows(samples.DETAIL.lookups)]
    assert "needless" in rows[2]
    assert rows[-1].startswith("needless: expired")


def test_one_s_own_project_is_shown_how_to_connect_its_hook() -> None:
    mine = msgspec.structs.replace(samples.PROJECT, demo=False)
    rows = empty_state(
        msgspec.structs.replace(samples.live_without_traffic(), project=mine), 100, 14
    )
    text = "\n".join(plain(row) for row in rows)
    assert "taskstart install-hook --project /home/you/shop" in text
    demo = empty_state(samples.live_without_traffic(), 100, 14)
    assert "install-hook" not in "\n".join(plain(row) for row in demo)
