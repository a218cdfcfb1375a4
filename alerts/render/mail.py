"""One alert version as a mail: subject, plain text and HTML.

A version is rendered once for each language; what differs between readers (why this reader gets it) is put
in afterwards, in place of a token. So a mailing of thousands costs a handful of renderings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Protocol

from alerts.errors import Fault, TemplateError
from alerts.render import digest as digests
from alerts.render import slots
from alerts.render.bulletin import bulletin_view
from alerts.render.digest import Digest, by_country, digest_view
from alerts.render.environment import Kind, Templates, check_templates
from alerts.render.letters import KINDS as LETTERS
from alerts.render.letters import Letter, letter_view
from alerts.render.letters import last_resort as last_resort_letter
from alerts.render.letters import samples as sample_letters
from alerts.render.opening import DOCUMENT, Openings, opening_kind
from alerts.render.pictures import Picture, Pictures, picture_view
from alerts.render.samples import sample_bulletin, sample_notices, sample_pictures
from alerts.render.verdicts import links
from alerts.render.view import Notice, Site, alert_view, event_name, place_view, web_link
from alerts.render.wishes import Named, region_unknown
from alerts.resources import shipped
from alerts.template_filters import one_line, shorten

LONGEST_SUBJECT = 160
OTHERS_ORIGINS = 2
_REASON = slots.slot(slots.REASON)
_PAGES = (slots.UNSUBSCRIBE, slots.PREFERENCES)
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_UNCONFIRMED = re.compile(r"\s*\(unconfirmed\)\s*$", re.IGNORECASE)
_MANY_BLANK_LINES = re.compile(r"\n{3,}")


class Inline(Protocol):
    """A picture in a mail, which its HTML shows as `cid:` and this name."""

    @property
    def cid(self) -> str: ...
    @property
    def png(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """The words of one mail, the `language` they are in, and the `pictures` that the HTML shows. The texts hold slots
    (`render.slots`) for the reader's own reason and links. `opening` is what a discreet mail begins with."""

    subject: str
    text: str
    html: str
    pictures: Sequence[Inline] = ()
    language: str = "en"
    opening: str = ""


class MailRenderer:
    """Renders notices with the user's templates over the shipped ones; keeps the last few renderings. `named` gives the
    names of regions."""

    def __init__(
        self,
        templates: Templates,
        site: Site,
        *,
        report: Callable[[Fault], None],
        named: Named = region_unknown,
        keep: int = 64,
        pictures: Pictures | None = None,
    ) -> None:
        self._templates, self._site, self._report, self._keep = templates, site, report, keep
        self.named = named
        self._done: dict[Hashable, MailText] = {}
        self._pictures = pictures or Pictures(keep=keep)
        self._openings = Openings(templates, report)

    def render(
        self, notice: Notice, language: str = "en", *, others: Sequence[Notice] = (), covered: Sequence[Notice] = ()
    ) -> MailText:
        """The mail of one alert version in one language, without the reader's own parts: with `others` in the same
        mail, and a line about each that is `covered` by one of them.

        Never raises for a template: a mail that no template can make is made without one.
        """
        language = self._templates.spoken("mail/alert.txt", language)
        key = (self._templates.look(), _key(notice), tuple(map(_key, others)), tuple(map(_key, covered)), language)
        return self._kept(key, lambda: self._render(notice, language, others, covered))

    def _kept(self, key: Hashable, make: Callable[[], MailText]) -> MailText:
        """What was made of this before, or is made now."""
        if key not in self._done:
            while len(self._done) >= self._keep:
                self._done.pop(next(iter(self._done)))
            self._done[key] = make()
        return self._done[key]

    def _render(self, notice: Notice, language: str, others: Sequence[Notice], covered: Sequence[Notice]) -> MailText:
        pictures = self._pictures.of(notice, others=others, covered=covered)
        variables = mail_variables(
            notice, self._site, language=language, others=others, covered=covered, pictures=pictures
        )
        text = self._document("mail/alert.txt", variables, language) or last_resort(variables)
        html = self._document("mail/alert.html", variables, language)
        return MailText(
            subject=subject(notice, more=len(others)),
            text=_tidied(text),
            html=html,
            pictures=tuple(one for one in pictures if f"cid:{one.cid}" in html),
            language=language,
            opening=self._openings.of(language),
        )

    def bulletin(self, *, kind: str, subject: str, body: str, at: datetime, language: str = "en") -> MailText:
        """A mail about no alert, from its plain text."""
        language = self._templates.spoken("mail/bulletin.txt", language)
        view = bulletin_view(kind=kind, subject=subject, body=body, at=at, site=self._site, language=language)
        variables = _for_a_reader(view, self._site)
        text = self._document("mail/bulletin.txt", variables, language) or f"{subject}\n\n{body}\n\n-- \n{_REASON}"
        return MailText(
            subject=shorten(one_line(subject), LONGEST_SUBJECT),
            text=_tidied(text),
            html=self._document("mail/bulletin.html", variables, language),
            language=language,
            opening=self._openings.of(language),
        )

    def letter(self, letter: Letter, language: str = "en") -> MailText:
        """A letter to one person about their own subscription. The first line of its plain text is the subject."""
        name = f"mail/letter_{letter.kind}"
        language = self._templates.spoken(f"{name}.txt", language)
        view = letter_view(letter, self._site, language=language, named=self.named)
        text = self._document(f"{name}.txt", view, language) or last_resort_letter(view)
        subject, _, text = text.strip().partition("\n")
        return MailText(
            subject=shorten(one_line(subject), LONGEST_SUBJECT),
            text=_tidied(text),
            html=self._document(f"{name}.html", view, language),
            language=language,
            opening=self._openings.of(language),
        )

    def digest(self, digest: Digest, language: str = "en") -> MailText:
        """All that waited for a reader in one mail: with as much about each alert as there is room for."""
        language = self._templates.spoken("mail/digest.txt", language)
        alerts = (tuple(map(_key, some)) for some in (digest.notices, digest.covered))
        key = (self._templates.look(), digests.key(digest), *alerts, language)
        return self._kept(key, lambda: self._digest(digest, language))

    def _digest(self, digest: Digest, language: str) -> MailText:
        for step in digests.STEPS:
            variables = digest_variables(digest, self._site, language=language, step=step)
            text = self._document("mail/digest.txt", variables, language) or digests.last_resort(variables, _REASON)
            html = self._document("mail/digest.html", variables, language)
            links = slots.SLOT.findall(text + html)
            if digests.size(text, html) + digests.TOKEN * len(links) <= digests.ROOM:
                break
        return MailText(
            subject=shorten(digests.subject(digest), LONGEST_SUBJECT),
            text=_tidied(text),
            html=html,
            language=language,
            opening=self._openings.of(language),
        )

    def _document(self, name: str, variables: Mapping[str, object], language: str) -> str:
        try:
            return self._templates.render(name, variables, language=language)
        except TemplateError as error:
            for fault in error.faults:
                self._report(fault)
            return ""


