from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.match.check import Checker
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
        ("[alert]\n", '[alert]\ncategory = "security"\n', "title   =", "did you mean 'Security'?"),
        ("[alert]\n", '[alert]\ncategory = "War"\n', "title   =", "'War' is no category; write 'Geo', 'Met', 'Safety'"),
        ("[alert]\n", '[alert]\nresponse = "Asess"\n', "title   =", "did you mean 'Assess'?"),
        ('precision = "city"', 'countries = ["Norwy"]', 'precision = "city"', "'Norwy' is no country"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_in_its_line_with_a_remedy(old: str, new: str, at: str, said: str) -> None:
    found = broken(old, new)
    assert any(said in fault.message and fault.line == line_of(at) for fault in found), found


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('title  = "Town', 'title: "Town', "title", "write '=' between a key and its value, not ':'"),
        ('event  = "siege"', 'event  == "siege"', "event", "write one '=' between a key and its value"),
        ('event  = "siege"', 'event "siege"', "event", "the '=' is missing here"),
        ('"@settlement"]', '"@settlement"', "where = [", "the list that begins here is not closed"),
        ('"@settlement"]', '"@settlement",', "where = [", "the list that begins here is not closed"),
        ('"under siege"', "“under siege”", "siege = [", 'curly quotes (“); type straight quotes " "'),
        ('["~besiege"', "[~besiege", "siege = [", 'text needs quotes: "~besiege"'),
        ('"~besiege", ', '"~besiege" ', "siege = [", "a comma is missing between two values"),
        ("[match.parts]", "[parts]", "[match.parts]", "'parts' stands at the top of the file; write it [match.parts]"),
        ("[[quiet]]", "[quiet]\n[[quiet]]", "[[quiet]]", "[quiet] stands here and [[quiet]] in line"),
        ("[[match]]\n", "[match.parts]\n[[match]]\n", "[[match]]", "[match.parts] belongs below its [[match]]"),
        ("[[match]]\n", "[match]\n", "[[match]]", "'match' must be written as sections with double brackets"),
        ("[severity.trapped]", "[severity.traped]", "[severity.trapped]", "did you mean 'trapped'?"),
        ("[place]\n", "[Place]\n", "[place]", "'Place' is not a known key; did you mean 'place'?"),
        ("within_words", "Within_Words", "within_words", "did you mean 'within_words'?"),
        ("within_words", "within words", "within_words", "digits and _: write within_words"),
        ("siege = [", "belägerung = [", "siege = [", "digits and _: write belagerung"),
        ("[numbers.trapped]", "[numbers.straße]", "[numbers.trapped]", "digits and _: write numbers.strasse"),
        ("within_words = 16", 'within_words = "16"', "within_words", "must be a whole number without quotes"),
        ("required  = true", 'required  = "yes"', "required ", "must be true or false, without quotes"),
        ('in   = "120 days"', "in   = 120 days", "in   =", 'text needs quotes: "120 days"'),
        ('"severe"\n\n[alert]', '"severe"; // usual\n\n[alert]', "10_000", "a comment, which begins with #"),
        ('"under siege"', '"under siege OR encircled"', "siege = [", "write alternatives as (a | b)"),
        ('"under siege"', '"siege AND town"', "siege = [", "put the words in two parts"),
        ('"under siege"', '"siege NOT picture"', "siege = [", "under [ignore]"),
        ("siege = [", 'siege = "~besiege"\nother = [', "siege = [", "'siege' must be a list of texts"),
        ('"under siege"', '"~besieged"', "siege = [", "~besieged has no forms; write the verb as dictionaries list it"),
        ('"under siege"', '"~fled"', "siege = [", "~fled has no forms; write ~flee"),
        ('"under siege"', '"~was cut off"', "siege = [", "~was has no forms; write (is | are | was | were)"),
        ('"under siege"', '"*siege"', "siege = [", "it stands at the end of a word"),
        ('"under siege"', "'can't leave'", "siege = [", "the text ends at the ' inside it; put the other kind"),
        ('event  = "siege"', 'event  = "A siege!"', "event", 'write event = "a_siege"'),
        ("[numbers.trapped]", "[numbers.cut-off]", "[numbers.trapped]", "digits and _: write cut_off"),
        ("within_words = 16", 'language = "english"', "within_words", "write two small letters (ISO 639-1)"),
        ("{{ place }} cut", "{% if place %}{{ place }} cut", "title   =", "write {% endif %} where it ends"),
    ],
)  # fmt: skip
def test_a_slip_of_somebody_who_knows_no_toml_is_told_with_what_to_write(
    old: str, new: str, at: str, said: str
) -> None:
    found = broken(old, new)
    assert any(said in fault.message and fault.line == line_of(at) for fault in found), found


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ('trapped = "1,000"', "'expect.trapped' must be a number without quotes and commas: 400000 or 400_000"),
        ('severity = "Severe"', "'Severe' is no severity; did you mean 'severe'?"),
        ("place = 7", "'expect.place' must be text in quotes"),
        ('plaice = "Djibo"', "nothing is called 'plaice' here; did you mean 'place'?"),
    ],
)
def test_an_expectation_that_no_hit_can_meet_is_told(expect: str, said: str) -> None:
    text = 'text = "Gunmen besieged the town of Djibo."\n'
    [fault] = faults(SOUND.replace(text, f"{text}expect.{expect}\n"))
    assert said in fault.message
    assert fault.line == line_of(text) + 1


