from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.collect.formats.identity import Fields, content_hash, keys
from alerts.read.text import plain

A = Fields(guid="tag:1", link="https://example.org/1", title="Shelling in Northtown", html="<p>Two hurt.</p>")
B = Fields(guid="tag:2", link="https://example.org/2", title="Road closed", html="<p>Snow.</p>")


def test_the_key_is_that_of_the_id() -> None:
    changed = replace(A, link="https://example.org/elsewhere", title="Shelling", html="<p>Three hurt.</p>")
    assert keys([A]) == keys([changed])
    assert keys([A]) != keys([B])


def test_without_an_id_the_link_counts() -> None:
    one = replace(A, guid=" ")
    assert keys([one]) == keys([replace(one, html="<p>Three hurt.</p>")])
    assert keys([one]) != keys([replace(one, link="https://example.org/9")])


def test_an_id_and_a_link_of_the_same_text_are_different_keys() -> None:
    by_id = replace(A, guid="https://example.org/1", link="")
    assert keys([by_id]) != keys([replace(A, guid="")])


def test_without_id_and_link_the_content_counts() -> None:
    bare = replace(A, guid="", link="")
    assert keys([bare]) == keys([replace(bare, html="<div>Two   hurt. <img src='/count?7'></div>\n")])
    assert keys([bare]) != keys([replace(bare, html="<p>Three hurt.</p>")])


def test_one_link_for_all_items_is_no_identity() -> None:
    items = [replace(A, guid="", link="https://example.org/"), replace(B, guid="", link="https://example.org/")]
    first, second = keys(items)
    assert first != second
    assert keys(items[::-1]) == [second, first]


def test_the_same_id_twice_is_told_apart_by_the_link() -> None:
    twice = [replace(B, guid=A.guid), A]
    new, old = keys(twice)
    assert new is not None and old is not None
    assert new != old
    assert [old] == keys([A])
    assert new.startswith(old[:42])


def test_the_same_id_and_link_with_another_text_is_told_apart_by_the_text() -> None:
    items = [replace(A, html=f"<p>{n} hurt.</p>") for n in range(4)]
    assert len(set(keys(items))) == 4


def test_an_exact_copy_is_no_second_item() -> None:
    first, copy = keys([A, A])
    assert first == keys([A])[0]
    assert copy is None


def test_an_id_used_again_leaves_the_older_item_its_key() -> None:
    old = replace(A, published=datetime(2020, 1, 5, tzinfo=UTC))
    new = replace(B, guid=A.guid, published=datetime(2020, 1, 6, tzinfo=UTC))
    assert keys([old, new])[0] == keys([new, old])[1] == keys([old])[0]
    newest = replace(B, guid=A.guid, link="https://example.org/3", published=datetime(2020, 1, 7, tzinfo=UTC))
    assert keys([newest, new, old])[1:] == keys([new, old])


TEXTS = st.sampled_from(["", " ", "1", "2", "<b>1</b>", "https://example.org/", "x" * 500, "\ud800"])
FIELDS = st.builds(Fields, guid=TEXTS, link=TEXTS, title=TEXTS, html=TEXTS, published=st.none())


@given(st.lists(FIELDS, max_size=30))
def test_no_item_shares_a_key_and_none_is_dropped_but_copies(items: list[Fields]) -> None:
    found = keys(items)
    given_keys = [key for key in found if key is not None]
    assert len(given_keys) == len(set(given_keys))
    assert all(len(key) <= 80 and key.isascii() for key in given_keys)
    distinct = {(i.guid.strip(), i.link.strip(), content_hash(plain(i.title), plain(i.html))) for i in items}
    assert len(given_keys) == len(distinct)


@given(st.lists(FIELDS, max_size=10))
def test_the_same_document_gives_the_same_keys(items: list[Fields]) -> None:
    assert keys(items) == keys(list(items))


def test_the_content_hash_is_blind_to_white_space_only() -> None:
    assert content_hash("a  b", "c\n d") == content_hash("a b", "c d")
    assert content_hash("a", "b c") != content_hash("a b", "c")
    assert len(content_hash("", "")) == 64
