"""`alerts feeds`: what is read. Each command has its module, which is imported only when it is called."""

from __future__ import annotations

from alerts.cli import Commands

# name: (module, what it is for, in one line)
COMMANDS = {
    "add": ("alerts.cli.feeds.adding", "Add a feed."),
    "list": ("alerts.cli.feeds.listing", "List the feeds and how they do."),
    "health": ("alerts.cli.feeds.health", "How the feeds do: what is wrong, since when, and what to do."),
    "poll": ("alerts.cli.feeds.polling", "Poll feeds now, and say how it went."),
}

command = Commands(
    COMMANDS,
    name="feeds",
    help="""The feeds that are read: RSS, Atom, RDF and JSON Feed.""",
)
