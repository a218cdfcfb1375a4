"""The grammar of phrases: what an analyst writes between quotes, and what is said when it cannot be used.

phrase = item+ ;  item = word | word* | ~word | =WORD | @list | {slot} | gap | ( alts ) | [ alts ]
alts = phrase ( "|" phrase )* ;  gap = "..." | "..N.."
"""

from __future__ import annotations

import re
from collections.abc import Callable

from alerts.match.anchors import STOPWORDS
from alerts.match.forms import forms, no_lemma
from alerts.match.phrases import (
    SHORTEST_PREFIX,
    Choice,
    Exact,
    Forms,
    Gap,
    Item,
    Phrase,
    Prefix,
    Slot,
    Word,
)
from alerts.read.text import fold, words

DEFAULT_GAP = 6
LONGEST_GAP = 30
SLOTS = ("people", "number", "place", "town", "name")

# What people write who know other alert services; in small letters these are words like any other.
_OPERATORS = {
    "OR": "write alternatives as (a | b), or as two phrases of the list",
    "AND": "put the words in two parts: every part must be there",
    "NOT": "put what must not be there under [ignore] or 'unless'",
    "NEAR": "write a gap: a ..5.. b",
}

_TOKEN = re.compile(
    r"\s*(?:(?P<gap>\.\.\.|\.\.(?P<n>\d+)\.\.)|(?P<sign>[()\[\]|])|\{(?P<slot>[^{}]*)\}|@(?P<list>[\w.]*)"
    r"|(?P<tilde>~)?(?P<exact>=)?(?P<word>[^\W_](?:[\w'’‘.\-–]*[\w'’])?(?:(?<=\w)\.(?!\.))?)(?P<star>\*)?|(?P<other>\S))"
)


class PhraseError(ValueError):
    """A phrase that cannot be used; the text says why and what to write instead."""


Lookup = Callable[[str], Choice]


def parse(source: str, lists: Lookup) -> Phrase:
    """Parse one phrase. `lists` gives the word list of a name, or raises PhraseError with advice."""
    parser = _Parser(source, lists)
    phrase = parser.phrase(source)
    if parser.sign == "|":
        raise PhraseError(f"in the phrase {_quoted(source)}: alternatives need brackets round them: (a | b)")
    if parser.sign is not None:
        raise PhraseError(f"in the phrase {_quoted(source)}: '{parser.sign}' closes a bracket that was not opened")
    _refuse_the_unfindable(phrase)
    return phrase


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Parser:
    """LL(1): `sign` is the bracket or bar that ended the phrase read last."""

    def __init__(self, source: str, lists: Lookup) -> None:
        self.source, self.lists = source, lists
        self.tokens = _TOKEN.finditer(source)
        self.sign: str | None = None
        self.depth = 0

    def fail(self, message: str) -> PhraseError:
        return PhraseError(f"in the phrase {_quoted(self.source)}: {message}")

    def phrase(self, source: str = "") -> Phrase:
        items: list[Item] = []
        self.sign = None
        for token in self.tokens:
            sign = token["sign"]
            if sign in ("(", "["):
                items.append(self.choice(sign))
            elif sign is not None:
                self.sign = sign
                break
            else:
                items.extend(self.simple(token))
        if not items:
            raise self.fail("there is nothing to look for" if not self.depth else "an alternative is empty")
        if isinstance(items[0], Gap) or isinstance(items[-1], Gap):
            raise self.fail("a gap (...) needs words on both sides")
        return Phrase(tuple(items), source)

    def choice(self, opening: str) -> Choice:
        closing = {"(": ")", "[": "]"}[opening]
        if self.depth >= 20:
            raise self.fail("brackets are nested more than 20 deep")
        self.depth += 1
        options = [self.phrase()]
        while self.sign == "|":
            options.append(self.phrase())
        self.depth -= 1
        if self.sign is None:
            raise self.fail(f"the bracket '{opening}' is not closed")
        if self.sign != closing:
            raise self.fail(f"the bracket '{opening}' is closed by '{self.sign}'")
        self.sign = None
        return Choice(options, optional=opening == "[")

    def simple(self, token: re.Match[str]) -> list[Item]:
        if token["gap"]:
            most = int(token["n"]) if token["n"] else DEFAULT_GAP
            if not 1 <= most <= LONGEST_GAP:
                raise self.fail(f"a gap may be 1 to {LONGEST_GAP} words wide, not {most}")
            return [Gap(most)]
        if token["slot"] is not None:
            name = token["slot"].strip()
            if name not in SLOTS:
                raise self.fail(
                    f"there is no slot {{{name}}}; there are {{people}}, {{number}}, {{place}}, {{town}} and {{name}}"
                )
            return [Slot(name)]
        if token["list"] is not None:
            return [self.lists(token["list"])]
        if token["other"]:
            raise self.stray(token)
        return self.word(token)

    def word(self, token: re.Match[str]) -> list[Item]:
        printed = token["word"]
        if token["exact"]:
            bare = printed.replace(".", "")
            return [Exact(fold(bare), bare)]
        norms = words(printed).norm
        if not norms:
            raise self.fail(f"'{printed}' is no word")
        if printed in _OPERATORS:
            raise self.fail(f"{printed} in capitals is no operator here; {_OPERATORS[printed]}")
        *before, last = norms
        found: list[Item] = [Word(norm) for norm in before]
        if token["tilde"]:
            if advice := no_lemma(last):
                raise self.fail(f"~{printed} has no forms; {advice}")
            found.append(Forms(last, forms(last)))
        elif token["star"]:
            if len(last) < SHORTEST_PREFIX:
                raise self.fail(f"'{printed}*' is too short: write at least {SHORTEST_PREFIX} letters before *")
            follows = self.source[token.end() : token.end() + 1]
            if follows and (follows.isalnum() or follows in "*-'"):
                raise self.fail("* stands only at the end of a word")
            found.append(Prefix(last))
        else:
            found.append(Word(last))
        return found

    def stray(self, token: re.Match[str]) -> PhraseError:
        sign = token["other"]
        advice = {
            "/": "write alternatives as (a | b)",
            "\\": "phrases are plain words, no patterns: write what the newspaper prints",
            '"': "quotes are not needed inside a phrase",
            "?": "write optional words in square brackets: [the] city",
            "*": f"it stands at the end of a word, after at least {SHORTEST_PREFIX} letters: displac*",
            "&": "write 'and', or put the words in two parts: every part must be there",
            ",": "leave it out: punctuation is not looked at",
            "~": "it stands before a verb: ~flee",
            "{": "a slot is written {people}, {number} or {place}",
            ".": "a gap is written ... or ..3..",
        }.get(sign, "leave it out")
        return self.fail(f"the sign '{sign}' means nothing here — {advice}")


def _refuse_the_unfindable(phrase: Phrase) -> None:
    found = [item for item in phrase.items if not isinstance(item, Gap)]
    fixed = [item for item in found if not (isinstance(item, Choice) and item.optional)]
    if not fixed:
        raise PhraseError(f"the phrase {_quoted(phrase.source)} has no fixed word to look for")
    if all(isinstance(item, Word) and item.norm in STOPWORDS for item in fixed):
        raise PhraseError(f"the phrase {_quoted(phrase.source)} is only of words that stand in every sentence")
