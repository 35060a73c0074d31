"""What the parties buy from, sell to and allow each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.party import ClauseId, PartyId, YesNo
from clauses.terms.values import Date, Days, Money, Months, Percentage

Subject = Literal[
    "cloud-compute", "ai-infrastructure", "ai-models", "model-api", "software", "hardware", "data", "distribution",
    "research", "services", "energy", "shares", "other",
]  # fmt: skip
"""What a commercial clause is about. A closed list, so that a slip of the pen is an error, not a silent pass."""

Scope = Literal["all", "training", "inference", "api", "research", "consumer-products", "enterprise-products"]
"""Which part of the subject a clause covers; `all` covers every part."""


class Exclusivity(Clause):
    """One party may deal in a subject only with another (CUAD: Exclusivity)."""

    kind: Literal["exclusivity"]
    obligor: PartyId | None = Field(None, description="The party that may not deal with others.")
    beneficiary: PartyId | None = Field(None, description="The party that it must deal with.")
    subject: Subject | None = Field(None, description="What it may obtain from the beneficiary alone.")
    scope: Scope | None = Field(None, description="Which part of the subject is exclusive.")
    carve_outs: tuple[PartyId, ...] | None = Field((), description="Parties excepted from the exclusivity.")


class Supply(Clause):
    """Goods or capacity that one party obtains from another: compute, for instance."""

    kind: Literal["supply"]
    supplier: PartyId | None = Field(None, description="Who supplies.")
    customer: PartyId | None = Field(None, description="Who obtains it.")
    subject: Subject | None = Field(None, description="What is supplied.")
    scope: Scope | None = Field(None, description="Which part of the subject it serves.")
    amount: Money | None = Field(None, description="What is paid over the term.")
    venture: ClauseId | None = Field(None, description="The venture under which it is supplied.")


class MinimumCommitment(Clause):
    """The least that a party must buy (CUAD: Minimum Commitment)."""

    kind: Literal["minimum_commitment"]
    obligor: PartyId | None = Field(None, description="Who must buy.")
    beneficiary: PartyId | None = Field(None, description="From whom.")
    subject: Subject | None = Field(None, description="What must be bought.")
    amount: Money | None = Field(None, description="The least amount.")
    per: Literal["year", "term"] | None = Field(
        None, description="Whether the amount is due each year or over the term."
    )


class RevenueShare(Clause):
    """A share of revenue or profit that one party pays another (CUAD: Revenue/Profit Sharing)."""

    kind: Literal["revenue_share"]
    payer: PartyId | None = Field(None, description="Who pays.")
    payee: PartyId | None = Field(None, description="Who receives.")
    share: Percentage | None = Field(None, description="The share paid.")
    of: Literal["revenue", "profit"] | None = Field(None, description="What it is a share of.")
    cap: Money | None = Field(None, description="The most that is paid in all.")


class Licence(Clause):
    """A right to use what belongs to another (CUAD: License Grant, Non-Transferable License, Affiliate License,
    Unlimited/All-You-Can-Eat License, Irrevocable Or Perpetual License)."""

    kind: Literal["licence"]
    licensor: PartyId | None = Field(None, description="Who grants the right.")
    licensee: PartyId | None = Field(None, description="Who receives it.")
    subject: Subject | None = Field(None, description="What may be used.")
    exclusive: YesNo | None = Field(None, description="Whether nobody else may use it.")
    transferable: YesNo | None = Field(None, description="Whether the licensee may pass the right on.")
    from_affiliates: YesNo | None = Field(None, description="Whether affiliates of the licensor grant it too.")
    for_affiliates: YesNo | None = Field(None, description="Whether affiliates of the licensee may use it too.")
    unlimited: YesNo | None = Field(None, description="Whether it may be used without limit of volume or number.")
    lasting: YesNo | None = Field(None, description="Whether it is irrevocable or perpetual.")
    depends_on: ClauseId | None = Field(None, description="The clause without which the right falls away.")


class NonCompete(Clause):
    """A party may not compete with another (CUAD: Non-Compete)."""

    kind: Literal["non_compete"]
    obligor: PartyId | None = Field(None, description="Who may not compete.")
    beneficiary: PartyId | None = Field(None, description="With whom.")
    subject: Subject | None = Field(None, description="In what.")
    period: Months | None = Field(None, description="For how long after the agreement ends.")


class Competition(Clause):
    """A business of one party that competes with another's."""

    kind: Literal["competition"]
    party: PartyId | None = Field(None, description="Whose business it is.")
    rival: PartyId | None = Field(None, description="With whom it competes.")
    subject: Subject | None = Field(None, description="In what.")


