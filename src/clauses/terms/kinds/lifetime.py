"""The agreement itself: how long it runs, under which law, for whose benefit, and what outlasts it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.party import PartyId, YesNo
from clauses.terms.values import Days, Months, Number


class AgreementTerm(Clause):
    """How long the agreement runs (CUAD: Effective Date, Expiration Date, Renewal Term, Notice Period To Terminate
    Renewal); `ends` is the end of the term that was first agreed."""

    kind: Literal["agreement_term"]
    renewal: Literal["none", "once", "successive", "perpetual"] | None = Field(
        None, description="Whether the term is prolonged after its end, and how often; `perpetual`: without a new end."
    )
    renewal_term: Months | None = Field(None, description="By how long each renewal prolongs it.")
    renewals: Number | None = Field(None, description="How many renewals there may be.")
    notice: Days | None = Field(None, description="How long before the end a renewal must be refused.")
    refused: YesNo | None = Field(None, description="Whether notice against the renewal has been given.")


class GoverningLaw(Clause):
    """Under which law the agreement stands (CUAD: Governing Law); where it names several, a clause for each."""

    kind: Literal["governing_law"]
    law: str | None = Field(None, description="The law chosen, as the agreement names it.")


class ThirdPartyBenefit(Clause):
    """Somebody who is no party may enforce the agreement (CUAD: Third Party Beneficiary)."""

    kind: Literal["third_party_benefit"]
    beneficiary: PartyId | None = Field(None, description="Who may enforce it.")


class PostTermService(Clause):
    """What a party still owes after the agreement has ended, such as wind-down (CUAD: Post-Termination Services)."""

    kind: Literal["post_term_service"]
    obligor: PartyId | None = Field(None, description="Who owes it.")
    beneficiary: PartyId | None = Field(None, description="To whom.")
    period: Months | None = Field(None, description="For how long after the end.")


class AuditRight(Clause):
    """A party may look into the books or premises of another (CUAD: Audit Rights)."""

    kind: Literal["audit_right"]
    holder: PartyId | None = Field(None, description="Who may look.")
    obligor: PartyId | None = Field(None, description="Whose books or premises.")
    notice: Days | None = Field(None, description="How long before the audit it must be announced.")


Sought = Literal[
    "agreement_term", "anti_assignment", "assignment", "audit_right", "capital_raise", "change_of_control",
    "competition", "consent", "consent_right", "context_note", "conversion", "covenant_not_to_sue",
    "equity_on_conversion", "escrow", "exclusivity", "funding_commitment", "governance", "governing_law", "holding",
    "insurance", "ip_assignment", "joint_ip", "liability_cap", "licence", "liquidated_damages",
    "minimum_commitment", "most_favoured", "negotiation", "no_solicit", "non_compete", "non_disparagement",
    "notice", "post_term_service", "pre_emption", "price_restriction", "product_dependency", "public_offering",
    "public_statement", "regulatory_flag", "restraint_exception", "revenue_share", "supply", "termination",
    "third_party_benefit", "transition", "uncapped_liability", "venture", "volume_restriction", "warranty",
]  # fmt: skip
"""The kinds of clause that one may look for: every other kind. A closed list, so that a slip of the pen is an error."""


class OpenQuestion(Clause):
    """A kind of clause of which the abstract does not say whether the agreement has one."""

    kind: Literal["open_question"]
    about: Sought | None = Field(None, description="Which kind of clause.")
    answer: YesNo | None = Field(None, description="Whether there is one; left out until somebody has looked.")
