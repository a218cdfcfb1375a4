"""feedparser's own documents, some 2,200 that show every format and fault its authors have met in twenty years: none
breaks us, and no entry that feedparser finds in one is lost.

They are not ours to ship, so they are fetched once, by pip, in the very version that is installed, and held against
the digests in requirements.lock. Without a network these tests are skipped, unless ALERTS_REQUIRE_CONFORMANCE is set.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import io
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest

from alerts.collect.formats.parse import one_line, parse_document
from alerts.collect.outcome import Parsed
from alerts.errors import ParseError
from alerts.read.text import plain
from alerts.types import Entry

URL = "https://example.org/feed"
LOCK = Path(__file__).parents[3] / "requirements.lock"
HEADER = re.compile(rb"^Header:\s+([^:]+):(.+)$", re.MULTILINE)
FOLDERS = ("compression", "encoding", "entities", "http", "illformed", "wellformed")

# Encodings undeclared or declared wrongly, and a document that breaks off in a mark: both guess, differently.
GUESSED = {"encoding/bozo_linenoise.xml", "illformed/chardet/shiftjis.xml", "illformed/rss_incomplete_cdata.xml"}
# Text that the feed says is base64 of HTML and is not escaped in it: feedparser takes unknown tags out, we later.
ENCODED = {"wellformed/atom/entry_summary_base64_2.xml", "wellformed/atom/entry_title_base64_2.xml"}


class Unavailable(Exception):
    """Why the documents cannot be had."""


def _pip() -> list[str]:
    """A pip, of whatever Python: the environment of this project has none of its own."""
    for python in (sys.executable, os.environ.get("PYTHON"), f"{sys.base_prefix}/bin/python3", shutil.which("python3")):
        if python and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return [python, "-m", "pip"]
    raise Unavailable("no Python here has pip")


def _digests(version: str) -> set[str]:
    locked = LOCK.read_text() if LOCK.exists() else ""
    entry = re.search(
        rf"^feedparser=={re.escape(version)}(?: \\\n +--hash=sha256:[0-9a-f]{{64}})+", locked, re.MULTILINE
    )
    if entry is None:
        raise Unavailable(f"requirements.lock does not name feedparser {version}")
    return set(re.findall(r"sha256:([0-9a-f]{64})", entry[0]))


def _sdist() -> bytes:
    """The source of the feedparser that is installed."""
    version = importlib.metadata.version("feedparser")
    digests = _digests(version)
    kept = Path(tempfile.gettempdir()) / f"alerts-feedparser-{version}.tar.gz"
    if kept.exists() and hashlib.sha256(data := kept.read_bytes()).hexdigest() in digests:
        return data
    with tempfile.TemporaryDirectory() as folder:
        # With digests, so that pip checks them before it runs anything of what it has fetched.
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"feedparser=={version} " + " ".join(f"--hash=sha256:{digest}" for digest in digests))
        options = "download --quiet --no-deps --no-binary feedparser --retries 1 --timeout 20".split()
        command = [*_pip(), *options, "--dest", folder, "-r", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
        if done.returncode:
            raise Unavailable(f"pip cannot fetch its source: {done.stderr.strip()[-300:]}")
        (fetched,) = Path(folder).glob("feedparser-*.tar.gz")
        data = fetched.read_bytes()
        if hashlib.sha256(data).hexdigest() not in digests:
            raise Unavailable("what pip has fetched is not what requirements.lock names")
        os.replace(shutil.copy(fetched, f"{kept}.{os.getpid()}"), kept)
    return data


@pytest.fixture(scope="session")
def documents() -> Mapping[str, bytes]:
    """feedparser's documents by their paths."""
    try:
        archive = tarfile.open(fileobj=io.BytesIO(_sdist()))
    except (Unavailable, OSError, subprocess.TimeoutExpired) as why:
        if os.environ.get("ALERTS_REQUIRE_CONFORMANCE"):
            pytest.fail(f"feedparser's documents are required, but {why}")
        pytest.skip(f"feedparser's documents cannot be had: {why}")
    found = {}
    with archive:
        for member in archive:
            path = member.name.partition("/tests/")[2]
            if path.partition("/")[0] in FOLDERS and member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                found[path] = file.read()
    return found


def _headers(body: bytes) -> dict[str, str]:
    """What a server is to say with the document, as written in it."""
    return {
        name.decode("latin-1").strip().lower(): value.decode("latin-1").strip() for name, value in HEADER.findall(body)
    }


def _reference(body: bytes, headers: dict[str, str]) -> Any:
    # Without what it would resolve ids against: an id is the same wherever the feed is served.
    headers = {name: value for name, value in headers.items() if name != "content-location"}
    return feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _ours(body: bytes, headers: dict[str, str]) -> Parsed | ParseError:
    try:
        return parse_document(body, headers, URL)
    except ParseError as error:
        return error


