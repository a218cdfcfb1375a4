"""The words that say what happened to the people or homes a number counts, with IDMC's term for it.

A cue is found by its word (or stem, because text taken from a PDF glues words together) and a few fixed
phrases around it; which number it belongs to is `figures.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alerts.read.text import Words

Kind = Literal["displaced", "housing", "killed", "injured", "trapped", "in_need", "missing", "affected"]
Form = Literal["verb", "active", "intransitive", "noun", "adjective", "place"]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words [first, end) that say `kind` (and IDMC's `term`). The form says how it binds: a "verb" may be a
    participle ("20 killed") or active ("killed 20"), "active" only takes an object ("killing 20"), an
    "intransitive" only a subject ("20 fled"), a "noun" takes "of" ("evacuation of 20"), a "place" says where
    people are ("20 in camps")."""

    kind: Kind
    term: str | None
    form: Form
    first: int
    end: int


# (kind, IDMC's term, form): the words. Spanish, French and Portuguese ones are those of situation reports, which
# English ones quote as they are.
_LISTED: dict[tuple[Kind, str | None, Form], str] = {
    ("killed", None, "verb"): """
        killed slain massacred executed beheaded murdered martyred shot gunned crucified eliminated liquidated""",
    ("killed", None, "active"): """
        kill kills killing massacring executing executes beheading beheads murdering eliminates eliminating""",
    ("killed", None, "intransitive"): "died die dies perished drowned dead perish dying succumbed",
    ("killed", None, "noun"): """
        deaths death fatalities killings toll massacre casualties bodies corpses martyrs fatality""",
    ("injured", None, "verb"): "injured wounded hurt maimed hospitalised hospitalized",
    ("injured", None, "active"): "injure injures injuring wound wounds wounding",
    ("injured", None, "noun"): "injury injuries",
    ("trapped", None, "verb"): "trapped besieged stranded encircled stuck marooned blockaded",
    ("trapped", None, "active"): "trap traps trapping besieging encircling stranding",
    ("missing", None, "intransitive"): "missing disappeared unaccounted",
    ("affected", None, "verb"): "affected",
    ("affected", None, "active"): "affects affecting affect",
    ("displaced", "forced_to_flee", "intransitive"): "fled flee flees fleeing flight escaped escaping",
    ("displaced", "displaced", "verb"): """
        uprooted expelled deported dislodged ousted desplazados desplazadas desplazado deplaces deplacees deplace
        desplaces deslocados""",
    ("displaced", "displaced", "active"): "uprooting uproot expelling deporting uproots",
    ("displaced", "displaced", "adjective"): "idps idp pdi returnees refugees",
    ("displaced", "evacuated", "adjective"): "evacuees",
    ("displaced", "displaced", "noun"): "exodus",
    ("displaced", "displaced", "intransitive"): "returned arrived crossed arriving crossing",
    ("displaced", "sheltered", "verb"): "sheltered accommodated housed",
    ("displaced", "sheltered", "intransitive"): "sheltering albergados albergadas abrigados",
    ("displaced", "relocated", "verb"): "resettled shifted",
    ("displaced", "relocated", "intransitive"): "moved move moving",
    ("displaced", "homeless", "intransitive"): """
        homeless roofless desalojados desalojadas desabrigados damnificados""",
    ("housing", "destroyed_housing", "verb"): """
        destroyed demolished razed flattened levelled gutted buried burned burnt torched destruidas destruidos
        destruyo detruites detruits""",
    ("housing", "destroyed_housing", "active"): """
        destroying destroys destroy demolishing demolish razing flattening burying""",
    ("housing", "destroyed_housing", "noun"): "destruction demolition",
    ("housing", "destroyed_housing", "intransitive"): "collapsed collapse",
    ("housing", "partially_destroyed_housing", "verb"): """
        damaged flooded inundated submerged danadas danados afectadas endommagees""",
    ("housing", "partially_destroyed_housing", "active"): "damaging flooding inundating damages submerging",
    ("housing", "partially_destroyed_housing", "noun"): "damage",
    ("housing", "uninhabitable_housing", "intransitive"): "uninhabitable unlivable",
    ("displaced", "evacuated", "intransitive"): "evacuados evacuadas evacuado evacues",
}
_CUES = {word: entry for entry, listed in _LISTED.items() for word in listed.split()}
WORDS = frozenset(_CUES)
_STEMS: tuple[tuple[str, str], ...] = (("displac", "displaced"), ("evacuat", "evacuated"), ("relocat", "relocated"))
_GLUED_AUX = frozenset("were was been be have had has are is being to people who newly internally".split())
_GLUED_TAILS = ("the", "and", "from", "for", "in", "to", "by", "of", "at")
_STEM = re.compile("displac|evacuat|relocat|seekrefuge|collective")
_CUE_HEADS = frozenset(word[:4] for word in _CUES if len(word) > 3)
_SITES = frozenset("centre centres center centers shelter shelters sites site".split())
_HOMES = frozenset("home homes house houses dwellings villages village properties".split())
_LEAVING = frozenset("leave left leaving abandon abandoned abandoning flee fled quit vacate vacated".split())
_TAKING = frozenset("took take taking taken sought seek seeking found finding sheltered".split())
_NEEDING = frozenset("need needs needing require requires requiring needed".split())
_NEEDED = frozenset(
    "aid assistance help food water shelter humanitarian emergency urgent support relief protection medical".split()
)
# The words that begin a phrase; the longer ones by stem, because a PDF glues others to them.
_PHRASE_STEMS = ("evacuation", "emergency", "temporary", "collective", "transit", "seekrefuge")
_PHRASE_WORDS = (
    _TAKING
    | _LEAVING
    | _NEEDING
    | frozenset(
        """shelters shelter centres centers camp camps lost losing lose claimed claiming claims cost from out outof
        without washed swept blown burned burnt torn knocked under cut sin sans left""".split()
    )
)
_WHOLE = _PHRASE_WORDS | WORDS
_HEADS = _CUE_HEADS | {stem[:4] for stem in _PHRASE_STEMS}


