"""Which words of a sentence a cue of long ago speaks about: anniversaries and trials, "three months after", "the
following October". Part of `scopes`, which has all other cues."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.read import claimwords as w
from alerts.read.clausewords import DETERMINERS, PREPOSITIONS
from alerts.read.scene import ALL, FAR, Scene, Scope

Finder = Callable[[Scene, int], Scope | None]


def _memory(scene: Scene, i: int) -> Scope | None:
    """anniversary, memorial; an attack "on the anniversary of ..." is new, what follows "of" is not."""
    if any(scene.at(k) in ("on", "at", "near", "attended", "attending") for k in range(i - 4, i)):
        return Scope("past", i, i, i + 1, i + 8, i, frozenset())
    return Scope("past", i, i, scene.low, scene.high, i, ALL)


def _mark(scene: Scene, i: int) -> Scope | None:
    """ "Haitians mark the quake": what is remembered lies back. "Marks the first attack", "marked by fighting": not."""
    near = {scene.at(k) for k in range(i + 1, i + 4)}
    paid = scene.at(i).startswith("tribute") and scene.at(i + 1) == "to"
    if near & (w.RECORD | w.MARKED_NOW) or scene.at(i - 1) in DETERMINERS:
        return None
    if scene.at(i + 1) in ("a", "an", "another", "yet") or (scene.at(i + 1) in PREPOSITIONS and not paid):
        return None  # "the raids mark a violation"
    return Scope("past", i, i, i + 1, i + 8, i, frozenset({"which", "that", "of"}))


def _court(scene: Scene, i: int) -> Scope | None:
    """convicted, on trial: everything told after it, and the noun it follows ("the bombing trial")."""
    if scene.at(i).startswith("trial") and scene.at(i + 1) in ("run", "runs", "period"):
        return None
    low = i - 3 if scene.at(i).startswith(("trial", "retrial", "verdict")) else i + 1
    return Scope("past", i, i, low, scene.high, i, ALL)


def _heard(scene: Scene, i: int) -> Scope | None:
    """ "A court heard how ...": what was done long ago."""
    at = next((k for k in range(i + 1, i + 5) if scene.at(k) == "heard"), None)
    return Scope("past", i, at, at + 1, scene.high) if at else None


def _used(scene: Scene, i: int) -> Scope | None:
    """ "Foreigners used to be kidnapped": no more."""
    return Scope("past", i, i + 1, i + 2, i + FAR, i) if scene.at(i + 1) == "to" else None


def _charged(scene: Scene, i: int) -> Scope | None:
    """charged with, arrested over, wanted in connection with: what follows is what they did."""
    direct = ("with", "over", "in", "for") if scene.at(i) in ("charged", "wanted") else ("over",)
    if scene.at(i + 1) in direct:
        return Scope("past", i, i + 1, i + 2, scene.high, i, ALL)
    at = next((k for k in range(i + 2, i + 9) if scene.at(k) in ("connection", "over")), None)
    return Scope("past", i, at, at + 1, scene.high, at, ALL) if at else None


def _probe(scene: Scene, i: int) -> Scope | None:
    if scene.at(i + 1) not in ("into", "of"):
        return None
    return Scope("past", i, i + 1, i + 2, i + 12, i)


def _world_war(scene: Scene, i: int) -> Scope | None:
    if scene.at(i + 1) != "war":
        return None
    return Scope("past", i, i + 1, scene.low, scene.high, i, ALL)


def _died(scene: Scene, i: int) -> Scope | None:
    """died of wounds: the attack lies back."""
    if scene.at(i + 1) not in ("of", "from"):
        return None
    at = next((k for k in range(i + 2, i + 5) if scene.at(k) in ("wounds", "injuries")), None)
    return Scope("past", i, at, i + 1, scene.high, i, ALL - {"when"}) if at else None


def _earlier(scene: Scene, i: int) -> Scope | None:
    """previous, past: the noun phrase that follows."""
    end = scene.phrase_end(i + 1)
    if i in scene.dated or i + 1 in scene.dated or end == i + 1:
        return None
    if scene.at(i) in ("earlier", "then") and scene.at(i - 1) not in DETERMINERS | {"in", "of", "an"}:
        return None
    return Scope("past", i, i, i + 1, end)


def _long_after(scene: Scene, i: int) -> Scope | None:
    """ "three months after the army took the town": what follows lies back; "ten years on": all of it does."""
    after = scene.at(i + 1)
    if after == "on" and scene.at(i - 1) in w.COUNTS and _closes(scene, i + 2):
        return Scope("past", i - 1, i + 1, scene.low, scene.high, i, ALL)
    if after in ("earlier", "before") and scene.at(i) != "weeks":
        return Scope("past", i, i + 1, scene.low, scene.high, i, ALL)
    if after not in ("after", "since") or (scene.at(i) == "weeks" and scene.at(i - 1) not in w.MANY_WEEKS):
        return None
    opens = i - scene.low < 4
    end = next((k for k in range(i + 3, min(i + FAR, scene.high)) if opens and "," in scene.words.gap(k)), i + FAR)
    return Scope("past", i, i + 1, i + 2, end, i + 2)


def _height(scene: Scene, i: int) -> Scope | None:
    """ "At the height of the war": long ago."""
    return Scope("past", i, i + 1, scene.low, scene.high, i, ALL) if scene.at(i + 1) == "of" else None


def _narrated(scene: Scene, i: int) -> Scope | None:
    """ "lost it again the next June", "the following October raids killed": a tale of old."""
    if scene.at(i - 1) != "the" or scene.at(i + 1) not in w.NARRATED_TERMS or scene.at(i + 2) == "of":
        return None
    return Scope("past", i, i + 1, scene.low, scene.high, i, ALL)


def _closes(scene: Scene, i: int) -> bool:
    """Before word `i` stands a comma or the like, or it is none."""
    return not scene.at(i) or bool(scene.words.gap(i).strip(" -'’"))


TABLE: Sequence[tuple[frozenset[str], Finder]] = (
    (w.MEMORY, _memory),
    (w.MARKING, _mark),
    (w.COURT, _court),
    (frozenset({"court"}), _heard),
    (frozenset({"used"}), _used),
    (w.ARRESTED, _charged),
    (w.PROBE, _probe),
    (frozenset({"world"}), _world_war),
    (frozenset({"died", "dies"}), _died),
    (w.EARLIER, _earlier),
    (w.LONG_TERMS, _long_after),
    (w.NARRATED, _narrated),
    (frozenset({"height"}), _height),
)