def _same(theirs: Any, ours: Entry, *, text: bool) -> bool:
    """Has our entry the id, link and title of theirs, and its text?"""
    guid, link, title = (str(theirs.get(name, "")).strip() for name in ("id", "link", "title"))
    if guid and not ours.key.startswith("g-" + hashlib.sha256(guid.encode()).hexdigest()[:40]):
        return False
    if link.startswith(("http:", "https:")) and ours.url != urljoin(URL, link):
        return False
    if not text:
        return True
    literal = theirs.get("title_detail", {}).get("type") == "text/plain"
    if ours.title != one_line(title.replace("&", "&amp;").replace("<", "&lt;") if literal else title):
        return False
    texts = [str(theirs.get("summary", "")), *(str(part.value) for part in theirs.get("content", ()))]
    return " ".join(plain(ours.html).split()) in {" ".join(plain(text).split()) for text in texts} | {""}


def _said(entry: Any) -> tuple[str, ...]:
    """What an entry says, of that which anybody reads: one that says the same is a copy."""
    fields = (str(entry.get(name, "")) for name in ("id", "link", "title", "summary"))
    return *fields, *(str(part.value) for part in entry.get("content", ()))


def _faults(path: str, body: bytes) -> Iterator[str]:
    headers = _headers(body)
    theirs, ours = _reference(body, headers), _ours(body, headers)
    entries = ours.entries if isinstance(ours, Parsed) else ()
    if isinstance(ours, ParseError) and (theirs.entries or theirs.version):
        yield f"{path}: refused: {ours}"
    copies = {_said(entry) for entry in theirs.entries}
    if len(entries) < len(copies):
        yield f"{path}: {len(copies)} different entries, {len(entries)} of them found"
    if len({entry.key for entry in entries}) < len(entries):
        yield f"{path}: two entries have one key"
    for number, entry in enumerate(theirs.entries):
        if not any(_same(entry, our, text=path not in GUESSED | ENCODED) for our in entries):
            yield f"{path}: entry {number} is not among ours: {dict(entry)}"


def test_there_are_documents_of_every_kind(documents: Mapping[str, bytes]) -> None:
    assert len(documents) > 2_000
    assert {path.partition("/")[0] for path in documents} == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_entry_that_feedparser_finds_is_lost(folder: str, documents: Mapping[str, bytes]) -> None:
    faults = [
        fault
        for path, body in documents.items()
        if path.startswith(f"{folder}/") and path.endswith(".xml")
        for fault in _faults(path, body)
    ]
    assert faults == []


def test_packed_documents_are_refused_as_they_are_and_read_when_unpacked(documents: Mapping[str, bytes]) -> None:
    """Unpacking is the fetcher's; what it cannot unpack must not harm the parser."""
    packed = {path: body for path, body in documents.items() if path.endswith((".gz", ".z"))}
    for body in packed.values():
        _ours(body, {"content-type": "application/xml"})
    for body in (gzip.decompress(packed["compression/gzip.gz"]), zlib.decompress(packed["compression/deflate.z"])):
        assert isinstance(_ours(body, {}), Parsed)


TOKENS = (
    b"< > & ]]> <![CDATA[ <!-- --> <item> </item> <title> </title> <entry> </channel> </rss> <!DOCTYPE ]> &#0; "
    b"&#xD800; &nbsp; \x00 \xff \xe2\x80 ' \" <a:b /> <description> </description> <link> </link> <br> <x/> { "
    b"\xef\xbb\xbf </ <! <?"
).split(b" ")


def _damaged(body: bytes, chance: random.Random) -> bytes:
    """`body` with some of it left out, doubled, moved or replaced."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at, other = chance.randrange(len(body) + 1), chance.randrange(len(body) + 1)
        length = chance.choice((1, 1, 2, 5, 20, 100))
        put = chance.choice((b"", b"", body[at : at + length] * 2, body[other : other + length], chance.choice(TOKENS)))
        body = body[:at] + put + body[at + (0 if put in TOKENS else length) :]
    return body


def _entries_found(body: bytes) -> int:
    """How many entries feedparser finds that say something, and something else than the others."""
    try:
        found = _reference(body, {}).entries
    except Exception:  # it fails on some: that is no measure for us
        return 0
    said = {(*_said(entry)[:2], *(plain(text) for text in _said(entry)[2:])) for entry in found}
    return sum(any(fields) for fields in said)


@pytest.mark.parametrize("count", [150, pytest.param(30_000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])])
def test_damaged_documents_are_read_or_refused_and_hardly_lose_an_entry(
    count: int, documents: Mapping[str, bytes]
) -> None:
    chance = random.Random(20200106)
    whole = [body for path, body in documents.items() if path.endswith(".xml") and re.search(rb"<(?:item|entry)", body)]
    lost = 0
    for _ in range(count):
        body = _damaged(chance.choice(whole), chance)
        ours = _ours(body, {})
        entries = ours.entries if isinstance(ours, Parsed) else ()
        assert len({entry.key for entry in entries}) == len(entries), body
        lost += len(entries) < _entries_found(body)
    assert lost <= count // 1000
