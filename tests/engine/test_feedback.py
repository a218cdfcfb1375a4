"""What verdicts do for rules: reports to owners, and rules that fall to test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.engine.feedback import ENOUGH, WEEK, Reporter, too_low
from alerts.match.opinions import Verdict
from alerts.match.precision import Score
from alerts.match.rule import Rule
from alerts.read.places import Gazetteer
from alerts.store import alerts, demotions, issuing, judgements, meta, people
from alerts.store import evidence as evidence_store
from alerts.store.database import reading, writing
from alerts.store.schema import bulletin, outbox
from tests.engine.world import World
from tests.match.rules import SOUND, check
from tests.store import values
from tests.store.values import HOUR, NOW

OWNED = SOUND.replace(
    'author  = "An analyst"', 'author  = "An analyst"\nowner = "ana@example.org"\nmin_precision = 0.6'
)
RULE = check(OWNED)
SIEGED = "Gunmen besieged the town of Goma on Monday."


@pytest.fixture
def reporter(engine: Engine, gazetteer: Gazetteer) -> Reporter:
    with writing(engine) as conn:
        people.add_person(conn, "ana@example.org", now=NOW)
        people.add_person(conn, "ben@example.org", now=NOW)
        people.assign_duties(conn, "operator", ["ops@example.org"], NOW)
        meta.record_rules(conn, [(RULE.name, RULE.version, RULE.source)], NOW - WEEK)
    return Reporter(engine=engine, gazetteer=gazetteer, domain="alerts.example", secret=b"s" * 32)


def _alerts(conn: Connection, *verdicts: Verdict | None, rule: Rule = RULE, sentence: str = SIEGED) -> list[str]:
    """Told alerts of the rule, each on an article of its own, judged so by reader 9."""
    found = []
    for number, verdict in enumerate(verdicts):
        key = f"{rule.name}-{number}"
        made = values.alert(key=key, rule=rule.name, family=rule.family, event=rule.event, version=1, opened=NOW)
        saved = alerts.save_alert(conn, made, title=f"Town {number} cut off", summary="")
        [item] = values.add_articles(conn, key)
        parts = {"siege": "besieged", "where": "Goma"}
        hit = values.hit(rule=rule.name, family=rule.family, sentence=sentence, parts=parts)
        evidence_store.put(conn, saved, [values.evidence(item.article.id, hit=hit)])
        if verdict is not None:
            judgements.judge(conn, saved.id, verdict, who="reader 9", why="", now=NOW)
        found.append(saved.id)
    return found


def _mails(engine: Engine) -> list[tuple[str, list[str], str]]:
    """(subject, who gets it, body) of the bulletins."""
    with reading(engine) as conn:
        found = []
        for row in conn.execute(select(bulletin).order_by(bulletin.c.id)):
            to = conn.execute(select(outbox.c.person_id).where(outbox.c.bulletin_id == row.id)).scalars().all()
            names = [one.partition("@")[0] for one in people.addresses(conn, to).values()]
            found.append((row.subject, sorted(names), row.body))
        return found


def _weak(conn: Connection, right: int, wrong: int) -> None:
    verdicts: list[Verdict] = ["right"] * right
    _alerts(conn, *verdicts, *_wrong(wrong))


def _wrong(count: int) -> list[Verdict]:
    return ["wrong"] * count


def test_a_rule_below_its_own_least_precision_falls_to_test_and_its_owner_and_operators_are_told(
    engine: Engine, reporter: Reporter
) -> None:
    with writing(engine) as conn:
        _weak(conn, 11, 9)
    [done] = reporter.run([RULE], NOW + HOUR)
    assert done.startswith("cut_off fell to test: 11 of 20 judged alerts were right (55 %, 34 to 74 %)")
    with reading(engine) as conn:
        assert demotions.in_force(conn, RULE).status == "test"
    [(subject, to, body)] = _mails(engine)
    assert "'cut_off' fell to test" in subject and to == ["ana", "ops"]
    assert "alerts rules promote cut_off" in body and "its min_precision is 60%" in body


def test_it_falls_once(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        _weak(conn, 0, ENOUGH)
    for hours in (1, 3, 6):
        reporter.run([RULE], NOW + hours * HOUR)
    assert len(_mails(engine)) == 1


def test_it_takes_enough_verdicts_and_a_wish_of_the_rule(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        _weak(conn, 0, ENOUGH - 1)
    assert reporter.run([RULE, check(SOUND, "other")], NOW + HOUR) == []
    assert _mails(engine) == []


@pytest.mark.parametrize(("right", "judged", "falls"), [(11, 20, True), (12, 20, False), (0, 19, False), (0, 0, False)])
def test_a_rule_falls_below_its_least_precision_not_at_it(right: int, judged: int, falls: bool) -> None:
    assert bool(too_low(Score(alerts=30, judged=judged, right=right), 0.6)) == falls


def test_duplicates_and_wrong_places_make_no_rule_fall(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        duplicates: list[Verdict] = ["duplicate"] * 20
        places: list[Verdict] = ["wrong_place"] * 20
        _alerts(conn, *duplicates, *places, *_wrong(5))
    assert reporter.run([RULE], NOW + HOUR) == []


def test_a_rule_raised_again_is_judged_by_what_comes_after(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        _weak(conn, 0, ENOUGH)
    reporter.run([RULE], NOW + HOUR)
    with writing(engine) as conn:
        demotions.promote(conn, RULE.name, NOW + 2 * HOUR)
    assert reporter.run([RULE], NOW + 4 * HOUR) == []
    with reading(engine) as conn:
        assert demotions.in_force(conn, RULE).status == "active"


def test_a_mended_rule_is_not_judged_by_the_alerts_of_its_earlier_version(engine: Engine, reporter: Reporter) -> None:
    mended = check(OWNED + "\n# mended\n")
    with writing(engine) as conn:
        _weak(conn, 0, ENOUGH)
        meta.record_rules(conn, [(mended.name, mended.version, mended.source)], NOW + HOUR)
    assert reporter.run([mended], NOW + 2 * HOUR) == []


def _week(engine: Engine, reporter: Reporter, rules: Sequence[Rule]) -> list[tuple[str, list[str], str]]:
    reporter.run([], NOW - HOUR)  # the service begins
    reporter.run(rules, NOW - HOUR + WEEK)
    return _mails(engine)


def test_the_owner_of_a_rule_hears_each_week_what_it_told_and_what_was_said(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        first, *_, place, again = _alerts(conn, "wrong", "right", None, "wrong_place", None)
        judgements.judge(conn, again, "duplicate", who="ben", why="", now=NOW, duplicate_of=first)
    [(subject, to, body)] = _week(engine, reporter, [RULE])
    assert (subject, to) == ("Your rules this week", ["ana"])
    assert "5 alerts told this week\n2 of 3 judged alerts were right (67 %, 21 to 94 %); 1 duplicate besides" in body
    assert f"The place was wrong:\n\n- alert {place}: Town 3 cut off" in body
    assert f"- alert {again}: Town 4 cut off (of {first}: alerts merge {first} {again})" in body
    assert f"- alert {first}: Town 0 cut off: alerts rules adopt {first}" in body
    assert "@" not in body


def test_a_phrase_that_is_mostly_wrong_is_named(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        _weak(conn, 1, 5)
    [(_, _, body)] = _week(engine, reporter, [RULE])
    assert "Phrases that are mostly wrong:\n\n- '~besiege' (siege): 1 of 6 right" in body


def test_what_has_no_owner_on_the_list_goes_to_the_operators(engine: Engine, reporter: Reporter) -> None:
    plain = check(SOUND, "other")
    stranger = check(SOUND.replace('author  = "An analyst"', 'owner = "x@example.com"'), "stranger")
    with writing(engine) as conn:
        _alerts(conn, None, rule=plain)
        _alerts(conn, None, rule=stranger)
    [(_, to, body)] = _week(engine, reporter, [plain, stranger])
    assert to == ["ops"] and "other: Town cut off" in body and "stranger: Town cut off" in body


def test_a_week_without_alerts_and_verdicts_is_no_mail(engine: Engine, reporter: Reporter) -> None:
    assert _week(engine, reporter, [RULE]) == []


def test_what_is_an_example_of_the_rule_already_is_not_offered(engine: Engine, reporter: Reporter) -> None:
    known = next(example.text for example in RULE.examples if not example.fires)
    with writing(engine) as conn:
        _alerts(conn, "wrong", sentence=known.upper())
    [(_, _, body)] = _week(engine, reporter, [RULE])
    assert "adopt" not in body


def test_the_report_comes_once_a_week(engine: Engine, reporter: Reporter) -> None:
    with writing(engine) as conn:
        _alerts(conn, "wrong")
    reporter.run([], NOW - HOUR)
    for hours in range(0, 24 * 13, 6):
        reporter.run([RULE], NOW + timedelta(hours=hours))
    assert len(_mails(engine)) == 1


def test_alerts_of_a_rule_that_fell_go_to_its_owner_only_and_say_that_they_are_a_test(world: World) -> None:
    analyst, other = world.reader("analyst@example.org"), world.reader("other@example.org")
    shelling = world.rulebook.ruleset.by_name["shelling"]
    world.hear("Shells fell on Djibo, killing 12 civilians.")
    world.send_all()
    with writing(world.engine) as conn:
        issuing.put_issuer(conn, {"sender": "alerts.example"})
        demotions.drop(conn, shelling, "why", world.now)
    world.hear("Shells fell on Goma, killing 12 civilians.")
    assert world.mails("queued") == [(analyst, 1)]
    world.send_all()
    with reading(world.engine) as conn:
        [version] = alerts.versions(conn, [("2", None)])
    assert version.fields["issued"]["terms"]["test"] is True
    world.hear("Shells fell on Djibo, killing 200 civilians.", source="The Other")  # who was told hears more
    assert world.mails("queued") == [(analyst, 2), (other, 2)]


def test_alerts_of_a_rule_that_fell_without_an_owner_on_the_list_go_to_the_operators(world: World) -> None:
    world.reader("other@example.org")
    with writing(world.engine) as conn:
        people.assign_duties(conn, "operator", ["ops@example.org"], world.now)
        demotions.drop(conn, world.rulebook.ruleset.by_name["shelling"], "why", world.now)
        operator = people.find_person(conn, "ops@example.org")
    world.hear("Shells fell on Goma, killing 12 civilians.")
    assert operator is not None and world.mails("queued") == [(operator.id, 1)]
