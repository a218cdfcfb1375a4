"""Stored versions as values: what messages are made from, without a database."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from alerts.render.cap import Issuer, cap
from alerts.store import codec
from alerts.store.alerts import Version
from alerts.types import MessageKind
from tests.store import values

START = values.NOW
HOUR = timedelta(hours=1)
USUAL = Issuer(sender="elsewhere.example", restriction="For nobody.")
DESK = Issuer(
    sender="alerts.example", name="Northern Desk", contact="desk@alerts.example", base_url="https://alerts.example",
    restriction="For the readers of the desk.",
)  # fmt: skip
TERMS: dict[str, Any] = {
    "rule": "shelling", "version": "a" * 64, "title": "Shelling", "test": False, "category": "Security",
    "response": "Monitor", "lasts": 3 * 86_400.0, "stands": False, "unrated": False,
}  # fmt: skip
QUOTE: dict[str, Any] = {
    "source": "Example News", "published": "2026-03-01T11:00:00+00:00", "title": "Shells fall on Taiz",
    "sentence": "Shells fell on Taiz, killing a dozen civilians.", "url": "https://news.example/a",
}  # fmt: skip


def version(number: int = 1, kind: MessageKind | None = None, **more: Any) -> Version:
    """A version, `hours` after the alert was opened. `terms`, `issuer`, `quotes`, `merged` are what it took along,
    `why` and `changes` its own, all else fields of the alert."""
    alert_id = more.pop("alert_id", "7")
    issued = {
        "issuer": asdict(more.pop("issuer", DESK)),
        "terms": {**TERMS, **more.pop("terms", {})},
        "quotes": more.pop("quotes", [QUOTE]),
        "merged": more.pop("merged", []),
    }
    made = Version(
        alert_id=alert_id,
        version=number,
        kind=kind or ("new" if number == 1 else "update"),
        at=START + more.pop("hours", number - 1) * HOUR,
        why=more.pop("why", "first report: Example News" if number == 1 else "more killed"),
        changes=more.pop("changes", ()),
        fields={},
    )
    texts = {"title": more.pop("title", "Shelling in Taiz"), "summary": more.pop("summary", "A dozen were killed.")}
    alert = values.alert(id=alert_id, version=number, incident=more.pop("incident", "3"), **more)
    return replace(made, fields={**codec.to_json(alert), **texts, "issued": issued})


def messages(*told: Version) -> list[bytes]:
    """The message of each version, the earlier ones known."""
    return [cap(one, told[:index], USUAL) for index, one in enumerate(told)]
