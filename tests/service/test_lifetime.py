"""When an engine ends by itself, and when it does not."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import ServiceError
from engine.service.lifetime import AGENTS_AWAY_S, BegunBy, Lifetime
from engine.service.messages import Stays


class Engine:
    """A lifetime with a clock that a test moves."""

    def __init__(self, begun_by: BegunBy = BegunBy.CONSOLE) -> None:
        self.seconds = 0.0
        self.ending = asyncio.Event()
        self.lifetime = Lifetime(self.ending, begun_by, lambda: self.seconds)

    def call(self) -> None:
        with self.lifetime.agent_call():
            pass

    @property
    def ends(self) -> bool:
        self.lifetime.look()
        return self.ending.is_set()


def test_it_ends_with_the_console_that_began_it() -> None:
    engine = Engine()
    assert not engine.ends, "the console has yet to attach"
    engine.lifetime.viewers_are(1)
    assert engine.lifetime.stays_without_one(1) is Stays.NO
    assert engine.lifetime.leave(starter=True) is Stays.NO
    assert engine.ends


def test_it_ends_with_its_last_console_whichever_that_is() -> None:
    engine = Engine()
    engine.lifetime.viewers_are(2)
    assert engine.lifetime.stays_without_one(2) is Stays.CONSOLES
    assert engine.lifetime.leave(starter=True) is Stays.CONSOLES
    engine.lifetime.viewers_are(1)
    engine.lifetime.starter_left()
    assert not engine.ends
    assert engine.lifetime.leave(starter=False) is Stays.NO
    assert engine.ends


def test_a_second_console_that_leaves_first_ends_nothing() -> None:
    engine = Engine()
    engine.lifetime.viewers_are(1)  # the one that began it is still on its way
    assert engine.lifetime.leave(starter=False) is Stays.CONSOLES
    engine.lifetime.viewers_are(0)
    assert not engine.ends


def test_agents_keep_it_for_a_while_after_their_last_call() -> None:
    engine = Engine()
    engine.lifetime.viewers_are(1)
    engine.call()
    engine.seconds = AGENTS_AWAY_S - 1
    engine.call()
    assert engine.lifetime.leave(starter=True) is Stays.AGENTS
    engine.lifetime.viewers_are(0)
    engine.seconds += AGENTS_AWAY_S - 1
    assert not engine.ends
    engine.seconds += 1
    assert engine.ends


def test_an_agent_that_waits_for_its_answer_keeps_it() -> None:
    engine = Engine()
    with engine.lifetime.agent_call():
        engine.lifetime.starter_left()
        assert not engine.ends
    assert not engine.ends


def test_a_refused_call_does_not_keep_it() -> None:
    engine = Engine()
    with pytest.raises(ServiceError), engine.lifetime.agent_call():
        raise ServiceError("no such task")
    engine.lifetime.starter_left()
    assert engine.ends


def test_told_to_stay_it_stays_until_told_otherwise() -> None:
    engine = Engine()
    assert "--stop" in engine.lifetime.tell_to_stay(True)
    engine.lifetime.starter_left()
    engine.seconds = 1e9
    assert not engine.ends
    assert engine.lifetime.stays_without_one(1) is Stays.TOLD
    engine.lifetime.tell_to_stay(False)
    assert engine.ends


def test_one_that_plays_a_scenario_ends_with_its_console_whatever_happens() -> None:
    engine = Engine(BegunBy.CONSOLE_ALONE)
    engine.call()
    with pytest.raises(ServiceError, match="for the scenario alone"):
        engine.lifetime.tell_to_stay(True)
    assert not engine.ends
    engine.lifetime.viewers_are(1)
    assert engine.lifetime.leave(starter=True) is Stays.NO
    assert engine.ends


def test_one_that_serve_began_never_ends_by_itself() -> None:
    engine = Engine(BegunBy.SERVE)
    engine.lifetime.viewers_are(1)
    assert engine.lifetime.leave(starter=False) is Stays.SERVED
    engine.lifetime.viewers_are(0)
    assert not engine.ends
    assert "stays" in engine.lifetime.tell_to_stay(False)
