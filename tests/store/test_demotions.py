"""Rules that fell to test, kept in the database."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from alerts.match.rule import Rule
from alerts.store import demotions, meta
from alerts.store.database import writing
from tests.match.rules import SOUND, check
from tests.store.values import HOUR, NOW


def _rule(change: str = "") -> Rule:
    return check(SOUND + change)


def test_a_rule_that_fell_counts_as_in_test(engine: Engine) -> None:
    rule = _rule()
    with writing(engine) as conn:
        assert demotions.in_force(conn, rule) is rule
        demotions.drop(conn, rule, "9 of 20 were right", NOW)
        assert demotions.in_force(conn, rule) == replace(rule, status="test")
        [found] = demotions.fallen(conn).values()
    assert (found.rule, found.version, found.at, found.why) == ("cut_off", rule.version, NOW, "9 of 20 were right")


def test_a_changed_file_is_another_version_which_has_not_fallen(engine: Engine) -> None:
    changed = _rule("\n# mended\n")
    with writing(engine) as conn:
        demotions.drop(conn, _rule(), "why", NOW)
        assert demotions.in_force(conn, changed) is changed


def test_a_rule_can_be_raised_again(engine: Engine) -> None:
    rule = _rule()
    with writing(engine) as conn:
        assert demotions.promote(conn, rule.name, NOW) is None
        demotions.drop(conn, rule, "why", NOW)
        raised = demotions.promote(conn, rule.name, NOW + HOUR)
        assert raised is not None and raised.why == "why"
        assert demotions.in_force(conn, rule) is rule and demotions.fallen(conn) == {}


def test_alerts_count_from_when_the_version_came_into_force_or_was_raised_again(engine: Engine) -> None:
    rule, changed = _rule(), _rule("\n# mended\n")
    with writing(engine) as conn:
        assert demotions.counted_since(conn, rule) is None
        meta.record_rules(conn, [(rule.name, rule.version, rule.source)], NOW)
        meta.record_rules(conn, [(changed.name, changed.version, changed.source)], NOW + 3 * HOUR)
        demotions.drop(conn, rule, "why", NOW + HOUR)
        assert demotions.counted_since(conn, rule) == NOW
        demotions.promote(conn, rule.name, NOW + 2 * HOUR)
        assert demotions.counted_since(conn, rule) == NOW + 2 * HOUR
        assert demotions.counted_since(conn, changed) == NOW + 3 * HOUR


def test_one_rule_falls_without_another(engine: Engine) -> None:
    one, other = _rule(), check(SOUND, "other")
    with writing(engine) as conn:
        demotions.drop(conn, one, "why", NOW)
        demotions.drop(conn, other, "why", NOW)
        demotions.promote(conn, one.name, NOW)
        assert list(demotions.fallen(conn)) == ["other"]
