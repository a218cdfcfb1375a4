"""Short ways to make the values that tracking is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from alerts.track.copies import print_of
from alerts.track.lifecycle import Policy, Step, advance
from alerts.types import Alert, Claim, Evidence, Hit, Place, Quantity, Severity

START = datetime(2024, 5, 6, 8, tzinfo=UTC)

COUNTRY = Place(id="ZZZ", name="Zedland", country="ZZZ", precision="country")
NORTH = Place(id="ZZ-N", name="North", country="ZZZ", precision="admin1", admin1="ZZ-N", admin1_name="North")
SOUTH = Place(id="ZZ-S", name="South", country="ZZZ", precision="admin1", admin1="ZZ-S", admin1_name="South")
ARLO = Place(id="gn:1", name="Arlo", country="ZZZ", precision="city", admin1="ZZ-N", admin1_name="North")
BELL = Place(id="gn:2", name="Bell", country="ZZZ", precision="city", admin1="ZZ-N", admin1_name="North")
CORA = Place(id="gn:3", name="Cora", country="ZZZ", precision="city", admin1="ZZ-S", admin1_name="South")
ABROAD = Place(id="gn:9", name="Farton", country="YYY", precision="city", admin1="YY-1", admin1_name="First")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def at(count: float) -> datetime:
    """So many hours after the start."""
    return START + hours(count)


def count(low: float, high: float | None = None) -> Quantity:
    high = low if high is None else high
    return Quantity(low=low, high=high, stated=low, unit="people", text=f"{low:g} people")


def hit(
    place: Place | None = ARLO,
    *,
    when: float = 0,
    severity: Severity = "moderate",
    numbers: dict[str, Quantity] | None = None,
    current: bool = True,
    claims: tuple[Claim, ...] = (),
    alleged: bool = False,
    lowered: bool = False,
    sentence_index: int = 1,
    family: str = "raid",
) -> Hit:
    return Hit(
        rule=family,
        rule_version="1",
        family=family,
        event="attack",
        current=current,
        because=None if current else "denied",
        severity=severity,
        sentence="They attacked the town.",
        sentence_index=sentence_index,
        quote="attacked the town",
        parts={"attack": "attacked"},
        claims=claims,
        place=place,
        place_from=None if place is None else "sentence",
        numbers=numbers or {},
        event_time=at(when),
        alleged=alleged,
        lowered=lowered,
    )


def evidence(
    article_id: str,
    found: Hit | None = None,
    *,
    when: float = 0,
    owner: str | None = None,
    tier: int = 2,
    cited: tuple[str, ...] = (),
    text: str | None = None,
    revision: int = 1,
    origin: str = "",
) -> Evidence:
    """Evidence published `when` hours after the start; by its own publisher and in its own words unless
    `owner` and `text` say otherwise."""
    owner = f"Daily {article_id}" if owner is None else owner
    text = (
        " ".join(f"{word}{article_id}" for word in "a report written by nobody else in the world".split())
        if text is None
        else text
    )
    return Evidence(
        article_id=article_id,
        revision=revision,
        hit=found if found is not None else hit(when=when),
        title="",
        url="",
        source=owner,
        owner=owner,
        tier=tier,
        cited=cited,
        published=at(when),
        seen=at(when),
        origin=origin,
        text=print_of(text),
    )


def denial(article_id: str, **how: object) -> Evidence:
    claim = Claim(kind="denied", cue="denied", at=1)
    return evidence(article_id, hit(current=False, claims=(claim,)), **how)  # type: ignore[arg-type]


class Tracked:
    """An alert and its evidence, stepped as the service would step and store them."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.alert: Alert | None = None
        self.evidence: dict[str, Evidence] = {}
        self.steps: list[Step] = []

    @property
    def now(self) -> Alert:
        assert self.alert is not None
        return self.alert

    def take(self, new: Evidence, *, now: datetime | None = None, backlog: bool = False) -> Step:
        before = list(self.evidence.values())
        step = advance(
            self.alert, before, new, now=new.published if now is None else now, policy=self.policy, backlog=backlog
        )
        assert step.evidence is not None
        self.evidence |= {item.article_id: item for item in (*step.regrouped, step.evidence)}
        return self.after(step)

    def take_all(self, items: Sequence[Evidence], *, now: datetime | None = None) -> Tracked:
        for item in items:
            self.take(item, now=now)
        return self

    def after(self, step: Step) -> Step:
        self.alert = step.alert
        self.steps.append(step)
        return step

    @property
    def whys(self) -> list[str]:
        return [message.why for step in self.steps for message in step.messages]
