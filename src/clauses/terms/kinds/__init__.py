"""The kinds of clause, listed once. A new kind is a class in a file of this folder and a name in `KINDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from clauses.terms.kinds.base import Clause, TermType
from clauses.terms.kinds.commercial import (
    Competition,
    Exclusivity,
    Licence,
    MinimumCommitment,
    NonCompete,
    Notice,
    PreEmption,
    ProductDependency,
    RevenueShare,
    Supply,
    Termination,
    Transition,
    Venture,
)
from clauses.terms.kinds.control import (
    AntiAssignment,
    ChangeOfControl,
    Consent,
    ConsentRight,
    ContextNote,
    Governance,
    Negotiation,
    PublicStatement,
    RegulatoryFlag,
)
from clauses.terms.kinds.equity import (
    Assignment,
    CapitalRaise,
    Conversion,
    EquityOnConversion,
    FundingCommitment,
    Holding,
    PublicOffering,
)
from clauses.terms.kinds.intellectual import Escrow, IpAssignment, JointIp
from clauses.terms.kinds.liability import (
    CovenantNotToSue,
    Insurance,
    LiabilityCap,
    LiquidatedDamages,
    UncappedLiability,
    Warranty,
)
from clauses.terms.kinds.lifetime import (
    AgreementTerm,
    AuditRight,
    GoverningLaw,
    OpenQuestion,
    PostTermService,
    ThirdPartyBenefit,
)
from clauses.terms.kinds.restraints import (
    MostFavoured,
    NonDisparagement,
    NoSolicit,
    PriceRestriction,
    RestraintException,
    VolumeRestriction,
)

KINDS: dict[str, type[Clause]] = {
    kind.kind_name(): kind
    for kind in (
        Exclusivity, Supply, MinimumCommitment, RevenueShare, Licence, NonCompete, Competition, ProductDependency,
        Venture, PreEmption, Notice, Termination, Transition,
        Holding, EquityOnConversion, Conversion, FundingCommitment, CapitalRaise, PublicOffering, Assignment,
        ConsentRight, Consent, ChangeOfControl, AntiAssignment, Governance, RegulatoryFlag, PublicStatement,
        Negotiation, ContextNote,
        AgreementTerm, GoverningLaw, ThirdPartyBenefit, PostTermService, AuditRight, OpenQuestion,
        LiabilityCap, UncappedLiability, LiquidatedDamages, Warranty, Insurance, CovenantNotToSue,
        NoSolicit, NonDisparagement, RestraintException, MostFavoured, PriceRestriction, VolumeRestriction,
        IpAssignment, JointIp, Escrow,
    )
}  # fmt: skip
"""Every kind by its name."""

if TYPE_CHECKING:
    AnyClause = Clause
else:
    AnyClause = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007
"""A clause of any kind, told apart by `kind`."""

__all__ = ["KINDS", "AnyClause", "Clause", "TermType"]
