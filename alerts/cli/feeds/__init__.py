"""`alerts feeds`: what is read. Each command has its module, which is imported only when it is called."""

from __future__ import annotations

from alerts.cli import Commands

# name: (module, what it is for, in one line)
COMMANDS = {
    "check": ("alerts.cli.feeds.checking", "See what the service would see at an address."),
    "add": ("alerts.cli.feeds.adding", "Add a feed."),
    "set": ("alerts.cli.feeds.setting", "Change what you want of feeds."),
    "remove": ("alerts.cli.feeds.removing", "Take feeds off the list; their articles stay."),
    "list": ("alerts.cli.feeds.listing", "List the feeds and how they do."),
    "health": ("alerts.cli.feeds.health", "How the feeds do: what is wrong, since when, and what to do."),
    "poll": ("alerts.cli.feeds.polling", "Poll feeds now, and say how it went."),
    "import": ("alerts.cli.feeds.importing", "Add the feeds of a list: OPML, or an address a line."),
    "export": ("alerts.cli.feeds.exporting", "Write the feeds as OPML, for other readers or for later."),
    "documents": ("alerts.cli.feeds.documents", "The raw documents kept of a feed, for another reading."),
}

command = Commands(
    COMMANDS,
    name="feeds",
    help="""The feeds that are read: RSS, Atom, RDF and JSON Feed.

    \b
      alerts feeds check https://example.org/        what is there, and what is wrong with it
      alerts feeds add https://example.org/rss.xml --source "Example News"
      alerts feeds import subscriptions.opml         the list of another feed reader
      alerts feeds health                            which feeds want attention
    """,
)
