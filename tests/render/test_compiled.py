"""Templates are compiled once, and never taken for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from alerts.render.environment import page_environment
from alerts.render.template_files import Files


@pytest.fixture
def compilings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that Jinja2 compiled from now on."""
    real, found = Environment.compile, []

    def noted(self: Environment, source: str, name: str | None = None, *arguments: object) -> object:
        found.append(str(name))
        return real(self, source, name, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", noted)
    return found


def rendered(*folders: Path) -> str:
    return page_environment(Files(*folders)).get_template("a.txt").render(word="help")


def test_a_template_is_compiled_once_for_all_environments(tmp_path: Path, compilings: list[str]) -> None:
    (tmp_path / "a.txt").write_text("{{ word }} came")
    assert [rendered(tmp_path) for _ in range(3)] == ["help came"] * 3
    assert compilings == ["a.txt"]


def test_a_changed_template_is_another(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("{{ word }} came")
    assert rendered(tmp_path) == "help came"
    (tmp_path / "a.txt").write_text("{{ word }} went")
    assert rendered(tmp_path) == "help went"


def test_files_of_one_name_in_two_folders_are_two_templates(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"{{{{ word }}}} for {name}")
    assert rendered(tmp_path / "one", tmp_path / "two") == "help for one"
    assert rendered(tmp_path / "two", tmp_path / "one") == "help for two"
