"""Every cache's look-ups of the window, by outcome and level."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.service.messages import CacheLevelView, CacheView
from engine.trace import Level, LookUp, Namespace, Outcome
from tests.monitoring.rig import Rig, lookups, trace

ON = [CacheLevelView(level=number, on=True, entries=7) for number in (1, 2, 3)]


def counted(rig: Rig, namespace: Namespace) -> CacheView:
    view = CacheView(name=namespace.value, title=namespace.label, on=True, entries=12, levels=ON)
    return rig.monitor.views().counted(view)


def test_look_ups_are_counted_by_outcome() -> None:
    rig = Rig()
    rows = Namespace.ROWS
    for outcome in (*Outcome, Outcome.HIT):
        rig.record(trace(looked_up=lookups((rows, outcome))))
    rig.record(trace(looked_up=[LookUp(rows, Outcome.EXPIRED, needless=True)]))

    view = counted(rig, rows)

    assert (view.asked, view.hits, view.confirmed) == (9, 3, 1)
    assert (view.first_time, view.expired, view.no_room) == (1, 2, 1)
    assert (view.changed, view.joined, view.needless) == (1, 1, 1)
    assert view.entries == 12
    assert counted(rig, Namespace.AGENTS).asked == 0


def test_a_level_is_asked_by_what_the_levels_above_did_not_answer() -> None:
    rig = Rig()
    answers = Namespace.ANSWERS
    for level, times in ((Level.L1, 5), (Level.L2, 3), (Level.L3, 1)):
        for _ in range(times):
            rig.record(trace(looked_up=lookups((answers, Outcome.HIT), level=level)))
    rig.record(trace(looked_up=lookups((answers, Outcome.FIRST_TIME))))

    levels = counted(rig, answers).levels

    assert [(level.asked, level.hits) for level in levels] == [(10, 5), (5, 3), (2, 1)]
    assert [level.entries for level in levels] == [7, 7, 7]


def test_a_change_begins_the_counts_anew() -> None:
    rig = Rig()
    rig.record(trace(looked_up=lookups((Namespace.ROWS, Outcome.HIT))))
    rig.monitor.mark("rows keep 5 → 2 min")

    assert counted(rig, Namespace.ROWS).asked == 0


kinds = st.builds(
    LookUp,
    st.sampled_from(Namespace),
    st.sampled_from(Outcome),
    st.one_of(st.none(), st.sampled_from(Level)),
    st.booleans(),
)


@given(st.lists(st.lists(kinds, max_size=6), max_size=40))
def test_hits_and_misses_are_all_that_was_asked(starts: list[list[LookUp]]) -> None:
    rig = Rig()
    for looked_up in starts:
        rig.record(trace(looked_up=looked_up))

    for namespace in Namespace:
        view = counted(rig, namespace)
        misses = view.first_time + view.expired + view.no_room + view.changed + view.joined
        made = [one for looked_up in starts for one in looked_up if one.namespace is namespace]
        assert view.asked == view.hits + misses
        assert view.asked == sum(one.outcome is not Outcome.OFF for one in made)
        assert view.needless == sum(one.needless for one in made)
