"""Mail addresses, checked and brought into one form.

Addresses inside a house are as good as public ones: many small organisations have "desk@office.local".
"""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

# Not in the public tree of names, and so refused by the library; their addresses are checked as if under it.
_INSIDE = (".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp", ".private", ".test")


def normal_address(address: str) -> str:
    """The address in the one form in which it is stored and written. Raises ValueError, with the reason and
    without the address."""
    address = address.strip()
    local, _, domain = address.rpartition("@")
    inside = domain.casefold().endswith(_INSIDE) or domain.casefold() == "localhost"
    try:
        found = validate_email(f"{local}@{domain}.org" if inside else address, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is no mail address: {error}") from None
    return found.normalized.removesuffix(".org") if inside else found.normalized
