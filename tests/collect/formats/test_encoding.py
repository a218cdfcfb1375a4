from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.formats.encoding import decode

TEXT = "Évacuation à Dnipró: «plus de 1 000» familles, Žižkov, 12 € – “oui”"
HEAD = '<?xml version="1.0" encoding="{}"?><rss/>'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_encodings_are_seen_without_a_declaration(encoding: str) -> None:
    text = f"<rss>{TEXT}</rss>"
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1251", "Обстрел Харькова"),
        ("koi8-r", "Обстрел Харькова"),
        ("iso-8859-2", "Žižkov a Přerov"),
        ("windows-1256", "قصف على المدينة"),
        ("shift_jis", "地震"),
        ("euc-jp", "地震"),
        ("iso-2022-jp", "地震"),
        ("gb2312", "地震灾区"),
        ("big5", "地震災區"),
        ("euc-kr", "지진"),
    ],
)
def test_a_declared_encoding_is_believed(encoding: str, text: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?><rss>{text}</rss>'
    assert decode(declared.encode(encoding)).text == declared
    assert decode(f"<rss>{text}</rss>".encode(encoding), f"text/xml; charset={encoding}").text == f"<rss>{text}</rss>"


@pytest.mark.parametrize("encoding", ["cp037", "cp500", "cp1140", "cp875"])
def test_a_document_of_a_mainframe_is_read(encoding: str) -> None:
    declared = HEAD.format(encoding)
    assert decode(declared.encode(encoding)).text == declared
    undeclared = '<?xml version="1.0"?><rss>Shelling</rss>'
    assert decode(undeclared.encode(encoding)).text == undeclared


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "windows-1252", "koi8-r", "no-such-thing"])
def test_utf_8_is_read_as_utf_8_whatever_was_declared(declared: str) -> None:
    decoded = decode(TEXT.encode(), f"text/xml; charset={declared}")
    assert decoded.text == TEXT


@pytest.mark.parametrize("declared", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037", "iso-2022-jp"])
@pytest.mark.parametrize("text", ["<rss>Shelling</rss>", '\n {"items": []}'])
def test_letters_of_ascii_are_not_read_in_twos_or_as_a_mainframe_would(declared: str, text: str) -> None:
    body = text.encode()
    assert decode(body, f"text/xml; charset={declared}").text == text
    document = HEAD.format(declared)
    assert decode(document.encode()).text == document


def test_a_declaration_is_believed_behind_many_blanks() -> None:
    text = " \n" * 200 + "<rss>Žižkov a Přerov</rss>"
    assert decode(text.encode("iso-8859-2"), "text/xml; charset=iso-8859-2").text == text


def test_windows_1252_is_read_under_the_name_of_a_mainframe() -> None:
    text = "<rss>“Évacuation” – 12 €</rss>"
    assert decode(text.encode("cp1252"), "text/xml; charset=cp037").text == text


def test_a_wrong_declaration_is_reported() -> None:
    assert decode(TEXT.encode(), "text/xml; charset=iso-8859-1").warning == "declared as iso8859-1, is utf-8"
    assert decode(TEXT.encode()).warning is None


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "us-ascii", ""])
def test_windows_1252_is_read_under_every_wrong_name(declared: str) -> None:
    text = "“Évacuation” – 12 €"
    assert decode(text.encode("cp1252"), f"text/xml; charset={declared}").text == text


def test_a_few_stray_bytes_do_not_spoil_a_utf_8_document() -> None:
    body = (TEXT * 10).encode() + b" \x93quoted\x94"
    decoded = decode(body, "text/xml; charset=utf-8")
    assert decoded.text == TEXT * 10 + " “quoted”"
    assert decoded.warning


def test_a_character_cut_in_two_at_the_end_is_dropped() -> None:
    assert decode("après l’été".encode()[:-1]).text == "après l’ét"


@pytest.mark.parametrize("codec", ["punycode", "idna", "unicode_escape", "hex", "zlib", "rot13", "undefined", "utf-7"])
def test_codecs_that_are_no_encodings_are_not_run(codec: str) -> None:
    body = HEAD.format(codec).encode() + b"a" * 300_000
    started = time.process_time()
    assert decode(body, f"text/xml; charset={codec}").text == body.decode()
    assert time.process_time() - started < 0.5


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_give_some_text(body: bytes, content_type: str) -> None:
    decode(body, content_type)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    body = f"<a>{text}".encode()
    assert decode(body).text == f"<a>{text}"
