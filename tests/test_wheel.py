"""The wheel is the whole project: what is installed from it runs from any folder, without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the demo is played beside other tests


def _run(*command: str | Path, folder: Path, **env: str) -> str:
    """Standard output of a command that succeeds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ALERTS_"))}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env={**kept, **env}, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _pip() -> Path:
    """A Python that has pip: the environment of the tests may be without."""
    for python in (sys.executable, str(Path(sys.base_prefix) / "bin" / "python3")):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return Path(python)
    pytest.fail("the wheel is installed by pip, and no Python here has it")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The programs of a new environment that has the wheel, and of the present one only the libraries."""
    place = tmp_path_factory.mktemp("installed") / "env"
    _run(sys.executable, "-m", "venv", "--without-pip", place, folder=place.parent)
    python = place / "bin" / "python"
    pip: list[str | Path] = [_pip(), "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python]
    _run(*pip, "install", "--no-index", "--no-deps", wheel, folder=place.parent)
    own = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=place).strip())
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    # A path in a .pth file is searched after the environment's own, and its .pth files are not read: so the
    # editable installation of the checkout, if there is one, does not come with the libraries.
    (own / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")
    yield place / "bin"


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


def test_what_is_imported_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import alerts, alerts.resources as r; print(alerts.__file__); print(r.shipped('rules'))"
    module, rules = _run(installed / "python", "-c", code, folder=tmp_path).splitlines()
    for path in (module, rules):
        assert Path(path).is_relative_to(installed.parent)
        assert not Path(path).is_relative_to(ROOT)


def test_the_demo_runs_from_the_wheel_in_another_folder(installed: Path, tmp_path: Path, gazetteer_path: Path) -> None:
    said = _run(
        installed / "alerts", "demo", "--once", "--port", "0", "--folder", tmp_path / "demo",
        folder=tmp_path, ALERTS_GAZETTEER=str(gazetteer_path),
    )  # fmt: skip
    assert "The story is through." in said
    assert list((tmp_path / "demo" / "data" / "mail" / "new").glob("*.eml"))
    assert (tmp_path / "demo" / "data" / "alerts.db").is_file()


def test_the_installed_commands_find_the_shipped_files(installed: Path, tmp_path: Path, gazetteer_path: Path) -> None:
    env = {"ALERTS_GAZETTEER": str(gazetteer_path)}
    listed = _run(installed / "alerts", "rules", "list", folder=tmp_path, **env)
    assert str(installed.parent) in listed
    (tmp_path / "a.txt").write_text("Shelling of Saraqib killed 12 civilians on Monday, rescuers said.")
    assert '"rule": "attack"' in _run(installed / "alerts", "detect", "a.txt", folder=tmp_path, **env)
