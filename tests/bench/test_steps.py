"""Which configurations the eight optimizations are measured in."""

from __future__ import annotations

from engine.bench.samples import Summary
from engine.bench.situations import SITUATIONS
from engine.bench.steps import StepKind, configurations, make_steps
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS, Optimization

FOUND = {
    which: {name: Summary(1, float(len(which)), None, None, None) for name in SITUATIONS}
    for which in configurations()
}


def test_every_step_has_its_configuration_and_each_is_measured_once() -> None:
    wanted = configurations()
    assert len(wanted) == len(set(wanted)) == 23
    assert {NO_OPTIMIZATIONS, ALL_OPTIMIZATIONS} < set(wanted)
    for item in Optimization:
        assert frozenset({item}) in wanted
        assert ALL_OPTIMIZATIONS - {item} in wanted
        assert frozenset(other for other in Optimization if other <= item) in wanted


def test_steps_tell_published_beside_modeled_and_measured() -> None:
    steps = make_steps(FOUND, FOUND)
    assert [step.number for step in steps] == list(range(9)) * 3
    cumulative = [step for step in steps if step.kind is StepKind.CUMULATIVE]
    assert [step.published for step in cumulative] == [
        "145 ms", "", "", "", "97 ms", "", "75 ms", "", "60 ms",
    ]  # fmt: skip
    assert [step.optimizations for step in cumulative[:3]] == ["none", "1", "1,2"]
    assert cumulative[-1].optimizations == "all"
    sizes = [step.measured_ms["warm"].p50 for step in cumulative]
    assert sizes == [float(count) for count in range(9)]
    off = [step for step in steps if step.kind is StepKind.ALONE_OFF]
    assert off[0].optimizations == "all"
    assert off[3].optimizations == "1,2,4,5,6,7,8"
    assert off[3].published == Optimization.SOP_PRECOMPILATION.published
