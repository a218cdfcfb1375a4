"""The wheel is the whole project: what is installed from it runs from any folder, without the checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.installed import ROOT, Played, output

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the demo is played beside other tests


def test_everything_a_user_needs_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for folder in ("rules", "templates"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                assert f"alerts/_shipped/{path.relative_to(ROOT)}" in inside
    assert "alerts/_shipped/config.example.toml" in inside
    for path in (ROOT / "alerts").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(ROOT)) in inside
    assert any(name.startswith("alerts/demo/story/") for name in inside)
    assert any(name.startswith("alerts/store/migrations/versions/0001") for name in inside)
    assert "alerts/read/data/places.csv" in inside
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in inside)


def test_nothing_else_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
    assert {name.split("/")[0].removesuffix(".dist-info").split("-")[0] for name in inside} == {"alerts"}
    assert not [name for name in inside if "__pycache__" in name or "/tests/" in name]
    assert wheel.name.endswith("-py3-none-any.whl")


def test_what_is_imported_is_the_wheel_and_not_the_checkout(programs: Path, tmp_path: Path) -> None:
    code = "import alerts, alerts.resources as r; print(alerts.__file__); print(r.shipped('rules'))"
    module, rules = output(programs / "python", "-c", code, folder=tmp_path).splitlines()
    for path in (module, rules):
        assert Path(path).is_relative_to(programs.parent)
        assert not Path(path).is_relative_to(ROOT)


def test_the_demo_runs_from_the_wheel_in_another_folder(demo: Played, programs: Path) -> None:
    assert not demo.folder.is_relative_to(programs.parent)
    assert demo.ran.code == 0, demo.ran.err
    assert "The story is through." in demo.ran.out
    assert list((demo.folder / "data" / "mail" / "new").glob("*.eml"))
    assert (demo.folder / "data" / "alerts.db").is_file()


def test_the_installed_commands_find_the_shipped_files(programs: Path, tmp_path: Path, gazetteer_path: Path) -> None:
    env = {"ALERTS_GAZETTEER": str(gazetteer_path)}
    listed = output(programs / "alerts", "rules", "list", folder=tmp_path, **env)
    assert str(programs.parent) in listed
    (tmp_path / "a.txt").write_text("Shelling of Saraqib killed 12 civilians on Monday, rescuers said.")
    assert '"rule": "attack"' in output(programs / "alerts", "detect", "a.txt", folder=tmp_path, **env)
