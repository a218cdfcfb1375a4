"""The secret of an installation: what is sealed with it is read with it only, and it is never made in silence anew."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import AlertsError
from alerts.vault import BYTES, Vault, load_secret, secret_file

VAULT, OTHER = Vault(b"a" * BYTES), Vault(b"b" * BYTES)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(TEXTS)
def test_what_is_sealed_is_opened_with_the_same_secret_only(text: str) -> None:
    sealed = VAULT.seal(text)
    assert sealed.isascii()
    assert VAULT.open(sealed) == text
    with pytest.raises(AlertsError, match="cannot be opened"):
        OTHER.open(sealed)


@given(TEXTS, st.integers(0, 200), st.integers(1, 255))
def test_what_was_changed_is_not_opened(text: str, at: int, by: int) -> None:
    sealed = bytearray(VAULT.seal(text).encode())
    sealed[at % len(sealed)] ^= by
    changed = sealed.decode("latin-1")
    try:
        assert VAULT.open(changed) == text  # base64 has bits that mean nothing
    except AlertsError as error:
        assert "cannot be opened" in str(error)


def test_equal_texts_are_sealed_differently_and_marked_alike() -> None:
    assert VAULT.seal("desk@example.org") != VAULT.seal("desk@example.org")
    assert VAULT.mark("Desk@Example.org") == VAULT.mark("desk@example.ORG")
    assert VAULT.mark("desk@example.org") != VAULT.mark("desk@example.com")
    assert VAULT.mark("desk@example.org") != OTHER.mark("desk@example.org")


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    secret = load_secret(tmp_path / "data")
    assert len(secret) == BYTES
    assert load_secret(tmp_path / "data") == secret
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert load_secret(tmp_path / "other") != secret


def test_a_secret_that_the_configuration_names_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(AlertsError, match=r"key.*No such file"):
        load_secret(tmp_path, tmp_path / "key")
    assert [*tmp_path.iterdir()] == []


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(AlertsError, match="damaged"):
        load_secret(tmp_path)


def test_a_credential_of_systemd_comes_before_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert secret_file(tmp_path).path == tmp_path / "secret"
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "alerts-secret").write_bytes(b"c" * BYTES)
    assert load_secret(tmp_path) == b"c" * BYTES
    (tmp_path / "own").write_bytes(b"d" * BYTES)
    assert load_secret(tmp_path, tmp_path / "own") == b"d" * BYTES
