"""`alerts feeds import` and `export`: there and back, and what people give in place of a list."""

from __future__ import annotations

import stat

import pytest

from tests.cli.conftest import World
from tests.cli.run import alerts

pytestmark = pytest.mark.usefixtures("ready")

LIST = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Middle East">
  <outline type="rss" text="News & more" xmlUrl="https://example.org/a?x=1&y=2" language="en-us"/>
  <outline type="rss" text="Wire" xmlUrl="https://example.org/b"/>
</outline>
<outline text="Broken" xmlUrl="ftp://example.org/c"/>
</body></opml>
"""


def test_a_list_of_another_reader_is_imported_and_what_cannot_be_used_is_told(world: World) -> None:
    world.write("mine.opml", LIST.replace("\n", "\r\n").encode("utf-16"))
    first = alerts("feeds", "import", "mine.opml", "--tag", "mine", "--dry-run")
    assert (first.code, first.out) == (1, "would add 2 feeds; 1 cannot be used (told above)\n")
    assert alerts("feeds", "list", "--json").rows == []
    ran = alerts("feeds", "import", "mine.opml", "--tag", "mine")
    assert (ran.code, ran.out) == (1, "added 2 feeds; 1 cannot be used (told above)\n")
    assert ran.err.startswith("mine.opml:7: error: ftp://example.org/c: this is no address of a feed")
    rows = alerts("feeds", "list", "--json").rows
    assert [(row["source"], row["url"], row["language"], row["tags"]) for row in rows] == [
        ("News & more", "https://example.org/a?x=1&y=2", "en", ["Middle East", "mine"]),
        ("Wire", "https://example.org/b", None, ["Middle East", "mine"]),
    ]
    again = alerts("feeds", "import", "mine.opml")
    assert again.out == "added no feeds; 2 were there already; 1 cannot be used (told above)\n"


def test_an_exported_list_makes_the_same_feeds_elsewhere(world: World) -> None:
    url = "https://desk:secret@example.org/feed"
    alerts(
        "feeds", "add", url, "--source", 'The "Desk" & Co', "--owner", "State", "--tier", "1", "--country", "Syria",
        "--language", "en", "--every", "5 minutes", "--max-staleness", "1 hour", "--max-body", "20 MiB", "--critical",
        "--full-text", "--tag", "a/b, c", "--tag", "wire",
    )  # fmt: skip
    world.write("urls.txt", "# more\nhttps://example.net/x?api_key=1\n\nhttps://example.net/y\n")
    alerts("feeds", "import", "urls.txt")
    alerts("feeds", "set", "3", "--off")
    ran = alerts("feeds", "export", "--with-passwords", "-o", "all.opml")
    assert ran.out == "wrote 3 feeds to all.opml\n"
    assert "holds 1 password" in ran.err
    assert "1 address seem to hold a key" in ran.err
    written = (world.folder / "all.opml").read_bytes()
    assert stat.S_IMODE((world.folder / "all.opml").stat().st_mode) == 0o600
    ran = alerts("feeds", "export", "-o", "no/such/all.opml")
    assert ran.err == "alerts: no/such/all.opml: No such file or directory; the list of feeds was not written\n"
    before = alerts("feeds", "list", "--json").rows
    config = (world.folder / "config.toml").read_text()
    world.write("config.toml", config.replace('data = "data"', 'data = "elsewhere"'))
    assert alerts("feeds", "import", "all.opml").out == "added 3 feeds\n"
    assert alerts("feeds", "export", "--with-passwords").out.encode() == written
    times = {"added", "next_due", "id"}
    after = alerts("feeds", "list", "--json").rows
    assert [{k: v for k, v in row.items() if k not in times} for row in after] == [
        {k: v for k, v in row.items() if k not in times} for row in before
    ]


def test_passwords_are_left_out_and_a_list_without_them_knows_the_feed(world: World) -> None:
    alerts("feeds", "add", "https://desk:secret@example.org/feed", "--source", "Desk")
    ran = alerts("feeds", "export")
    assert "secret" not in ran.out
    assert "https://example.org/feed" in ran.out
    assert ran.err == "1 password left out; --with-passwords writes them\n"
    assert alerts("feeds", "import", "-", stdin=ran.out).out == "added no feeds; 1 was there already\n"
    assert "secret" in alerts("feeds", "export", "--with-passwords").out


def test_feeds_that_are_there_are_changed_when_asked_to_what_the_list_says(world: World) -> None:
    alerts("feeds", "add", "https://example.org/a", "--source", "A", "--tier", "1", "--tag", "old")
    outline = '<opml><body><outline text="B" xmlUrl="https://example.org/a" alerts:every="5 minutes"/></body></opml>'
    assert alerts("feeds", "import", "-", stdin=outline).out == "added no feeds; 1 was there already\n"
    assert alerts("feeds", "import", "-", "--update", stdin=outline).out == "added no feeds; changed 1\n"
    [row] = alerts("feeds", "list", "--json").rows
    assert (row["source"], row["own_interval_s"], row["tier"], row["tags"]) == ("B", 300.0, 1, ["old"])
    assert alerts("feeds", "import", "-", "--update", stdin=outline).out == "added no feeds; 1 was so already\n"


def test_feeds_of_several_lists_are_added_once_and_doubtful_ones_told(world: World) -> None:
    world.write("a.txt", "https://example.org/a\nhttp://10.1.2.3/x\n")
    world.write(
        "b.opml",
        '<opml><body><outline text="A" xmlUrl="https://example.org/a" alerts:country="Syra"/>\n'
        '<outline xmlUrl="http://www.example.org/a/"/></body></opml>',
    )
    ran = alerts("feeds", "import", "a.txt", "b.opml")
    assert (ran.code, ran.out) == (0, "added 3 feeds\n")
    said = ran.err.splitlines()
    assert [line.split(": ", 2)[:2] for line in said] == [
        ["a.txt:1", "warning"], ["a.txt:2", "warning"], ["b.opml:2", "warning"],
    ]  # fmt: skip
    assert "'Syra' is no country" in said[0]
    assert "10.1.2.3 is a private address" in said[1]
    assert "seems to be the same as line 1 of a.txt" in said[2]


def test_what_is_no_list_is_called_by_its_name(world: World) -> None:
    world.write("home.html", "<!doctype html><html><body>Home</body></html>")
    world.write("feed.xml", '<rss version="2.0"><channel/></rss>')
    world.write("empty.opml", "")
    ran = alerts("feeds", "import", "home.html", "feed.xml", "empty.opml")
    assert (ran.code, ran.out) == (1, "added no feeds; 3 cannot be used (told above)\n")
    assert [line.split(";")[0].split(":")[0] for line in ran.err.splitlines()] == [
        "empty.opml",
        "feed.xml",
        "home.html",
    ]
    for says in ("this is a web page and no list of feeds", "this is a feed itself", "the file is empty"):
        assert says in ran.err


@pytest.mark.parametrize(("name", "says"), [(".", "this is a folder"), ("nothere.opml", "No such file or directory")])
def test_a_list_that_is_not_there_keeps_the_others_from_being_imported(world: World, name: str, says: str) -> None:
    world.write("urls.txt", "https://example.org/a\n")
    ran = alerts("feeds", "import", "urls.txt", name)
    assert (ran.code, ran.out) == (1, "")
    assert f"alerts: {name}: {says}" in ran.err
    assert alerts("feeds", "list", "--json").out.strip() in ("", "[]")


def test_of_very_many_faults_the_first_are_told(world: World) -> None:
    ran = alerts("feeds", "import", "-", stdin="https://example.org/a\n" + "x\n" * 100)
    assert (ran.code, ran.out) == (1, "added 1 feed; 100 cannot be used (told above)\n")
    assert len(ran.err.splitlines()) == 21
    assert ran.err.endswith("and 80 more such lines\n")


def test_a_long_list_is_imported_with_progress(world: World) -> None:
    world.write("many.txt", "".join(f"https://h{number % 50}.example.org/{number}\n" for number in range(250)))
    ran = alerts("feeds", "import", "many.txt")
    assert (ran.out, ran.err) == ("added 250 feeds\n", "adding: 250 feeds\n")
    assert len(alerts("feeds", "list", "--host", "h7.example.org", "--json").rows) == 5
