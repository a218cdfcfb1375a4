"""From what people have in hand to the address of a feed. They paste the address of a home page, with `feed:` before it
or nothing at all; the page names its feeds in its head, or links them, or has one at a place where many have theirs.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from alerts.collect.formats.encoding import decode

_MOST_READ: Final = 512 * 1024  # bytes of a page: what names its feeds stands at its beginning
_MOST_FOUND: Final = 20
_LONGEST: Final = 2000

# Possessive and bounded: pages are written by others.
_PART: Final = re.compile(
    r"<!--(?:(?!-->).)*+(?:-->|\Z)"
    r"|<(?P<skipped>script|style|template)\b(?:(?!</(?P=skipped)).)*+(?:</(?P=skipped)|\Z)"
    r"""|<(?P<tag>link|a|area|base)\s(?P<rest>(?:[^<>"']++|"[^"<]{0,2000}+"|'[^'<]{0,2000}+'){0,60}+)>""",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z][\w:-]{0,40})\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_KINDS: Final = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "application/xml": "",
    "text/xml": "",
}
_USUAL_KINDS: Final = ("RSS", "Atom", "RDF")
_LIKE_A_FEED: Final = re.compile(
    r"(?:\.(?:rss|atom|rdf)|[/.=_-](?:rss2?|atom|feeds?)(?:\.xml|\.php|\.json|\.aspx)?|/index\.(?:xml|rdf))/?(?:\?[^#]*)?$"
    r"|^https?://feeds\.|[?&](?:feed|format|type|output)=(?:rss2?|atom|feed)\b",
    re.IGNORECASE,
)
_OF_COMMENTS: Final = re.compile(r"comment|kommentar|replies|oembed", re.IGNORECASE)
_USUAL: Final = ("feed", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml")
_HOST_LIKE: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#].*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feed that a page names. `kind` is "" where the page does not say."""

    url: str
    title: str = ""
    kind: str = ""


def feed_address(text: str) -> str:
    """The address in the one form that is kept: without `feed:`, fragment, usual port and capitals in the host, so that
    one feed is not added twice. Raises ValueError with a text for who gave it."""
    url = text.strip()
    if url[:5].lower() == "feed:":
        url = url[5:] if url[5:].lower().startswith(("http:", "https:")) else f"https:{url[5:]}"
    try:
        parts = urlsplit(url)
        host, port, scheme = (parts.hostname or ""), parts.port, parts.scheme.lower()
    except ValueError as error:
        raise ValueError(f"this is no address: {error}") from None
    if scheme not in ("http", "https") or not host:
        raise ValueError(_no_address(url, scheme))
    if " " in url or not url.isprintable():
        raise ValueError("an address has no spaces and no control characters: write %20 for a space")
    if len(url) > _LONGEST:
        raise ValueError(f"an address of more than {_LONGEST} characters cannot be kept")
    user = parts.netloc.rpartition("@")[0]
    name = f"[{host}]" if ":" in host else host
    place = f"{user}@{name}" if user else name
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        place += f":{port}"
    return urlunsplit((scheme, place, parts.path or "/", parts.query, ""))


def _no_address(url: str, scheme: str) -> str:
    says = "this is no address of a feed; it begins with http:// or https://"
    if scheme in ("htp", "htps", "http", "https", "ttp", "ttps", "hhtp", "hhtps", "htttp", "htttps"):
        rest = re.sub(r"^[A-Za-z]+:/*", "", url)
        return f"{says}; did you mean https://{rest}?" if rest else says
    if _HOST_LIKE.fullmatch(url) and "@" not in url:
        return f"{says}; did you mean https://{url}?"
    return says


def likeness(url: str) -> str:
    """The same for addresses that most likely lead to one feed: http and https, with www and without."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}?{parts.query}"


def named_feeds(body: bytes, content_type: str, url: str) -> list[Candidate]:
    """The feeds that a page names, the likeliest first: those in its head, else those that it links. Comments and other
    hosts come last. Never fails."""
    links, anchors = _read(body, content_type, url)
    host = urlsplit(url).hostname

    def unlikely(one: Candidate) -> tuple[bool, bool, bool]:
        elsewhere = not links and urlsplit(one.url).hostname != host
        return (
            bool(_OF_COMMENTS.search(f"{one.title} {urlsplit(one.url).path}")),
            elsewhere,
            one.kind not in _USUAL_KINDS,
        )

    found: dict[str, Candidate] = {}
    for one in sorted(links or anchors, key=unlikely):
        found.setdefault(one.url, one)
    return list(found.values())[:_MOST_FOUND]


def _read(body: bytes, content_type: str, url: str) -> tuple[list[Candidate], list[Candidate]]:
    """The feeds that the head names, and those that are linked."""
    body = body[:_MOST_READ]
    if "charset" not in content_type.lower() and (meta := _CHARSET.search(body[:4096])):
        content_type = f"{content_type}; charset={meta[1].decode('ascii')}"
    text, base = decode(body, content_type).text, url
    links: list[Candidate] = []
    anchors: list[Candidate] = []
    for part in _PART.finditer(text):
        if not part["tag"]:
            continue
        tag, values = part["tag"].lower(), _attributes(part["rest"])
        if tag == "base":
            base = _absolute(values.get("href", ""), base) or base
            continue
        target = _absolute(values.get("href", ""), base)
        kind = values.get("type", "").partition(";")[0].strip().lower()
        title = " ".join(values.get("title", "").split())[:200]
        if not target:
            continue
        relation = values.get("rel", "").lower().split()
        if tag == "link" and kind in _KINDS and {"alternate", "feed"} & set(relation):
            links.append(Candidate(url=target, title=title, kind=_KINDS[kind]))
        elif tag != "link" and (kind in _KINDS or _LIKE_A_FEED.search(target)):
            anchors.append(Candidate(url=target, title=title, kind=_KINDS.get(kind, "")))
    return links, anchors


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), html.unescape(double or single or bare))
    return found


def _absolute(href: str, base: str) -> str:
    """`href` as an address of the web, or ""."""
    try:
        return feed_address(urljoin(base, "".join(href.split()))) if href.strip() else ""
    except ValueError:
        return ""


def usual_places(url: str) -> list[str]:
    """Where a page that names no feed may have one: below itself, then below its host."""
    parts = urlsplit(url)
    root, below = urlunsplit((parts.scheme, parts.netloc, "/", "", "")), parts.path.rpartition("/")[0].strip("/")
    own = parts.path.strip("/") if "." not in parts.path.rpartition("/")[2] else below
    places = [f"{root}{own}/feed", f"{root}{own}/rss.xml"] if own else []
    places += [root + place for place in _USUAL]
    return [place for place in dict.fromkeys(places) if place != url]
