"""Articles and hits for tests of counting, with everything not under test filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.match.engine import Detection
from alerts.types import Article, Hit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def article(text: str = "Shells fell.", id: str = "1", **more: Any) -> Article:
    values: dict[str, Any] = {"title": "", "published": NOON, "source": "Example News"}
    return Article(id=id, text=text, **values | more)


def hit(sentence: str = "Shells fell.", because: str | None = None, **more: Any) -> Hit:
    values: dict[str, Any] = {
        "rule": "shelling",
        "rule_version": "a" * 64,
        "family": "shelling",
        "event": "attack",
        "current": because is None,
        "severity": "moderate",
        "sentence_index": 0,
        "quote": sentence,
        "parts": {"attack": "Shells fell"},
        "claims": (),
        "place": None,
        "place_from": None,
        "numbers": {},
        "event_time": NOON,
    }
    return Hit(sentence=sentence, because=because, **values | more)


def found(*hits: Hit) -> Detection:
    """What a rule set would have found: the hits that count, and those dropped."""
    dropped = tuple(one for one in hits if not one.current)
    return Detection(hits=tuple(one for one in hits if one.current), bind_dropped=lambda: dropped)
