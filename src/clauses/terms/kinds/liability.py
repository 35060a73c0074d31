"""What a party pays when something goes wrong, and what stands behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.party import PartyId
from clauses.terms.values import Money, Months, Percentage

Harm = Literal[
    "everything", "confidentiality", "data-protection", "death-or-injury", "fraud", "gross-negligence", "indemnity",
    "ip-infringement", "wilful-misconduct", "other",
]  # fmt: skip
"""For what a party is liable; `everything`: for every breach."""


class LiabilityCap(Clause):
    """A limit to what a party is liable for, in amount or in time (CUAD: Cap On Liability)."""

    kind: Literal["liability_cap"]
    party: PartyId | None = Field(None, description="Whose liability is limited.")
    amount: Money | None = Field(None, description="The most that it pays.")
    share_of_fees: Percentage | None = Field(None, description="The most that it pays, as a share of the fees paid.")
    period: Months | None = Field(None, description="How long claims may be brought.")


class UncappedLiability(Clause):
    """What no limit of liability covers (CUAD: Uncapped Liability)."""

    kind: Literal["uncapped_liability"]
    party: PartyId | None = Field(None, description="Whose liability has no limit.")
    harms: tuple[Harm, ...] | None = Field(None, description="For what.")


class LiquidatedDamages(Clause):
    """A sum agreed beforehand for a breach or an early end (CUAD: Liquidated Damages)."""

    kind: Literal["liquidated_damages"]
    payer: PartyId | None = Field(None, description="Who pays.")
    payee: PartyId | None = Field(None, description="Who receives.")
    amount: Money | None = Field(None, description="The sum for each breach.")
    cap: Money | None = Field(None, description="The most that is paid in all.")


class Warranty(Clause):
    """How long a party answers for defects (CUAD: Warranty Duration)."""

    kind: Literal["warranty"]
    by: PartyId | None = Field(None, description="Who answers for them.")
    to: PartyId | None = Field(None, description="To whom.")
    period: Months | None = Field(None, description="For how long.")


class Insurance(Clause):
    """Insurance that a party must keep for the benefit of another (CUAD: Insurance)."""

    kind: Literal["insurance"]
    obligor: PartyId | None = Field(None, description="Who must be insured.")
    beneficiary: PartyId | None = Field(None, description="For whose benefit.")
    amount: Money | None = Field(None, description="The least cover.")


class CovenantNotToSue(Clause):
    """A party may not contest another's rights or bring claims against it (CUAD: Covenant Not To Sue)."""

    kind: Literal["covenant_not_to_sue"]
    obligor: PartyId | None = Field(None, description="Who may not sue.")
    beneficiary: PartyId | None = Field(None, description="Whom.")
    over: Literal["intellectual-property", "claims", "both"] | None = Field(
        None, description="Whether it may not contest intellectual property, not bring claims, or neither."
    )
