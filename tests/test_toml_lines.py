"""Faults in TOML files name the line they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Faults
from alerts.toml_lines import Document, KeyPath

TEXT = """\
# a comment = "not a key"
title = "First"
dotted.key.deep = 1

[smtp]
host = "mail.example.org"  # [not.a.section]
"quoted key" = 2
'literal' = 3

[[match]]
name = "one"
[match.parts]
siege = [
    "besiege",  # comma, in a comment ]
    "under ] siege",

    "cut off",
]

[[match]]
name = "two"
[match.parts]
where = ["a", "b"]

[alert]
summary = \"\"\"
{{ first }}
[alert]
title = "not a key"
{{ fourth }}\"\"\"
text = '''starts here
goes on'''
title = "after"
inline = { x = 1, y = { z = "deep" } }
many = [{ a = 1 }, { a = 2 }]
when = 2026-01-10 07:32:00
[[match]]
[[match.fires]]
text = "x"
[[match.fires]]
text = "y"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("dotted", "key", "deep"), 3),
        (("dotted", "key"), 3),
        (("smtp",), 5),
        (("smtp", "host"), 6),
        (("smtp", "quoted key"), 7),
        (("smtp", "literal"), 8),
        (("match", 0), 10),
        (("match", 0, "name"), 11),
        (("match", 0, "parts"), 12),
        (("match", 0, "parts", "siege"), 13),
        (("match", 0, "parts", "siege", 0), 14),
        (("match", 0, "parts", "siege", 1), 15),
        (("match", 0, "parts", "siege", 2), 17),
        (("match", 1, "name"), 21),
        (("match", 1, "parts", "where", 1), 23),
        (("alert", "summary"), 26),
        (("alert", "title"), 33),
        (("alert", "inline", "y", "z"), 34),
        (("alert", "many", 1, "a"), 35),
        (("alert", "when"), 36),
        (("match", 2), 37),
        (("match", 2, "fires", 1, "text"), 41),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert Document(TEXT, "x.toml").line(path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [(("smtp", "port"), 5), (("match", 1, "parts", "siege"), 22), (("nowhere",), 1), (("match", 9), 10), ((), 1)],
)
def test_a_key_that_is_absent_has_the_line_of_the_section_round_it(path: KeyPath, line: int) -> None:
    assert Document(TEXT, "x.toml").line(path) == line


@pytest.mark.parametrize(("key", "number", "line"), [("summary", 1, 27), ("summary", 4, 30), ("text", 2, 32)])
def test_a_line_inside_a_long_text_is_found(key: str, number: int, line: int) -> None:
    assert Document(TEXT, "x.toml").text_line(("alert", key), number) == line


def test_a_line_inside_a_text_of_one_line_is_the_line_of_its_key() -> None:
    assert Document(TEXT, "x.toml").text_line(("alert", "title"), 1) == 33


def test_a_section_named_after_its_child_has_its_own_line() -> None:
    assert Document("[a.b]\nx = 1\n[a]\ny = 2\n", "x").line(("a",)) == 3


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    document = Document("\ufeffa = 1\r\nb = '''\r\nx\r\ny'''\r\nc = 2\r\n", "x")
    assert document.data["c"] == 2
    assert document.line(("c",)) == 5
    assert document.text_line(("b",), 2) == 4


def test_a_fault_carries_file_line_and_level() -> None:
    fault = Document(TEXT, "x.toml").fault(("smtp", "host"), "unknown host", "warning")
    assert str(fault) == "x.toml:6: warning: unknown host"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nb = Yes\n", 2, "write true or false in small letters"),
        ("a = [True]", 1, "write true or false in small letters"),
        ("title = “Siege”\n", 1, "curly quotes"),
        ("[severity]\n10,000 = 'severe'\n", 2, "write 10000 or 10_000"),
        ("a = 10,000\n", 1, "write 10000 or 10_000"),
        ("a = [1,000]\n", 1, "write 1000 or 1_000"),
        ("status = active # so\n", 1, 'text needs quotes: "active"'),
        ("a = 1\nb = 2\na = 3", 3, "'a' is written twice; it stands in line 1 already"),
        ("[a]\nx = 1\n\n[a]\n", 4, "'a' is written twice; it stands in line 1 already"),
        ("x = { a = 1, a = 2 }\n", 1, "'x.a' is written twice"),
        ("a = 1\n[a]\n", 2, "'a' is written twice"),
        ("a.b = 1\n[a]\n", 2, "used twice"),
        ("a = [\n1,\n2\n", 1, "the list that begins here is not closed"),
        ("x = 1\na = 'open\nb = 2", 2, "text in quotes that begins here is not closed"),
        ('x = 1\na = """open\nb = 2\n\n', 2, "text in quotes that begins here is not closed"),
        ("a = {x = 1,\ny = 2}", 1, "stands in one line"),
        ("a = {x = 1,}", 1, "without a comma at its end"),
        ("a: 1", 1, "write '='"),
        ("path = 'fine'\nother = \"C:\\data\"", 2, "single quotes"),
        ("a = 012\n", 1, "no leading zero"),
        ("a = 31.12.2026\n", 1, "2026-01-31"),
        ("a\u00a0= 1\n", 1, "no ordinary one"),
        ("a = 'it's'\n", 1, "use the other kind"),
        ("a =\n", 1, "the value is missing"),
        ("[a\nb = 1", 1, "[name]"),
        ("a = " + "[" * 5000, 1, "nested too deeply"),
        ("a = " + "9" * 5000, 0, "too long"),
        ("a = [\n'x'\n'y'\n]\n", 3, "a comma is missing"),
        ("a = ~\n", 1, "no TOML"),
        ("a = Yes\nb = 1\nb = 2\n", 1, "small letters"),
    ],
)
def test_a_slip_is_told_with_its_line_and_the_remedy(text: str, line: int, says: str) -> None:
    with pytest.raises(Faults) as caught:
        Document(text, "x.toml")
    [fault] = caught.value.faults
    assert (fault.file, fault.line) == ("x.toml", line)
    assert says in fault.message


