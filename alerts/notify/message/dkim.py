"""DKIM signatures (RFC 6376, RFC 8463).

Our own few lines: dkimpy signs in Python (7 ms a mail with a key of 2048 bits; here OpenSSL does it in 0.6), and leaves
List-Unsubscribe-Post out of what it signs, without which no mail program offers the one press that ends the mails
(RFC 8058). What is signed here is checked in the tests by two verifiers of others.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from alerts.errors import AlertsError

Key = RSAPrivateKey | Ed25519PrivateKey
FEWEST_BITS: Final = 1024  # verifiers must refuse less (RFC 8301)
GOOD_BITS: Final = 2048
SIGNED: Final = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)
ONCE_ONLY: Final = ("From", "Subject")
"""Signed once more than they are there: a second one, which some mail program would show, breaks the signature."""

_FOLDS: Final = re.compile(rb"\r\n(?=[ \t])")
_LONGEST_STRING: Final = 255  # of a TXT record


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs mails for `domain` with the key that `selector` names in its DNS."""

    domain: str
    selector: str
    key: Key = field(repr=False)

    def signed(self, message: bytes, *, at: datetime) -> bytes:
        """The message (CRLF line ends) with its signature in front, said to be made `at`. Deterministic."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name in SIGNED if name.lower() in fields]
        # At most one of each stands in our mails; one that is named twice is absent the second time, and so counts as
        # nothing.
        material = [fields[name.lower()] for name in names]
        listed = ":".join([*names, *ONCE_ONLY])
        start = (
            f"DKIM-Signature: v=1; a={self._algorithm}; c=relaxed/simple; d={self.domain};\r\n"
            f" s={self.selector}; t={int(at.timestamp())};\r\n h={_folded(listed)};\r\n"
            f" bh={b64encode(sha256(_body(body)).digest()).decode('ascii')};\r\n b="
        )
        own = next(iter(_fields(start.encode("ascii")).values()))
        signature = b64encode(self._signature(b"".join([*(one + b"\r\n" for one in material), own])))
        lines = [signature[at : at + 72] for at in range(0, len(signature), 72)]
        return start.encode("ascii") + b"\r\n ".join(lines) + b"\r\n" + message

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def _signature(self, material: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(material, PKCS1v15(), SHA256())
        return self.key.sign(sha256(material).digest())


def _fields(head: bytes) -> dict[str, bytes]:
    """The header's fields in relaxed form, without line ends, by their names in small letters."""
    found = {}
    for line in _FOLDS.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        small = name.strip().lower()
        found[small.decode("ascii")] = small + b":" + _one_blank(value).strip(b" ")
    return found


def _one_blank(text: bytes) -> bytes:
    """Blanks as one each. Not by an expression, which looks at every one of them: that took longer than to sign."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _body(body: bytes) -> bytes:
    """The body in simple form: as it is, with one line end at its end. Nothing in ours is there that servers on the way
    change (7 bits, short lines, no blanks at line ends), and the relaxed form takes as long as making the mail."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n"


def _folded(listed: str) -> str:
    """The list of signed fields on lines that no server on the way has a reason to fold."""
    lines = [""]
    for name in listed.split(":"):
        if len(lines[-1]) + len(name) > 70:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).removesuffix(":")


def load_key(path: Path) -> Key:
    """The private key in a PEM file. Raises AlertsError, which names the file, for what cannot be read or is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise AlertsError(f"{path}: the key for DKIM cannot be read: {error.strerror}") from error
    except TypeError as error:
        raise AlertsError(f"{path}: the key for DKIM has a password; the service needs one without") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AlertsError(f"{path}: this is no private key; make one with: openssl genrsa -out FILE 2048") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise AlertsError(f"{path}: DKIM knows RSA and Ed25519 keys, and this is neither")
    if isinstance(key, RSAPrivateKey) and key.key_size < FEWEST_BITS:
        raise AlertsError(f"{path}: a key of {key.key_size} bits is too short, receivers refuse it; take {GOOD_BITS}")
    return key


def doubts(path: Path, key: Key) -> list[str]:
    """What is not good about a key that works."""
    said = []
    mode = path.stat().st_mode & 0o777
    if mode & 0o007:
        said.append(f"{path}: everybody on this machine may use the key (mode {mode:o}): chmod 640 or less")
    if isinstance(key, RSAPrivateKey) and key.key_size < GOOD_BITS:
        said.append(f"{path}: a key of {key.key_size} bits is short; take {GOOD_BITS}")
    if isinstance(key, Ed25519PrivateKey):
        said.append(f"{path}: many receivers do not know Ed25519 keys yet and take the mails for unsigned; take RSA")
    return said


def dns_record(key: Key) -> str:
    """What the TXT record of SELECTOR._domainkey.DOMAIN has to say."""
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        kind, data = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, data = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={kind}; p={b64encode(data).decode('ascii')}"


def zone_line(signer: Signer) -> str:
    """The record as a line of a zone file; a string in it has at most 255 letters."""
    text = dns_record(signer.key)
    parts = [f'"{text[at : at + _LONGEST_STRING]}"' for at in range(0, len(text), _LONGEST_STRING)]
    return f"{signer.selector}._domainkey.{signer.domain}. IN TXT ( {' '.join(parts)} )"
