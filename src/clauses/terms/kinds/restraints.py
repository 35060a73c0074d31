"""What keeps a party from acting in the market as it likes: persons, words, prices and volumes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clauses.terms.kinds.base import Clause
from clauses.terms.kinds.commercial import Subject
from clauses.terms.party import ClauseId, PartyId
from clauses.terms.values import Months, Number, Percentage


class NoSolicit(Clause):
    """A party may not win away customers or staff (CUAD: No-Solicit Of Customers, No-Solicit Of Employees)."""

    kind: Literal["no_solicit"]
    whom: Literal["customers", "employees"] | None = Field(None, description="Whom it may not win away.")
    obligor: PartyId | None = Field(None, description="Who may not.")
    beneficiary: PartyId | None = Field(None, description="From whom.")
    period: Months | None = Field(None, description="For how long after the agreement ends.")


class NonDisparagement(Clause):
    """A party may not speak ill of another (CUAD: Non-Disparagement)."""

    kind: Literal["non_disparagement"]
    obligor: PartyId | None = Field(None, description="Who may not.")
    beneficiary: PartyId | None = Field(None, description="Of whom.")
    period: Months | None = Field(None, description="For how long after the agreement ends.")


class RestraintException(Clause):
    """What a restraint on competition leaves free (CUAD: Competitive Restriction Exception)."""

    kind: Literal["restraint_exception"]
    from_clause: ClauseId | None = Field(None, description="The restraint from which it excepts.")
    party: PartyId | None = Field(None, description="Whose act it leaves free.")


class MostFavoured(Clause):
    """A party gets terms no worse than those that another customer gets (CUAD: Most Favored Nation)."""

    kind: Literal["most_favoured"]
    grantor: PartyId | None = Field(None, description="Who may treat nobody better.")
    beneficiary: PartyId | None = Field(None, description="Than whom.")
    subject: Subject | None = Field(None, description="For what.")


class PriceRestriction(Clause):
    """A party may not set or change a price as it likes (CUAD: Price Restrictions)."""

    kind: Literal["price_restriction"]
    obligor: PartyId | None = Field(None, description="Whose price is bound.")
    beneficiary: PartyId | None = Field(None, description="For whose benefit.")
    highest_increase: Percentage | None = Field(None, description="The most by which the price may rise in a year.")


class VolumeRestriction(Clause):
    """A use or a quantity beyond which a party pays more or may not go (CUAD: Volume Restriction)."""

    kind: Literal["volume_restriction"]
    obligor: PartyId | None = Field(None, description="Whose volume is bound.")
    beneficiary: PartyId | None = Field(None, description="For whose benefit.")
    highest: Number | None = Field(None, description="The most units in the period.")
    per: Literal["month", "year", "term"] | None = Field(None, description="The period.")
