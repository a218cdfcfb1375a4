"""The article on a web page, by trafilatura, and whether it is to take the place of what the feed gave.

The feed's words are what we know to be the article. A page may be a wall of cookies, a login or the front page, and
beside the article stand teasers of others: read as the article's own they would be false alarms. So extraction favours
precision, and its result must speak of what the feed speaks of.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from alerts.collect.links.extracted import Extracted
from alerts.collect.links.page import decoded
from alerts.errors import ParseError
from alerts.read.text import plain

INSTALL = 'full text needs a library that is not installed: pip install "alerts[fulltext]"'
_MOST_TAGS = 60_000  # pages of 2 MiB have half as many
_LONGEST = 50_000  # characters; a longer text is a log of many events
_SHORTEST = 80
_MARKUP = re.compile(
    r"(?:text/html|application/xhtml\+xml|(?:text|application)/xml|text/plain|application/octet)", re.I
)
# What trafilatura keeps of what stands beside the article: a paragraph that is little but a link to another one
# ("Read more: ..."), and what readers write, where it goes by other names than "comments".
_BESIDE = [
    ".//*[self::p or self::li or self::h2 or self::h3 or self::h4 or self::strong]"
    "[.//a][string-length(normalize-space(.//a)) > 0.6 * string-length(normalize-space(.))]",
    ".//*[self::div or self::section or self::ul or self::ol or self::aside][contains(@class, 'discussion')"
    " or contains(@class, 'talkback') or contains(@class, 'reader') or contains(@id, 'discussion')]"
    "[not(.//h1)][not(.//article)]",
]
# Letters of scripts that do not part words: compared by twos.
_UNPARTED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+")
_STEM = 4
_SENTENCE_END = re.compile(r"(?<=[.!?…。])\s+|\n")
_SAME_SUBJECT = 0.5


def missing() -> str | None:
    """What to install before full text can be had; None if it can."""
    return None if importlib.util.find_spec("trafilatura") is not None else INSTALL


def read(body: bytes, headers: Mapping[str, str], url: str = "") -> Extracted:
    """The article's text on a page; it may be empty. Raises ParseError (`not_a_page`, `hostile`)."""
    kind = headers.get("content-type", "")
    if kind and not _MARKUP.match(kind.strip()):
        raise ParseError(url, f"not a web page but {kind[:60]}", reason="not_a_page")
    text = decoded(body, kind)
    if text.count("<") > _MOST_TAGS:
        raise ParseError(url, "markup that no article needs", reason="hostile")
    return Extracted(text=plain(_article(text))[:_LONGEST].rstrip())


def _article(text: str) -> str:
    import trafilatura

    try:
        found = trafilatura.extract(
            text,
            favor_precision=True,
            include_comments=False,
            include_tables=False,
            prune_xpath=_BESIDE,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception:  # what it raises on odd pages is no closed set, and the feed's words are there
        return ""
    return found or ""


def fuller(title: str, given: str, page: str) -> str | None:
    """The text to put in the place of what the feed gave, or None to keep that: the page says no more, or speaks of
    something else.

    A sentence of the feed that the page does not have to the letter keeps all of the feed's words in front: an alert
    may rest on it by now, and would be taken back if it went.
    """
    page = _without_title(page, title)
    if len(page) < _SHORTEST or len(page) <= len(given):
        return None
    subject = _words(given) | _words(title)
    if not subject or len(subject & _words(page)) < _SAME_SUBJECT * len(subject):
        return None
    whole = f" {_bare(page)} "
    sentences = filter(None, map(_bare, _SENTENCE_END.split(given)))
    covered = all(f" {sentence} " in whole for sentence in sentences)
    return page if covered else f"{given}\n\n{page}"


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _without_title(page: str, title: str) -> str:
    first, _, rest = page.partition("\n")
    return rest if title and " ".join(first.split()).casefold() == title.casefold() else page


def elsewhere(asked: str, answered: str) -> bool:
    """Were we sent to the front page, as sites do with articles that are gone?"""
    try:
        return urlsplit(asked).path.strip("/") != "" and urlsplit(answered).path.strip("/") == ""
    except ValueError:
        return False


def _words(text: str) -> set[str]:
    """The words that tell one text from another, cut to their stems; numbers whole."""
    words: set[str] = set()
    for found in _WORD.finditer(text.casefold()):
        word = found[0]
        if word.isdigit():
            words.add(word)
        elif _UNPARTED.search(word):
            words.update(word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) >= _STEM:
            words.add(word[:_STEM])
    return words
