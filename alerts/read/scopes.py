"""Which words of a sentence a cue speaks about: "could" about its verb, "denied that" about what follows,
"planned" about the next noun. Claims ask whether a hit lies there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.read import claimwords as w
from alerts.read import longago
from alerts.read.clausewords import ASK, DEFINITE, DETERMINERS, FUNCTION, PREPOSITIONS, SAYING
from alerts.read.longago import Finder
from alerts.read.scene import ALL, FAR, Scene, Scope

_SAID = frozenset({"doing", "quote", "that"})
_PARTING = FUNCTION - DETERMINERS - {"of"}
_SETTLED = w.HAPPENED | w.FAILED | w.FOILED
_NOT_STANDING = w.FRESH | {"by", "after", "since", "before", "until", "those"}
_ARTICLES = DETERMINERS | {"internally", "longest", "two", "three", "other"}


def find_scopes(scene: Scene) -> Iterator[Scope]:
    """Every cue of the window with its scope, in the order of the words; dates apart (`claims`)."""
    for i in scene.window.cues:
        for finder in _CUES.get(scene.words.norm[i], ()):
            scope = finder(scene, i)
            if scope:
                yield scope


def _modal(scene: Scene, i: int) -> Scope | None:
    """could, would, will: the rest of the clause and what its participles add, and a subject that is only
    thought of ("a further attack could")."""
    word, before, after = scene.at(i), scene.at(i - 1), scene.at(i + 1)
    if i in scene.dated or before in DETERMINERS or after in ("of", "not"):
        return None
    if word == "may" and scene.words.raw(i)[0].isupper() and i > scene.low:
        return None
    near = {scene.at(i + 1), scene.at(i + 2), scene.at(i + 3)}
    if word in ("could", "would", "might") and near & w.PERCEIVED and "not" not in near:
        return None
    low = i + 1
    if scene.end <= i and i - scene.end <= 8:
        indefinite = scene.at(scene.first) in w.INDEFINITE or scene.at(scene.first - 1) in w.INDEFINITE
        if indefinite and scene.home(scene.first) == scene.home(i):
            low = scene.first
    return Scope("possible", i, i, low, i + FAR, i)


def _wanting(scene: Scene, i: int) -> Scope | None:
    """threatened to, plans to, offensive to: the infinitive and the rest of its clause."""
    for at in (i + 1, i + 2, i + 3):
        if scene.at(at) == "for":  # "trying for months to"
            continue
        if scene.at(at) == "to":
            if scene.at(at + 1) in ("the", "a", "an", "its", "his", "their"):
                return None
            return Scope("possible", i, at, at + 1, i + FAR, at)
        if scene.at(at) in FUNCTION:
            return None
    return None


def _risk(scene: Scene, i: int) -> Scope | None:
    """warned of, risk of: what follows, up to "for ..." or the clause's end."""
    if scene.at(i + 1) not in ("of", "against", "about"):
        return None
    high = next((k for k in range(i + 2, min(i + 25, scene.high)) if scene.at(k) in ("for", "among")), i + 25)
    return Scope("possible", i, i + 1, i + 2, high, i)


def _fear(scene: Scene, i: int) -> Scope | None:
    if scene.at(i) == "feared" and scene.at(i + 1) in ("dead", "killed", "lost", "trapped"):
        return None
    high = next((k for k in range(i + 2, min(i + 25, scene.high)) if scene.at(k) in ("for", "among")), i + 25)
    return Scope("possible", i, i, i + 1, high, i, _SAID)


def _call(scene: Scene, i: int) -> Scope | None:
    """called for, demanded, proposed: what follows is wanted, not there."""
    needs = w.CALLS_WITH.get(scene.at(i))
    if needs and scene.at(i + 1) not in needs.split():
        return None
    return Scope("possible", i, i + 1 if needs else i, i + 1, i + 25, i, _SAID)


def _ask(scene: Scene, i: int) -> Scope | None:
    if scene.at(i - 1) in ("as", "even", "only") and scene.at(i) == "if":
        return None
    return Scope("possible", i, i, i + 1, i + FAR, i, _SAID)


def _maybe(scene: Scene, i: int) -> Scope | None:
    """planned, looming: the noun phrase that follows."""
    if scene.at(i - 1) in ("was", "were", "had", "have", "has") or scene.at(i + 1) in FUNCTION:
        return None
    return Scope("possible", i, i, i + 1, scene.phrase_end(i + 1))


def _drill(scene: Scene, i: int) -> Scope | None:
    return Scope("possible", i, i, scene.low, scene.high, i, ALL)


