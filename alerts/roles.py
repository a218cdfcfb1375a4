"""Roles: what somebody who has logged in may do on the pages, where each role may do what those before it may; and what
a machine does of the service's work.

Not to be mixed up with the duty "operator" (`readers.Duty`), whose people are written to about how the service does.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

# Sees the alerts where these are private; sees the pages of operators; decides about alerts; changes what the service
# does and sees the audit log.
Role = Literal["reader", "viewer", "analyst", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

OperatorRole = Literal["viewer", "analyst", "admin"]
OPERATOR_ROLES: Final[tuple[OperatorRole, ...]] = get_args(OperatorRole)
"""The roles that an operator can have; a reader is one by being written to."""

MachineRole = Literal["collect", "analyse", "notify", "web"]
MACHINE_ROLES: Final[tuple[MachineRole, ...]] = get_args(MachineRole)
"""Asks feeds; reads articles; sends mails and takes them in; serves the pages."""


def at_least(role: Role | None, wanted: Role) -> bool:
    """Whether who has `role` may do what `wanted` may."""
    return role is not None and ROLES.index(role) >= ROLES.index(wanted)
