"""What `detect` and `replay` write: the lines that other programs read, so their form stays."""

from __future__ import annotations

from functools import partial
from typing import Any

from alerts.config import Config
from alerts.configured import households
from alerts.engine.rulebook import Rulebook
from alerts.engine.tracking import Told
from alerts.match.engine import Detection
from alerts.read.figures import figures
from alerts.read.languages import detect
from alerts.read.places import Gazetteer
from alerts.read.reading import Reading
from alerts.read.whereabouts import place_of_people
from alerts.types import Article, Figure, Hit, Place, Quantity


class Detector:
    """Articles to what `detect` says of them."""

    def __init__(
        self, book: Rulebook, gazetteer: Gazetteer, config: Config, *, everything: bool, figures: bool
    ) -> None:
        self.ruleset, self.gazetteer, self.households = book.ruleset, gazetteer, households(config)
        self.everything, self.figures = everything, figures

    def row(self, article: Article) -> dict[str, Any]:
        """The line of one article."""
        found = self.ruleset.detect(article, self.gazetteer, self.households)
        row: dict[str, Any] = {
            "id": article.id,
            "language": found.language or detect(f"{article.title}\n{article.text}", article.language),
            "hits": self._hits(found),
        }
        if self.figures:
            reading = found.reading or Reading(article, self.gazetteer)
            row["figures"] = [figure(one) for one in all_figures(reading)]
        return row

    def _hits(self, found: Detection) -> list[dict[str, Any]]:
        told = [one for one in found.hits if one.needs_state is None]
        lines = [hit(one) for one in told]
        if self.everything:
            unsaid = [one for one in found.hits if one.needs_state is not None]
            lines += [hit(one, because=f"no '{one.needs_state}' is said to hold") for one in unsaid]
            lines += [hit(one, because=one.because) for one in found.dropped]
        return lines


def all_figures(reading: Reading) -> list[Figure]:
    """Every displacement and casualty figure of an article."""
    return figures(
        [(one.words, one.governed) for one in reading.sentences],
        place_at=partial(place_of_people, reading),
        published=reading.article.published,
        dates_at=lambda sentence: reading.sentences[sentence].dates,
    )


def hit(value: Hit, *, because: str | None = None) -> dict[str, Any]:
    """A hit as `detect` writes it; with `because`, one that does not count."""
    row: dict[str, Any] = {
        "rule": value.rule,
        "event": value.event,
        "current": because is None,
        "severity": value.severity,
        "sentence": value.sentence,
        "quote": value.quote,
        "claims": [{"kind": claim.kind, "cue": claim.cue} for claim in value.claims],
        "place": place(value.place),
        "numbers": {name: quantity(number) for name, number in value.numbers.items()},
    }
    if because is not None:
        row["because"] = because
    return row


def place(value: Place | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "name": value.name,
        "country": value.country,
        "admin1": value.admin1_name,
        "id": value.id,
        "lat": value.lat,
        "lon": value.lon,
        "precision": value.precision,
    }


def quantity(value: Quantity) -> dict[str, Any]:
    return {
        "low": value.low,
        "high": value.high,
        "stated": value.stated,
        "unit": value.unit,
        "text": value.text,
    }


def figure(value: Figure) -> dict[str, Any]:
    return {
        "kind": value.kind,
        "low": value.low,
        "high": value.high,
        "stated": value.stated,
        "unit": value.unit,
        "term": value.term,
        "flow": value.flow,
        "place": place(value.place),
        "text": value.text,
        "sentence": value.sentence,
    }


def told(value: Told) -> dict[str, Any]:
    """One thing a reader would have been told, as `replay` writes it."""
    alert = value.alert
    return {
        "at": value.message.at.isoformat(),
        "kind": value.message.kind,
        "alert": alert.id,
        "version": value.message.version,
        "rule": alert.rule,
        "event": alert.event,
        "incident": alert.incident,
        "severity": alert.severity,
        "certainty": alert.certainty,
        "place": place(alert.place),
        "numbers": {name: quantity(number) for name, number in alert.numbers.items()},
        "origins": alert.origins,
        "articles": alert.articles,
        "title": value.title,
        "why": value.message.why,
    }