def _infinitive(scene: Scene, i: int) -> Scope | None:
    """ "sent tanks to capture the town": a purpose, unless what stands before makes it happen."""
    if i + 1 != scene.first or scene.at(i + 1) not in w.PURPOSE or scene.at(i + 2) in ("on", "of", "in", "at", "by"):
        return None
    if any(scene.at(k) in w.WANTING for k in range(i - 3, i)):
        return None  # said better by that cue
    if any(scene.at(k) in _SETTLED and scene.words.gap(k) != "-" for k in range(max(scene.low, i - 8), i)):
        return None
    return Scope("possible", i, i, i + 1, i + 20, i)


def _not(scene: Scene, i: int) -> Scope | None:
    """not, never: the verb and its object, up to a "in the ..." that takes its noun for granted."""
    if scene.at(i + 1) in w.NOT_NOT or scene.at(i - 1) in ("if", "whether", "or", "why"):
        return None
    return _negated(scene, i, 9)


def _none(scene: Scene, i: int) -> Scope | None:
    if scene.at(i + 1) in w.NO_NO:
        return None
    return _negated(scene, i, 8)


def _takes_for_granted(scene: Scene, i: int) -> bool:
    """ "in the attack", "on a hospital": what hangs on this preposition is there, whatever the verb."""
    return scene.at(i) in PREPOSITIONS and (scene.at(i + 1) in DEFINITE or scene.at(i + 1) in ("a", "an"))


def _negated(scene: Scene, i: int, limit: int) -> Scope | None:
    high = i + 1
    bare = scene.at(i) in w.NONE
    while high < min(i + 1 + limit, scene.high):
        word = scene.at(high)
        if word in w.PRESUPPOSE or _takes_for_granted(scene, high):
            break
        if bare and word in PREPOSITIONS and not (word == "of" and scene.at(high - 1) in w.REPORTS):
            break
        if word in ("but", "because", "until", "when", "as", "while", "after", "amid"):
            break
        high += 1
    return Scope("denied", i, i, i + 1, high, i, _SAID)


def _deny(scene: Scene, i: int) -> Scope | None:
    """denied, rejected: object and that-clause. "Denied access" is an event, no denial."""
    if scene.at(i + 1) in w.DENIED_GOODS or scene.at(i - 1) in ("was", "were", "been", "being", "not", "be"):
        return None
    high = next((k for k in range(i + 2, min(i + FAR, scene.high)) if _turns(scene, k)), i + FAR)
    return Scope("denied", i, i, i + 1, high, i, _SAID)


def _turns(scene: Scene, i: int) -> bool:
    """A new statement begins here: "denied it, saying ...", "denied it and described ..."."""
    word, before = scene.at(i), scene.at(i - 1)
    if before == "and" and (word.endswith("ed") or word in SAYING):
        return True
    return word in ("saying", "stressing", "insisting", "claiming", "arguing", "adding", "calling", "describing")


def _fail(scene: Scene, i: int) -> Scope | None:
    """failed to, refused to; but "failed to stop the attack" says that there was one."""
    to = next((k for k in (i + 1, i + 2) if scene.at(k) == "to"), None)
    if to is None or scene.at(to + 1) in w.PRESUPPOSE or scene.at(to + 1) in w.ENDING:
        return None
    high = next((k for k in range(to + 2, to + 14) if _takes_for_granted(scene, k)), to + 14)
    return Scope("denied", i, to, to + 1, high, i)


def _foil(scene: Scene, i: int) -> Scope | None:
    near = [scene.at(k) for k in range(i + 1, i + 6)]
    if "from" in near:
        return None
    if scene.at(i).startswith(("foil", "thwart")) and not any(word in w.PLOTS for word in near):
        return None  # an army "foiled an attack": there was fighting
    return Scope("denied", i, i, i + 1, i + 7, i)


def _false(scene: Scene, i: int) -> Scope | None:
    if scene.at(i) == "false" and scene.at(i + 1) not in w.FALSE_OF:
        if scene.at(i - 1) not in ("as", "is", "are", "was", "were", "were") or scene.at(i + 1) in ("flag",):
            return None
    return Scope("denied", i, i, i - 8, i + 20, i, _SAID)


