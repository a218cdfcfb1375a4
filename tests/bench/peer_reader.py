"""The library `reader` as its documentation says it is used, run by `collect.py` with the Python of an environment that
has it: `add` (addresses a line on standard input), `update`, `stored` (JSON: titles by address of feed)."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from typing import Any


def _update(reader: Any) -> None:
    # By default a feed is updated once an hour, whenever it is asked for. One worker costs the least processor time.
    reader.update_feeds(scheduled=False, workers=1)


def _stored(reader: Any) -> None:
    titles: dict[str, list[str]] = {}
    for entry in reader.get_entries():
        titles.setdefault(entry.feed_url, []).append(entry.title)
    json.dump(titles, sys.stdout)


def main() -> None:
    warnings.simplefilter("ignore")
    command, database = sys.argv[1:]
    reader = import_module("reader").make_reader(database)
    if command == "add":
        for url in sys.stdin.read().split():
            reader.add_feed(url)
    elif command == "update":
        _update(reader)
    else:
        _stored(reader)
    reader.close()


if __name__ == "__main__":
    main()
