"""The first draft of a rule from a form's answers: `alerts rules new` for a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from alerts.engine.lab.bench import Workbench
from alerts.engine.lab.checking import rows
from alerts.errors import Faults
from alerts.match.drafting import Answers, Tools, draft, propose
from alerts.match.grammar import PhraseError, parse

_WHAT, _WHOM = "act", "target"
_FIELDS = {"fires": "fires", "fires too": "quiet", "quiet": "quiet", "parts": "act"}


def drafted(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The draft's `text`; or `problems` by the name of the field that is to blame. `act` and `target` are the words
    that were given, or else proposed."""
    given: Mapping[str, Any] = asked["answers"]
    parts: dict[str, list[str]] = {_WHAT: list(given["act"]), _WHOM: list(given["target"])}
    if not parts[_WHAT]:
        what, whom = propose(given["fires"], bench.places, bench.rules.values())
        parts = {_WHAT: what, _WHOM: parts[_WHOM] or whom}
    problems = _unusable(bench, parts | {"ignore": list(given["ignore"])})
    if not parts[_WHAT]:
        problems["act"] = "No word of the sentence says what happens: write some, such as ~shell, ~hit"
    answer: dict[str, Any] = {"text": "", "problems": problems, "act": parts[_WHAT], "target": parts[_WHOM]}
    if problems:
        return answer
    answers = Answers(
        name=given["name"],
        title=given["title"],
        event=given["event"],
        fires=given["fires"],
        quiet=given["quiet"],
        parts={name: phrases for name, phrases in parts.items() if phrases},
        place=given["place"],
        level=given["level"],
        ignore=given["ignore"],
    )
    try:
        today = date.fromisoformat(asked["today"])
        made = draft(answers, Tools.over(bench.found.lexicon, bench.places, bench.households, today))
    except Faults as error:
        return answer | {"problems": {"": "; ".join(one["message"] for one in rows(error.faults))}}
    if made.problem is not None:
        return answer | {"problems": {_FIELDS.get(made.about or "", ""): made.problem}, "text": made.text}
    return answer | {"text": made.text}


def _unusable(bench: Workbench, lists: Mapping[str, list[str]]) -> dict[str, str]:
    """What is wrong with phrases, by field."""
    found: dict[str, str] = {}
    for name, phrases in lists.items():
        for phrase in phrases:
            try:
                parse(phrase, bench.found.lexicon)
            except PhraseError as error:
                found.setdefault(name, str(error))
    return found
