"""`alerts rules judge`, `stats` and `adopt`: what people say of alerts, and what becomes of it."""

from __future__ import annotations

import shutil
import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.cli import common
from alerts.config import load
from alerts.configured import open_store
from alerts.resources import shipped
from alerts.store import demotions, meta
from alerts.store.database import writing
from tests.cli.archive import fill, install
from tests.cli.conftest import FLIGHT, World
from tests.cli.run import alerts
from tests.match.rules import SOUND, check

FLED = "More than 1,200 families fled the town of Djibo."
HEAT = "Families fleeing the heat left Sarajevo."
CUT_OFF = "Gunmen besieged the town of Goma."


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, gazetteer_path: Path) -> Path:
    folder = install(tmp_path_factory.mktemp("verdicts"), gazetteer_path)
    fill(folder, FLED, HEAT, CUT_OFF)
    return folder


@pytest.fixture
def archive(world: World, filled: Path) -> World:
    """Three alerts: 1 and 2 of `flight`, 3 of `siege`."""
    shutil.copytree(filled / "data", world.folder / "data")
    return world


def _rule(world: World, name: str = "flight") -> Path:
    return world.folder / "rules" / f"{name}.toml"


def test_verdicts_are_counted_by_rule(archive: World) -> None:
    assert alerts("rules", "judge", "1", "3", "--right").code == 0
    ran = alerts("rules", "judge", "2", "--wrong", "--because", "the heat")
    assert (ran.code, ran.err) == (0, "wrong: 2\n")
    flight, siege = alerts("rules", "stats", "--json").rows
    assert (flight["rule"], flight["alerts"], flight["judged"], flight["wrong"]) == ("flight", 2, 2, 1)
    assert (flight["precision"], siege["precision"]) == (0.5, 1.0)
    assert flight["interval"] == [0.095, 0.905]


def test_the_last_word_counts(archive: World) -> None:
    alerts("rules", "judge", "3", "--wrong")
    alerts("rules", "judge", "3", "--right")
    assert alerts("rules", "stats", "siege", "--json").rows[0]["wrong"] == 0


def test_a_rule_s_verdicts_are_laid_at_its_phrases(archive: World) -> None:
    alerts("rules", "judge", "1", "--right")
    alerts("rules", "judge", "2", "--wrong")
    [row] = alerts("rules", "stats", "flight", "--json").rows
    flight = [one for one in row["phrases"] if one["part"] == "flight"]
    assert [(one["phrase"], one["alerts"], one["judged"], one["wrong"]) for one in flight] == [
        ("(fled | flee | fleeing)", 2, 2, 1)
    ]
    assert "(families | people | residents)" in alerts("rules", "stats", "flight").out


def test_a_wrong_place_and_a_duplicate_are_shown_apart(archive: World) -> None:
    assert alerts("rules", "judge", "1", "--wrong-place").err == "wrong place: 1\n"
    assert alerts("rules", "judge", "2", "--duplicate-of", "1").err == "duplicate: 2\n"
    [row] = alerts("rules", "stats", "flight", "--json").rows
    assert (row["judged"], row["wrong"], row["wrong_place"], row["duplicates"]) == (1, 0, 1, 1)
    assert "1 wrong place, 1 duplicate" in alerts("rules", "stats").out
    assert "duplicate of 1, by " in alerts("show", "2").out
    assert alerts("show", "2", "--json").rows[0]["verdicts"][0]["duplicate_of"] == "1"


def test_what_is_said_must_fit_together(archive: World) -> None:
    for words in (("--right", "--cancel"), ("--right", "--duplicate-of", "2"), ("--cancel",), ()):
        assert alerts("rules", "judge", "1", *words).code == 2
    assert "no alert 9" in alerts("rules", "judge", "1", "--duplicate-of", "9").err
    assert "no duplicate of itself" in alerts("rules", "judge", "1", "--duplicate-of", "1").err
    assert alerts("rules", "stats", "flight", "--json").rows[0]["judged"] == 0


def test_a_false_alarm_can_be_taken_back_in_the_same_breath(archive: World) -> None:
    ran = alerts("rules", "judge", "2", "--wrong", "--cancel", "--because", "the heat")
    assert ran.err.startswith("alert 2 is cancelled: ") and ran.err.endswith("wrong: 2\n")
    assert "cancel: the heat" in alerts("show", "2").out


def test_what_is_taken_back_was_wrong(archive: World) -> None:
    assert alerts("cancel", "2", "--why", "the heat").code == 0
    assert alerts("rules", "stats", "flight", "--json").rows[0]["wrong"] == 1


