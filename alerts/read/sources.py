"""Whom a sentence cites. Ten papers that quote one observatory are one origin, not ten (`lifecycle.md`):
corroboration counts sources, so they must have one name each."""

from __future__ import annotations

from alerts.read.text import Words

# Agencies whose bare name in a text is a citation; the value is the name they are counted under.
_AGENCIES = {
    name: name
    for name in "afp reuters ap upi dpa efe ansa sana tass xinhua anadolu sputnik ria interfax irna fars wafa suna "
    "yonhap kyodo pti ani bbc cnn sohr ocha unhcr unicef iom wfp msf icrc".split()
} | {"itar": "tass", "aljazeera": "al jazeera"}
_PHRASES = {
    ("agence", "france", "presse"): "afp",
    ("associated", "press"): "ap",
    ("al", "jazeera"): "al jazeera",
    ("al", "arabiya"): "al arabiya",
    ("united", "nations"): "un",
    ("syrian", "observatory", "for", "human", "rights"): "sohr",
    ("doctors", "without", "borders"): "msf",
    ("human", "rights", "watch"): "human rights watch",
    ("radio", "okapi"): "radio okapi",
}
_NAMES = {"sohr": "syrian observatory for human rights", "un": "united nations"}
# A name that holds one of these is an organisation's; a person's or a crowd's is nobody to corroborate by.
_ORGANISED = frozenset(
    "observatory agency television tv media radio ministry news newspaper daily channel broadcaster network watch "
    "international organisation organization council commission committee centre center office un nations army "
    "police command coalition force forces crescent cross institute union press monitor defence defense helmets".split()
)
_OF_STATE = frozenset("state official national government pro local private independent semi".split())
_SAID = frozenset("said says reported reports announced added confirmed wrote stated broadcast quoted".split())
_TOLD = frozenset("told".split())
_INSIDE = frozenset("of for and the de on in".split())
_GENERIC = frozenset("local independent private pro official".split())
_TITLES = frozenset(
    "official officials secretary minister spokesman spokeswoman chief general head director commander source sources "
    "president envoy correspondent".split()
)
_OUTSIDE = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday meanwhile elsewhere but also earlier later".split()
)
_LONG = 8


def cited_sources(words: Words) -> tuple[str, ...]:
    """Folded names of the organisations a sentence cites, in order, each once: "state television", "syrian
    observatory for human rights", "reuters". Persons, officials and residents are not named."""
    found: dict[str, None] = {}
    i, norm = 0, words.norm
    while i < len(norm):
        name, length = _known(words, i)
        if not name and norm[i] in _SAID:
            name = _subject(words, i)
        elif not name and norm[i] == "according" and i + 1 < len(norm) and norm[i + 1] == "to":
            name, length = _named_after(words, i + 2)
            length += 2
        elif not name and norm[i] in _TOLD:
            name, length = _named_after(words, i + 1)
            length += 1
            told_by = _subject(words, i)
            if told_by:
                found[told_by] = None
        if name:
            found[name] = None
        i += max(1, length)
    return tuple(found)


def _known(words: Words, i: int) -> tuple[str, int]:
    """A known agency at word `i`: its name and how many words it takes."""
    for phrase, name in _PHRASES.items():
        if words.norm[i : i + len(phrase)] == phrase:
            if name == "un" and not _speaks(words, i, i + len(phrase)):
                return "", 1
            return _NAMES.get(name, name), len(phrase)
    name = _AGENCIES.get(words.norm[i], "")
    if name and words.raw(i)[0].isupper() and (len(name) > 4 or words.raw(i).isupper()):
        return _NAMES.get(name, name), 1
    return "", 1


def _speaks(words: Words, first: int, end: int) -> bool:
    """The name is a speaker, not a place or a member: "the United Nations said", "according to the ..."."""
    before, after = words.norm[max(0, first - 3) : first], words.norm[end : end + 2]
    return "according" in before or "told" in before or any(word in _SAID or word in _TOLD for word in after)


def _capital(words: Words, i: int) -> bool:
    return words.raw(i)[0].isupper()


def _subject(words: Words, verb: int) -> str:
    """The organisation that stands right before a verb of saying."""
    first = verb
    while first > 0 and verb - first < _LONG:
        if first < verb and words.gap(first).strip(" -'’"):
            break
        word = words.norm[first - 1]
        inside = word in _INSIDE and first < verb and _capital(words, first)
        if not (_capital(words, first - 1) or word in _ORGANISED or word in _OF_STATE or inside):
            break
        first -= 1
    if first < verb and words.gap(verb).strip():
        return ""
    return _name(words, first, verb)


def _named_after(words: Words, first: int) -> tuple[str, int]:
    """The organisation named from word `first` on, and how many words were read."""
    start, end = first, first
    while end < len(words) and end - start < _LONG:
        if end > start and words.gap(end).strip(" -'’"):
            break
        word = words.norm[end]
        inside = word in _INSIDE and (end == start or (end + 1 < len(words) and _capital(words, end + 1)))
        if not (_capital(words, end) or word in _ORGANISED or word in _OF_STATE or inside):
            break
        end += 1
    for at in range(start, end):
        name, length = _known(words, at)
        if name:
            return name, at + length - first
    return _name(words, start, end), max(0, end - first)


def _name(words: Words, first: int, end: int) -> str:
    """The name in words `first` to `end`, or "" for a person, a crowd or a mere noun."""
    for at in range(first, end):
        known, length = _known(words, at)
        if known and at + length <= end:
            return known
    parts = list(words.norm[first:end])
    if "the" in parts:  # "Meanwhile on Monday the observatory"
        parts = parts[len(parts) - parts[::-1].index("the") :]
    while parts and parts[0] in _INSIDE | _OUTSIDE:
        parts.pop(0)
    while parts and parts[-1] in _INSIDE:
        parts.pop()
    if parts in (["un"], ["observatory"]):
        return "united nations" if parts == ["un"] else _NAMES["sohr"]
    named = any(part not in _ORGANISED | _GENERIC for part in parts)
    if len(parts) < 2 or not named or not any(part in _ORGANISED for part in parts) or any(p in _TITLES for p in parts):
        return ""
    return " ".join("television" if part == "tv" else part for part in parts)
