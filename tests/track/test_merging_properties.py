"""What must hold of any merge and any split, whatever the alerts rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.errors import InputError
from alerts.track import merging
from alerts.track.lifecycle import Policy, Step, advance
from alerts.track.merging import Known
from alerts.types import Evidence
from tests.track.make import Tracked, at
from tests.track.test_properties import articles, policies, shown

NOW = at(61)
# A loaded machine is no fault of the code.
FAST = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
# An alert's place in the row: the key says only which of the two was there first.
SAME_EITHER_WAY = ("key", "merged_into")


@st.composite
def tellings(draw: st.DrawFn, alerts: int) -> list[list[Evidence]]:
    """The stories of some alerts, out of one small archive: an article may tell each of them something else."""
    archive = {name: draw(articles(name)) for name in "12345"}
    told = []
    for _ in range(alerts):
        names = draw(st.lists(st.sampled_from("12345"), min_size=1, max_size=4, unique=True))
        story = [archive[name] for name in names]
        if draw(st.booleans()):
            story = [replace(item, hit=archive[draw(st.sampled_from("12345"))].hit) for item in story]
        told.append(story)
    return told


def tellable(story: Sequence[Evidence]) -> list[Evidence]:
    """In an order in which the first opens the alert."""
    return sorted(story, key=lambda item: not item.hit.current)


def all_tell(told: list[list[Evidence]]) -> bool:
    return all(any(item.hit.current for item in story) for story in told)


def known(alert_id: str, story: Sequence[Evidence], policy: Policy) -> Known:
    tracked = Tracked(policy).take_all(tellable(story), now=at(60))
    return Known(alert=replace(tracked.now, id=alert_id), evidence=list(tracked.evidence.values()))


def stored(before: Known, step: Step) -> Known:
    """As the database has it after the step."""
    items = {item.article_id: item for item in (*before.evidence, *step.regrouped)}
    return Known(alert=step.alert, evidence=list(items.values()))


def merged(into: Known, *gone: Known, policy: Policy) -> Known | None:
    """The alert that goes on; None where the merge is refused."""
    try:
        done = merging.merge(into, gone, now=NOW, policy=policy)
    except InputError:
        return None
    after = stored(into, done.into)
    assert after.alert.version == into.alert.version + len(done.into.messages)
    assert [step.alert.version for step in done.gone] == [one.alert.version for one in gone]
    return after


@FAST
@given(tellings(2).filter(all_tell), policies)
def test_a_merge_keeps_every_article_exactly_once(told: list[list[Evidence]], policy: Policy) -> None:
    first, second = (known(str(i), story, policy) for i, story in enumerate(told))
    after = merged(first, second, policy=policy)
    if after is not None:
        ids = [item.article_id for item in after.evidence]
        assert sorted(ids) == sorted({item.article_id for item in (*first.evidence, *second.evidence)})


@FAST
@given(tellings(2).filter(all_tell), policies)
def test_the_same_evidence_after_a_merge_changes_nothing(told: list[list[Evidence]], policy: Policy) -> None:
    after = merged(*(known(str(i), story, policy) for i, story in enumerate(told)), policy=policy)
    if after is not None:
        for item in after.evidence:
            step = advance(after.alert, after.evidence, item, now=NOW, policy=policy)
            assert (step.alert, step.messages, step.regrouped) == (after.alert, (), ())


@FAST
@given(tellings(2).filter(all_tell), policies)
def test_whichever_of_two_goes_on_the_facts_are_the_same(told: list[list[Evidence]], policy: Policy) -> None:
    first, second = (known(str(i), story, policy) for i, story in enumerate(told))
    here, there = merged(first, second, policy=policy), merged(second, first, policy=policy)
    if here is not None and there is not None:
        assert facts(here) == facts(there)
        assert by_article(here) == by_article(there)


@FAST
@given(tellings(3).filter(all_tell), policies)
def test_merging_at_once_or_one_by_one_leads_to_the_same(told: list[list[Evidence]], policy: Policy) -> None:
    first, second, third = (known(str(i), story, policy) for i, story in enumerate(told))
    at_once = merged(first, second, third, policy=policy)
    half = merged(first, second, policy=policy)
    whole = None if half is None else merged(half, third, policy=policy)
    if at_once is not None and whole is not None:
        assert facts(at_once) == facts(whole)
        assert by_article(at_once) == by_article(whole)


@FAST
@given(tellings(1).filter(all_tell), policies, st.sets(st.sampled_from("12345"), min_size=1))
def test_a_split_shares_out_the_evidence_and_a_merge_undoes_it(
    told: list[list[Evidence]], policy: Policy, chosen: set[str]
) -> None:
    whole = known("1", told[0], policy)
    articles = chosen & {item.article_id for item in whole.evidence}
    try:
        part = merging.split(whole, articles, now=NOW, policy=policy)
    except InputError:
        return
    split_off = Known(alert=replace(part.alert, id="2"), evidence=part.regrouped)
    step = merging.rest(whole, split_off, now=NOW, policy=policy)
    gone = {item.article_id for item in part.regrouped}
    left = replace(stored(whole, step), evidence=[i for i in stored(whole, step).evidence if i.article_id not in gone])
    assert gone == articles
    assert split_off.alert.key != step.alert.key
    assert step.alert.version == whole.alert.version + len(step.messages)
    again = merged(left, split_off, policy=policy)
    if again is not None:
        assert facts(again) == facts(whole)
        assert by_article(again) == by_article(whole)


def facts(one: Known) -> dict[str, object]:
    return {name: value for name, value in shown(one.alert).items() if name not in SAME_EITHER_WAY}


def by_article(one: Known) -> dict[str, Evidence]:
    return {item.article_id: item for item in one.evidence}
