"""Mails that only their reader can open: PGP/MIME (RFC 3156), the subject inside (RFC 9788).

A reader who gave a key gets nothing in clear, ever: a mail that cannot be encrypted is not sent. The library encrypts
to keys that have expired or were revoked, so that is looked at here. The outer headers still say who wrote to whom and
when, and of which service: what they say less is the affair of discreet mails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from alerts.errors import AlertsError, InputError, MailError
from alerts.notify.message.mime import Mail, body, headers

if TYPE_CHECKING:
    from pysequoia import Cert
    from pysequoia.packet import Packet

OUTER_SUBJECT: Final = "..."
LONGEST: Final = 64 * 1024
_EXTRA: Final = "mails cannot be encrypted here: the operator of this service has to install alerts[openpgp]"
_HIDDEN: Final = b'; protected-headers="v1"; hp="cipher";'
_INSIDE: Final = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A key as its owner knows it. `expires`: when it can be used no more, if ever."""

    fingerprint: str
    user_ids: tuple[str, ...] = field(repr=False)
    expires: datetime | None


class _Unusable(AlertsError):
    """Why a key cannot be used, after "this key"."""


def available() -> bool:
    """Whether mails can be encrypted here."""
    return find_spec("pysequoia") is not None


def usual_form(armored: str, *, now: datetime) -> str:
    """A reader's key as it is kept: checked (`check_key`), and without what stood around it."""
    check_key(armored, now=now)
    return str(_read(armored))


def check_key(armored: str, *, now: datetime) -> KeyInfo:
    """What a reader's key is. Raises InputError, in words for the reader, for what is no public key, and for a key that
    mails cannot be encrypted to now."""
    try:
        with _understood():
            cert = _usable(_read(armored), now)
            _encrypt(b"", cert)
            return _info(cert)
    except _Unusable as error:
        raise InputError(f"this key {error}") from None
    except ImportError:
        raise InputError(_EXTRA) from None


def _info(cert: Cert) -> KeyInfo:
    ends = [end for end in (cert.expiration, _last_end(cert)) if end is not None]
    return KeyInfo(
        fingerprint=cert.fingerprint.upper(),
        user_ids=tuple(str(one) for one in cert.user_ids),
        expires=min(ends, default=None),
    )


def sealed(mail: Mail, key: str, *, now: datetime) -> bytes:
    """The mail encrypted to `key`. Raises MailError when that cannot be done: then it is not to be sent."""
    entity = _entity(mail)
    try:
        with _understood():
            inner = _encrypt(entity, _usable(_read(key), now))
    except _Unusable as error:
        raise MailError(f"not sent in clear: the reader's OpenPGP key {error}", reason="key", permanent=False) from None
    except ImportError:
        raise MailError(f"not sent in clear: {_EXTRA}", reason="key", permanent=False) from None
    mark = b"=_p" + mail.message_id.strip("<>").partition("@")[0].encode("ascii")
    return b"".join(
        (
            headers(replace(mail, subject=OUTER_SUBJECT)),
            b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r\n boundary="'
            + mark
            + b'"\r\n',
            b"\r\n--" + mark + b"\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
            b"\r\n--" + mark + b'\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n',
            b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n',
            inner.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n",
            b"\r\n--" + mark + b"--\r\n",
        )
    )


def _entity(mail: Mail) -> bytes:
    """What is encrypted: the mail with its true subject, and which headers stand outside as well."""
    inside = _fields(headers(mail))
    outside = _fields(headers(replace(mail, subject=OUTER_SUBJECT)))
    lines = [f"{name}: {inside[name]}" for name in _INSIDE if name in inside]
    lines += [f"HP-Outer: {name}: {outside[name]}" for name in _INSIDE if name in outside]
    kind, _, rest = body(mail).partition(b";")
    return "".join(f"{line}\r\n" for line in ["MIME-Version: 1.0", *lines]).encode("ascii") + kind + _HIDDEN + rest


def _fields(head: bytes) -> dict[str, str]:
    unfolded = head.decode("ascii").replace("\r\n ", "\n ").split("\r\n")
    return {name: value.replace("\n ", "\r\n ") for name, _, value in (line.partition(": ") for line in unfolded)}


@contextmanager
def _understood() -> Iterator[None]:
    """Around all that is asked of a key: what the library cannot take is said as one that cannot be used."""
    try:
        yield
    except (RuntimeError, ValueError):
        raise _Unusable("is damaged, or nobody signed its parts: have your program export it once more") from None


def _read(armored: str) -> Cert:
    from pysequoia import Cert

    if len(armored) > LONGEST:
        raise _Unusable(f"is too long ({len(armored):,} letters); export it without signatures of others")
    if "PRIVATE KEY BLOCK" in armored:
        raise _Unusable("is private: keep it to yourself, and give the public one (gpg --armor --export ADDRESS)")
    try:
        certs = Cert.split_bytes(armored.encode())
    except (RuntimeError, ValueError):
        certs = []
    if not certs:
        raise _Unusable('cannot be read: give all of it, from "-----BEGIN PGP PUBLIC KEY BLOCK-----" on')
    if len(certs) > 1:
        raise _Unusable(f"is not one but {len(certs)}: give yours alone")
    return certs[0]


def _usable(cert: Cert, now: datetime) -> Cert:
    """The certificate without subkeys that have ended by `now`."""
    from pysequoia import Cert
    from pysequoia.packet import PacketPile

    if cert.is_revoked:
        raise _Unusable("was revoked")
    if cert.expiration is not None and cert.expiration <= now:
        raise _Unusable(f"expired on {cert.expiration:%-d %B %Y}")
    packets = list(PacketPile.from_bytes(bytes(cert)))
    groups = list(_groups(packets))
    alive = [group for group in groups[1:] if (end := _end(group)) is None or end > now]
    if len(alive) == len(groups) - 1:
        return cert
    return Cert.from_packets([packet for group in (groups[0], *alive) for packet in group])


def _groups(packets: Sequence[Packet]) -> Iterator[list[Packet]]:
    """The primary key with what belongs to it, then each subkey with its signatures."""
    from pysequoia.packet import Tag

    group: list[Packet] = []
    for packet in packets:
        if packet.tag == Tag.PublicSubkey and group:
            yield group
            group = []
        group.append(packet)
    yield group


def _end(group: Sequence[Packet]) -> datetime | None:
    """When a subkey ends, by the latest signature that binds it."""
    from pysequoia.packet import SignatureType

    bindings = [one for one in group if one.signature_type == SignatureType.SubkeyBinding and one.signature_created]
    latest = max(bindings, key=lambda one: one.signature_created or datetime.min, default=None)
    created = group[0].key_created
    if latest is None or created is None or not latest.key_validity_period:
        return None
    return created + latest.key_validity_period


def _last_end(cert: Cert) -> datetime | None:
    """When the last of its subkeys for encryption ends; None when one never does."""
    from pysequoia.packet import PacketPile

    groups = list(_groups(list(PacketPile.from_bytes(bytes(cert)))))[1:]
    ends = [_end(group) for group in groups if any(_encrypts(packet) for packet in group)]
    return None if not ends or None in ends else max(end for end in ends if end is not None)


def _encrypts(packet: Packet) -> bool:
    flags = packet.key_flags
    return flags is not None and (flags.transport_encryption or flags.storage_encryption)


def _encrypt(text: bytes, cert: Cert) -> bytes:
    from pysequoia import encrypt

    try:
        return encrypt(bytes=text, recipients=[cert])
    except RuntimeError:
        raise _Unusable("has no part that mails can be encrypted to now: it has none, or that expired") from None
