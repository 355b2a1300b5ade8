"""What was beyond its limit when a replay ended neither goes on nor is over: it is said so."""

from __future__ import annotations

import msgspec
import pytest

from engine.service.messages import AcknowledgeAlert, MetricName, PlayState, Snapshot
from tests.tui import samples
from tests.tui.console import running, screen_text, until
from tui.replay_end import AlertsAtEnd, is_over
from tui.states import alert_state

MEMORY = msgspec.structs.replace(samples.ALERT, id=5, metric=MetricName.MEMORY.value)


def shown(state: PlayState, *, now_s: float = 31.0, seconds: float = 18.0) -> Snapshot:
    """The replay in this state; its last start was answered at 30.8 s."""
    alert = msgspec.structs.replace(
        samples.ALERT, seconds=seconds, text=f"hit rate {seconds:g} % < 90 %"
    )
    playback = msgspec.structs.replace(samples.PLAYBACK, state=state)
    return samples.snapshot(playback=playback, now_s=now_s, alerts=[alert, MEMORY])


@pytest.mark.parametrize("state", PlayState)
def test_only_a_replay_that_is_over_ends_what_its_starts_are_judged_by(state: PlayState) -> None:
    over = state in (PlayState.FINISHED, PlayState.STOPPED, PlayState.FAILED)
    snapshot = AlertsAtEnd().put_into(shown(state))
    assert is_over(snapshot.playback) is over
    assert [alert.active for alert in snapshot.alerts] == [not over, True]
    assert not is_over(None)


def test_it_stays_as_it_was_then_and_lasted_until_the_last_start() -> None:
    at_end = AlertsAtEnd()
    at_end.put_into(shown(PlayState.PLAYING))
    first = at_end.put_into(shown(PlayState.FINISHED, now_s=32.8, seconds=20.0))
    later = at_end.put_into(shown(PlayState.FINISHED, now_s=92.8, seconds=80.0))
    assert first.alerts == later.alerts
    assert later.alerts[0].seconds == pytest.approx(18.0)
    assert later.alerts[0].text == "hit rate 20 % < 90 %"
    again = shown(PlayState.PLAYING)
    assert at_end.put_into(again) is again


@pytest.mark.parametrize(("value", "said"), [(66.7, "✖ at end"), (None, "· earlier"), (96.0, "✖")])
def test_what_nobody_could_judge_at_the_end_is_not_called_beyond_its_limit(
    value: float | None, said: str
) -> None:
    metrics = [msgspec.structs.replace(metric, value=value) for metric in samples.metrics()]
    finished = msgspec.structs.replace(shown(PlayState.FINISHED), metrics=metrics)
    alert = AlertsAtEnd().put_into(finished).alerts[0]
    assert alert_state(alert, metrics).text.startswith(said)
    # One that is about to end is ended by the engine.
    assert alert.active is (value == 96.0)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_it_is_shown_as_of_the_end_and_counted_apart(size: tuple[int, int]) -> None:
    snapshot = shown(PlayState.FINISHED)
    ended = msgspec.structs.replace(snapshot, alerts=snapshot.alerts[:1])
    async with running(ended, size=size) as (app, link, pilot):
        await until(pilot, lambda: "✖ at end" in screen_text(app))
        text = screen_text(app)
        assert "✖ ALERT" not in text
        assert "✖1" not in text
        await pilot.press("6")
        await until(pilot, lambda: "so it was when the replay ended" in screen_text(app).lower())
        assert "0 now · 1 at the replay's end · 1 in all" in screen_text(app)
        await pilot.press("a")
        await until(pilot, lambda: bool(link.sent(AcknowledgeAlert)))
        seen = msgspec.structs.replace(ended.alerts[0], acknowledged=True)
        link.push(msgspec.structs.replace(ended, number=2, alerts=[seen]))
        await until(pilot, lambda: "✓ seen" in screen_text(app))
