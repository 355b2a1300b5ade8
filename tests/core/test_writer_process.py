"""Another process commits hundreds of times a second; no answer is older than its start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic

import pytest

from engine.core.answer import Answer
from engine.core.engine import Engine
from engine.settings import LoadingStrategy, Settings
from tests.core.other_process import Writer, writing
from tests.core.rig import ALL, NONE, Project, changed, opened, plain, truth, with_only, without

SECONDS = 0.6
ENGINES: dict[str, Settings] = {
    "all": ALL,
    "none": NONE,
    "parallel": changed(ALL, loading=LoadingStrategy.PARALLEL),
    "parallel, no pool": changed(without(7, 4), loading=LoadingStrategy.PARALLEL),
    "sequential": changed(without(4), loading=LoadingStrategy.SEQUENTIAL),
    "serial": with_only(2, 3, 4, 5, 6),
}


NOT_ONE_SNAPSHOT = {"none", "serial"}
"""As in the plan's present state, each of their queries has a connection of its own."""


def revisions(answer: Answer) -> set[int]:
    """The numbers of the commits that an answer was made of."""
    payload = answer.payload
    texts = {payload["task"]["name"], payload["project"]["description"]}
    found = [line for line in payload["rule_summary"].splitlines() if "revision" in line]
    texts.update(line[line.index("revision") :].split(",")[0] for line in found)
    return {int(text.removeprefix("revision ")) for text in texts}


async def _start_on_and_on(
    engine: Engine, writer: Writer, until: float, *, one_snapshot: bool
) -> int:
    starts = 0
    while monotonic() < until:
        before = writer.committed()
        answer = await engine.task_start(1)
        after = writer.committed()
        starts += 1
        # The commit of the next number may be visible before the writer has told of it.
        found = revisions(answer)
        assert before <= min(found)
        assert max(found) <= after + 1
        assert len(found) == 1 or not one_snapshot
    return starts


@pytest.mark.parametrize(
    ("name", "journal_mode"),
    [
        *((name, "wal") for name in ENGINES),
        ("all", "delete"),
        ("none", "delete"),
        ("parallel", "delete"),
    ],
)
async def test_every_answer_is_as_new_as_its_start(
    project: Project, tmp_path: Path, name: str, journal_mode: str
) -> None:
    project.set_journal_mode(journal_mode)
    # The rule is kept for tasks without an agent only, so that the answer tells of it.
    project.write("UPDATE tasks SET assigned_to = NULL WHERE id = 1")
    project.write("UPDATE rules SET category = 'revision 0' WHERE id = 1")
    project.write("UPDATE tasks SET name = 'revision 0' WHERE id = 1")
    project.write("UPDATE projects SET description = 'revision 0'")
    async with opened(project, changed(ENGINES[name], busy_timeout_seconds=30.0)) as engine:
        with writing(project, tmp_path / "counter") as writer:
            until = monotonic() + SECONDS
            starts = await asyncio.gather(
                *(
                    _start_on_and_on(
                        engine, writer, until, one_snapshot=name not in NOT_ONE_SNAPSHOT
                    )
                    for _ in range(4)
                )
            )
            writer.stop()
            last = writer.committed()
        assert min(starts) > 0
        assert last > 0
        assert revisions(await engine.task_start(1)) == {last}
        assert plain(await engine.task_start(1)) == (await truth(project, [(1, None)]))[1, None]
