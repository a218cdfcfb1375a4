"""The outlets' feed documents, each in the manner of its format as real newsrooms publish it: whole articles
in content:encoded, CDATA with named entities in an old character set, escaped HTML, bare summaries, JSON.

Pure: the same standing articles give the same bytes, which is what makes an ETag.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html.entities import codepoint2name
from xml.sax.saxutils import escape, quoteattr

from alerts.demo.story import Outlet, Standing, Story, standing

_NAMES = {code: f"&{name};" for code, name in codepoint2name.items() if code > 127}
_RSS = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
_RDF = (
    '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
)
_ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as it stood at a moment. `changed` is when its newest text was published, None if it is empty."""

    body: bytes
    content_type: str
    changed: datetime | None


def documents(story: Story, at: datetime, *, base: str) -> dict[str, Document]:
    """Every outlet's feed at a moment of story time. `base` is the server's root, without a slash at the end."""
    return {name: document(outlet, standing(story, name, at), base=base) for name, outlet in story.outlets.items()}


def document(outlet: Outlet, articles: Sequence[Standing], *, base: str) -> Document:
    """An outlet's feed with these articles."""
    match outlet.format:
        case "rss-full" | "rss-cdata":
            kind, text = "application/rss+xml", _rss(outlet, articles, base)
        case "atom-full" | "atom-summary":
            kind, text = "application/atom+xml", _atom(outlet, articles, base)
        case "rdf":
            kind, text = "application/rdf+xml", _rdf(outlet, articles, base)
        case "json":
            kind, text = "application/feed+json", _json(outlet, articles, base)
    return Document(
        body=text.encode(outlet.encoding, "xmlcharrefreplace"),
        content_type=f"{kind}; charset={outlet.encoding}",
        changed=max((article.changed for article in articles), default=None),
    )


def feed_path(outlet: str) -> str:
    return f"/{outlet}/feed"


def _rss(outlet: Outlet, articles: Sequence[Standing], base: str) -> str:
    lines = [
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>',
        _RSS,
        "<channel>",
        f"<title>{escape(outlet.name)}</title>",
        f"<link>{base}/{outlet.id}</link>",
        f"<description>{escape(outlet.about)}</description>",
        "<language>en</language>",
    ]
    for article in articles:
        item = article.item
        lines += ["<item>", f"<title>{escape(item.title)}</title>"]
        if not item.bare:
            lines += [f"<link>{base}{item.path}</link>", f'<guid isPermaLink="false">{_guid(article)}</guid>']
        if not item.undated:
            lines.append(f"<pubDate>{format_datetime(article.published, usegmt=True)}</pubDate>")
        if outlet.format == "rss-full":
            lines.append(f"<description>{escape(item.lead)}</description>")
            lines.append(f"<content:encoded><![CDATA[{item.body}]]></content:encoded>")
        else:
            lines.append(f"<description><![CDATA[{_named(item.body)}]]></description>")
        lines.append("</item>")
    return "\n".join([*lines, "</channel>", "</rss>", ""])


def _atom(outlet: Outlet, articles: Sequence[Standing], base: str) -> str:
    lines = [f'<?xml version="1.0" encoding="{outlet.encoding}"?>', _ATOM]
    lines += [
        f"<id>tag:{outlet.id}.example,2019:feed</id>",
        f"<title>{escape(outlet.name)}</title>",
        f"<subtitle>{escape(outlet.about)}</subtitle>",
        f"<author><name>{escape(outlet.name)}</name></author>",
        f'<link rel="self" href="{base}{feed_path(outlet.id)}"/>',
        f'<link rel="alternate" href="{base}/{outlet.id}"/>',
    ]
    if articles:
        lines.append(f"<updated>{_iso(max(article.changed for article in articles))}</updated>")
    for article in articles:
        item = article.item
        lines += ["<entry>", f'<title type="html">{escape(html.escape(item.title, quote=False))}</title>']
        if not item.bare:
            href = quoteattr(base + item.path)
            lines += [f"<id>{_guid(article)}</id>", f'<link rel="alternate" type="text/html" href={href}/>']
        if not item.undated:
            lines.append(f"<published>{_iso(article.published)}</published>")
            lines.append(f"<updated>{_iso(article.changed)}</updated>")
        lines.append(f'<summary type="text">{escape(item.lead)}</summary>')
        if outlet.format == "atom-full":
            lines.append(f'<content type="html">{escape(item.body)}</content>')
        lines.append("</entry>")
    return "\n".join([*lines, "</feed>", ""])


def _rdf(outlet: Outlet, articles: Sequence[Standing], base: str) -> str:
    feed = quoteattr(base + feed_path(outlet.id))
    seats = [f"<rdf:li rdf:resource={quoteattr(base + article.item.path)}/>" for article in articles]
    lines = [
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>',
        _RDF,
        f"<channel rdf:about={feed}>",
        f"<title>{escape(outlet.name)}</title>",
        f"<link>{base}/{outlet.id}</link>",
        f"<description>{escape(outlet.about)}</description>",
        "<dc:language>en</dc:language>",
        "<items><rdf:Seq>",
        *seats,
        "</rdf:Seq></items>",
        "</channel>",
    ]
    for article in articles:
        item = article.item
        about = "" if item.bare else f" rdf:about={quoteattr(base + item.path)}"
        lines += [f"<item{about}>", f"<title>{escape(item.title)}</title>"]
        if not item.bare:
            lines.append(f"<link>{base}{item.path}</link>")
        if not item.undated:
            lines.append(f"<dc:date>{_iso(article.published)}</dc:date>")
        lines += [f"<description>{escape(_named(item.body))}</description>", "</item>"]
    return "\n".join([*lines, "</rdf:RDF>", ""])


def _json(outlet: Outlet, articles: Sequence[Standing], base: str) -> str:
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "description": outlet.about,
        "language": "en",
        "home_page_url": f"{base}/{outlet.id}",
        "feed_url": base + feed_path(outlet.id),
        "items": [_json_item(article, base) for article in articles],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(article: Standing, base: str) -> Mapping[str, str]:
    item = article.item
    fields = {"title": item.title, "content_html": item.body}
    if not item.bare:
        fields |= {"id": _guid(article), "url": base + item.path}
    if not item.undated:
        fields |= {"date_published": _iso(article.published), "date_modified": _iso(article.changed)}
    return fields


def _guid(article: Standing) -> str:
    """The same for all versions and on every port: the server's address is no part of who an article is."""
    return f"tag:{article.item.outlet}.example,2019:{article.item.key}"


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(markup: str) -> str:
    """Letters beyond ASCII as named entities where HTML has a name, as old publishing systems write them."""
    return markup.translate(_NAMES)