def test_false_alarms_that_are_no_examples_yet_are_listed(archive: World) -> None:
    assert alerts("rules", "adopt", "--list").code == 0
    alerts("rules", "judge", "2", "--wrong", "--because", "the heat")
    [row] = alerts("rules", "adopt", "--list", "--json").rows
    assert (row["alert"], row["rule"], row["why"]) == ("2", "flight", "the heat")
    assert alerts("rules", "adopt", "2", "--yes").code == 0
    assert alerts("rules", "adopt", "--list", "--json").rows == []
    assert alerts("rules", "adopt").code == 2


def test_what_says_nothing_of_the_sentence_is_not_adopted_unasked(archive: World) -> None:
    alerts("rules", "judge", "1", "--wrong-number")
    alerts("rules", "judge", "2", "--duplicate-of", "1")
    assert "the number of alert 1 was judged wrong" in alerts("rules", "adopt", "1").err
    assert "judged a duplicate" in alerts("rules", "adopt", "2").err


def test_a_rule_that_fell_is_told_of_and_raised_again(archive: World) -> None:
    engine = open_store(load(archive.folder / "config.toml"))
    with writing(engine) as conn:
        version = meta.versions_in_force(conn)["flight"]
        demotions.drop(conn, replace(check(SOUND, "flight"), version=version), "9 of 20 were right", common.now())
    engine.dispose()
    rows = {row["rule"]: row for row in alerts("rules", "list", "--json").rows}
    assert (rows["flight"]["status"], rows["flight"]["fallen"]) == ("test", "9 of 20 were right")
    assert (rows["siege"]["status"], rows["siege"]["fallen"]) == ("active", None)
    said = "flight fell to test: 9 of 20 were right; alerts rules promote flight\n"
    assert alerts("rules", "list").err == said
    assert said in alerts("rules", "stats").err
    assert "flight fell to test" in alerts("status").out
    assert "did you mean 'flight'" in alerts("rules", "promote", "fligth").err
    assert "because 9 of 20 were right" in alerts("rules", "promote", "flight").err
    assert {row["status"] for row in alerts("rules", "list", "--json").rows} == {"active"}
    assert alerts("rules", "promote", "flight").err == "alerts: 'flight' did not fall to test; no rule did\n"


def test_without_verdicts_stats_say_how_to_give_them(archive: World) -> None:
    ran = alerts("rules", "stats")
    assert ran.code == 0
    assert ran.out.splitlines()[1].split()[:2] == ["flight", "2"]
    assert ran.err == "nothing is judged yet: alerts rules judge ALERT --right (or --wrong)\n"


def test_a_rule_without_alerts_has_stats_too(archive: World) -> None:
    archive.write("rules/escape.toml", FLIGHT)
    assert alerts("rules", "stats", "escape", "--json").rows[0]["alerts"] == 0
    ran = alerts("rules", "stats", "fligth")
    assert (ran.code, ran.err) == (1, "alerts: there is no rule 'fligth'; did you mean 'flight'?\n")


def test_the_alerts_of_a_rule_that_is_gone_are_still_counted(archive: World) -> None:
    _rule(archive).unlink()
    assert [row["rule"] for row in alerts("rules", "stats", "--json").rows] == ["flight", "siege"]
    assert alerts("rules", "stats", "flight", "--json").rows[0]["alerts"] == 2


def test_a_renamed_rule_keeps_its_alerts(archive: World) -> None:
    _rule(archive).unlink()
    archive.write("rules/escape.toml", FLIGHT + '\n[about]\nformerly = ["flight"]\n')
    assert alerts("rules", "stats", "escape", "--json").rows[0]["alerts"] == 2


def test_an_unknown_alert_is_told_and_none_is_judged(archive: World) -> None:
    ran = alerts("rules", "judge", "1", "99", "--right")
    assert (ran.code, ran.err) == (1, "alerts: there is no alert 99; see: alerts list\n")
    assert alerts("rules", "stats", "flight", "--json").rows[0]["judged"] == 0
    assert alerts("rules", "judge", "1").code == 2
    assert alerts("rules", "adopt", "x", "--quiet").err == "alerts: there is no alert x; see: alerts list\n"


def test_a_find_becomes_an_example_that_fires(archive: World) -> None:
    before = _rule(archive).read_text()
    ran = alerts("rules", "adopt", "3", "--fires", "--because", "seen by our office")
    assert (ran.code, ran.err) == (0, f"1 example added to {_rule(archive, 'siege')}\n")
    assert tomllib.loads(ran.out)["fires"][0]["text"] == CUT_OFF  # shown, for it is to be looked at
    text = _rule(archive, "siege").read_text()
    last = tomllib.loads(text)["fires"][-1]
    assert (last["text"], last["expect"]["place"]) == (CUT_OFF, "Goma")
    assert "(Outlet 2, " in text and "): seen by our office\n" in text
    assert _rule(archive).read_text() == before
    assert alerts("rules", "check").code == 0
    assert alerts("rules", "stats", "siege", "--json").rows[0]["judged"] == 1


