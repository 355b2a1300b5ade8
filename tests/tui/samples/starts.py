"""A list of starts, and one of them in full."""

from __future__ import annotations

from engine.service.messages import (
    DeliveryView,
    LookUpView,
    SectionView,
    SpanView,
    StartDetail,
    StartList,
    StartView,
)


def start_view(number: int) -> StartView:
    """One start of a list; every fifth failed, every third warm."""
    failed = number % 5 == 0
    warm = not failed and number % 3 == 0
    return StartView(
        id=number,
        clock=f"14:02:{number % 60:02}",
        task_id=100 + number,
        agent_role="checkout-guardian" if number % 2 else None,
        total_ms=0.03 if warm else 76.4,
        warm=warm,
        modeled=True,
        source="replay",
        error=f"task {100 + number} does not exist" if failed else None,
        changed="" if warm or failed else "first time",
    )


STARTS = StartList(starts=[start_view(n) for n in range(40, 0, -1)], total=155)


DETAIL = StartDetail(
    start=start_view(31),
    phases=dict(
        zip(
            (
                "queue",
                "cache",
                "database",
                "plugin_facts",
                "agent_validation",
                "agent_sops",
                "assembly",
                "render",
            ),
            (0.1, 0.1, 25.8, 0.0, 0.0, 0.0, 50.1, 0.2),
            strict=True,
        )
    ),
    spans=[
        SpanView("batch", 0.2, 26.0, 25.0),
        SpanView("assemble task", 26.0, 41.1, 15.0),
        SpanView("assemble work item", 41.1, 56.2, 15.0),
        SpanView("assemble project", 56.2, 76.3, 20.0),
        SpanView("render", 76.3, 76.4, 0.0),
    ],
    lookups=[
        LookUpView("rows", "first_time", None, False),
        LookUpView("plugin_facts", "hit", 1, False),
        LookUpView("sops", "expired", None, True),
    ],
    text="# Task 131: Show the delivery date in the cart\n\n"
    + "The customer wants to know when the order comes before paying for it. " * 6
    + "\n\n## Rules\n- BLOCK: never log card numbers\n\nAssembly Time: 76ms",
    warnings=["work_items 12: metadata unusable (not JSON)"],
    delivery=DeliveryView(
        caller="SubagentStart",
        rendering="full",
        characters=9_997,
        whole=31_022,
        budget=10_000,
        setting="budgets.subagent_start",
        sections=[
            SectionView("head", 243, 243),
            SectionView("description", 1_204, 1_204),
            SectionView("acceptance criteria", 331, 331),
            SectionView("rules", 3_811, 8_920),
            SectionView("SOP", 4_394, 20_310),
        ],
    ),
)
