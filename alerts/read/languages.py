"""Which language an article is in. A feed's declared language is a prior and never the answer: feeds of a
French agency carry English stories, and many declare "en-US" because their software does.

The detector (eldc) is a C extension with its table inside: it is imported on first use, opened by the system
as a mapped file (no private memory to speak of), and knows 60 languages. For scripts it does not know, the
script is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_ENOUGH = 800  # characters: more do not change the answer
# Below so many letters a doubtful guess is worth less than the prior; names of towns make plain letters look foreign.
_FEW_LETTERS, _FEW_PLAIN = 24, 60
_LETTERS = re.compile(r"[^\W\d_]")
# One language writes in these scripts, as far as news goes, and the detector knows none of them.
_SCRIPTS = (
    ("my", re.compile(r"[\u1000-\u109f]")),
    ("km", re.compile(r"[\u1780-\u17ff]")),
    ("si", re.compile(r"[\u0d80-\u0dff]")),
    ("bo", re.compile(r"[\u0f00-\u0fff]")),
    ("dv", re.compile(r"[\u0780-\u07bf]")),
)
# What a feed in a language unknown to the detector does carry besides its own.
_WORLD = frozenset({"en", "fr", "es", "pt"})


class _Guess(NamedTuple):
    language: str
    reliable: bool


class _Detector(NamedTuple):
    guess: Callable[[str], _Guess]
    known: frozenset[str]
    two_letters: dict[str, str]


def detect(text: str, prior: str | None) -> str:
    """The ISO 639-1 code of the text's language; `prior` (any form of tag: "fr", "fr-CD", "fra") where the
    text does not say, and "en" where there is no prior either."""
    detector = _detector()
    expected = _code(prior, detector)
    sample = text[:_ENOUGH].encode("utf-8", "replace").decode("utf-8")
    if not sample.isascii():
        letters = len(_LETTERS.findall(sample))
        for code, script in _SCRIPTS:
            if 2 * len(script.findall(sample)) > letters:
                return code
    language, reliable = detector.guess(sample)
    if language == "und":
        return expected or "en"
    if expected and expected not in detector.known:
        return language if reliable and language in _WORLD else expected
    if reliable or language == expected:
        return language
    enough = _FEW_PLAIN if sample.isascii() else _FEW_LETTERS
    return expected or (language if len(_LETTERS.findall(sample)) >= enough else "en")


def _code(tag: str | None, detector: _Detector) -> str | None:
    """The primary part of a language tag, in two letters where there are two."""
    primary = re.split(r"[-_]", (tag or "").strip().lower(), maxsplit=1)[0]
    if not (primary.isascii() and primary.isalpha() and len(primary) in (2, 3)):
        return None
    return detector.two_letters.get(primary, primary)


@lru_cache(maxsize=1)
def _detector() -> _Detector:
    """The detector, opened once."""
    import eldc

    eldc.init()

    def guess(text: str) -> _Guess:
        found = eldc.detect_details(text)
        return _Guess(str(found.language), bool(found.reliable))

    two_letters = dict(zip(eldc.LANGUAGES_ISO2T, eldc.LANGUAGES, strict=True))
    return _Detector(guess, frozenset(eldc.LANGUAGES), two_letters)
