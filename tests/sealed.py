"""The vault of all databases that tests make for themselves."""

from __future__ import annotations

from typing import Final

from alerts.vault import BYTES, Vault

SECRET: Final = b"s" * BYTES
VAULT: Final = Vault(SECRET)
