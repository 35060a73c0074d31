"""Who must agree, who decides, and who watches."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.party import ClauseId, PartyId
from clauses.terms.values import Date, Number, Percentage

Action = Literal[
    "any", "capital-raise", "public-offering", "conversion", "equity-on-conversion", "outside-supply",
    "change-of-control", "assignment", "licence", "exclusivity", "termination",
]  # fmt: skip
"""What a right of consent covers; `any` covers every change."""


class ConsentRight(Clause):
    """A party must agree before another may act (CUAD: Consent)."""

    kind: Literal["consent_right"]
    holder: PartyId | None = Field(None, description="Whose consent is needed.")
    obligor: PartyId | None = Field(None, description="Who may not act without it.")
    over: Action | None = Field(None, description="For which acts.")


class Consent(Clause):
    """A consent that was given."""

    kind: Literal["consent"]
    by: PartyId | None = Field(None, description="Who gave it.")
    permits: ClauseId | None = Field(None, description="The clause that it permits.")
    given: Date | None = Field(None, description="When it was given.")
    form: Literal["written", "oral"] | None = Field(None, description="In what form.")


class ChangeOfControl(Clause):
    """What happens when somebody else comes to control a party (CUAD: Change of Control)."""

    kind: Literal["change_of_control"]
    obligor: PartyId | None = Field(None, description="The party whose control may change.")
    beneficiary: PartyId | None = Field(None, description="The party that is protected.")
    threshold: Percentage | None = Field(None, description="From which stake on somebody is in control.")
    effect: Literal["consent", "termination", "acceleration", "none"] | None = Field(None, description="What follows.")


class AntiAssignment(Clause):
    """A party may not transfer its place in the agreement (CUAD: Anti-Assignment)."""

    kind: Literal["anti_assignment"]
    obligor: PartyId | None = Field(None, description="Who may not transfer.")
    beneficiary: PartyId | None = Field(None, description="Who is protected.")
    effect: Literal["consent", "forbidden"] | None = Field(None, description="Whether it is allowed with consent.")


class Governance(Clause):
    """Seats, observers and vetoes that a party has in a company."""

    kind: Literal["governance"]
    holder: PartyId | None = Field(None, description="Who has them.")
    issuer: PartyId | None = Field(None, description="In which company.")
    seats: Number | None = Field(None, description="How many seats on the board.")
    observers: Number | None = Field(None, description="How many observers.")
    vetoes: tuple[Action, ...] | None = Field(None, description="Which acts it may veto.")


class RegulatoryFlag(Clause):
    """A point on which an authority may act, or somebody says that it may."""

    kind: Literal["regulatory_flag"]
    authority: str | None = Field(None, description="Which authority.")
    concern: (
        Literal[
            "dual-role", "merger-control", "concentration", "interlocking-seats", "foreign-investment",
            "charity-law", "disclosure", "data-protection", "competition",
        ]
        | None
    ) = Field(None, description="The concern; `dual-role`: investor and sole provider at once.")  # fmt: skip
    parties: tuple[PartyId, ...] | None = Field(None, description="Whom it concerns.")
    status: Literal["open", "cleared", "remedied", "blocked"] | None = Field(None, description="How it stands.")
    raised_by: PartyId | None = Field(None, description="Who raised it.")


class PublicStatement(Clause):
    """What parties said in public about the deal."""

    kind: Literal["public_statement"]
    speakers: tuple[PartyId, ...] | None = Field(None, description="Who said it.")
    about: ClauseId | None = Field(None, description="The clause that it is about.")
    position: (
        Literal["stays-in-force", "will-change", "in-dispute", "relationship-intact", "negotiations-ongoing"] | None
    ) = Field(None, description="What they said of it.")
    made: Date | None = Field(None, description="When it was said.")


class Negotiation(Clause):
    """A point that the parties are negotiating, and who wants what."""

    kind: Literal["negotiation"]
    proponent: PartyId | None = Field(None, description="Who asks for it.")
    counterparty: PartyId | None = Field(None, description="Of whom.")
    about: ClauseId | None = Field(None, description="The clause that it would change.")
    status: Literal["open", "settled", "abandoned"] | None = Field(None, description="How it stands.")


class ContextNote(Clause):
    """Something that a source reports and that bears on the deal without being a term of it."""

    kind: Literal["context_note"]
    about: tuple[PartyId, ...] | None = Field(None, description="Whom it concerns.")
    made: Date | None = Field(None, description="When it happened.")
