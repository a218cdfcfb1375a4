"""Web pages and CAP messages that articles link to, as publishers and offices make them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

PARAGRAPHS = (
    "Shells fell on the market of Taiz on Monday morning, killing eleven people and wounding thirty others, the"
    " governor of the province said.",
    "Rescue teams dug through the rubble of a bakery until the evening. Two of the wounded were taken to a hospital by"
    " the road, a doctor there said by telephone.",
    "It was the heaviest shelling since the talks of January. Both sides accused each other of having fired first.",
    "About 1,200 families left the eastern quarter during the night, according to the Red Crescent, which set up tents"
    " outside the town.",
)
OTHERS = ("Siege of Westville begins", "Flood kills 40 in Southport", "Gunmen abduct 30 pupils in Hilltown")
COOKIES = (
    "<div id='consent'><h1>Before you continue</h1><p>We and our partners store and access information on a device,"
    " such as cookies, and process personal data to show you advertising that fits you. You can accept or refuse.</p>"
    "<p>With your agreement we may use precise geolocation data for the purposes described here.</p></div>"
)


def page(body: str, *, title: str = "Shells kill eleven in Taiz") -> bytes:
    """A page with something in its body."""
    head = f"<head><meta charset='utf-8'><title>{escape(title)}</title></head>"
    nav = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/world'>World</a></li></ul></nav>"
    foot = "<footer><p>Example News reported in 2014 that 90 people were killed in Footertown.</p></footer>"
    return f"<!DOCTYPE html><html lang='en'>{head}<body>{nav}{body}{foot}</body></html>".encode()


def story_page(paragraphs: Sequence[str] = PARAGRAPHS, *, title: str = "Shells kill eleven in Taiz") -> bytes:
    """A page with one article."""
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return page(f"<main><article><h1>{escape(title)}</h1>{text}</article></main>", title=title)


def info(
    headline: str = "Flood warning for Mocuba",
    description: str = "The Licungo has burst its banks. Eight people were killed and 3,000 families left their homes.",
    *,
    language: str = "en-GB",
    event: str = "Flood",
    instruction: str = "Move to higher ground.",
    areas: Sequence[str] = ("Mocuba", "Nicoadala"),
    more: str = "",
) -> str:
    """An info block."""
    spoken = f"<language>{language}</language>" if language else ""
    where = "".join(f"<area><areaDesc>{escape(area)}</areaDesc></area>" for area in areas)
    return (
        f"<info>{spoken}<category>Met</category><event>{escape(event)}</event>{more}"
        "<urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty>"
        "<onset>2026-03-01T18:00:00+02:00</onset><expires>2026-03-02T06:00:00-00:00</expires>"
        f"<senderName>Institute of Meteorology</senderName><headline>{escape(headline)}</headline>"
        f"<description>{escape(description)}</description><instruction>{escape(instruction)}</instruction>{where}</info>"
    )


def cap(
    *infos: str,
    status: str = "Actual",
    kind: str = "Alert",
    namespace: str = "urn:oasis:names:tc:emergency:cap:1.2",
) -> bytes:
    """A message; `namespace` may be empty."""
    space = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<alert{space}><identifier>MZ-1</identifier>'
        f"<sender>warn@met.example</sender><sent>2026-03-01T17:30:00+02:00</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope>{''.join(infos or (info(),))}</alert>"
    ).encode()