def _tidied(text: str) -> str:
    """Never two empty lines, and one line end at the end."""
    return _MANY_BLANK_LINES.sub("\n\n", text).strip() + "\n"


def _key(notice: Notice) -> Hashable:
    """What tells two renderings of alerts apart: `missed` says it in words."""
    return notice.alert_id, notice.version, notice.since, notice.missed, notice.reminder


def mail_renderer(
    site: Site,
    *,
    own: Path | None = None,
    report: Callable[[Fault], None],
    named: Named = region_unknown,
    pictures: Pictures | None = None,
    clock: Callable[[], float] = monotonic,
) -> MailRenderer:
    """A renderer over the shipped templates, with the user's folder `own` in front when there is one (looked at by
    `clock`); `named` gives the names of regions, `pictures` draws them."""
    templates = Templates(shipped("templates"), own, report=report, clock=clock)
    return MailRenderer(templates, site, report=report, named=named, pictures=pictures)


def mail_variables(
    notice: Notice,
    site: Site,
    *,
    language: str = "en",
    others: Sequence[Notice] = (),
    covered: Sequence[Notice] = (),
    pictures: Sequence[Picture] = (),
) -> dict[str, object]:
    """What a mail template may use: `alert_view` of the alert that leads and of `others`, `covered` and `reader`."""
    view = _alert(notice, site, language) | {
        "reminder": notice.reminder,
        "covered": [_mentioned(one, site) for one in covered],
        "pictures": [picture_view(one) for one in pictures],
    }
    return _for_a_reader(view, site, links=_links(notice, site)) | {
        "others": [_other(one, site, language) for one in others]
    }


def digest_variables(
    digest: Digest, site: Site, *, language: str = "en", step: tuple[int, int] = digests.STEPS[0]
) -> dict[str, object]:
    """What the templates of a digest may use. `step`: how many alerts it lists, and of how many it says more."""
    shown, details = step
    view = digest_view(digest, site, shown=shown, language=language) | {
        "covered": [_mentioned(one, site) for one in digest.covered[: digests.MOST]],
    }
    alerts = [_other(one, site, language) for one in digest.notices[:shown]]
    return _for_a_reader(view, site) | {"countries": by_country(alerts, details)}


def _alert(notice: Notice, site: Site, language: str) -> dict[str, object]:
    return alert_view(notice, site, language=language) | {"missed": one_line(notice.missed)}


def _other(notice: Notice, site: Site, language: str) -> dict[str, object]:
    """An alert in the same mail: shorter, so that many of them are no book."""
    view = _alert(notice, site, language)
    origins, every = view["origins"], view["origin_count"]
    assert isinstance(origins, list) and isinstance(every, int)
    shown = {"origins": origins[:OTHERS_ORIGINS], "left_out": max(0, every - OTHERS_ORIGINS)}
    cleaned = _cleaned(view | shown)
    assert isinstance(cleaned, dict)
    return cleaned | {"links": _links(notice, site)}


