"""Cost profiles: the published sums, files, and delays that are really waited."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from engine.costs.profile import BUILT_IN_PROFILES, NATIVE, Costs, load_profile
from engine.errors import SettingError
from engine.storage.statements import StatementName

CHAIN = [name for name in StatementName if name is not StatementName.BATCH]


def test_plan_adds_up_to_the_published_145() -> None:
    plan = load_profile("plan")
    statements = sum(plan.statement_ms(name, charge_facts=True) for name in CHAIN)
    connections = sum(
        plan.connect_ms + plan.close_ms for name in CHAIN if plan.charges_connection(name)
    )
    assembly = sum(msgspec.structs.astuple(plan.assembly_ms))
    assert statements + connections + plan.sop_ms + assembly == 145.0
    assert plan.agent_check_ms == 0.0
    assert load_profile("plan-full").agent_check_ms == 30.0


def test_a_batch_costs_as_much_as_its_dearest_query() -> None:
    plan = load_profile("plan")
    assert plan.statement_ms(StatementName.BATCH, charge_facts=False) == 18.0
    assert plan.statement_ms(StatementName.BATCH, charge_facts=True) == 20.0
    slow = load_profile("slow-disk")
    assert {slow.statement_ms(name, charge_facts=True) for name in StatementName} == {20.0}


def test_native_costs_nothing_and_is_the_only_one_not_modeled() -> None:
    assert {NATIVE.statement_ms(name, charge_facts=True) for name in StatementName} == {0.0}
    assert [name for name, profile in BUILT_IN_PROFILES.items() if not profile.modeled] == [
        "native"
    ]


def test_profile_from_a_file(tmp_path: Path) -> None:
    toml = tmp_path / "mine.toml"
    toml.write_text('name = "mine"\nsop_ms = 3\n[query_ms]\ntask = 1.5\n[assembly_ms]\nproject = 2')
    profile = load_profile(str(toml))
    assert (profile.name, profile.sop_ms, profile.assembly_ms.project) == ("mine", 3.0, 2.0)
    assert profile.query_ms == {StatementName.TASK: 1.5}
    assert profile.modeled
    json = tmp_path / "mine.json"
    json.write_bytes(msgspec.json.encode(profile))
    assert load_profile(str(json)) == profile


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "not valid"),
        ('name = "x"\nsop_ms = -1', "sop_ms"),
        ('name = "x"\nsop_ms = nan', "sop_ms"),
        ('name = "x"\nsop_ms = inf', "not valid"),
        ('name = "x"\nsop = 1', "unknown field"),
        ('name = "x"\n[query_ms]\nselect = 1', "query_ms"),
        ('name = "x"\n[query_ms]\nbatch = 1', "dearest"),
        ('name = "native"\nsop_ms = 5', "taken"),
        ("sop_ms = 5", "name"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SettingError, match=reason) as caught:
        load_profile(str(path))
    assert str(path) in caught.value.reason


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="unknown cost profile 'paln'") as caught:
        load_profile("paln")
    assert "plan-full" in caught.value.remedy
    with pytest.raises(SettingError, match="cannot read"):
        load_profile(str(tmp_path / "none.toml"))


async def test_delays_are_really_waited_and_reported() -> None:
    costs = Costs(load_profile("plan"))
    for milliseconds in (0.0, 2.0):
        started = time.perf_counter_ns()
        bill = costs.bill()
        told = await bill.pay(milliseconds) + bill.pay_blocking(milliseconds)
        waited = time.perf_counter_ns() - started
        assert told <= waited
        assert waited >= 2 * milliseconds * 1e6
        assert (told > 0) == (milliseconds > 0)


async def test_real_work_counts_towards_what_it_costs() -> None:
    costs = Costs(load_profile("plan"))
    a_minute_ago = time.perf_counter_ns() - 60_000_000_000
    bill = costs.bill(a_minute_ago)
    assert await bill.pay(20.0) == 0
    assert bill.pay_blocking(20.0) == 0
