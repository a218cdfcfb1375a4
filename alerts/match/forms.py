"""The forms of an English verb for `~verb` in phrases: a table of irregular ones and the regular rules.

Where usage differs (kidnapped, kidnaped; burned, burnt) every form is given: a phrase that finds a form
nobody writes costs nothing.
"""

from __future__ import annotations

_VOWELS = "aeiou"

# lemma: past forms and participles, blank-separated; the -s and -ing forms follow the regular rules.
_IRREGULAR = """
abide: abode|arise: arose arisen|bear: bore borne born|beat: beat beaten|become: became|begin: began begun
bend: bent|bind: bound|bleed: bled|blow: blew blown|break: broke broken|bring: brought|build: built
burn: burnt|burst: burst|buy: bought|catch: caught|choose: chose chosen|come: came|cut: cut|deal: dealt
dig: dug|do: did done|draw: drew drawn|drive: drove driven|eat: ate eaten|fall: fell fallen|feed: fed
feel: felt|fight: fought|find: found|flee: fled|fly: flew flown|forbid: forbade forbidden|forsake: forsook forsaken
freeze: froze frozen|get: got gotten|give: gave given|go: went gone|hang: hung|have: had|hear: heard|hide: hid hidden
hit: hit|hold: held|hurt: hurt|keep: kept|know: knew known|lay: laid|lead: led|leave: left|let: let|lie: lay lain
lose: lost|make: made|meet: met|overrun: overran|overtake: overtook overtaken|pay: paid|put: put|retake: retook retaken
ride: rode ridden|rise: rose risen|run: ran|say: said|see: saw seen|seek: sought|sell: sold|send: sent|set: set
shake: shook shaken|shoot: shot|show: showed shown|shut: shut|sink: sank sunk|slay: slew slain|sleep: slept
speak: spoke spoken|spend: spent|spill: spilt|split: split|spread: spread|stand: stood|steal: stole stolen|stick: stuck
strike: struck stricken|sweep: swept|swell: swollen|take: took taken|teach: taught|tear: tore torn|tell: told
think: thought|throw: threw thrown|tread: trod trodden|undergo: underwent undergone|uphold: upheld|upset: upset
win: won|withdraw: withdrew withdrawn|withhold: withheld|withstand: withstood|write: wrote written
"""
_PASTS = {
    lemma.strip(): tuple(forms.split())
    for line in _IRREGULAR.split("\n")
    for lemma, _, forms in (entry.partition(":") for entry in line.split("|"))
    if forms
}
_BE = frozenset("be am is are was were been being".split())
_FORM_LIKE = frozenset({"embed", "imbed"})
_REGULAR_TOO = frozenset({"burn", "spill", "hang", "abide", "swell"})
_LAST_SYLLABLE_STRESSED = ("kidnap", "occur", "refer", "commit", "admit", "permit", "expel", "repel", "compel", "rebel")


def forms(lemma: str) -> frozenset[str]:
    """All forms of the verb `lemma` (folded): `flee` gives flee, flees, fled, fleeing."""
    found = {lemma, _third_person(lemma), *_participles(lemma)}
    pasts = _PASTS.get(lemma)
    if pasts is None:  # a prefixed irregular verb: re-take, over-run, out-fight
        for prefix in ("re", "over", "out", "under"):
            if lemma.startswith(prefix) and lemma[len(prefix) :] in _PASTS:
                pasts = tuple(prefix + past for past in _PASTS[lemma[len(prefix) :]])
    if pasts is None or lemma in _REGULAR_TOO:
        found.update(_regular_pasts(lemma))
    return frozenset(found.union(pasts or ()))


def no_lemma(word: str) -> str | None:
    """What to write instead of a word of which no forms can be made, as it is a form itself: `fled` wants ~flee.
    None for what may be a verb as it stands."""
    if word in _BE:
        return "write (is | are | was | were)"
    if word in _PASTS:
        return None
    for lemma, pasts in _PASTS.items():
        if word in pasts:
            return f"write ~{lemma}, and all its forms are found"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and word not in _FORM_LIKE and not word.endswith("eed") and any(c in _VOWELS for c in stem):
            return "write the verb as dictionaries list it, such as ~flee, and all its forms are found"
    return None


def _third_person(lemma: str) -> str:
    if lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        return lemma + "es"
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return lemma[:-1] + "ies"
    return lemma + "s"


def _stems(lemma: str) -> set[str]:
    """What -ed and -ing are put to: the last consonant doubled (drop, dropped), not, or either (cancel)."""
    if len(lemma) < 3 or lemma[-1] in _VOWELS + "wxy" or lemma[-2] not in _VOWELS or lemma[-3] in _VOWELS:
        return {lemma}
    doubled = lemma + lemma[-1]
    if sum(c in _VOWELS for c in lemma) == 1:
        return {doubled}
    return {lemma, doubled} if lemma.endswith((*_LAST_SYLLABLE_STRESSED, "l")) else {lemma}


def _participles(lemma: str) -> set[str]:
    if lemma.endswith("ie"):
        return {lemma[:-2] + "ying"}
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return {lemma[:-1] + "ing"}
    return {stem + "ing" for stem in _stems(lemma)}


def _regular_pasts(lemma: str) -> set[str]:
    if lemma.endswith("e"):
        return {lemma + "d"}
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return {lemma[:-1] + "ied"}
    return {stem + "ed" for stem in _stems(lemma)}
