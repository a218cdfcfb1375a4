"""The files of templates, looked for in several folders in turn.

What was looked for is remembered, also that nothing was there. So a template costs no look at the disk, and what came,
changed or went since can be asked for now and then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import split_template_path

_Stamp = tuple[int, int, int] | None


class Files(BaseLoader):
    """The first folder that has a file wins. One that cannot be read is a fault of it, and not missing."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._seen: dict[str, tuple[_Stamp, ...]] = {}

    def changed(self) -> bool:
        """Whether anything that was looked for is another now."""
        return any(self._stamps(name) != stamps for name, stamps in list(self._seen.items()))

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template not in self._seen:  # before it is read: what is written meanwhile shows as a change
            self._seen[template] = self._stamps(template)
        for path, stamp in zip(self._paths(template), self._seen[template], strict=True):
            if stamp is not None and (text := _read(path, template)) is not None:
                return text, str(path), None
        raise TemplateNotFound(template)

    def _stamps(self, template: str) -> tuple[_Stamp, ...]:
        return tuple(map(_stamp, self._paths(template)))

    def _paths(self, template: str) -> list[Path]:
        return [folder.joinpath(*split_template_path(template)) for folder in self._folders]


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # it is there, and reading it says what is wrong
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path, template: str) -> str | None:
    """The text; None of what has gone meanwhile. Raises TemplateSyntaxError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        why = f"the file is not UTF-8 (at byte {error.start}); save it as UTF-8"
    except OSError as error:
        why = f"the file cannot be read: {error.strerror}"
    raise TemplateSyntaxError(why, 0, template, str(path))