@pytest.mark.parametrize("verb", ["need", "bring", "shed", "embed", "free", "lay", "found"])
def test_a_verb_that_looks_like_a_form_may_be_one(verb: str) -> None:
    found = broken('"under siege"', f'"~{verb}"')
    assert bool(found) == (verb == "found"), found  # of find, more often than not


def test_windows_line_ends_tabs_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    text = ALONE.replace("within_words = ", "within_words\t=\t")
    for name, raw in (
        ("crlf", text.replace("\n", "\r\n")),
        ("mac", text.replace("\n", "\r")),
        ("bom", "\ufeff" + text),
    ):
        (tmp_path / f"{name}.toml").write_bytes(raw.encode())
    found = load([tmp_path], country=country)
    assert (len(found.rules), found.faults) == (3, ())
    assert len({rule.source for rule in found.rules}) == 1


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (ALONE.encode("utf-16"), "bad.toml: error: the file is UTF-16 (some editors call it Unicode)"),
        (ALONE.encode("utf-16-be"), "bad.toml: error: the file is UTF-16"),
        ('format = 1\ntitle = "Málaga"'.encode("latin-1"), "bad.toml:2: error: the file is not UTF-8 text"),
        (b"PK\x03\x04\x14\x00", "bad.toml: error: the file is no plain text but a document"),
        (b"{\\rtf1 format = 1}", "bad.toml: error: the file is no plain text but a document"),
        (b"<html></html>", "bad.toml:1: error: a line is a [section], 'key = value', or a comment that begins with #"),
        (b"# later\n", "bad.toml:1: error: the file is empty; rules/README.md has a rule to begin with"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_text_or_no_rule_is_told_what_it_is(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "bad.toml").write_bytes(raw)
    [fault] = load([tmp_path], country=country).faults
    assert str(fault).startswith(said)


def test_a_file_with_the_name_of_no_rule_is_told_a_better_name() -> None:
    [fault] = faults(SOUND, "Neue Regel (1)")
    assert fault.message.endswith("call the file neue_regel_1.toml")


MISTAKES = Path(__file__).parents[3] / "shared" / "design" / "example-mistakes"
LINES = {
    "b01_typo": 59, "b02_key": 16, "b03_place": 44, "b04_lex": 37, "b05_slash": 18, "b06_alt": 18, "b07_short": 18,
    "b08_level": 63, "b09_down": 64, "b10_comma": 63, "b11_quote": 2, "b12_bool": 44, "b13_tmpl": 71, "b14_dup": 52,
    "b15_swallow": 44, "b16_back": 18, "b17_bracket": 18, "b18_num": 48, "b19_case": 3, "b20_noquote": 3, "b21_gap": 18,
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_the_mistakes_of_the_design_are_found_in_their_lines(name: str) -> None:
    if not MISTAKES.exists():
        pytest.skip("the files are not here")
    lists = (MISTAKES.parent / "example-rules" / "lexicon").glob("*.toml")
    with pytest.raises(Faults) as caught:
        Checker(Lexicon(sorted(lists)), country).check(name, (MISTAKES / f"{name}.toml").read_text(encoding="utf-8"))
    # They were written before a rule had to name its event.
    told = [fault for fault in caught.value.faults if "needs 'event'" not in fault.message]
    assert LINES[name] in [fault.line for fault in told]


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


def test_a_broken_list_is_told_once_in_a_rule_that_uses_it_often(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "place_words.toml").write_text('words = ["a/b"]')
    text = ALONE.replace('"town"', '"@place_words"').replace('"x y"', '"@place_words", "@place_wards"')
    (tmp_path / "cut_off.toml").write_text(text)
    told = [fault.message for fault in load([tmp_path], country=country).faults]
    assert len(told) == 3
    assert sum("has faults of its own" in message for message in told) == 1


def test_one_broken_file_does_not_keep_the_others_from_loading(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(ALONE)
    (tmp_path / "bad.toml").write_text('format = 1\ntitle = "half\n')
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    found = load([tmp_path, tmp_path / "absent"], country=country)
    assert [rule.name for rule in found.rules] == ["good"]
    assert {fault.file for fault in found.errors} == {"bad.toml", "latin.toml", str(tmp_path / "absent")}


@pytest.mark.parametrize("name", ["cut_off.toml.txt", "cut_off.TOML", "cut_off.yaml", "more/cut_off.toml"])
def test_a_file_that_looks_like_a_rule_and_is_not_read_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / name).write_text(ALONE)
    found = load([tmp_path], country=country)
    assert found.rules == ()
    [fault] = found.faults
    assert fault.level == "warning"
    assert fault.message.endswith("in [rules] folders, or move them up" if "/" in name else "call it cut_off.toml")


def test_what_editors_leave_beside_a_rule_is_no_fault(tmp_path: Path) -> None:
    for name in ("cut_off.toml", ".cut_off.toml.swp", "cut_off.toml~", ".hidden.toml", "notes.txt"):
        (tmp_path / name).write_text(ALONE)
    (tmp_path / ".#cut_off.toml").symlink_to("nobody@nowhere")
    found = load([tmp_path], country=country)
    assert (len(found.rules), found.faults) == (1, ())


def test_a_rule_that_takes_the_alerts_of_another_that_is_still_there_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "cut_off.toml").write_text(ALONE)
    (tmp_path / "encircled.toml").write_text(ALONE.replace("[about]\n", '[about]\nformerly = ["cut_off"]\n'))
    [fault] = load([tmp_path], country=country).faults
    assert str(fault).startswith(
        "encircled.toml:7: error: 'formerly' says that this rule was 'cut_off', but there is still"
    )
    (tmp_path / "cut_off.toml").unlink()
    assert load([tmp_path], country=country).faults == ()


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


def test_the_least_precision_is_a_share() -> None:
    assert check(SOUND.replace("[about]\n", "[about]\nmin_precision = 0.6\n")).about.min_precision == 0.6
    assert check(SOUND).about.min_precision is None
    for value in ("60", "0", "1", '"0.6"', "nan"):
        [fault] = faults(SOUND.replace("[about]\n", f"[about]\nmin_precision = {value}\n"))
        assert "'min_precision'" in fault.message
