from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.match.files import load
from alerts.match.lexicon import Lexicon
from alerts.match.rule import First
from tests.match.rules import ALONE, SOUND, broken, check, country, faults


def line_of(text: str) -> int:
    return SOUND[: SOUND.index(text)].count("\n") + 1


def test_a_sound_file_gives_a_rule() -> None:
    rule = check(SOUND)
    assert (rule.name, rule.family, rule.event, rule.status) == ("cut_off", "cut_off", "siege", "active")
    assert rule.when == First(within=timedelta(days=120))
    assert [part.name for part in rule.blocks[0].parts] == ["siege", "where"]
    assert rule.severity.steps == {"trapped": ((1000, "moderate"), (10000, "severe"))}
    assert [example.fires for example in rule.examples] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("[severity]\n", "[severty]\n", "[severity]", "'severty' is not a known key; did you mean 'severity'?"),
        ("within_words", "within_word", "within_words", "did you mean 'within_words'?"),
        ("required ", "requierd ", "required ", "'requierd' is not a known key; did you mean 'required'?"),
        ('"@picture"', '"@picure"', '"@picture"', "there is no word list '@picure'; did you mean '@picture'?"),
        ('"under siege"', '"besieged/cut"', "siege = [", "the sign '/' means nothing here"),
        ('"under siege"', '"under siege | cut"', "siege = [", "alternatives need brackets round them: (a | b)"),
        ('"under siege"', '"en*"', "siege = [", "write at least 3 letters before *"),
        ('10_000  = "severe"', '10_000  = "sever"', "10_000", "'sever' is no level; did you mean 'severe'?"),
        ('10_000  = "severe"', '10_000  = "minor"', "10_000", "the ladder goes down"),
        ('10_000  = "severe"', '10,000  = "severe"', "10_000", "numbers take no comma: write 10000 or 10_000"),
        ('"Town cut off"', "“Town cut off”", "Town cut", "curly quotes"),
        ("required  = true", "required  = Yes", "required ", "write true or false in small letters"),
        ("{{ trapped | people }}", "{{ traped | people }}", "summary =", "did you mean 'trapped'?"),
        ("{{ trapped | people }}", "{{ trapped | peple }}", "summary =", "there is no filter 'peple'"),
        ('kind = "first"', 'kind = "first"\nkind = "each"', "in   =", "is written twice"),
        ('precision = "city"', 'status = "active"', 'precision = "city"', "belongs at the top of the file"),
        ('use = "trapped"', 'use = "traped"', "use =", "there is no number 'traped'; did you mean 'trapped'?"),
        ('status = "active"', 'status = "Active"', "status =", "did you mean 'active'?"),
        ('status = "active"', "status = active", "status =", "text needs quotes"),
        ('"under siege"', '"... siege"', "siege = [", "a gap (...) needs words on both sides"),
        ('in   = "120 days"', 'in   = "120 dayz"', "in   =", "days"),
        ('in   = "120 days"', 'grace = "6 hours"', "in   =", "means nothing for kind = \"first\""),
        ('event  = "siege"', "", "format", "needs 'event'"),
        ("siege = [", "Siege = [", "siege = [", "a part's name is small letters"),
        ('["{place}", "@settlement"]', "[]", "where = [", "'where' is empty: it would match nothing"),
        ('precision = "city"', 'countries = ["Norwy"]', 'precision = "city"', "'Norwy' is no country"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_in_its_line_with_a_remedy(old: str, new: str, at: str, said: str) -> None:
    found = broken(old, new)
    assert any(said in fault.message and fault.line == line_of(at) for fault in found), found


def test_one_mistake_gives_one_fault() -> None:
    assert len(broken('use = "trapped"', 'use = "traped"')) == 1


def test_all_mistakes_are_told_at_once() -> None:
    text = SOUND.replace("within_words", "within_word").replace("required ", "requierd ").replace('"severe"', '"sever"')
    assert len(faults(text)) >= 3


def test_a_rule_without_a_match_is_refused() -> None:
    start, end = SOUND.index("[[match]]"), SOUND.index("[ignore]")
    assert any("it would never fire" in fault.message for fault in faults(SOUND[:start] + SOUND[end:]))


def test_a_story_in_which_nothing_fires_proves_nothing() -> None:
    story = '\n[[story]]\nname = "calm"\n[[story.article]]\nday = 1\ntext = "All is calm."\n'
    assert any("proves nothing" in fault.message for fault in faults(SOUND + story))


def test_a_file_name_must_be_a_plain_word() -> None:
    assert any("file name" in fault.message for fault in faults(SOUND, "New Siege"))


def test_a_rename_keeps_the_family() -> None:
    rule = check(SOUND.replace("[about]\n", '[about]\nformerly = ["old_siege", "middle_siege"]\n'))
    assert rule.family == "old_siege"


def test_a_rules_version_changes_with_its_lists(tmp_path: Path) -> None:
    lists = tmp_path / "lexicon"
    lists.mkdir()
    for name, words in (("settlement", "town"), ("picture", "painted town"), ("number.trapped", "~trap {people}")):
        (lists / f"{name}.toml").write_text(f'words = ["{words}"]')
    (tmp_path / "cut_off.toml").write_text(SOUND)
    before = load([tmp_path], country=country).rules[0].version
    assert load([tmp_path], country=country).rules[0].version == before
    (lists / "settlement.toml").write_text('words = ["town", "village"]')
    assert load([tmp_path], country=country).rules[0].version != before


def test_lists_that_go_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('words = ["@two"]')
    (tmp_path / "two.toml").write_text('words = ["@one"]')
    found = Lexicon(sorted(tmp_path.glob("*.toml"))).faults
    assert any("circle: @one -> @two -> @one" in fault.message for fault in found)


def test_one_broken_file_does_not_keep_the_others_from_loading(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(ALONE)
    (tmp_path / "bad.toml").write_text('format = 1\ntitle = "half\n')
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    found = load([tmp_path, tmp_path / "absent"], country=country)
    assert [rule.name for rule in found.rules] == ["good"]
    assert {fault.file for fault in found.errors} == {"bad.toml", "latin.toml", str(tmp_path / "absent")}


def test_a_users_file_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    for folder, title in (("shipped", "Shipped"), ("own", "Own")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cut_off.toml").write_text(ALONE.replace("Town cut off", title))
    found = load([tmp_path / "shipped", tmp_path / "own"], country=country)
    assert [rule.title for rule in found.rules] == ["Own"]


def test_a_state_nobody_keeps_is_a_fault(tmp_path: Path) -> None:
    text = ALONE.replace('kind = "first"\nin   = "120 days"', 'kind = "during"\nstate = "truce"')
    (tmp_path / "cut_off.toml").write_text(text)
    assert any("no rule keeps the state 'truce'" in fault.message for fault in load([tmp_path], country=country).faults)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_faults(text: str) -> None:
    try:
        check(text)
    except Faults:
        pass


@given(st.integers(min_value=0, max_value=len(SOUND)), st.text(alphabet="[]{}=\"'\n#.,|()ab1 ", max_size=6))
def test_no_edit_of_a_sound_rule_raises_anything_but_faults(at: int, typed: str) -> None:
    try:
        check(SOUND[:at] + typed + SOUND[at:])
    except Faults:
        pass
