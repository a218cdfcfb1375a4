"""Text to sentences: small and careful, because every later judgement (parts of a rule, claims, numbers,
places) is made within one sentence, and a wrong boundary either binds things that have nothing to do with
each other or tears apart what the newspaper said in one breath.

What is no sentence of the story is set apart here, too: date stamps, datelines, a title repeated by the
text, "Related:" link lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerts.read.text import fold

LONGEST = 1200  # characters; a longer "sentence" is a list or a table and is cut between words
LEAD = 350  # characters; the second sentence of the first paragraph is still lead up to here

# A place where a sentence may end: a terminator with closing quotes, or a line break. The set comes first, for a
# search that begins with one is ten times faster. Possessive, and begun only where the run of terminators begins,
# so that a page of dots costs its length and not its square.
_MAY_END = re.compile(
    r"[.!?…\n。！？｡।॥۔؟](?:(?<=\n)|(?<=[。！？｡।॥۔؟])[。！？｡।॥۔؟]*[”’»」』]*"
    r"|(?<=[.!?…])(?<![.!?…]{2})[.!?…]*+(?:[\"'”’»)\]]*+(?=\s)|[\"”’»)\]]*+(?=[A-Z\"“])))"
)
_TOKEN = re.compile(r"[^\s(\[\"“]*\Z")
_INK = re.compile(r"\S")
_NEXT_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SPEECH = re.compile(
    r"(?:[A-Z][\w'’-]*[ ]){0,4}(?:said|says|asked|told|added|shouted|wrote|read|cried|he|she|they|an?|the)\b"
)
_SOFT_END = re.compile(
    r"(?:,|[^\W\d_]-|(?:^|[\s])(?:[\d.,]*\d|[a-z]{1,3}|(?i:some|about|over|around|nearly|almost|with|from|near|than|were|that)))$"
)

# Words with a dot that never end a sentence.
_TITLES = frozenset(
    """mr mrs ms dr gen lt col sgt maj capt cpt sen rep reps sens gov prof rev hon pres adm cmdr comdr brig cpl pvt pte
    supt det insp msgr amb fr sheik dep asst st mt ft no nos vs viz cf eg ie approx ca spc pfc mgr eng atty gens drs
    messrs mme mlle sra dra lic ing art fig figs vol tel""".split()
)
# Words with a dot that may end one: a sentence begins after them only with a word that begins sentences.
_ABBREVIATIONS = frozenset(
    """inc corp ltd co bros jr sr esq etc al pct am pm us un uk eu ussr dc ny nj la nm nc sc nd sd nh ri wva phd md ba
    ma jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    ala ariz ark calif colo conn del fla ga ill ind kan kans ky mass md mich minn miss mo mont neb nebr nev okla
    ore pa penn tenn tex va vt wash wis wisc wyo ont que alta sask man
    ave blvd rd hwy dept univ assn intl govt natl est ed km mi hrs hr min sec lbs oz bn mn""".split()
)
# Of those, the ones that are ordinary words as well: an abbreviation only with a capital ("Miss.", not "miss.").
_ALSO_WORDS = frozenset(
    "al am us mar mon wed sat sun ill ind mass miss mo del ore pa wash man min sec ed ma la no fig art".split()
)
_STARTERS = frozenset(
    """the a an in on at it its he she they we i this that these those there but and or so as after before when while
    since for from with by if although though however meanwhile his her their our my some many most several more
    one two three four five six seven eight nine ten at what who how why where no not none both all another other
    earlier later also according despite during under over about then now today yesterday hundreds thousands
    dozens last such each every nobody nearly almost still only even once until because officials police witnesses
    le la les el los il der die das""".split()
)

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_STAMP = re.compile(
    r"\s*(?:(?:Published|Posted|Updated|Last updated|Date of publication|Date)(?: on| at)?:? ?)?"
    r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?[.,]? ?)?"
    rf"(?:{_MONTH} \d{{1,2}},? ?\d{{4}}|\d{{1,2}} {_MONTH},? \d{{4}}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}-\d\d-\d\d)"
    r"(?:,? (?:at )?\d{1,2}[:.]?\d\d(?: ?[AaPp]\.?[Mm]\.?)?(?: (?:GMT|UTC|[A-Z]{2,4}T))?)?"
    r"(?: by (?:[A-Z][\w'’-]*+ ?){1,4}(?=\n))?\s*+[.:,|–—-]*+\s*+(?=[\"'“‘A-Z(]|\d|$)"
)
_AGENCY = re.compile(
    r"\s*\(?(?:AFP|AP|Reuters|UPI|dpa|DPA|EFE|ANSA|IRIN|IPS|SANA|Xinhua|TASS|Interfax|Agencies|PTI|ANI|IANS|APA|AAP|CP"
    r"|Associated Press|Canadian Press|Agence France[- ]Presse|Anadolu Agency|AA)\)?"
    r"(?=[\s-])[ ]*(?:-{1,2}|–|—|:|\n)?\s*"
)
_DASHED = re.compile(r"([^\n–—]{2,90}?)\s*(?<=[\s)\w.])(?:--| - |-(?= [A-Z\"“])|–|—)\s*")
_PLAIN_AGENCY_LINE = re.compile(r"([A-Z][^\n()]{1,60}\((?:[A-Z][A-Za-z/ ]{1,30})\))\s+(?=[\"“A-Z])")
_CAPS_COLON = re.compile(r"([A-Z][A-Z'’ .,/-]{2,40}):\s+(?=[A-Z\"“])")
_CAPS_PLACE = re.compile(r"((?:[A-Z]{4,}+[ ]?(?:-?[A-Z]{2,}+[ ]?){0,2}))[ ](?=(?:An?|The|At|In|On|[A-Z][a-z]+)\b)")
_DATELINE_WORD = re.compile(r"[A-Z0-9(][\w'’./)&-]*|of|the|de|la|el|al|and|du|da|d'|[a-z]{2,3}-[A-Z]\w*|\d+")

_SITE = re.compile(r" (?:[|»–—-]|::) (?=[A-Z])")

_RELATED = r"Related (?:News|Coverage|Articles?|Stor(?:y|ies)|Topics|Content|Links?)"
_LINKS = re.compile(
    rf"\s*(?:[»>*•]\s*)?(?:(?:{_RELATED}|Related)\s*(?::|$|\|)|{_RELATED} |Source:? [A-Z][\w ]{{0,40}}{_RELATED}"
    r"|(?:Read|Learn|See) more\b|READ MORE|(?:See|Read|Watch) also\b|Also read\b|ALSO READ|Read this:"
    r"|(?:WATCH|Watch|VIDEO|Video|PHOTOS|Photos|READ|Read|LISTEN|MORE|More)\s*:|Click here\b|Follow us on\b"
    r"|Sign up (?:for|to) our\b|Subscribe to\b|Share this\b|Comments About This Article"
    r"|Please fill the fields below|All rights reserved\b|The post .{1,200} appeared first on )"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `start` is its offset in the title (part "title") or in the text; `index` counts all
    sentences of the article from 0, the title first. "lead" is how the first paragraph begins."""

    text: str
    part: Literal["title", "lead", "body"]
    index: int
    start: int


