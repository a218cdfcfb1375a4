"""Signatures hold with the verifiers of others, and break where something is changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import Simple
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import AlertsError
from alerts.notify.message.dkim import (
    SIGNED,
    Key,
    Signer,
    _body,
    _fields,
    dns_record,
    doubts,
    load_key,
    zone_line,
)
from alerts.notify.message.mime import encode
from tests.notify.message.mails import mail

AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
RSA = rsa.generate_private_key(65537, 2048)
EDWARDS = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, Key] = {"rsa": RSA, "ed25519": EDWARDS}
FULL = mail(
    subject="Тривога: обстріл ринку",
    text="a  b\t c \n\n\nd\n\n\n",
    message_id="<def@alerts.example>",
    list_unsubscribe=("https://alerts.example/unsubscribe/abc", "mailto:unsubscribe+abc@alerts.example"),
    one_click=True,
)


def signed(key: Key = RSA, message: bytes | None = None) -> bytes:
    return Signer(domain="alerts.example", selector="s1", key=key).signed(message or encode(FULL), at=AT)


def holds(message: bytes, key: Key = RSA) -> bool:
    """What dkimpy says."""
    if key is EDWARDS:
        pytest.importorskip("nacl")
    records = {b"s1._domainkey.alerts.example.": dns_record(key).encode()}
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: records.get(name)))


@pytest.mark.parametrize("name", KEYS)
def test_a_signature_holds(name: str) -> None:
    assert holds(signed(KEYS[name]), KEYS[name])
    assert not holds(signed(KEYS[name]).replace(b"abc", b"abd", 1), KEYS[name])


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_signature_holds_whatever_the_mail_says(text: str) -> None:
    assert holds(signed(RSA, encode(mail(subject=text[:160], text=text, html=text[::-1]))))


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"=\r\n", b"b c"])).map(b"".join))
def test_bodies_have_the_form_of_the_standard(body: bytes) -> None:
    assert _body(body) == Simple.canonicalize_body(body)


def test_everything_that_ends_the_mails_by_one_press_is_signed() -> None:
    message = signed()
    head = message.partition(b"\r\n\r\n")[0].decode()
    found = re.search(r" h=([^;]*);", head)
    assert found is not None
    listed = re.sub(r"\s", "", found[1]).split(":")
    assert set(listed) == set(SIGNED) - {"Reply-To"}
    assert listed.count("From") == listed.count("Subject") == 2
    for name in dict.fromkeys(listed):
        changed = re.sub(rf"(?m)^{name}: ".encode(), f"{name}: X".encode(), message, count=1)
        assert changed != message and not holds(changed), name


@pytest.mark.parametrize("more", [b"From: a@b.example\r\n", b"Subject: another\r\n"])
def test_nobody_can_put_a_second_sender_or_subject_before_ours(more: bytes) -> None:
    message = signed()
    assert holds(b"X-Spam: no\r\n" + message)
    assert not holds(more + message)


def test_a_signature_survives_what_servers_do_to_blanks() -> None:
    message = signed()
    assert holds(message.replace(b"Date: ", b"Date:   ") + b"\r\n\r\n")


def test_every_attempt_is_signed_alike() -> None:
    assert signed() == signed()


def test_no_line_of_a_signature_is_long() -> None:
    assert max(len(line) for line in signed().partition(b"\r\nFrom: ")[0].split(b"\r\n")) <= 78


def pem(key: Key | ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_read_from_their_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(KEYS[name]))
    assert dns_record(load_key(file)) == dns_record(KEYS[name])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is no private key"),
        (pem(RSA)[:300], "is no private key"),
        (pem(RSA, BestAvailableEncryption(b"x")), "has a password"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither"),
    ],
)
def test_what_is_no_key_is_told_with_its_file(tmp_path: Path, data: bytes | None, said: str) -> None:
    file = tmp_path / "key.pem"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(AlertsError, match=said) as caught:
        load_key(file)
    assert str(file) in str(caught.value)


def test_a_key_that_everybody_may_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(RSA))
    file.chmod(0o640)
    assert doubts(file, RSA) == []
    file.chmod(0o644)
    assert "everybody on this machine" in doubts(file, RSA)[0]
    assert "do not know Ed25519" in doubts(file, EDWARDS)[1]


def test_the_record_to_publish_is_a_line_of_a_zone_file() -> None:
    line = zone_line(Signer(domain="alerts.example", selector="s1", key=RSA))
    assert line.startswith('s1._domainkey.alerts.example. IN TXT ( "v=DKIM1; k=rsa; p=')
    strings = re.findall(r'"([^"]*)"', line)
    assert "".join(strings) == dns_record(RSA)
    assert all(len(one) <= 255 for one in strings)


def test_a_signer_does_not_show_its_key() -> None:
    assert "key" not in repr(Signer(domain="a", selector="b", key=RSA))


def test_folded_fields_are_one_line() -> None:
    assert _fields(b"List-Unsubscribe: <a>,\r\n <b>\r\nTo: c")["list-unsubscribe"] == b"list-unsubscribe:<a>, <b>"
