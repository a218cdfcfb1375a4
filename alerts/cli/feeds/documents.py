"""`alerts feeds documents`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common
from alerts.cli.feeds import choosing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.documents import Kept

_ENDINGS = ((b"{", "json"), (b"<!doctype html", "html"), (b"<html", "html"), (b"<", "xml"))


@click.command(name="documents", short_help="The raw documents kept of a feed, for another reading.")
@click.argument("feed_id", type=int, metavar="ID")
@common.config_option
@common.json_option
@click.option(
    "--write", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write them into this folder."
)
def command(feed_id: int, config_path: Path, as_json: bool, folder: Path | None) -> None:
    """List the raw documents that are kept of a feed, the newest first: those that brought something new, and those
    that could not be read. [collect] keep_documents says how much room all of them may take.

    Written out they are files as any others: what would be made of them now?

    \b
      alerts feeds documents 3 --write saved
      alerts feeds check saved/feed-3-20260131-120500-unreadable-17.xml
      alerts detect saved/feed-3-*.xml
    """
    from alerts.sizes import about
    from alerts.store import documents, feeds
    from alerts.store.database import reading
    from alerts.urls import without_password

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        choosing.by_ids(feeds.list_feeds(conn), [feed_id])
        kept = documents.of_feed(conn, feed_id)
        files = {} if folder is None else _written(conn, kept, folder)
    columns = ("id", "at", "status", "size", "type", "file" if files else "url")
    if as_json:
        common.print_json([_row(one, files.get(one.id)) for one in kept])
        return
    rows = [
        (
            one.id,
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.status,
            about(one.size),
            one.content_type,
            files.get(one.id) or without_password(one.url),
        )
        for one in kept
    ]
    common.print_table(columns, rows, empty="no documents are kept of this feed yet")


def _written(conn: Connection, kept: Sequence[Kept], folder: Path) -> dict[int, Path]:
    """The files by the documents' ids; one at a time, for all of them together may be more than memory holds."""
    from alerts.store import documents

    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for one in kept:
        if (found := documents.get(conn, one.id)) is not None:
            files[one.id] = folder / _name(one, found.body)
            files[one.id].write_bytes(found.body)
    return files


def _name(one: Kept, body: bytes) -> str:
    """As `feed-3-20260131-120500-ok-17.xml`: sorted by name they are in order of time."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower()
    ending = next((ending for mark, ending in _ENDINGS if start.startswith(mark)), "txt")
    return f"feed-{one.feed_id}-{one.at:%Y%m%d-%H%M%S}-{one.status}-{one.id}.{ending}"


def _row(one: Kept, file: Path | None) -> dict[str, object]:
    from alerts.urls import without_password

    names = ("id", "feed_id", "at", "status", "content_type", "size")
    row: dict[str, object] = {name: getattr(one, name) for name in names}
    return row | {"url": without_password(one.url)} | ({} if file is None else {"file": str(file)})