def find(words: Words) -> list[Cue]:
    """The cues of a sentence, left to right."""
    found: list[Cue] = []
    at = 0
    glued = _STEM.search(" ".join(words.norm)) is not None
    if not glued and _WHOLE.isdisjoint(words.norm) and _HEADS.isdisjoint([norm[:4] for norm in words.norm]):
        return found
    for i, norm in enumerate(words.norm):
        if norm not in _WHOLE and (len(norm) < 6 or not (norm[:4] in _HEADS or (glued and _STEM.search(norm)))):
            continue  # most words are none
        if i < at:
            continue
        cue = None
        if norm in _PHRASE_WORDS or norm.startswith(_PHRASE_STEMS):
            cue = _phrase(words, i)
        if cue is None and norm in _CUES and words.norm[i : i + 2] != ("dead", "sea"):
            kind, term, form = _CUES[norm]
            cue = Cue(kind, term, form, i, i + 1)
        elif cue is None and len(norm) > 5 and (norm[:4] in _CUE_HEADS or _STEM.search(norm)):
            cue = _stemmed(words, i) or _unglued(words, i)
        if cue is not None:
            found.append(cue)
            at = cue.end
    return found


def speaks_of(words: Words) -> bool:
    """A cheap test: some word may be a cue. Without one a sentence holds no figure, whatever its numbers."""
    if _STEM.search(words.folded):
        return True
    return not _WHOLE.isdisjoint(words.norm) or not _CUE_HEADS.isdisjoint([norm[:4] for norm in words.norm])


def _stemmed(words: Words, i: int) -> Cue | None:
    norm = words.norm[i]
    for stem, term in _STEMS:
        at = norm.find(stem)
        if at >= 0:
            form = "intransitive" if norm[:at] in _GLUED_AUX else _stem_form(norm[at:])
            return Cue("displaced", term, form, i, i + 1)
    return None


def _unglued(words: Words, i: int) -> Cue | None:
    """A cue that a PDF glued to its neighbour: "fledShirqat", "damageto", "seekrefuge"."""
    norm, raw = words.norm[i], words.raw(i)
    if len(norm) < 6 or not norm.isalpha():
        return None
    head = next((norm[:k] for k in range(3, len(raw)) if raw[k - 1].islower() and raw[k].isupper()), None)
    if head is None and norm.endswith(_GLUED_TAILS):
        head = next(norm[: -len(tail)] for tail in _GLUED_TAILS if norm.endswith(tail))
    entry = _CUES.get(head) if head and len(head) > 3 else None
    return Cue(*entry, i, i + 1) if entry else None


def _stem_form(word: str) -> Form:
    if "tion" in word or "ment" in word:
        return "noun"
    return "verb" if "ed" in word or word.endswith("e") else "active"


