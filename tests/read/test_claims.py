"""Claims about a hit, marked [so] in the sentence. Published on Sunday, 22 December 2019."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.read.claims import Judgement, event_date, judge
from alerts.read.dates import find
from alerts.read.text import Words, words
from alerts.types import Claim

SUNDAY = datetime(2019, 12, 22, 9, tzinfo=UTC)


def marked(text: str) -> tuple[Words, int, int]:
    before, rest = text.split("[")
    hit, after = rest.split("]")
    first = len(words(before))
    return words(before + hit + after), first, first + len(words(hit))


def claims(text: str, published: datetime = SUNDAY) -> tuple[Claim, ...]:
    divided, first, end = marked(text)
    return judge(divided, first, end, dates=find(divided, published), published=published)


def kinds(text: str) -> set[str]:
    return {claim.kind for claim in claims(text)}


CURRENT = [
    "Intense [shelling] since December 16 has driven thousands out of Jisr",
    "Intense shelling since December 16 has [driven thousands out] of Jisr",
    "[Air raids went on] despite a truce signed in August",
    "[Air raids went on despite a truce] signed in August",
    "Despite a truce signed in August, [air raids went on]",
    "Despite a truce signed in August [air raids] have gone on",
    "The valley has been under a truce brokered in August, but [raids have gone on]",
    "Loyalist troops have since Thursday been on the attack, [taking a total of nine hamlets]",
    "Gunmen have [blockaded an army post] outside the village, traders said",
    "Nobody was hurt when rebels [shelled the port]",
    "No one was hurt in the [blast]",
    "There was no claim of responsibility for the [bombing]",
    "It was not clear who [shelled the camp]",
    "The siege has forced hundreds to [flee]",
    "Fighters managed to [capture the garrison]",
    "Fighters battled to break the [siege] of the city",
    "Envoys called for an end to the [siege]",
    "Envoys demanded that the army lift the [siege]",
    "The [raid] could wreck the talks",
    "A car bomb [killed ten people] on Monday in a town captured in 2013",
    "The army said on Monday that rebels had [shelled the market]",
    "Hundreds [fled] after the army said it would attack",
    "Gunmen [seized the village] last week",
    "Three days of clashes have [killed 90 soldiers]",
    "The blast, which [killed a dozen people], ended a month of calm",
    "Rockets [hit a clinic] built in 2010",
    "The army [bombed the suburb] days after a truce agreed in February collapsed",
    "Men who had been fighting since 2012 [seized the airport] on Tuesday",
    "A bomb [killed a dozen people] in the first such blast since the start of the war",
    "[Clashes] broke out near the river",
    "The general has repeatedly vowed to retake the port and [shelling has gone on] despite a truce agreed in May",
    "The envoy denied any part in the [raids]",
    "Ministers called for a meeting about the [attack]",
    "Ministers will raise the [attack] at the council",
    "Bombs went off on the anniversary of the uprising, [killing nine people]",
    "Raids by war planes have [killed eight people]",
    "The army has since [captured] most of the district",
    "Doctors fear for the wounded as troops [shell the town]",
    "Troops failed to stop the [attack]",
    "Fire from the hill [hit the school]; in 2014 it was a barracks",
]


@pytest.mark.parametrize("text", CURRENT)
def test_news_stays_news(text: str) -> None:
    assert kinds(text) <= {"alleged"}


@pytest.mark.parametrize(
    "text",
    [
        "The army denied that it had [bombed the school]",
        "The army has denied its jets [bombed the school]",
        "Troops did not [enter the town]",
        "No [families were displaced] this time",
        "Police foiled a plot to [bomb the station]",
        "Fighters failed to [capture the garrison]",
        "The [siege] was lifted on Friday",
        "Troops lifted the [siege] of the valley on Friday",
        "The ministry said there had been no [abduction]",
        "Kigali rejected claims that it [shelled the camp]",
    ],
)
def test_what_did_not_happen_is_denied(text: str) -> None:
    assert "denied" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "The agency warned of fresh [displacement] if the clashes spread",
        "Rebels threatened to [besiege the port]",
        "The army plans to [storm the camp]",
        "An [assault on the port] could push 90,000 people out",
        "An assault on the port could [push 90,000 people out]",
        "If rebels [take the dam] the city will go dark",
        "Troops began an offensive to [retake the port]",
        "Envoys called for a [ceasefire]",
        "The planned [offensive] worries aid agencies",
        "Will the army [besiege the port]?",
        "Residents fear that the [assault] will trap them",
    ],
)
def test_what_may_happen_is_possible(text: str) -> None:
    assert "possible" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Loyalist troops began a drive in April (told in a report of December), [killing some 800 villagers]",
        "Loyalist troops began a drive in April, killing some 800 villagers and [displacing 300,000]",
        "Last year gunmen [captured the garrison]",
        "Gunmen [captured the garrison] two months ago",
        "The trial over the 2002 [bombing] opened on Monday",
        "A judge sentenced two men for the [bombing] of a bus",
        "Families marked the anniversary of the [massacre]",
        "A corporal died of wounds suffered in an [ambush] near the border",
        "The museum recalls how the city was [besieged] in 1993",
        "A [truce] agreed by both armies in February has been broken",
        "A car bomb went off on Monday in a town [captured in 2013]",
        "The army said on Monday that rebels had [shelled the market] in 2012",
        "It was the worst blast there since a previous [bombing]",
    ],
)
def test_history_is_past(text: str) -> None:
    assert "past" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nine years of war have [killed 400,000 people] and emptied half the country",
        "Nine years of war have killed 400,000 people and [driven half the people] from their homes",
        "The raid killed 12, bringing the total toll to [170 dead]",
        "Some 90,000 people have been [killed] since the conflict began",
        "Since then nearly a third of a million people have been [killed]",
        "The war, which broke out in 2011, has [displaced millions]",
        "Tens of thousands of people have been [killed] in the war",
        "More than 900 people have been [killed] since April",
    ],
)
def test_a_count_over_a_long_time_is_a_total(text: str) -> None:
    assert "total" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mortars fell on the [besieged town]",
        "Aid reached two rebel-[besieged villages]",
        "[Besieged] valley gets bread",
        "The valley has been [under siege] since 2013",
        "The hamlets of some 7000 farmers have been [under siege] for six years",
        "The valley has been [besieged] for three years",
        "The valley remains [besieged]",
    ],
)
def test_a_state_known_before_is_standing(text: str) -> None:
    assert "standing" in kinds(text)


@pytest.mark.parametrize(
    "text",
    ["Rebels reportedly [shelled the port]", "Rebels [shelled the port], according to traders"],
)
def test_hearsay_is_alleged(text: str) -> None:
    assert kinds(text) == {"alleged"}


def test_a_claim_names_its_cue_and_where_it_stands() -> None:
    (claim,) = claims("Rebels threatened to [besiege the port]")
    assert (claim.kind, claim.cue, claim.at) == ("possible", "threatened to", 1)


def test_words_of_the_rules_own_phrases_are_no_cue() -> None:
    divided, first, end = marked("[Traders say that no food has reached the camp]")
    assert judge(divided, first, end, dates=[], published=SUNDAY, own={3, 4}) == ()


def test_commas_are_not_needed_to_tell_the_parts_of_a_sentence() -> None:
    assert "past" in kinds("Troops began a drive in April [killing 800 villagers] wounding 90")


def test_the_day_of_the_event_is_not_the_day_of_the_statement() -> None:
    divided, first, end = marked("The army said on Friday that rebels [shelled the market] on Tuesday")
    when = event_date(divided, first, end, dates=find(divided, SUNDAY), published=SUNDAY)
    assert when is not None and when.start == date(2019, 12, 17)


def test_an_event_without_a_day_has_none() -> None:
    divided, first, end = marked("Rebels [shelled the market]")
    assert event_date(divided, first, end, dates=[], published=SUNDAY) is None


def test_a_span_outside_the_words_claims_nothing() -> None:
    assert judge(words("Rebels fled"), 1, 5, dates=[], published=SUNDAY) == ()


def test_a_sentence_of_thousands_of_words_is_judged_by_what_stands_near() -> None:
    noise = "could not deny if war " * 2000
    text = noise + "; gunmen [shelled the port]; " + noise
    assert kinds(text) == set()


WORDS = (
    "rebels army could not no denied that which who after despite if since in April 2011 Monday war has killed 500 "
    'people the town besieged , ; " ( ) and but shelled said warned of to end siege was lifted called for trial as'
).split()
SENTENCES = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


@given(SENTENCES, st.data())
def test_no_text_raises_and_cues_lie_within_the_words(text: str, data: st.DataObject) -> None:
    divided = words(text)
    if not len(divided):
        return
    first = data.draw(st.integers(0, len(divided) - 1))
    end = data.draw(st.integers(first + 1, len(divided)))
    dates = find(divided, SUNDAY)
    found = judge(divided, first, end, dates=dates, published=SUNDAY)
    assert found == judge(divided, first, end, dates=dates, published=SUNDAY)
    assert len({claim.kind for claim in found}) == len(found)
    assert all(0 <= claim.at < len(divided) for claim in found)
    event_date(divided, first, end, dates=dates, published=SUNDAY)


@given(
    st.sampled_from([t for t in CURRENT if "[" in t and not t.endswith("?")]),
    st.lists(st.sampled_from(WORDS), max_size=12),
)
def test_what_follows_a_full_stop_claims_nothing_about_what_stands_before(text: str, more: list[str]) -> None:
    tail = " ".join(word for word in more if word not in (",", ";", '"', "(", ")", "according"))
    assert kinds(f"{text}. Meanwhile {tail}") <= kinds(text) | {"alleged"}


def test_a_sentence_judged_for_many_hits_says_of_each_what_it_says_of_it_alone() -> None:
    divided = words(
        "The army denied that it shelled the town in May, but rebels who could attack again said the war has killed 40."
    )
    dates = find(divided, SUNDAY)
    spans = [(first, end) for first in range(len(divided)) for end in (first + 1, first + 3) if end <= len(divided)]
    judgement = Judgement(divided, dates, SUNDAY)
    for own in ((), (2, 14)):
        together = [judgement.claims(first, end, own) for first, end in spans]
        alone = [judge(divided, first, end, dates=dates, published=SUNDAY, own=own) for first, end in spans]
        assert together == alone
    assert any(together)


def test_a_noun_is_dated_by_the_clause_that_says_when_it_began() -> None:
    assert "past" in kinds("The [siege] that began in April 1992 lasted for years")


@pytest.mark.parametrize(
    "text",
    [
        "Envoys met in Luanda three months after the sides [signed a truce]",
        "Refugees marched twelve months after the army [drove 40,000 people] out of the valley",
        "The blast comes two years after a [bombing killed 40 people] in the same market",
        "Families of the 900 [killed] by the 2011 floods gathered on the shore",
        "Thousands were [killed] in the 2006 war",
        "Two years on, the [bombs that killed 30 people] are spoken of daily",
        "Villagers mark the [flood that killed 200] of them",
        "Seven towns [fell to the rebels] within one month in the autumn of 2016",
        "The army took the port within weeks, and [lost it] again the next June",
        "The following October [raids killed] 120 villagers",
        "The group rose to fame a decade ago when its fighters [took the port] for 11 days",
        "Fighters had [taken the port] a year earlier",
        "In a 2009 attack, gunmen [killed 30] travellers",
        "The raid was the deadliest since 2009, when gunmen [killed 60] people",
        "It was the worst violence since gunmen [killed 60] people in 2009",
        "The 2009 offensive that [drove out] the militants was his",
        "At the height of the war, shelling [killed 20 people] a day",
        "In the war of 2009, hundreds were killed and some 10,000 [lost their homes]",
        "A famine in the lowlands in 1998 [claimed 7,000 lives]",
        "After 2000 the rebels lived by [kidnapping] farmers",
        "Travellers used to be [kidnapped] by tribesmen",
        "A court heard on Thursday how migrants were [shot dead]",
        "The agency paid tribute to nurses who [died] in the raid",
        "Police arrest gang leader over [kidnap] for ransom",
        "Some 20,000 people [escaped] in the spring",
    ],
)
def test_what_is_told_as_long_ago_is_past(text: str) -> None:
    assert kinds(text) & {"past", "total"}


@pytest.mark.parametrize(
    "text",
    [
        "More than 900 people have been [killed] since rebels launched their offensive in January 2018",
        "About 1,500 civilians were [killed] in the first eight months of the year",
    ],
)
def test_a_count_since_a_deed_of_long_ago_is_a_total(text: str) -> None:
    assert "total" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Twelve months after the war began, [shelling killed] four people",
        "The [attack] comes two years after a bombing killed 40 people",
        "The strike comes a week after a [bombing killed 40 people]",
        "The raid marks the first time that the group has [killed] soldiers",
        "More than 900 people have [fled] since rebels launched their offensive on Monday",
        "Rebels [took the town] the following day",
        "The raids mark another [violation of the truce]",
        "Nearly 90,000 people have [fled] in the week since the invasion began",
        "Shelling killed four in the port in 2009, and on Monday gunmen [killed two]",
    ],
)
def test_news_beside_what_is_long_ago_is_news(text: str) -> None:
    assert not kinds(text) & {"past", "total"}


def test_a_second_verb_shares_the_day_of_the_first() -> None:
    assert "past" in kinds("The suburb fell to the army last year and was [evacuated]")
    assert not kinds("The suburb was shelled on Saturday and was [evacuated]")


def test_what_somebody_tries_for_months_is_not_done() -> None:
    assert "possible" in kinds("His forces have been trying for months to [surround the town]")


def test_a_led_coalition_leads_to_nothing() -> None:
    assert "possible" in kinds("The raids came with an operation by the French-led coalition to [retake the city]")


def test_that_which_wounded_people_describes_none_of_them() -> None:
    assert not kinds("The bombing of an office that [injured six] policemen drew protests")


@pytest.mark.parametrize(
    "text",
    [
        "The rebels accused the army of [breaking the truce] in Taiz",
        "The army accuses the rebels of [shelling Taiz] despite the truce",
        "The sides traded accusations of [truce violations]",
    ],
)
def test_what_others_are_accused_of_is_alleged(text: str) -> None:
    assert kinds(text) == {"alleged"}


@pytest.mark.parametrize(
    "text",
    [
        "[Rebels shelled Taiz despite the truce], and the army accused the rebels of bad faith",
        "The army [shelled Taiz] hours after it accused the rebels of breaking the truce",
        "The blast claimed the [lives of nine people]",
    ],
)
def test_what_is_done_beside_an_accusation_is_not_alleged(text: str) -> None:
    assert "alleged" not in kinds(text)
