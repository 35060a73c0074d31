"""Who owns what, and what changes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.party import ClauseId, PartyId
from clauses.terms.values import Date, Money, Percentage

AntiDilution = Literal["none", "weighted-average", "full-ratchet", "floor-top-up"]
"""What protects a holder when new shares are issued.

`none`: the holding shrinks like every other. `weighted-average` and `full-ratchet`: when shares are issued
below the price that the holder paid, its shares are counted anew at a price between the two, or at the new
price. `floor-top-up`: the holder receives new shares until it again holds its floor.
"""

ShareClass = Literal["common", "preferred", "profit-units", "options"]


class Holding(Clause):
    """A stake that a party holds, fully diluted: every share, option and unit is counted."""

    kind: Literal["holding"]
    holder: PartyId | None = Field(None, description="Who holds it.")
    issuer: PartyId | None = Field(None, description="In which company.")
    stake: Percentage | None = Field(None, description="The share of all that is issued, fully diluted.")
    share_class: ShareClass | None = Field(None, description="The class held.")
    floor: Percentage | None = Field(None, description="The stake below which the holder may not fall.")
    anti_dilution: AntiDilution | None = Field(None, description="What protects the holder from dilution.")
    entry_valuation: Money | None = Field(
        None, description="The value of the whole company, as it is counted now, at the price that the holder paid."
    )
    event: ClauseId | None = Field(
        None, description="The event after which the stake is so; computed by the cap table."
    )


class EquityOnConversion(Clause):
    """The stake that a holder receives when the issuer converts."""

    kind: Literal["equity_on_conversion"]
    holder: PartyId | None = Field(None, description="Who receives it.")
    issuer: PartyId | None = Field(None, description="In which company.")
    stake: Percentage | None = Field(None, description="The share of all that is issued on conversion, fully diluted.")
    share_class: ShareClass | None = Field(None, description="The class received.")
    trigger: ClauseId | None = Field(None, description="The conversion on which it is received.")
    deadline: Date | None = Field(None, description="The last day for the conversion.")
    floor: Percentage | None = Field(None, description="The stake below which the holder may not fall afterwards.")
    anti_dilution: AntiDilution | None = Field(None, description="What protects the holder from dilution.")
    entry_valuation: Money | None = Field(
        None, description="The value of the whole company at the price that the holder is taken to have paid."
    )


class Conversion(Clause):
    """The change of the issuer's legal form, such as to a for-profit company."""

    kind: Literal["conversion"]
    issuer: PartyId | None = Field(None, description="Which company converts.")
    into: Literal["for-profit", "public-benefit-corporation", "corporation", "limited-liability-company"] | None = (
        Field(None, description="Into what.")
    )
    deadline: Date | None = Field(None, description="The last day on which it may be completed.")
    closing: Date | None = Field(None, description="The day on which it is to be completed.")


class FundingCommitment(Clause):
    """Money promised, on conditions."""

    kind: Literal["funding_commitment"]
    funder: PartyId | None = Field(None, description="Who promises it.")
    recipient: PartyId | None = Field(None, description="Who is to receive it.")
    amount: Money | None = Field(None, description="How much.")
    conditional_on: ClauseId | None = Field(None, description="The clause on whose completion it depends.")
    deadline: Date | None = Field(None, description="The last day for that completion.")
    if_missed: Literal["lapses", "reduced", "repayable", "converts-to-debt", "nothing"] | None = Field(
        None, description="What happens if the deadline is missed."
    )


class CapitalRaise(Clause):
    """New money for new shares."""

    kind: Literal["capital_raise"]
    issuer: PartyId | None = Field(None, description="Who issues the shares.")
    investors: tuple[PartyId, ...] | None = Field(None, description="Who buys them.")
    amount: Money | None = Field(None, description="How much is raised.")
    pre_money: Money | None = Field(None, description="What the company is worth before the money comes in.")
    closing: Date | None = Field(None, description="The day on which it closes.")
    share_class: ShareClass | None = Field(None, description="The class issued.")


class PublicOffering(Clause):
    """New shares sold to the public: a listing."""

    kind: Literal["public_offering"]
    issuer: PartyId | None = Field(None, description="Who lists.")
    amount: Money | None = Field(None, description="How much is raised by new shares.")
    pre_money: Money | None = Field(None, description="What the company is worth before the money comes in.")
    closing: Date | None = Field(None, description="The first day of trading.")
    exchange: str | None = Field(None, description="Where it lists.")


class Assignment(Clause):
    """A transfer of an agreement, or of a clause of it, to somebody else."""

    kind: Literal["assignment"]
    assignor: PartyId | None = Field(None, description="Who transfers.")
    assignee: PartyId | None = Field(None, description="To whom.")
    of_clause: ClauseId | None = Field(None, description="What is transferred.")
