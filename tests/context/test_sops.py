"""Which file an agent's SOP is, what is made of it, and that nothing outside is read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.agents import decode_agent
from engine.context.files import FileSignature, real_path_within, relative_path, signature
from engine.context.sop_text import LiveSop, PackedSop
from engine.context.sops import LARGEST_SOP_BYTES, CompiledSop, Sop, read_sop, sop_candidates
from tests.context.builders import agent_row, build, bundle

ROLE = "payments-engineer"
SECRET = "the secret outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside.md").write_text(SECRET)
    folder = tmp_path / "project"
    (folder / ".claude" / "agents").mkdir(parents=True)
    return folder


def _own(root: Path) -> Path:
    return root / ".claude" / "agents" / f"{ROLE}.md"


def _find(root: Path, file_path: object = None, role: str = ROLE) -> Sop:
    return read_sop(sop_candidates(root, role, decode_agent(agent_row(file_path=file_path), role)))


def test_the_row_names_the_file_and_the_roles_own_is_not_asked(root: Path) -> None:
    _own(root).write_text("own")
    (root / "sop.md").write_text("named")
    assert _find(root, " sop.md ").text == "named"
    assert _find(root, "missing.md").text == "own"
    assert _find(root, "  ").text == "own"
    assert _find(root, None).text == "own"
    assert _find(root, "missing.md").column_warnings == ()


def test_without_a_row_the_roles_own_file_counts(root: Path) -> None:
    nested = root / ".claude" / "agents" / "team" / "lead:pay.md"
    nested.parent.mkdir()
    nested.write_text("nested")
    assert read_sop(sop_candidates(root, "team/lead:pay", None)).text == "nested"
    assert read_sop(sop_candidates(root, "Team/Lead:Pay", None)).text is None


def test_no_file_is_no_fault(root: Path) -> None:
    sop = _find(root)
    assert sop.text is None
    assert sop.column_warnings == sop.file_warnings == ()


@pytest.mark.parametrize(
    "role", ["nul\0byte", "lone\udc00surrogate\ud800", "trailing/", "a//b", "é" * 20]
)
def test_odd_role_names_find_nothing_quietly(root: Path, role: str) -> None:
    sop = read_sop(sop_candidates(root, role, None))
    assert sop.text is None
    assert sop.file_warnings == ()


def test_dangling_and_looping_links_count_as_missing(root: Path) -> None:
    (root / "dangling.md").symlink_to("nowhere.md")
    (root / "loop.md").symlink_to("loop.md")
    _own(root).write_text("own")
    for name in ("dangling.md", "loop.md"):
        sop = _find(root, name)
        assert sop.text == "own"
        assert sop.column_warnings == ()


@pytest.mark.parametrize(
    "path", ["../outside.md", "/etc/hostname", "a/../../outside.md", "..", "./../outside.md"]
)
def test_a_file_path_that_leaves_the_project_is_refused(root: Path, path: str) -> None:
    _own(root).write_text("own")
    sop = _find(root, path)
    assert sop.text == "own"
    assert sop.column_warnings == ("agents 12: file_path unusable (leads out of the project)",)
    assert all(str(root) in watched for watched, _ in sop.watched)


@pytest.mark.parametrize("role", ["../../../outside", "/etc/hostname", "x/../../../../outside"])
def test_a_role_that_leaves_the_project_is_refused(root: Path, role: str) -> None:
    sop = read_sop(sop_candidates(root, role, None))
    assert sop.text is None
    assert sop.file_warnings == (
        f"Agent SOP unusable for '{role}' (its path leads out of the project)",
    )


def test_an_absolute_role_is_refused_even_within_the_project(root: Path) -> None:
    (root / "inside.md").write_text("inside")
    assert read_sop(sop_candidates(root, str(root / "inside"), None)).text is None


def _link_file(root: Path) -> None:
    (root / "sop.md").symlink_to(root.parent / "outside.md")


def _link_folder(root: Path) -> None:
    (root / "up").symlink_to(root.parent)


def _link_chain(root: Path) -> None:
    (root / "first").symlink_to("middle")
    (root / "middle").symlink_to(root.parent)


@pytest.mark.parametrize(
    ("prepare", "path"),
    [(_link_file, "sop.md"), (_link_folder, "up/outside.md"), (_link_chain, "first/outside.md")],
)
def test_a_link_that_leaves_the_project_is_refused(
    root: Path, prepare: Callable[[Path], None], path: str
) -> None:
    prepare(root)
    _own(root).write_text("own")
    sop = _find(root, path)
    assert sop.text == "own"
    assert sop.column_warnings == (
        f"agents 12: file_path unusable ({path} leads out of the project)",
    )


def test_an_outward_link_as_the_roles_own_file_is_refused(root: Path) -> None:
    _own(root).symlink_to(root.parent / "outside.md")
    context = build(bundle(), root)
    assert context.payload["agent_sop"] is None
    (warning,) = (w for w in context.warnings if "SOP" in w)
    assert warning == (
        f"Agent SOP unusable for '{ROLE}' (.claude/agents/{ROLE}.md leads out of the project)"
    )


def test_links_within_the_project_are_followed(root: Path) -> None:
    (root / "docs").mkdir()
    (root / "docs" / "sop.md").write_text("inside")
    (root / "alias").symlink_to("docs")
    _own(root).symlink_to("../../alias/sop.md")
    assert _find(root, "alias/sop.md").text == "inside"
    assert _find(root).text == "inside"


def test_a_project_that_is_itself_a_link_works(root: Path) -> None:
    _own(root).write_text("own")
    (root.parent / "alias").symlink_to(root)
    _own(root).with_name("other.md").symlink_to(_own(root).name)
    assert read_sop(sop_candidates(root.parent / "alias", "other", None)).text == "own"


def test_unusable_files_of_a_row_are_told_and_the_roles_own_file_counts(root: Path) -> None:
    _own(root).write_text("own")
    (root / "bad.md").write_bytes(b"fine \xff not")
    os.mkfifo(root / "pipe.md")
    (root / "long.md").touch()
    os.truncate(root / "long.md", LARGEST_SOP_BYTES + 1)
    reasons = {
        "bad.md": "bad.md is not valid UTF-8 (byte 5)",
        ".claude/agents": ".claude/agents is a directory",
        ".": ". is a directory",
        "pipe.md": "pipe.md is not a regular file",
        "long.md": "long.md is larger than 16 MiB",
        "n" * 300: f"{'n' * 80}… cannot be read: File name too long",
    }
    for path, reason in reasons.items():
        sop = _find(root, path)
        assert sop.text == "own"
        assert sop.column_warnings == (f"agents 12: file_path unusable ({reason})",)


def test_an_unusable_own_file_leaves_no_sop_and_says_why(root: Path) -> None:
    _own(root).write_bytes(b"\xff")
    sop = _find(root)
    assert sop.text is None
    assert sop.file_warnings == (
        f"Agent SOP unusable for '{ROLE}' (.claude/agents/{ROLE}.md is not valid UTF-8 (byte 0))",
    )
    _own(root).unlink()
    _own(root).mkdir()
    assert "is a directory" in _find(root).file_warnings[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_told(root: Path) -> None:
    _own(root).write_text("own")
    _own(root).chmod(0)
    assert "Permission denied" in _find(root).file_warnings[0]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_text_is_kept_but_for_line_ends(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sop.md").write_bytes(text.encode())
        found = _find(Path(folder), "sop.md").text
    assert found == text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_byte_order_mark_and_frontmatter_are_part_of_the_text(root: Path) -> None:
    _own(root).write_bytes(b"\xef\xbb\xbf---\r\nname: x\r\n---\rend")
    assert _find(root).text == "\ufeff---\nname: x\n---\nend"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=1200))
def test_a_packed_sop_equals_the_live_one(text: str) -> None:
    live = LiveSop(text)
    packed = PackedSop(live)
    assert (packed.text, packed.preview, packed.digest) == (live.text, live.preview, live.digest)
    assert live.preview == (text if len(text) <= 500 else text[:500] + "...")


def test_digests_tell_texts_apart() -> None:
    assert LiveSop("a").digest != LiveSop("b").digest
    assert LiveSop("a").digest == LiveSop("a").digest


def test_what_was_looked_at_can_be_watched_and_need_not_be_read_again(root: Path) -> None:
    _own(root).write_text("own")
    plan = sop_candidates(root, ROLE, decode_agent(agent_row(file_path="sop.md"), ROLE))
    first = read_sop(plan)
    assert first.watched == ((str(root / "sop.md"), None), (str(_own(root)), signature(_own(root))))
    kept = {(path, seen): compiled for path, seen, compiled in first.compiled}

    def known(path: str, seen: FileSignature) -> CompiledSop | None:
        return kept.get((path, seen))

    again = read_sop(plan, known=known)
    assert again.text == "own"
    assert again.compiled == ()
    (root / "sop.md").write_text("named")
    changed = read_sop(plan, known=known)
    assert changed.text == "named"
    assert [path for path, _, _ in changed.compiled] == [str(root / "sop.md")]


def test_an_edit_that_keeps_the_modification_time_moves_the_signature(root: Path) -> None:
    _own(root).write_text("one")
    before = signature(_own(root))
    assert before is not None
    replacement = root / "replacement"
    replacement.write_text("two")
    os.utime(replacement, ns=(before.mtime_ns, before.mtime_ns))
    replacement.replace(_own(root))
    after = signature(_own(root))
    assert after is not None
    assert after.mtime_ns == before.mtime_ns
    assert after != before


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a/b.md", "a/b.md"),
        ("./a//b.md/", "a/b.md"),
        (".", ""),
        ("/a", None),
        ("a/../b", None),
        ("..", None),
    ],
)
def test_relative_paths(text: str, plain: str | None) -> None:
    assert relative_path(text) == plain


@given(st.lists(st.sampled_from(["..", ".", "", "a", "link", "up", "b.md"]), max_size=6))
def test_no_path_is_ever_real_outside_the_project(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as outside:
        root = Path(outside) / "project"
        (root / "a").mkdir(parents=True)
        (root / "a" / "b.md").touch()
        (Path(outside) / "b.md").touch()
        (root / "link").symlink_to("a")
        (root / "up").symlink_to("..")
        (root / "a" / "up").symlink_to("../..")
        try:
            real = real_path_within(str(root), "/".join(parts))
        except OSError:
            return
        if real is not None:
            assert os.path.realpath(real).startswith(os.path.realpath(root))