class ProductDependency(Clause):
    """A product that stands on a clause: GitHub Copilot, or ChatGPT on Azure."""

    kind: Literal["product_dependency"]
    product: str | None = Field(None, description="The product's name.")
    owner: PartyId | None = Field(None, description="Whose product it is.")
    supplier: PartyId | None = Field(None, description="Who supplies what it stands on.")
    depends_on: ClauseId | None = Field(None, description="The clause that it stands on.")


class Venture(Clause):
    """An undertaking of several parties, such as Stargate (CUAD: Joint Venture)."""

    kind: Literal["venture"]
    members: tuple[PartyId, ...] | None = Field(None, description="Who takes part.")
    amount: Money | None = Field(None, description="What they mean to invest together.")
    announced: Date | None = Field(None, description="When it was announced.")
    subject: Subject | None = Field(None, description="What it is for.")


class PreEmption(Clause):
    """A right to be asked first: of first refusal, first offer or first negotiation (CUAD: ROFR/ROFO/ROFN)."""

    kind: Literal["pre_emption"]
    holder: PartyId | None = Field(None, description="Who must be asked first.")
    grantor: PartyId | None = Field(None, description="Who must ask.")
    right: Literal["first-refusal", "first-offer", "first-negotiation"] | None = Field(
        None, description="Which right it is."
    )
    subject: Subject | None = Field(None, description="For what; `shares` for new shares.")
    notice: Days | None = Field(None, description="How long the holder has to answer.")


class Notice(Clause):
    """A notice given, such as the offer that a right of first refusal calls for."""

    kind: Literal["notice"]
    by: PartyId | None = Field(None, description="Who gave it.")
    to: PartyId | None = Field(None, description="Who received it.")
    about: ClauseId | None = Field(None, description="The clause that it is about.")
    given: Date | None = Field(None, description="When it was given.")


class Termination(Clause):
    """A right to end the agreement, or its exercise: the walk-away (CUAD: Termination for Convenience)."""

    kind: Literal["termination"]
    by: PartyId | None = Field(None, description="Who ends it.")
    trigger: Literal["no-agreement", "breach", "convenience", "missed-deadline", "insolvency"] | None = Field(
        None, description="What allows it."
    )
    exercised: YesNo | None = Field(None, description="`yes` where the right is used, `no` where it is only granted.")
    reaches: Literal["negotiations", "clause", "agreement"] | None = Field(
        None, description="What would come to an end."
    )
    ends_clause: ClauseId | None = Field(None, description="The clause that comes to an end.")
    notice: Days | None = Field(None, description="How long before the end notice must be given.")
    given: Date | None = Field(None, description="When notice is given.")
    effective: Date | None = Field(None, description="When the end takes effect.")


class Transition(Clause):
    """What keeps a product running after the clause that it stands on has ended."""

    kind: Literal["transition"]
    provider: PartyId | None = Field(None, description="Who keeps supplying.")
    recipient: PartyId | None = Field(None, description="Who is supplied.")
    for_clause: ClauseId | None = Field(None, description="The clause that has ended.")
    period: Months | None = Field(None, description="For how long.")
