"""Where the shipped rules, templates and example files lie: in the wheel, else in the checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped(name: str) -> Path:
    """The path of a shipped folder or file (`rules`, `templates`, `config.example.toml`).

    Raises FileNotFoundError when the installation is incomplete.
    """
    package = Path(str(files("alerts")))
    for path in (package / "_shipped" / name, package.parent / name):
        if path.exists():
            return path
    raise FileNotFoundError(f"the installation is incomplete: {name} is missing beside {package}")