def split(article_text: str) -> list[tuple[int, int]]:
    """The spans of the sentences of a text, in order, without the blanks around them. Linear in the text."""
    spans: list[tuple[int, int]] = []
    start = 0
    for mark in _MAY_END.finditer(article_text):
        if _ends(article_text, start, mark.start(), mark.end()):
            spans.extend(_cut(article_text, start, mark.end()))
            start = mark.end()
    spans.extend(_cut(article_text, start, len(article_text)))
    return spans


def sentences(title: str, text: str) -> tuple[list[Sentence], str | None]:
    """The sentences of an article, title first (unless it is empty), then the body; and what stood before the
    story as its dateline or date stamp ("GOMA, May 3 (Reuters) -"), or None. A title that the text repeats,
    link lines, and a sentence printed twice in a row are left out."""
    found: list[Sentence] = []
    head = title.strip()
    for first, end in _cut(title, 0, len(title)):
        found.append(Sentence(title[first:end], "title", len(found), first))
    begin, dateline = _story(head, text)
    lead_end: int | None = None
    before = ""
    for first, end in split(text[begin:]):
        first, end = first + begin, end + begin
        sentence = text[first:end]
        if sentence == before or _LINKS.match(sentence) or not any(map(str.isalnum, sentence)):
            continue
        before = sentence
        if lead_end is None:
            lead_end = max(end, min(_paragraph_end(text, first), first + LEAD))
        found.append(Sentence(sentence, "lead" if end <= lead_end else "body", len(found), first))
    return found, dateline


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without blanks around it; in pieces where it is too long to be one sentence."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        at = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        at = at if at > 0 else start + LONGEST
        yield start, at
        start = at
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        yield start, end


def _ends(text: str, start: int, mark: int, end: int) -> bool:
    """Whether the sentence that began at `start` ends with the mark (terminators, closers) at [mark, end)."""
    if text[mark] == "\n":
        return _line_ends(text, start, mark, end)
    if text[mark] not in ".!?…":
        return True
    following = text[end : end + 80]
    rest = following.lstrip()
    if not rest:
        return True
    if following[0] == "\n" or "\n" in following[: len(following) - len(rest)]:
        return True  # a full stop at the end of a line
    char = rest[0]
    if char.islower() or char in ",;:":
        return False
    closed = text[end - 1] in "\"'”’»"
    if text[mark] in "!?":
        return not (closed and _SPEECH.match(rest))
    glued = rest is following or len(rest) == len(following)
    return _stop_ends(text, start, mark, rest, several=text[mark:end].count(".") > 1, glued=glued)