def test_a_false_alarm_is_a_known_problem_until_the_rule_is_mended(archive: World) -> None:
    before = _rule(archive).read_text()
    ran = alerts("rules", "adopt", "2", "--quiet", "--because", "a heat wave", "--yes")
    assert ran.code == 0
    assert "the rule still fires on it" in ran.err
    text = _rule(archive).read_text()
    assert text.startswith(before)
    last = tomllib.loads(text)["quiet"][-1]
    assert (last["text"], last["known_problem"]) == (HEAT, "a heat wave")
    assert alerts("rules", "check").code == 0

    _rule(archive).write_text(
        text.replace("[place]\nprec", '[ignore]\nphrases = ["fleeing the heat"]\n\n[place]\nprec')
    )
    assert "the known problem is solved" in alerts("rules", "check").out


def test_a_mended_rule_takes_the_example_with_its_reason(archive: World) -> None:
    text = _rule(archive).read_text()
    _rule(archive).write_text(
        text.replace("[place]\nprec", '[ignore]\nphrases = ["fleeing the heat"]\n\n[place]\nprec')
    )
    ran = alerts("rules", "adopt", "2", "--quiet", "--because", "hidden by the idiom")
    assert (ran.code, ran.err) == (0, f"1 example added to {_rule(archive)}\n")
    last = tomllib.loads(_rule(archive).read_text())["quiet"][-1]
    assert last["because"] == "hidden by the idiom"
    assert "known_problem" not in last


def test_a_reason_that_is_not_the_rule_s_is_told_and_nothing_is_written(archive: World) -> None:
    text = _rule(archive).read_text()
    mended = text.replace("[place]\nprec", '[ignore]\nphrases = ["fleeing the heat"]\n\n[place]\nprec')
    _rule(archive).write_text(mended)
    ran = alerts("rules", "adopt", "2", "--quiet", "--because", "past", "--yes")
    assert ran.code == 1
    assert "quiet for another reason than 'past': hidden by the idiom 'fleeing the heat'" in ran.err
    assert _rule(archive).read_text() == mended


def test_who_does_not_want_a_known_problem_says_so(archive: World) -> None:
    before = _rule(archive).read_text()
    for answer in ("n\n", ""):
        ran = alerts("rules", "adopt", "2", "--quiet", stdin=answer)
        assert ran.code == 1
        assert "nothing was written" in ran.err
    assert _rule(archive).read_text() == before
    assert alerts("rules", "stats", "flight", "--json").rows[0]["judged"] == 0


def test_the_verdict_given_before_decides(archive: World) -> None:
    ran = alerts("rules", "adopt", "3")
    assert ran.code == 1
    assert ran.err.startswith("alerts: nobody judged alert 3 yet: say --quiet")
    alerts("rules", "judge", "3", "--right")
    assert alerts("rules", "adopt", "3").code == 0
    assert len(tomllib.loads(_rule(archive, "siege").read_text())["fires"]) == 2


def test_the_lines_can_be_had_without_a_change(archive: World) -> None:
    before = _rule(archive, "siege").read_text()
    ran = alerts("rules", "adopt", "3", "--fires", "--print")
    assert (ran.code, ran.err) == (0, "")
    assert tomllib.loads(ran.out)["fires"][0]["text"] == CUT_OFF
    assert _rule(archive, "siege").read_text() == before
    assert alerts("rules", "stats", "siege", "--json").rows[0]["judged"] == 0


def test_the_same_sentence_is_not_adopted_twice(archive: World) -> None:
    assert alerts("rules", "adopt", "3", "--fires").code == 0
    ran = alerts("rules", "adopt", "3", "--fires")
    assert ran.code == 1
    assert "the rule has this example already" in ran.err


def test_one_article_of_several_can_be_taken(archive: World) -> None:
    ran = alerts("rules", "adopt", "3", "--fires", "--article", "1")
    assert (ran.code, ran.err) == (
        1,
        "alerts: the article 1 is no evidence of the alert; there is 3 (Outlet 2)\n",
    )
    assert alerts("rules", "adopt", "3", "--fires", "--article", "3").code == 0


