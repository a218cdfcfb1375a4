"""News such as thousands of feeds bring, made from a seed: mostly short items of which no rule makes anything, now and
then an event at a real place, told by several outlets: one wire story under other headlines, reports in other words,
follow-ups with higher numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts.types import Article

START = datetime(2025, 1, 1, tzinfo=UTC)

# Where most of such news comes from, and from where the rest.
_TOWNS = (
    "Idlib Aleppo Homs Raqqa Taiz Marib Hodeidah Aden Goma Bukavu Beni Bunia Khartoum Omdurman Mogadishu Kismayo "
    "Baidoa Maiduguri Kaduna Zamfara Gao Mopti Timbuktu Djibo Kaya Kharkiv Kherson Odesa Zaporizhzhia Donetsk Gaza "
    "Rafah Nablus Jenin Beirut Tyre Kabul Kandahar Kunduz Jalalabad Herat Mosul Kirkuk Baghdad Juba Malakal Bentiu "
    "Bangui Bambari Sittwe Myitkyina Mekelle Adwa Nyala Zalingei Kassala Benghazi Tripoli"
).split()
_PARTS = ("Morning", "Northern", "Gulf", "River", "Capital", "Eastern", "Coast", "Free")
_KINDS = ("Post", "Herald", "Radio", "Observer", "Times", "Wire", "Today", "Tribune")
OUTLETS = [f"{part} {kind}" for part in _PARTS for kind in _KINDS]
_SUBJECTS = (
    "The central bank|The city council|A local football club|The education ministry|The airline|A chess master|"
    "The film festival|The port authority|The tax office|A group of engineers|The national team|The power company|"
    "The trade union|A start-up|The weather service|The museum|The supreme court|The farmers' association|"
    "The telecoms regulator|The university|A young singer|The railway|The statistics bureau|The electoral commission"
).split("|")
_VERBS = (
    "announced|presented|postponed|welcomed|rejected|published|opened|discussed|praised|reviewed|signed|renewed|"
    "criticised|extended|launched|won|lost|closed|approved|planned"
).split("|")
_OBJECTS = (
    "a new budget|the annual report|a contract for buses|its summer programme|the final match|a price increase|"
    "an agreement with investors|the new stadium|a scholarship fund|the results of the vote|a training course|"
    "plans for a bridge|a digital service|the spring collection|the exchange rate|a record harvest|its first album|"
    "an exhibition of carpets|the reform of the pension law|a delegation of business leaders|the timetable"
).split("|")
_TAILS = (
    "after months of talks|in the first half of the year|for the third time in a row|according to a statement|"
    "despite rising costs|at a ceremony in the capital|on its website|with partners from abroad|as expected|"
    "to the surprise of many|in a move that analysts called overdue|before the holiday season|with immediate effect"
).split("|")
_EVENTS = (
    ("{n} people were killed when shells hit a market in {town}, medics said.", 4, 60),
    ("At least {n} civilians were killed in an air strike on {town}, residents said.", 3, 80),
    ("Gunmen attacked a village near {town}, killing {n} people, local officials said.", 3, 40),
    ("More than {n} families fled {town} after fighting broke out, the United Nations said.", 200, 9_000),
    ("Floods in {town} killed {n} people and destroyed hundreds of houses, authorities said.", 3, 120),
    ("Militants abducted {n} people on a road outside {town}, police said.", 3, 60),
    ("An earthquake near {town} killed at least {n} people, rescuers said.", 5, 900),
    ("A hospital in {town} was hit by rockets, and {n} patients were killed, doctors said.", 2, 30),
    ("Armed men blocked an aid convoy of {n} trucks on its way to {town}, a relief agency said.", 3, 60),
    ("Government forces captured {town} after heavy fighting in which {n} soldiers were killed.", 5, 90),
)
_WHO = (
    "A nurse|The governor|A shopkeeper|The mayor|An aid worker|A teacher|A colonel|A truck driver|The local council|"
    "A farmer|A spokesman for the army|A resident|An elder|The relief committee|A student|The health ministry"
).split("|")
_SAID = "said|told reporters|wrote|told the radio|confirmed|explained|told our correspondent|added".split("|")
_WHAT = (
    "that the road to the coast was closed|that clinics lacked fuel and medicine|that smoke hung over the old town|"
    "that nobody had claimed responsibility|that ambulances came late|that the bridge could not be crossed|"
    "that schools would stay shut|that long queues formed at petrol stations|that the claims could not be verified|"
    "that an investigation would follow|that telephone lines were down|that the market would open again soon|"
    "that the night had been quiet elsewhere|that more trucks were expected|that families slept in mosques"
).split("|")
_AND = (
    "and asked for calm|and appealed for blankets|and did not give details|while drones circled above|"
    "as rain set in|and refused to be named|after talks with elders|and blamed the other side|before dawn|"
    "in the presence of reporters|and counted the damage|although the front is far away"
).split("|")


@dataclass(slots=True)
class Mix:
    """What the stream is made of: counts of articles by kind, and their words."""

    kinds: dict[str, int] = field(default_factory=dict)
    words: int = 0

    def add(self, kind: str, article: Article) -> Article:
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.words += len(article.text.split()) + len(article.title.split())
        return article


def stream(number: int, seed: int, span: timedelta, mix: Mix) -> Iterator[Article]:
    """`number` articles, evenly over a span; some of them a few days ahead of the others."""
    rng = random.Random(seed)
    made = 0
    while made < number:
        at = START + span * (made / number)
        articles = _happening(rng, at, made, mix) if rng.random() < 0.012 else [_item(rng, at, made, mix)]
        for article in articles[: number - made]:
            made += 1
            yield article


def _item(rng: random.Random, at: datetime, number: int, mix: Mix) -> Article:
    """An item of which no rule makes anything: 30 to 60 words, now and then a whole article."""
    full = rng.random() < 0.03
    sentences = [_sentence(rng) for _ in range(rng.randint(20, 40) if full else rng.randint(2, 4))]
    made = _article(rng, at, number, _sentence(rng).rstrip("."), " ".join(sentences))
    return mix.add("a whole article about something else" if full else "a short item about something else", made)


def _happening(rng: random.Random, at: datetime, number: int, mix: Mix) -> list[Article]:
    """One event: a wire story and its copies, reports in other words, and perhaps follow-ups."""
    form, low, high = rng.choice(_EVENTS)
    town, count = rng.choice(_TOWNS), int(low * (high / low) ** rng.random())
    wire = " ".join([form.format(n=f"{count:,}", town=town), *(_detail(rng) for _ in range(3)), _sentence(rng)])
    made: list[Article] = []
    for copy in range(rng.choice((1, 2, 3, 5, 8))):
        text = wire if rng.random() < 0.6 else wire[: int(len(wire) * rng.uniform(0.5, 0.9))]
        when = at + timedelta(minutes=25 * copy * rng.random())
        made.append(mix.add("a wire story", _article(rng, when, number + len(made), _headline(rng, town), text)))
    for follow in range(rng.choice((0, 0, 1, 2, 4))):
        count = int(count * rng.uniform(1.0, 1.7))
        said = [form.format(n=f"{count:,}", town=town), _detail(rng), _sentence(rng), _sentence(rng)]
        text = " ".join(said if rng.random() < 0.8 else [*said, *(_sentence(rng) for _ in range(20))])
        when = at + timedelta(hours=(follow + 1) * rng.uniform(2, 20))
        made.append(
            mix.add("a report in other words", _article(rng, when, number + len(made), _headline(rng, town), text))
        )
    return made


def _article(rng: random.Random, at: datetime, number: int, title: str, text: str) -> Article:
    when = at + timedelta(seconds=rng.randint(0, 600))
    return Article(id=str(number), title=title, text=text, published=when, source=rng.choice(OUTLETS), language="en")


def _sentence(rng: random.Random) -> str:
    parts: Sequence[Sequence[str]] = (_SUBJECTS, _VERBS, _OBJECTS, _TAILS)
    said = " ".join(rng.choice(words) for words in parts)
    return f"{said}, {rng.choice(_SUBJECTS).lower()} said." if rng.random() < 0.4 else f"{said}."


def _detail(rng: random.Random) -> str:
    return f"{' '.join(rng.choice(words) for words in (_WHO, _SAID, _WHAT, _AND))}."


def _headline(rng: random.Random, town: str) -> str:
    return rng.choice(("News from {}", "{}: what we know", "Latest on {}", "Reports from {}", "{} today")).format(town)