def _ended(scene: Scene, i: int) -> Scope | None:
    """lifted the siege; the siege was lifted. "To end the siege", "has not ended": it goes on."""
    word = scene.at(i)
    if any(scene.at(k) in w.NOT or scene.at(k) == "to" or scene.at(k) in w.MODALS for k in range(i - 3, i)):
        return None
    if scene.first > i:
        between = [scene.at(k) for k in range(i + 1, scene.first)]
        blocked = any(b in _PARTING for b in between) or any(k in scene.dated for k in range(i + 1, scene.first))
        if word == "over" or len(between) > 4 or blocked or scene.at(i + 1) == "":
            return None
        if word in ("broke", "broken") and scene.at(i + 1) in PREPOSITIONS:
            return None
        return Scope("denied", i, i, scene.first, scene.end)
    if scene.end <= i <= scene.end + 3 and all(scene.at(k) in w.OVER_LINKS for k in range(scene.end, i)):
        if word == "over" and (scene.end == i or scene.at(i + 1) in DETERMINERS):
            return None
        if scene.at(i + 1) in ("in", "with", "by", "out", "down") and word in ("ended", "broke", "broken"):
            return None
        if scene.end == i and scene.at(i + 1) in DETERMINERS:
            return None  # "fighters broke the siege": the hit is who did it
        return Scope("denied", i, i, scene.first, scene.end)
    return None


def _bringing(scene: Scene, i: int) -> Scope | None:
    """bringing the total toll to 170."""
    at = next((k for k in range(i + 1, i + 6) if scene.at(k) in w.TOLLS), None)
    if at is None:
        return None
    return Scope("total", i, at, i + 1, i + 25, i, ALL)


def _still(scene: Scene, i: int) -> Scope | None:
    """remains besieged, still under siege: not new."""
    at = scene.first
    if not i < at <= i + 3 or not (scene.at(at) in w.STANDING or scene.at(at - 1) == "under"):
        if scene.at(at) != "under":
            return None
    return Scope("standing", i, i, at, scene.end, i)


def _participle(scene: Scene, i: int) -> Scope | None:
    return Scope("standing", i, i, i, i + 2) if scene.first <= i < scene.end and describes(scene, i) else None


def describes(scene: Scene, i: int) -> bool:
    """A participle before its noun: the besieged town, two rebel-besieged villages, in besieged Homs."""
    before, after = scene.at(i - 1), scene.at(i + 1)
    if scene.at(i) not in w.STANDING or not after or after in FUNCTION or after[0].isdigit():
        return False
    if scene.words.gap(i + 1).strip(" -") or before in _NOT_STANDING or after in w.VAGUE | {"all", "several"}:
        return False
    opens = i == scene.low and scene.words.raw(i)[0].isupper()
    if before == "that":  # "a bomb that wounded six policemen"
        return False
    owned = before in w.OWNED_BY and "-" in scene.words.gap(i)
    return opens or owned or before in _ARTICLES or before in PREPOSITIONS


def _hearsay(scene: Scene, i: int) -> Scope | None:
    return Scope("alleged", i, i, scene.low, scene.high, i, ALL)


def _according(scene: Scene, i: int) -> Scope | None:
    if scene.at(i + 1) != "to":
        return None
    return Scope("alleged", i, i + 1, scene.low, scene.high)


def _claiming(scene: Scene, i: int) -> Scope | None:
    """claimed, alleged, accused them of: but a bomb claims lives, and claims are laid to a number."""
    if scene.at(i) in w.ACCUSING:
        return Scope("alleged", i, i, i + 1, scene.high, i, _SAID)
    if scene.at(i + 1) in w.CLAIMED_FACTS or scene.at(i + 1)[:1].isdigit() or scene.at(i + 2) in w.CLAIMED_FACTS:
        return None
    return Scope("alleged", i, i, i + 1, scene.high, i, _SAID)


_TABLE: Sequence[tuple[frozenset[str], Finder]] = (
    (w.MODALS, _modal),
    (w.WANTING, _wanting),
    (w.RISKS, _risk),
    (w.FEARS, _fear),
    (w.CALLS, _call),
    (ASK, _ask),
    (w.MAYBE, _maybe),
    (w.DRILLS, _drill),
    (frozenset({"to"}), _infinitive),
    (w.NOT, _not),
    (w.NONE, _none),
    (w.DENY, _deny),
    (w.FAILED, _fail),
    (w.FOILED, _foil),
    (w.FALSE | {"false"}, _false),
    (w.ENDED, _ended),
    *longago.TABLE,
    (w.BRINGING, _bringing),
    (w.REMAINS, _still),
    (w.STANDING, _participle),
    (w.HEARSAY, _hearsay),
    (frozenset({"according"}), _according),
    (w.CLAIMING, _claiming),
)
CUES: frozenset[str] = frozenset().union(*(words for words, _ in _TABLE))
_CUES = {cue: tuple(finder for words, finder in _TABLE if cue in words) for cue in CUES}
