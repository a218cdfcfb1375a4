"""Names nobody listed: runs of capitalised words, for the slot `{name}`. No gazetteer has every hamlet that
changes hands, but the sentence that tells it prints the name with a capital."""

from __future__ import annotations

from alerts.read.text import Words

_MOST_WORDS = 4
_TITLE_CASE = 0.6  # a headline with more capitals than this says nothing by them
_PARTICLES = frozenset("al el ad an ar as ash at az ed es et de del la le los um umm bin ben abu".split())
# Words printed with a capital that name no place: days, months, ranks, and what opens a sentence.
_NO_NAMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december president minister prime general colonel major captain lieutenant king"
    " prince mr mrs ms dr sheikh ayatollah i the a he she it they we in on at after for but and mp un us".split()
)


def find(words: Words) -> dict[int, list[int]]:
    """Where names end, by their first word. A run of more than four capitalised words is no name, nor is one
    with a day or a rank in it, nor anything in a headline that capitalises most words."""
    if not words.norm or _share_of_capitals(words) > _TITLE_CASE:
        return {}
    found: dict[int, list[int]] = {}
    i = 1  # the first word of a sentence has its capital for another reason
    while i < len(words.norm):
        end = _end(words, i)
        if i < end <= i + _MOST_WORDS and _NO_NAMES.isdisjoint(words.norm[i:end]):
            found[i] = [end]
        i = max(end, i + 1)
    return found


def _share_of_capitals(words: Words) -> float:
    long = [i for i, norm in enumerate(words.norm) if len(norm) > 3 and norm.isalpha()]
    return sum(_capital(words, i) for i in long) / len(long) if len(long) > 3 else 0.0


def _end(words: Words, i: int) -> int:
    """Where the run of capitalised words from word `i` on ends; `i` itself when none begins there."""
    at = i
    while at < len(words.norm):
        if at > i and words.gap(at).strip(" -‐‑–'’"):
            break  # a comma or a full stop ends the name
        if words.norm[at] in _PARTICLES:
            if at + 1 < len(words.norm) and _capital(words, at + 1) and not words.gap(at + 1).strip(" -‐‑"):
                at += 2
                continue
            break
        if not _capital(words, at):
            break
        at += 1
    return at


def _capital(words: Words, i: int) -> bool:
    return words.raw(i)[:1].isupper()
