"""What stands in the operator's own folders is found as the loaders find it; nothing leads out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine.edition_files import merged
from alerts.engine.ownfolders import LARGEST, OwnFolders, usable
from alerts.errors import Faults, InputError
from alerts.store.editions import manifest_of


@pytest.fixture
def own(tmp_path: Path) -> OwnFolders:
    for name in ("first/lexicon", "second", "templates/mail/fr", "templates/static"):
        (tmp_path / name).mkdir(parents=True)
    return OwnFolders((tmp_path / "first", tmp_path / "second"), tmp_path / "templates")


def test_what_is_loaded_is_found_and_nothing_else(own: OwnFolders, tmp_path: Path) -> None:
    found = (
        "first/a.toml",
        "first/lexicon/l.toml",
        "second/a.toml",
        "templates/mail/fr/a.txt",
        "templates/static/x.png",
    )
    others = ("first/notes.txt", "first/.a.toml.swp", "first/sub/b.toml", "first/lexicon/l.txt", "first/a.toml.before")
    hidden = ("templates/mail/a.txt~", "templates/.git/config", "templates/#a.txt#", "templates/mail/a.txt.before-2")
    for name in (*found, *others, *hidden):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    wanted = {name.replace("first", "rules/0").replace("second", "rules/1"): name.encode() for name in found}
    assert own.read() == wanted
    assert {path for path, *_ in own.stamp()} == wanted.keys()
    assert [own.where(path).read_bytes() for path in wanted] == list(wanted.values())


def test_a_later_folder_of_rules_takes_the_place_of_an_earlier_one() -> None:
    files = {
        "rules/10/a.toml": b"last",
        "rules/2/a.toml": b"second",
        "rules/2/lexicon/l.toml": b"l",
        "templates/a": b"t",
    }
    assert merged(files) == {"rules/a.toml": b"last", "rules/lexicon/l.toml": b"l", "templates/a": b"t"}


OUTSIDE = (
    "../a.toml",
    "rules/0/../../a.toml",
    "/etc/passwd",
    "rules/0/sub/a.toml",
    "rules/0/a.txt",
    "rules/x/a.toml",
    "",
)
HIDDEN = ("rules/0/.a.toml", "templates/mail/.", "templates/../a", "templates/.git/config")
ODD = ("a.toml", "templates/", "templates//a", "templates/a\n", "templates/\udc80", "templates/a\0")


@pytest.mark.parametrize("path", [*OUTSIDE, *HIDDEN, *ODD])
def test_an_edition_writes_nowhere_else(path: str) -> None:
    assert not usable(path)
    with pytest.raises(InputError, match="cannot be written"):
        merged({"rules/0/a.toml": b"", path: b""})


@given(st.text(max_size=30), st.sampled_from(("rules/0/", "templates/", "rules/0/lexicon/", "")))
def test_whatever_a_file_is_called_it_stays_inside(name: str, folder: str) -> None:
    if usable(f"{folder}{name}"):
        path = next(iter(merged({f"{folder}{name}": b""})))
        assert os.path.normpath(path) == path and path.startswith(("rules/", "templates/"))


def test_links_inside_a_folder_are_followed_and_others_are_faults(own: OwnFolders, tmp_path: Path) -> None:
    """A ConfigMap of Kubernetes is mounted so."""
    (tmp_path / "first" / "..data").mkdir()
    (tmp_path / "first" / "..data" / "a.toml").write_text("a")
    (tmp_path / "first" / "a.toml").symlink_to("..data/a.toml")
    (tmp_path / "templates" / "round").symlink_to(".")
    assert own.read() == {"rules/0/a.toml": b"a"}
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "second" / "b.toml").symlink_to("../secret")
    (tmp_path / "templates" / "etc").symlink_to("/etc")
    with pytest.raises(Faults) as caught:
        own.read()
    assert [Path(one.file).name for one in caught.value.faults] == ["b.toml", "etc"]
    assert all("outside its folder" in one.message for one in caught.value.faults)


def test_links_that_lead_to_themselves_are_faults(own: OwnFolders, tmp_path: Path) -> None:
    for name in ("a.toml", "lexicon"):
        (tmp_path / "second" / name).symlink_to(name)
    own.stamp()
    with pytest.raises(Faults) as caught:
        own.read()
    assert [Path(one.file).name for one in caught.value.faults] == ["a.toml", "lexicon"]
    assert all("this link cannot be followed" in one.message for one in caught.value.faults)


def test_what_cannot_be_read_is_told_all_at_once(own: OwnFolders, tmp_path: Path) -> None:
    (tmp_path / "first" / "large.toml").write_bytes(b"#" * (LARGEST + 1))
    os.mkfifo(tmp_path / "first" / "pipe.toml")
    (tmp_path / "first" / "gone.toml").symlink_to("nowhere")
    (tmp_path / "first" / "folder.toml").mkdir()
    with open(os.fsencode(tmp_path / "second") + b"/caf\xe9.toml", "w"):
        pass
    os.rename(tmp_path / "templates", tmp_path / "away")
    with pytest.raises(Faults) as caught:
        own.read()
    told = {Path(one.file).name: one.message for one in caught.value.faults}
    assert told == {
        "large.toml": "the file is larger than 1.0 MiB",
        "pipe.toml": "this is no file",
        "gone.toml": "the file cannot be read: No such file or directory",
        "folder.toml": "the file cannot be read: Is a directory",
        "caf\\udce9.toml": "this name cannot be had on all machines: write letters, digits, - and _",
        "templates": "there is no such folder; make it, or take it out of the configuration",
    }


def test_a_file_that_changes_at_the_last_moment_is_left_as_it_is(own: OwnFolders, tmp_path: Path) -> None:
    file = tmp_path / "first" / "a.toml"
    file.write_text("seen")
    found = manifest_of(own.read())
    file.write_text("written since")
    with pytest.raises(InputError, match="was changed at this moment"):
        own.bring({"rules/0/a.toml": b"wanted"}, found)
    assert file.read_text() == "written since"


def test_a_file_keeps_its_mode(own: OwnFolders, tmp_path: Path) -> None:
    file = tmp_path / "first" / "a.toml"
    file.write_text("one")
    file.chmod(0o640)
    own.bring({"rules/0/a.toml": b"two", "rules/0/lexicon/b.toml": b"new"}, manifest_of(own.read()))
    assert file.read_text() == "two" and file.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "first" / "lexicon" / "b.toml").stat().st_mode & 0o777 == 0o644