def test_a_file_is_read_and_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n")
    document = Document.load(path)
    assert (document.data, document.name) == ({"a": 1}, str(path))
    assert Document.load("b = 2", "text").data == {"b": 2}


def test_an_absent_file_a_folder_and_a_foreign_encoding_are_told(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"a = 1\nb = '\xe9'\n")
    for path, says in [
        (tmp_path / "none.toml", "none.toml: error: there is no such file"),
        (tmp_path, "cannot be read"),
        (latin, "latin.toml:2: error: the file is not UTF-8"),
    ]:
        with pytest.raises(Faults) as caught:
            Document.load(path, path.name)
        assert says in str(caught.value)


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


_KEYS = st.text(st.sampled_from("abAB1_- .\"'#[]=é"), max_size=5)
_SCALARS = st.one_of(
    st.integers(-9, 99), st.booleans(), st.text(st.sampled_from("ab\"'\\#[]{}=,\n é"), max_size=8), st.just(1.5)
)
_INLINE = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)


def _key(key: str) -> str:
    return json.dumps(key)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + "".join(f"\n  {_inline(inner)}," for inner in value) + " # end ]\n]"
    if isinstance(value, str) and "\n" in value:
        return '"""\n' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""'
    return json.dumps(value)


@st.composite
def _documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document and the line of each key of its sections."""
    text, where = "", {}

    def pairs(path: KeyPath) -> None:
        nonlocal text
        for key, value in draw(st.dictionaries(_KEYS, _INLINE, max_size=3)).items():
            text += draw(st.sampled_from(["", "\n", "# = [\n", "  "]))
            where[(*path, key)] = text.count("\n") + 1
            text += f"{_key(key)} = {_inline(value)}\n"

    pairs(("top",)) if draw(st.booleans()) else None
    if where:
        text = "[top]\n" + text
        where = {path: line + 1 for path, line in where.items()}
    for index in range(draw(st.integers(0, 3))):
        text += "[[many]]\n"
        where["many", index] = text.count("\n")
        pairs(("many", index))
        if draw(st.booleans()) and ("many", index, "sub") not in where:
            text += "[many.sub]\n"
            where["many", index, "sub"] = text.count("\n")
            pairs(("many", index, "sub"))
    return text, where


@given(_documents())
def test_every_key_of_any_document_is_found_on_its_line(made: tuple[str, dict[KeyPath, int]]) -> None:
    text, where = made
    document = Document(text, "x")
    assert {path: document.line(path) for path in where} == where
    lines = text.split("\n")
    for path in _paths(document.data):
        if isinstance(path[-1], str):
            assert json.dumps(path[-1]) in lines[document.line(path) - 1] or path[-1] in ("top", "many", "sub")


@given(st.text(st.sampled_from("ab=[]{}\"'\n,.# 1\\-:"), max_size=60))
def test_no_text_raises_anything_but_faults(text: str) -> None:
    try:
        document = Document(text, "x")
    except Faults as caught:
        assert len(caught.faults) == 1
        assert 0 <= caught.faults[0].line <= text.count("\n") + 1
    else:
        for path in _paths(document.data):
            assert 1 <= document.line(path) <= text.count("\n") + 1
            if isinstance(path[-1], str):
                assert path[-1].strip("\n ") in text.split("\n")[document.line(path) - 1] or "\\" in text


SHIPPED = sorted((Path(__file__).parents[1] / "rules").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_quick_look_at_how_lines_begin_agrees_with_the_walk_over_the_text(path: Path) -> None:
    quick, walked = Document.load(path), Document.load(path)
    walked.text_line(("title",), 1)  # from here on it knows every line
    keys = [one for one in _paths(quick.data) if one and isinstance(one[-1], str)]
    keys = [one for one in keys if len(one) < 3]  # deeper ones make the quick look give up for good
    assert {key: quick.line(key) for key in keys} == {key: walked.line(key) for key in keys}


def test_a_key_in_quotes_is_no_comment() -> None:
    assert Document('[top]\n# = [\n"#" = 1\n', "x").line(("top", "#")) == 3
