"""The sections of a rule file that hold plain settings: about, scope, claims, place, state, confirm.

[when] is read in `check_when`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from alerts.match.rule import (
    CLAIM_DEFAULTS,
    About,
    ClaimPolicy,
    Confirm,
    PlaceRule,
    Scope,
    StateRule,
)
from alerts.match.sections import Section
from alerts.types import PRECISIONS, ClaimKind

Country = Callable[[str], str | None]


def about(top: Section) -> About:
    section = top.sub("about", "about")
    if section is None:
        return About()
    section.refuse_unknown()
    return About(
        author=section.text("author"),
        owner=section.text("owner"),
        created=section.day("created"),
        modified=section.day("modified"),
        review_by=section.day("review_by"),
        why=section.text("why").strip(),
        references=section.texts("references"),
        false_alarms=section.texts("false_alarms"),
        tags=section.texts("tags"),
        formerly=section.texts("formerly"),
        min_precision=section.share("min_precision"),
    )


def scope(top: Section) -> Scope:
    section = top.sub("scope", "scope")
    if section is None:
        return Scope()
    section.refuse_unknown()
    return Scope(
        languages=frozenset(section.languages("languages")),
        sources=frozenset(section.texts("sources")),
        not_sources=frozenset(section.texts("not_sources")),
        sections=frozenset(section.texts("sections")),
        not_sections=frozenset(section.texts("not_sections")),
        source_tier=section.whole("source_tier", least=1, most=9),
    )


def claims(top: Section) -> dict[ClaimKind, ClaimPolicy]:
    section = top.sub("claims", "claims")
    if section is None:
        return dict(CLAIM_DEFAULTS)
    section.refuse_unknown()
    return {kind: section.choice(kind, ("drop", "lower", "keep"), usual) for kind, usual in CLAIM_DEFAULTS.items()}


def news_for(top: Section) -> timedelta | None:
    """How long a count or a state that has gone on since a day is still news; None: as the reader has it."""
    section = top.sub("claims", "claims")
    return (section.length("news_for", timedelta(0)) or None) if section else None


def block_claims(block: Section) -> dict[ClaimKind, ClaimPolicy]:
    """What one [[match]] makes of claims where it differs from the rule: only those written."""
    section = block.sub("claims", "claims")
    if section is None:
        return {}
    section.refuse_unknown()
    if "news_for" in section.data:
        section.fault(("news_for",), "'news_for' is the same for all blocks: it stands in [claims]")
    return {
        kind: section.choice(kind, ("drop", "lower", "keep"), usual)
        for kind, usual in CLAIM_DEFAULTS.items()
        if kind in section.data
    }


def place(top: Section, country: Country) -> PlaceRule:
    section = top.sub("place", "place")
    if section is None:
        return PlaceRule()
    section.refuse_unknown()
    return PlaceRule(
        required=section.flag("required", False),
        precision=section.choice("precision", PRECISIONS, "city"),
        countries=_countries(section, "countries", country),
        not_countries=_countries(section, "not_countries", country),
    )


def _countries(section: Section, key: str, country: Country) -> frozenset[str]:
    found = set()
    for index, name in enumerate(section.texts(key)):
        code = country(name)
        if code is None:
            section.fault((key, index), f"'{name}' is no country: write its English name or its ISO code (SYR)")
        else:
            found.add(code)
    return frozenset(found)


def state(top: Section) -> StateRule | None:
    section = top.sub("state", "state")
    if section is None:
        return None
    section.refuse_unknown()
    return StateRule(
        name=section.text("name", required=True),
        per=section.choice("per", PRECISIONS, "country"),
        lasts=section.length("lasts", timedelta(days=14)),
    )


def confirm(top: Section) -> Confirm | None:
    section = top.sub("confirm", "confirm")
    if section is None:
        return None
    section.refuse_unknown()
    return Confirm(
        sources=section.whole("sources", least=1, most=20) or 2,
        within=section.length("within", timedelta(hours=36)),
        until_then=section.choice("until_then", ("mark", "hold"), "mark"),
    )
