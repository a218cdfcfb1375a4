"""An archive as a running service leaves it: articles stored, read and tracked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from alerts.config import load
from alerts.service import Service
from alerts.store import articles, feeds
from alerts.store.articles import Draft
from alerts.store.database import writing
from tests.cli.conftest import CONFIG, FLIGHT, NUMBER, SIEGE

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def fill(folder: Path, *texts: str, step: timedelta = DAY) -> None:
    """Take articles through the service of the installation in `folder`: one of an outlet each, the last now, the
    others `step` apart."""
    service = Service(load(folder / "config.toml"), clock=lambda: NOW)
    service.prepare()
    try:
        with writing(service.engine) as conn:
            for number, text in enumerate(texts):
                source = f"Outlet {number}"
                feed = feeds.add_feed(conn, f"https://{number}.example/feed", now=NOW, interval=DAY, source=source)
                published = NOW - step * (len(texts) - 1 - number)
                articles.store(conn, feed.id, [_draft(text, published)], now=NOW)
        while service.analyst.run(service.clock).articles:
            pass
    finally:
        service.engine.dispose()


def install(folder: Path, gazetteer: Path) -> Path:
    """An installation with the two small rules; its database is to be filled once and copied."""
    files = {
        "config.toml": CONFIG.format(places=gazetteer, ports="80, 443"),
        "rules/flight.toml": FLIGHT,
        "rules/siege.toml": SIEGE,
        "rules/lexicon/number.displaced.toml": NUMBER,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _draft(text: str, published: datetime) -> Draft:
    digest = sha256(text.encode()).hexdigest()
    return Draft(key=digest, content_hash=digest, title="", text=text, url="", language="en", published=published)
