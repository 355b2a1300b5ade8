"""Code amalgamations: types from file names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.context.amalgamations import amalgamation_type, scan_amalgamations
from engine.context.files import signature


def _folder(root: Path) -> Path:
    folder = root / ".agentpm" / "contexts"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lang_python_classes.txt", "classes"),
        ("lang_python_test_cases.txt", "test_cases"),
        ("foo_bar.txt", "foo_bar"),
        ("readme.txt", "readme"),
        ("a_b_.txt", ""),
        ("a.b_c.d_e.txt", "e"),
        (".txt", ".txt"),
        (os.fsdecode(b"x_y_caf\xe9.txt"), "caf\ufffd"),
        ("x_y_café.txt", "café"),
    ],
)
def test_types(name: str, kind: str) -> None:
    assert amalgamation_type(name) == kind


def test_only_text_files_of_the_folder_itself_count(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "lang_python_classes.txt").touch()
    (folder / "notes.md").touch()
    (folder / "folder.txt").mkdir()
    (folder / "folder.txt" / "deep.txt").touch()
    (folder / "linked.txt").symlink_to("lang_python_classes.txt")
    (folder / "dangling.txt").symlink_to("nowhere")
    (folder / "loop.txt").symlink_to("loop.txt")
    found = scan_amalgamations(tmp_path)
    assert found.select(()).types == ("classes", "linked")
    assert found.coverage == 0.5
    assert found.signature == signature(folder)


def test_of_two_files_of_one_type_the_first_by_name_counts(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    for name in ("lang_python_functions.txt", "lang_go_functions.txt", "lang_ruby_functions.txt"):
        (folder / name).touch()
    found = scan_amalgamations(tmp_path)
    assert found.paths == {"functions": str(folder / "lang_go_functions.txt")}


def test_coverage_is_full_from_four_types_on(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    for number in range(6):
        (folder / f"type{number}.txt").touch()
    assert scan_amalgamations(tmp_path).coverage == 1.0


def test_a_missing_folder_gives_nothing_and_says_nothing(tmp_path: Path) -> None:
    found = scan_amalgamations(tmp_path)
    assert (found.paths, found.signature, found.warnings, found.coverage) == ({}, None, (), 0.0)


def test_a_folder_that_is_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").touch()
    root = tmp_path / "project"
    (root / ".agentpm").mkdir(parents=True)
    (root / ".agentpm" / "contexts").symlink_to(outside)
    found = scan_amalgamations(root)
    assert found.paths == {}
    assert found.warnings == (
        "Code amalgamations unusable (.agentpm/contexts: leads out of the project)",
    )


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".agentpm").mkdir()
    (tmp_path / ".agentpm" / "contexts").touch()
    (warning,) = scan_amalgamations(tmp_path).warnings
    assert "Not a directory" in warning