def test_a_rule_that_changed_beyond_the_sentence_takes_nothing(archive: World) -> None:
    text = _rule(archive, "siege").read_text()
    changed = text.replace("(besieged | encircled)", "(lockdown)").replace("{place}", "barracks")
    _rule(archive, "siege").write_text(changed.replace("Gunmen besieged the town", "A lockdown of the barracks"))
    ran = alerts("rules", "adopt", "3", "--fires", "--yes")
    assert ran.code == 1
    assert "no part of the rule is in it any more" in ran.err
    assert "nothing of alert 3 is left to adopt" in ran.err


def test_a_rule_that_lost_the_find_says_so(archive: World) -> None:
    text = _rule(archive, "siege").read_text()
    _rule(archive, "siege").write_text(
        text.replace("(besieged | encircled)", "encircled").replace("besieged", "encircled")
    )
    ran = alerts("rules", "adopt", "3", "--fires", "--yes")
    assert ran.code == 0
    assert "the rule does not fire on it any more: the example does not fire (missing siege)" in ran.err
    assert tomllib.loads(_rule(archive, "siege").read_text())["fires"][-1]["known_problem"]


def test_a_rule_with_faults_is_to_be_mended_first(archive: World) -> None:
    text = _rule(archive, "siege").read_text().replace("precision", "precison")
    _rule(archive, "siege").write_text(text)
    ran = alerts("rules", "adopt", "3", "--fires", "--yes")
    assert ran.code == 1
    assert f"{_rule(archive, 'siege')}:" in ran.err and "'precison' is not a known key" in ran.err
    assert _rule(archive, "siege").read_text() == text


def test_the_file_of_a_rule_that_is_gone_is_missed(archive: World) -> None:
    _rule(archive, "siege").unlink()
    ran = alerts("rules", "adopt", "3", "--fires")
    assert (ran.code, ran.err) == (1, "alerts: the rule 'siege' of alert 3 is in no folder of rules any more\n")


def test_a_renamed_rule_takes_the_examples_of_its_alerts(archive: World) -> None:
    text = _rule(archive, "siege").read_text()
    _rule(archive, "siege").unlink()
    path = archive.write("rules/cut_off.toml", text + '\n[about]\nformerly = ["siege"]\n')
    assert alerts("rules", "adopt", "3", "--fires").code == 0
    assert len(tomllib.loads(path.read_text())["fires"]) == 2


def test_comments_line_ends_and_rights_of_the_file_stay(archive: World) -> None:
    path = _rule(archive, "siege")
    before = b"# ours\r\n" + path.read_bytes().replace(b"\n", b"\r\n").rstrip()
    path.write_bytes(before)
    path.chmod(0o640)
    assert alerts("rules", "adopt", "3", "--fires").code == 0
    after = path.read_bytes()
    assert after.startswith(before + b"\r\n\r\n# adopted from alert 3")
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


def test_a_link_to_the_rule_s_file_stays_a_link(archive: World) -> None:
    path = _rule(archive, "siege")
    kept = archive.write("kept/siege.toml", path.read_text())
    path.unlink()
    path.symlink_to(kept)
    assert alerts("rules", "adopt", "3", "--fires").code == 0
    assert path.is_symlink()
    assert len(tomllib.loads(kept.read_text())["fires"]) == 2


@pytest.fixture
def with_shipped(world: World) -> World:
    """An installation with one of the shipped rules and an alert of it."""
    others = [path.stem for path in shipped("rules").glob("*.toml") if path.stem != "siege"]
    config = world.folder / "config.toml"
    wanted = f'folders = ["own"]\noff = {others}'
    config.write_text(config.read_text().replace('shipped = false\nfolders = ["rules"]', wanted))
    (world.folder / "own").mkdir()
    fill(world.folder, CUT_OFF)
    return world


def test_a_shipped_rule_is_copied_after_asking(with_shipped: World) -> None:
    own = with_shipped.folder / "own" / "siege.toml"
    original = shipped("rules") / own.name
    before = original.read_bytes()
    refused = alerts("rules", "adopt", "1", "--fires", stdin="n\n")
    assert refused.code == 1
    assert "is a shipped rule. Copy it to" in refused.err
    assert not own.exists()
    assert alerts("rules", "adopt", "1", "--fires", stdin="y\n").code == 0
    assert own.read_bytes().startswith(before)
    assert original.read_bytes() == before


def test_without_a_folder_of_one_s_own_a_shipped_rule_cannot_be_changed(with_shipped: World) -> None:
    (with_shipped.folder / "own").rmdir()
    ran = alerts("rules", "adopt", "1", "--fires", "--yes")
    assert ran.code == 1
    assert f"there is no folder of your own to copy it to; make it: mkdir {with_shipped.folder / 'own'}" in ran.err
