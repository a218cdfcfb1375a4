"""Mails to a key are opened by its owner alone, and a key that cannot be used gets nothing in clear."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import InputError, MailError
from alerts.notify.message.pgp import available, check_key, sealed, usual_form
from alerts.readers import Wishes
from tests.notify.message.mails import all_mails, body, envelope_of, mail, parsed, samples
from tests.notify.message.tools import need

pysequoia = pytest.importorskip("pysequoia")
from pysequoia import CipherSuite, Profile, Tsk, decrypt  # noqa: E402
from pysequoia.packet import PacketPile, Tag  # noqa: E402

NOW = datetime.now(UTC)
OWNER = Tsk.generate("Reader <reader@example.org>", profile=Profile.RFC4880)
KEY = str(OWNER.extract_certificate())
NEW = samples()["new"]


def opened(message: EmailMessage, owner: Tsk = OWNER) -> EmailMessage:
    """What the owner of the key finds in the mail."""
    _, content = message.iter_parts()
    found = decrypt(content.get_content(), decryptor=owner.decryptor()).bytes
    assert found is not None
    return parsed(found)


def key_that_ends(at: datetime) -> str:
    return str(OWNER.extract_certificate().set_expiration(at, OWNER.certifier()))


def revoked() -> str:
    cert = OWNER.extract_certificate()
    return str(pysequoia.Cert.from_bytes(bytes(cert) + bytes(cert.revoke(OWNER.certifier()))))


def unsigned() -> str:
    """Whose owner signed none of its parts."""
    packets = PacketPile.from_bytes(bytes(OWNER.extract_certificate()))
    return str(pysequoia.Cert.from_packets([one for one in packets if one.tag != Tag.Signature]))


def test_the_owner_of_the_key_reads_the_whole_mail() -> None:
    plain, sealed_ = parsed(envelope_of(NEW).message), parsed(envelope_of(NEW, Wishes(key=KEY)).message)
    assert [one.get_content_type() for one in sealed_.iter_parts()] == [
        "application/pgp-encrypted",
        "application/octet-stream",
    ]
    inner = opened(sealed_)
    assert inner["Subject"] == plain["Subject"] == "Strike on a market in Sample Town"
    assert inner["From"] == plain["From"] and inner["Message-ID"] == plain["Message-ID"]
    assert body(inner, "plain") == body(plain, "plain") and body(inner, "html") == body(plain, "html")
    assert inner.get_param("protected-headers") == "v1" and inner.get_param("hp") == "cipher"
    assert "Subject: ..." in inner.get_all("HP-Outer", [])


def test_nothing_of_what_it_is_about_stands_outside() -> None:
    for name, data in all_mails(Wishes(key=KEY)):
        assert parsed(data)["Subject"] == "...", name
        assert parsed(data).get_content_type() == "multipart/encrypted", name
        outside, _, rest = data.partition(b"-----BEGIN PGP MESSAGE-----")
        outside += rest.partition(b"-----END PGP MESSAGE-----")[2]
        assert rest and b"multipart/encrypted" in outside, name
        for word in (b"Strike", b"Sample Town", b"severe", b"confirm", b"html"):
            assert word not in outside, (name, word)  # inside, four letters in a row come by chance
        assert len(data) < 100_000, name
        assert all(len(line) <= 200 for line in data.split(b"\r\n")), name


def test_an_encrypted_mail_is_ended_by_one_press_too() -> None:
    message = parsed(envelope_of(NEW, Wishes(key=KEY)).message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_discreet_reader_gets_text_alone_inside() -> None:
    message = parsed(envelope_of(NEW, Wishes(key=KEY, discreet=True)).message)
    assert message["Subject"] == "..." and message["List-Id"].startswith("<updates.")
    inner = opened(message)
    assert inner["Subject"] == "Your update" and inner.get_content_type() == "text/plain"


@pytest.mark.parametrize("suite", [CipherSuite.Cv25519, CipherSuite.P256, CipherSuite.P521], ids=str)
def test_keys_of_many_kinds_can_be_used(suite: CipherSuite) -> None:
    owner = Tsk.generate("Reader <reader@example.org>", profile=Profile.RFC4880, cipher_suite=suite)
    key = str(owner.extract_certificate())
    assert check_key(key, now=NOW).user_ids == ("Reader <reader@example.org>",)
    assert opened(parsed(sealed(mail(), key, now=NOW)), owner)["Subject"] == "Djibo reported under siege"


def test_a_key_is_told_by_its_fingerprint_and_its_end() -> None:
    info = check_key(KEY, now=NOW)
    assert info.fingerprint == OWNER.extract_certificate().fingerprint.upper()
    assert info.expires is None and "example.org" not in repr(info)
    end = NOW.replace(microsecond=0) + timedelta(days=30)
    assert check_key(key_that_ends(end), now=NOW).expires == end


def test_a_key_is_kept_without_what_stood_around_it() -> None:
    assert available()
    kept = usual_form("Here is my key:\n\n" + KEY.replace("\n", "\r\n") + "\nBye\n", now=NOW)
    assert kept.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n") and "Bye" not in kept
    assert check_key(kept, now=NOW) == check_key(KEY, now=NOW)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (key_that_ends(NOW + timedelta(seconds=5)), "this key expired on "),
        (revoked(), "this key was revoked"),
        (KEY + str(Tsk.generate("Another").extract_certificate()), "is not one but 2"),
        (str(OWNER), "is private: keep it to yourself"),
        ("", "cannot be read"),
        (KEY[: len(KEY) // 2], "cannot be read"),
        (unsigned(), "is damaged, or nobody signed its parts"),
        ("reader@example.org", "cannot be read"),
        ("x" * 70_000, "is too long"),
    ],
    ids=["expired", "revoked", "two", "private", "empty", "half", "unsigned", "words", "long"],
)
def test_a_key_that_cannot_be_used_is_refused_in_words_and_gets_no_mail(key: str, said: str) -> None:
    later = NOW + timedelta(seconds=10)
    with pytest.raises(InputError, match=said) as caught:
        check_key(key, now=later)
    assert "@" not in str(caught.value)
    with pytest.raises(MailError, match="not sent in clear") as failed:
        sealed(mail(), key, now=later)
    assert failed.value.reason == "key" and not failed.value.permanent and "@" not in str(failed.value)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_somebody_pastes_is_a_key_or_refused_in_words(data: st.DataObject) -> None:
    raw = bytearray(bytes(OWNER.extract_certificate()))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    lines = re.findall(".{1,64}", b64encode(raw).decode())
    key = "\n".join(("-----BEGIN PGP PUBLIC KEY BLOCK-----", "", *lines, "-----END PGP PUBLIC KEY BLOCK-----"))
    try:
        assert usual_form(key, now=NOW).startswith("-----BEGIN PGP")
    except InputError as error:
        assert str(error).startswith("this key ") and "@" not in str(error)


@pytest.fixture(scope="module")
def gnupg() -> Iterator[Path]:
    """A folder for gpg; a short path, since its agent listens there."""
    need("gpg")
    folder = Path(tempfile.mkdtemp(prefix="gpg"))
    yield folder
    subprocess.run(["gpgconf", "--homedir", str(folder), "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def gpg(folder: Path, *args: str, given: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(folder), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    return subprocess.run([*command, *args], input=given, check=True, capture_output=True, timeout=200).stdout


def test_gpg_opens_what_was_sealed(gnupg: Path) -> None:
    gpg(gnupg, "--quick-gen-key", "owner@example.org", "future-default")
    key = gpg(gnupg, "--armor", "--export", "owner@example.org").decode()
    message = parsed(envelope_of(NEW, Wishes(key=key)).message)
    _, content = message.iter_parts()
    inner = parsed(gpg(gnupg, "--decrypt", given=content.get_content()))
    assert inner["Subject"] == "Strike on a market in Sample Town"


def test_a_key_whose_only_part_for_encryption_ended_or_is_missing_is_refused(gnupg: Path) -> None:
    gpg(gnupg, "--quick-gen-key", "signer@example.org", "ed25519", "sign")
    key = gpg(gnupg, "--armor", "--export", "signer@example.org").decode()
    with pytest.raises(InputError, match="no part that mails can be encrypted to"):
        check_key(key, now=NOW)
    found = gpg(gnupg, "--with-colons", "--list-keys", "signer@example.org").decode()
    fingerprint = next(line.split(":")[9] for line in found.splitlines() if line.startswith("fpr"))
    gpg(gnupg, "--quick-add-key", fingerprint, "cv25519", "encr", "1d")
    key = gpg(gnupg, "--armor", "--export", "signer@example.org").decode()
    info = check_key(key, now=NOW)
    assert info.expires is not None and timedelta(hours=23) < info.expires - NOW < timedelta(hours=25)
    sealed(mail(), key, now=NOW)
    with pytest.raises(InputError, match="no part that mails can be encrypted to"):
        check_key(key, now=NOW + timedelta(days=2))
    with pytest.raises(MailError, match="not sent in clear"):
        sealed(mail(), key, now=NOW + timedelta(days=2))