def _links(notice: Notice, site: Site) -> list[dict[str, str]]:
    place = bool(notice.fields.get("place"))
    return links(web_link(site.base_url), notice.alert_id, notice.kind, place=place)


def _mentioned(notice: Notice, site: Site) -> dict[str, object]:
    """An alert that another one covers, in a line."""
    place = place_view(notice.fields.get("place"))
    return {
        "title": one_line(notice.fields["title"]),
        "event_name": event_name(str(notice.fields["event"])),
        "place": place["full"] if place else "",
        "severity": str(notice.fields["severity"]),
        "url": web_link(site.alert_url(notice.alert_id)),
    }


def _for_a_reader(view: dict[str, object], site: Site, **own: object) -> dict[str, object]:
    cleaned, start = _cleaned(view), web_link(site.base_url).rstrip("/")
    assert isinstance(cleaned, dict)
    pages = {name: f"{start}/{name}/{slots.slot(name)}" if start else "" for name in _PAGES}
    return cleaned | {"reader": {"reason": _REASON, **pages, **own}}


def _cleaned(value: object) -> object:
    """Without noncharacters anywhere, so that no article can forge a reader's token."""
    if isinstance(value, str):
        return _NONCHARACTERS.sub("", value)
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def subject(notice: Notice, *, more: int = 0) -> str:
    """One line, at most 160 characters: what happened in brackets, which mail programs leave out when threading,
    and the title as of this version. (The title of the first would thread better where only subjects are looked at,
    but "about 50,000 people" over an update that says 235,000 is a wrong alarm.) `more` is how many other alerts the
    mail tells of."""
    stem = _NONCHARACTERS.sub("", one_line(notice.fields["title"]))
    mark = {
        "new": "",
        "update": f"[Update {notice.version - 1}] ",
        "close": "[Over] ",
        "cancel": "[Cancelled] ",
    }[notice.kind]
    if notice.reminder:
        mark = f"[Reminder {notice.reminder}] "
    if notice.kind != "new":  # an update may be the very confirmation that the first title lacked
        stem = _UNCONFIRMED.sub("", stem)
    rest = f" (and {more} more)" if more else ""
    return mark + shorten(stem, LONGEST_SUBJECT - len(mark) - len(rest)) + rest


def own_values(reason: str, tokens: Mapping[str, str] = MappingProxyType({}), **more: str) -> dict[str, str]:
    """What goes into the slots of one reader's mail; `more` by the names of `slots`, such as `unsubscribe`."""
    return {slots.link(alert_id): token for alert_id, token in tokens.items()} | {
        slots.REASON: one_line(reason),
        **more,
    }


def last_resort(variables: Mapping[str, object]) -> str:
    """The mail when no template works: short, but the reader is told."""
    lines = [variables["why"] if variables["kind"] != "new" else "", variables["title"], variables["summary"]]
    lines += [f"{variables['severity']}, {variables['certainty']}", variables["url"], "-- ", _REASON]
    return "\n".join(str(line) for line in lines if line)


def check_mail_templates(own: Path) -> list[Fault]:
    """Every fault of the user's templates in the folder `own`, for `alerts check`."""
    site = Site(name="alerts", base_url="https://alerts.example", contact="alerts@example.org")
    notices = tuple(sample_notices())
    samples = tuple(mail_variables(notice, site) for notice in notices)
    again = replace(notices[1], reminder=1)
    samples += (mail_variables(again, site, others=notices, covered=notices[:1], pictures=sample_pictures()),)
    kind = Kind(variables=frozenset(samples[0]), samples=samples)
    bulletin = bulletin_variables(site)
    about_none = Kind(variables=frozenset(bulletin), samples=(bulletin,))
    kinds = {"mail": kind, "mail/bulletin": about_none, "mail/digest": _digest_kind(site)} | _letter_kinds(site)
    kinds[DOCUMENT.removesuffix(".txt")] = opening_kind()
    return check_templates(own, shipped("templates"), kinds)


def _digest_kind(site: Site) -> Kind:
    """What the templates of a digest may use, with a sample."""
    notices = tuple(sample_notices())
    days = {"first": notices[0].at.date(), "last": notices[0].at.date()}
    digest = Digest(notices=notices, covered=notices[:1], count=len(notices) + 2, extreme=0, severe=4, **days)
    sample = digest_variables(digest, site)
    return Kind(variables=frozenset(sample), samples=(sample,))


def _letter_kinds(site: Site) -> dict[str, Kind]:
    """What the templates of letters may use, with samples."""
    views = [letter_view(letter, site) for letter in sample_letters()]
    return {
        f"mail/letter_{kind}": Kind(
            variables=frozenset(views[0]), samples=tuple(view for view in views if view["kind"] == kind)
        )
        for kind in LETTERS
    }


def bulletin_variables(site: Site) -> dict[str, object]:
    """What the template of a bulletin may use, with a sample's values."""
    return _for_a_reader(bulletin_view(**sample_bulletin(), site=site), site)
