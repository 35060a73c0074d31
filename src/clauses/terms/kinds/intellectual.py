"""Who owns what is made under an agreement, and what keeps it usable; what may be used is a `licence`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.kinds.commercial import Subject
from clauses.terms.party import ClauseId, PartyId


class IpAssignment(Clause):
    """Intellectual property that passes from one party to another (CUAD: IP Ownership Assignment)."""

    kind: Literal["ip_assignment"]
    assignor: PartyId | None = Field(None, description="Whose it was, or would be.")
    assignee: PartyId | None = Field(None, description="Whose it becomes.")
    subject: Subject | None = Field(None, description="In what it lies.")


class JointIp(Clause):
    """Intellectual property that several parties own together (CUAD: Joint IP Ownership)."""

    kind: Literal["joint_ip"]
    owners: tuple[PartyId, ...] | None = Field(None, description="Who owns it.")
    subject: Subject | None = Field(None, description="In what it lies.")


class Escrow(Clause):
    """Source code that is left with a third person for a licensee (CUAD: Source Code Escrow)."""

    kind: Literal["escrow"]
    depositor: PartyId | None = Field(None, description="Who leaves it.")
    beneficiary: PartyId | None = Field(None, description="Who may call for it.")
    agent: str | None = Field(None, description="Who keeps it.")
    for_clause: ClauseId | None = Field(None, description="The licence that it secures.")
