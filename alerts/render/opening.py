"""What a discreet mail begins with: mail programs show the first words of a text beside its subject, so these are
neutral, and as many as are shown. A translation is a template that can name nothing of what the mail is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import east_asian_width

from alerts.errors import Fault, TemplateError
from alerts.render.environment import Kind, Templates
from alerts.render.view import direction
from alerts.template_filters import one_line

DOCUMENT: Final = "mail/discreet.txt"
SHORTEST: Final = 160  # letters; what programs for phones show is about that
_WIDE: Final = ("W", "F")  # a Chinese letter takes the room of two
_LAST_RESORT: Final = "Here is the update that you asked for. It begins further down." + " ." * 120


class Openings:
    """The opening in each language, made once after each change of the templates."""

    def __init__(self, templates: Templates, report: Callable[[Fault], None]) -> None:
        self._templates, self._report = templates, report
        self._made: dict[str, str] = {}
        self._state = templates.look()

    def of(self, language: str) -> str:
        """In `language`, or as it is shipped. Never raises for a template."""
        if (state := self._templates.look()) != self._state:
            self._made, self._state = {}, state
        if language not in self._made:
            self._made[language] = self._opening(language)
        return self._made[language]

    def _opening(self, language: str) -> str:
        try:
            return one_line(self._templates.render(DOCUMENT, _view(language), language=language, unfit=too_short))
        except TemplateError as error:
            for fault in error.faults:
                self._report(fault)
            return _LAST_RESORT


def too_short(text: str) -> str:
    """What is wrong with an opening behind which a program would show the mail itself; "" for a good one."""
    width = sum(2 if east_asian_width(letter) in _WIDE else 1 for letter in one_line(text))
    if width >= SHORTEST:
        return ""
    return f"it is too short ({width} letters of at least {SHORTEST}): mail programs would show what the mail is about"


def opening_kind() -> Kind:
    """What the template may use."""
    view = _view("en")
    return Kind(variables=frozenset(view), samples=(view,), unfit=too_short)


def _view(language: str) -> dict[str, str]:
    return {"language": language, "direction": direction(language)}