def _phrase(words: Words, i: int) -> Cue | None:
    """The fixed phrases: "took shelter", "evacuation centres", "from their homes", "lost their lives", "cut off"."""
    norm, after = words.norm[i], words.norm[i + 1 : i + 5]
    if norm in _TAKING and after and (after[0].startswith("refuge") or after[0] == "shelter"):
        return Cue("displaced", "sheltered", "intransitive", i, i + 2)
    if norm.startswith("seekrefuge"):
        return Cue("displaced", "sheltered", "intransitive", i, i + 1)
    if norm == "collective" and after[:1] == ("sites",):
        return Cue("displaced", "in_relief_camp", "place", i, i + 2)
    if norm.startswith(("evacuation", "emergency", "temporary", "collective", "transit")):
        size = next((k for k, word in enumerate(after[:3]) if word in _SITES), None)
        if size is not None:
            return Cue("displaced", "sheltered", "place", i, i + size + 2)
    if norm in ("shelters", "shelter", "centres", "centers"):
        return Cue("displaced", "sheltered", "place", i, i + 1)
    if norm in ("camp", "camps"):
        return Cue("displaced", "in_relief_camp", "place", i, i + 1)
    if norm in ("lost", "losing", "lose") and after:
        if "lives" in after[:2] or "life" in after[:2]:
            return Cue("killed", None, "intransitive", i, i + 2)
        if _HOMES.intersection(after[:2]):
            return Cue("displaced", "homeless", "intransitive", i, i + 3)
    if (
        norm in ("claimed", "claiming", "claims", "cost", "took", "taken", "taking")
        and "lives" in words.norm[i + 1 : i + 8]
    ):
        return Cue("killed", None, "active", i, i + 1)
    return _home_phrase(words, i) or _state_phrase(words, i)


def _home_phrase(words: Words, i: int) -> Cue | None:
    """ "Out of their homes", "from homes", "left their villages", "without homes"."""
    norm, after = words.norm[i], words.norm[i + 1 : i + 4]
    if (
        norm in _LEAVING
        and after[:1] in (("their",), ("her",), ("his",), ("thier",))
        and _HOMES.intersection(after[1:3])
    ):
        return Cue("displaced", "forced_to_flee", "intransitive", i, i + 3)
    if norm in ("from", "out", "outof") and _HOMES.intersection(after[:3]) and {"their", "of"}.intersection(after):
        return Cue("displaced", "forced_to_flee", "intransitive", i, i + 2)
    if (
        norm == "without"
        and after[:1] in (("homes",), ("shelter",), ("a",))
        and {"homes", "shelter", "home"} & set(after[:2])
    ):
        return Cue("displaced", "homeless", "intransitive", i, i + 2)
    if norm in ("washed", "swept", "blown", "burned", "burnt", "torn", "knocked") and after[:1] in (
        ("away",),
        ("down",),
    ):
        return Cue("housing", "destroyed_housing", "verb", i, i + 2)
    return None


def _state_phrase(words: Words, i: int) -> Cue | None:
    """ "In need of aid", "under siege", "cut off", "living in displacement"."""
    norm, after = words.norm[i], words.norm[i + 1 : i + 5]
    if norm in _NEEDING:
        if after[:2] == ("of", "repair") or after[:1] == ("repair",):
            return Cue("housing", "partially_destroyed_housing", "intransitive", i, i + 2)
        if "shelter" in after[:3] and norm in ("need", "needing"):
            return Cue("displaced", "sheltered", "intransitive", i, i + 2)
        if _NEEDED.intersection(after):
            return Cue("in_need", None, "intransitive", i, i + 1)
    if norm == "sin" and after[:1] in (("hogar",), ("hogares",), ("techo",), ("vivienda",)):
        return Cue("displaced", "homeless", "intransitive", i, i + 2)
    if norm == "sans" and after[:1] in (("abri",), ("abris",)):
        return Cue("displaced", "homeless", "intransitive", i, i + 2)
    if norm == "left" and i and words.norm[i - 1] in ("have", "has", "had") and (not after or words.gap(i + 1).strip()):
        return Cue("displaced", "evacuated", "intransitive", i, i + 1)
    if norm == "under" and after[:1] == ("siege",):
        return Cue("trapped", None, "intransitive", i, i + 2)
    if norm == "cut" and after[:1] == ("off",):
        return Cue("trapped", None, "verb", i, i + 2)
    return None
