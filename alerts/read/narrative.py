"""Where an article tells a tale of old: a paragraph that begins "In 2008 the talks broke down" goes on to tell what
happened then, though its next sentences name no day. Only paragraphs can tell this, so a text without them tells none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from alerts.read.clausewords import PRESENT
from alerts.read.text import Words
from alerts.types import When

_OLD = timedelta(days=60)  # what is told of the last weeks belongs to the news
_OF_TODAY = PRESENT | frozenset(
    "will would could may might can now today currently still meanwhile yesterday overnight says say adds fears warns"
    " remain remains continue continues".split()
)


def sets_the_time(words: Words, dates: Sequence[When], today: date) -> When | None:
    """The date of long ago that a sentence is told of, or None. A sentence that has a word of today, or a date that is
    not old, is of today."""
    if not dates or not _OF_TODAY.isdisjoint(words.norm):
        return None
    old = [when for when in dates if when.relation == "on" and when.end < today - _OLD]
    return old[0] if len(old) == len(dates) else None


def goes_on(words: Words, dates: Sequence[When]) -> bool:
    """Whether the sentence may go on with the tale of the one before: it names no day and has no word of today."""
    return not dates and _OF_TODAY.isdisjoint(words.norm)
