"""The small trial that an engine without traffic makes."""

from __future__ import annotations

from engine.service.client import EngineClient
from engine.service.messages import MeasureAllOff
from engine.settings import Settings
from tests.service.conftest import OpenService, Service
from tests.service.watching import shown, ticks
from tests.waiting import until


async def test_the_trial_leaves_the_engine_alone(client: EngineClient, service: Service) -> None:
    assert await client.do(MeasureAllOff()) == "measured on 3 tasks"
    snapshot = await shown(client)
    assert snapshot.trial is not None
    assert (snapshot.trial.all_off_ms, snapshot.trial.cold_ms) == (20.0, 2.0)
    assert snapshot.phases.all_off_starts == 3
    assert snapshot.traffic.starts == 0
    assert service.world.engine.settings == Settings()
    assert len(service.world.engines) == 3


async def test_the_trial_is_made_once_somebody_looks_at_an_idle_engine(
    open_service: OpenService,
) -> None:
    async with open_service(tick_s=0.01) as service:
        await ticks(service)
        assert len(service.world.engines) == 1, "nobody looks: nothing is measured"
        async with service.client() as client:
            await until(lambda: len(service.world.engines) == 3)
            while (await shown(client)).trial is None:
                pass
            await ticks(service)
        assert len(service.world.engines) == 3, "it is measured once"


async def test_no_trial_disturbs_an_engine_that_is_at_work(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service:
        await service.world.engine.task_start(1)
        async with service.client() as client:
            await shown(client)
            await ticks(service)
            assert len(service.world.engines) == 1


async def test_what_is_displayed_is_measured(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service:
        await service.host.playback.play("workday", 1.0)
        async with service.client() as client:
            await client.do(MeasureAllOff())
            snapshot = await shown(client)
            assert snapshot.phases.all_off_starts == 3
            assert snapshot.trial is None, "it says nothing of the live engine"
            assert [one.settings.profile for one in service.world.engines[-2:]] == ["plan"] * 2


async def test_no_trial_disturbs_a_replay(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service:
        await service.host.playback.play("workday", 1.0)
        async with service.client() as client:
            await shown(client)
            await ticks(service)
            assert len(service.world.engines) == 1
