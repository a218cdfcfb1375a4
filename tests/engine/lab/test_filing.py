"""Rule files are found by their names alone, and written all or not at all, over nothing that was not seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine.lab.filing import NAME, Shelf, digest
from alerts.engine.lab.status import with_status
from alerts.errors import Faults, InputError
from alerts.toml_lines import Document
from tests.engine.lab.texts import WATER


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    (shipped / "siege.toml").write_text("shipped")
    return Shelf(folders=(shipped, own), own=(own,))


def test_a_new_file_is_written_and_leaves_no_other(shelf: Shelf) -> None:
    path = shelf.write("water_cut", WATER, over="")
    assert path.read_text() == WATER and os.listdir(path.parent) == ["water_cut.toml"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_shipped_file_stays_and_its_copy_takes_its_place(shelf: Shelf) -> None:
    shelf.write("siege", "mine", over=digest("shipped"))
    found = shelf.find("siege")
    assert found is not None and found.own and found.text == "mine"
    assert (shelf.folders[0] / "siege.toml").read_text() == "shipped"


def test_what_was_not_seen_is_not_written_over(shelf: Shelf) -> None:
    for over in ("", digest("as it was before")):
        with pytest.raises(InputError, match="has changed since you looked"):
            shelf.write("siege", "mine", over=over)
    with pytest.raises(InputError, match="has changed"):
        shelf.write("gone", "mine", over=digest("it was there"))
    assert os.listdir(shelf.own[0]) == []


@pytest.mark.parametrize(
    "name", ["../siege", "a/b", "/etc/passwd", "A", "", "a.toml", "a\n", "é", "a" * 61, ".a", "a\0"]
)
def test_a_name_leads_nowhere_else(shelf: Shelf, name: str) -> None:
    assert shelf.find(name) is None
    with pytest.raises(InputError, match="no name of a rule"):
        shelf.write(name, "x", over="")


@given(st.text(max_size=20))
def test_names_are_small_letters_digits_and_underscores(name: str) -> None:
    if NAME.fullmatch(name):
        assert name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()


def test_nothing_is_written_while_that_is_barred(shelf: Shelf) -> None:
    why = ""
    guarded = Shelf(folders=shelf.folders, own=shelf.own, barred=lambda: why)
    guarded.write("water_cut", "one", over="")
    why = "edition 4 is on its way"
    with pytest.raises(InputError, match="edition 4 is on its way"):
        guarded.write("water_cut", "two", over=digest("one"))
    found = guarded.find("water_cut")
    assert found is not None and found.text == "one"


def test_a_link_to_elsewhere_is_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("secret")
    (shelf.own[0] / "water_cut.toml").symlink_to(other)
    with pytest.raises(InputError, match="is a link"):
        shelf.write("water_cut", WATER, over=digest("secret"))
    assert other.read_text() == "secret"


def test_it_says_why_nothing_can_be_written(shelf: Shelf) -> None:
    with pytest.raises(InputError, match=r"\[rules\] editable"):
        Shelf(folders=shelf.folders, own=shelf.own, editable=False).target("water_cut")
    with pytest.raises(InputError, match=r"name one in \[rules\] folders"):
        Shelf(folders=shelf.folders, own=()).target("water_cut")
    with pytest.raises(InputError, match="may not write to"):
        Shelf(folders=shelf.folders, own=(shelf.own[0] / "missing",)).target("water_cut")


def test_the_status_is_changed_in_its_line_alone() -> None:
    assert with_status(WATER, "active", "w") == WATER.replace('"draft"', '"active"')
    assert with_status("format = 1\nstatus = 'draft' # \"test\" later\n", "test", "w") == (
        'format = 1\nstatus = "test" # "test" later\n'
    )
    assert with_status("# why\nformat = 1\ntitle = 'x'\n", "test", "w") == (
        "# why\nformat = 1\nstatus = \"test\"\ntitle = 'x'\n"
    )


def test_a_status_that_cannot_be_changed_is_left_to_its_writer() -> None:
    with pytest.raises(InputError, match="write status"):
        with_status('status = """draft"""\n', "test", "w")
    with pytest.raises(Faults):
        with_status("status = ", "test", "w")


@given(st.sampled_from(["draft", "test", "active", "retired"]), st.booleans())
def test_nothing_else_changes(status: str, there: bool) -> None:
    text = WATER if there else WATER.replace('status = "draft"\n', "")
    before, after = Document(text, "w").data, Document(with_status(text, status, "w"), "w").data
    assert after == before | {"status": status}
