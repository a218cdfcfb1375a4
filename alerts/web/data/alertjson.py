"""One alert whole, as JSON: its fields, what readers were told of it, and what speaks for and against it.

Of articles only what is quoted: the sentence, with its outlet, title and address. Their text stays theirs.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.render.fields import LONGEST_TITLE, Published, Telling, moment
from alerts.render.geojson import encoded
from alerts.render.jsonfeed import numbers, own
from alerts.render.view import web_link
from alerts.store.alerts import Record, Version
from alerts.store.database import reading
from alerts.template_filters import one_line, shorten
from alerts.types import Evidence
from alerts.web.data import cap
from alerts.web.data.formats import is_open
from alerts.web.data.published import ANY_ORIGIN
from alerts.web.public.alert import told_alert
from alerts.web.site import Web, answer, web_of

MEDIA_TYPE: Final = "application/json"
MOST_EVIDENCE: Final = 500
_LONGEST_SENTENCE: Final = 600


def whole(request: Request) -> Response:
    """`/alerts/{id}.json`."""
    web, wanted = web_of(request), str(request.path_params["id"])
    with reading(web.engine) as conn:
        record = told_alert(conn, wanted)
    response = answer(request, encoded(document(web, record)), MEDIA_TYPE)
    response.headers.update(
        {"Link": f'<{web.site.alert_url(wanted)}>; rel="alternate"'} | (ANY_ORIGIN if is_open(web) else {})
    )
    return response


def document(web: Web, record: Record) -> dict[str, Any]:
    """The alert as readers may know it."""
    first, last = record.versions[0], record.versions[-1]
    telling = Telling(first=first.at, last=last.at, version=last.version, kind=last.kind, why=last.why)
    published = Published(alert=record.alert, title=record.title, summary=record.summary, telling=telling)
    evidence = record.evidence[:MOST_EVIDENCE]
    return own(published, web.site) | {
        "cap": cap.address(web, last) or None,
        "rights": web.settings.rights or None,
        "versions": [_version(web, one) for one in record.versions],
        "evidence": [_evidence(one) for one in evidence],
        "evidence_left_out": len(record.evidence) - len(evidence),
    }


def _version(web: Web, version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "kind": version.kind,
        "told": moment(version.at),
        "why": _text(version.why),
        "changes": [_text(change) for change in version.changes],
        "title": _text(version.fields.get("title", "")),
        "severity": version.fields.get("severity"),
        "certainty": version.fields.get("certainty"),
        "cap": cap.address(web, version) or None,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    hit = item.hit
    return {
        "source": _text(item.source),
        "title": _text(item.title),
        "url": web_link(item.url) or None,
        "published": moment(item.published),
        "origin": item.origin,
        "official": item.tier == 1,
        "sentence": shorten(one_line(hit.sentence), _LONGEST_SENTENCE),
        "quote": shorten(one_line(hit.quote), _LONGEST_SENTENCE),
        "counts": hit.current,
        "because": _text(hit.because) if hit.because else None,
        "claims": [claim.kind for claim in hit.claims],
        "numbers": numbers(hit.numbers),
        "cited": [_text(name) for name in item.cited],
    }


def _text(text: object) -> str:
    return shorten(one_line(text), LONGEST_TITLE)


VERSION_FIELDS: Final = {
    "version": "The number of the version, from 1.",
    "kind": "new, update, close (it is over) or cancel (it was wrong).",
    "told": "When readers were told.",
    "why": "Why.",
    "changes": "What changed since the version before, in words.",
    "title": "The title as it was then; severity and certainty too.",
    "severity": "How bad it was.",
    "certainty": "How sure.",
    "cap": "The CAP message of this version, the same bytes for ever; null where there is none.",
}
EVIDENCE_FIELDS: Final = {
    "source": "The outlet, and with title and url what to name when you quote.",
    "title": "The title of the article.",
    "url": "Its address; null where a browser should not be sent there.",
    "published": "When it was published.",
    "origin": "The same for articles that tell one story, such as copies of an agency’s: count these, not articles.",
    "official": "First-hand and official: the United Nations, the Red Cross, a national disaster office.",
    "sentence": "The sentence that made the rule fire.",
    "quote": "The words in it.",
    "counts": "Whether it speaks for the alert.",
    "because": "Why not, where it does not.",
    "claims": "What kind of statement it is: alleged, possible, denied, past, total, standing.",
    "numbers": "As above, from this article alone.",
    "cited": "Whom the article names as its source.",
}
"""What stands in `versions` and `evidence`, for the page that explains it; tests hold both together."""

ROUTES: Final = (Route("/alerts/{id}.json", whole),)