def _stop_ends(text: str, start: int, mark: int, rest: str, *, several: bool, glued: bool) -> bool:
    """Whether a full stop ends the sentence: not after titles and initials; after other abbreviations only
    before a word that begins sentences."""
    found = _TOKEN.search(text, max(start, mark - 24), mark)
    token = found[0] if found else ""
    if glued:  # "of the forces.Opposition fighters": a lost blank, but not "Mr.Smith", "U.S.A" or "www.Site.org"
        return len(token) > 3 and token.isalpha() and token[-3:].islower() and len(rest) > 2 and _capitalised(rest)
    if several:
        return True  # an ellipsis before a capital
    bare = token.strip("'’\"").lower().replace(".", "")
    if bare == "no":
        return not rest[0].isdigit()
    if bare in _TITLES and not (bare in _ALSO_WORDS and token.islower()):
        return False
    if token.isdigit() and mark - len(token) == start:
        return False  # the "1." of a list
    initial = len(token) == 1 and token.isupper() and token != "I"
    dotted = "." in token and len(bare) <= 4 and bare.isalpha()
    short = bare in _ABBREVIATIONS and not (bare in _ALSO_WORDS and token.islower())
    if initial or dotted or short:
        word = _NEXT_WORDS.match(rest.lstrip("\"'“‘(["))
        return bool(word) and rest[0] not in "(" and word is not None and word[0].lower() in _STARTERS
    return True


def _capitalised(rest: str) -> bool:
    return rest[0] in '"“' or (rest[0].isupper() and (rest[1].islower() or rest[1].isspace()))


def _line_ends(text: str, start: int, mark: int, end: int) -> bool:
    """Whether a line break ends the sentence. Text taken from a PDF breaks lines anywhere: a line that begins
    small, or follows a comma, a hyphen, a bare number or a word that cannot end a sentence, goes on."""
    rest = text[end : end + 2]
    if rest[:1] in ("\n", "") or _INK.search(text, start, mark) is None:
        return True
    line = text[max(start, text.rfind("\n", start, mark) + 1, mark - 24) : mark].rstrip()
    if rest[0].islower() or (rest[0] == "(" and not line.endswith((".", "!", "?"))):
        return bool(line) and line[-1] in ".!?…:"
    return _SOFT_END.search(line) is None


def _paragraph_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _story(title: str, text: str) -> tuple[int, str | None]:
    """Where the story begins, behind date stamps, a repeated title, an agency's name and the dateline."""
    at, apart = 0, list[str]()
    for _ in range(5):
        if repeated := _repeats(title, text, at, stamped=bool(apart)):
            at = repeated
        elif found := (_STAMP.match(text, at) or _AGENCY.match(text, at)):
            apart.append(found[0].strip())
            at = found.end()
        else:
            break
    end = _dateline(text, at)
    if end > at:
        apart.append(text[at:end].strip())
    joined = " ".join(part for part in apart if part)
    return end, joined or None


def _repeats(title: str, text: str, at: int, *, stamped: bool) -> int:
    """Where the text goes on after repeating the title at `at`, or 0. The title must be one of some length:
    a text may well begin with "Syria" under the title "Syria". Behind a date stamp the author's name may
    stand first; a site's name behind the title ("... - Daily Sabah") is not part of it."""
    wanted = fold(_SITE.split(title, maxsplit=1)[0].strip())
    if len(wanted) < 15:
        return 0
    while at < len(text) and text[at].isspace():
        at += 1
    here = fold(text[at : at + len(wanted) + (60 if stamped else 0)]).find(wanted)
    if here < 0:
        return 0
    end = at + here + len(wanted)
    after = text[end : end + 1]
    if after and (after.isalnum() or text[end : end + 2].lstrip(" ")[:1].islower()):
        return 0
    while end < len(text) and (text[end].isspace() or text[end] in ".:|–—-"):
        end += 1
    return end


def _dateline(text: str, at: int) -> int:
    """The end of the dateline that begins at `at`, or `at`.

    GOMA, May 3 (Reuters) - | AP - | KABUL: | BEIRUT A car bomb ..."""
    while at < len(text) and text[at].isspace():
        at += 1
    if (found := _DASHED.match(text, at)) and _is_dateline(found[1]):
        return found.end()
    for pattern in (_PLAIN_AGENCY_LINE, _CAPS_COLON, _CAPS_PLACE):
        found = pattern.match(text, at)
        if found and found[1].split()[0].rstrip(",").isupper() and len(found[1]) > 3:
            return found.end()
    return at


def _is_dateline(head: str) -> bool:
    """Only names, months, numbers and an agency in brackets; a first word in capitals, or that agency."""
    pieces = head.replace(",", " ").split()
    if not pieces or len(pieces) > 9 or not all(_DATELINE_WORD.fullmatch(piece) for piece in pieces):
        return False
    capitals = len(pieces[0]) > 2 and pieces[0].rstrip(".").isupper() and not pieces[0][0].isdigit()
    agency = head.rstrip().endswith(")") and "(" in head
    country = head.count(",") == 1 and len(pieces) <= 4 and pieces[0][0].isupper()
    return capitals or agency or country
