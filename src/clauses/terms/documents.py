"""The shape of the documents: what an agreement file and a term sheet file may hold.

These models carry the JSON Schemas, and say which keys exist. `agreement.py` reads the files.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from clauses.terms.kinds import AnyClause
from clauses.terms.party import ClauseId, Id, Model, Party, PartyId, SourceDocument
from clauses.terms.values import Date


class Add(Model):
    """A clause that is added."""

    add: ClauseId = Field(description="The id of the new clause.")
    clause: AnyClause = Field(description="The clause.")


class Amend(Model):
    """A clause in force, some of whose terms change."""

    amend: ClauseId = Field(description="The id of the clause.")
    set: dict[str, Any] = Field(description="The terms that change, with their new values; empty: no longer stated.")


class Remove(Model):
    """A clause in force that is struck out."""

    remove: ClauseId = Field(description="The id of the clause.")


Change = Add | Amend | Remove


class AmendmentHeader(Model):
    """What stands above the changes of an amendment."""

    title: str = Field("", description="How the memo cites it.")
    signed: Date | None = Field(None, description="The day on which it was signed.")
    effective: Date | None = Field(None, description="The day from which it holds; the day of signing if left out.")
    notwithstanding: tuple[Id, ...] = Field(
        (), description="Amendments of the same dates over which this one prevails."
    )


class AmendmentDocument(AmendmentHeader):
    """A dated set of changes, signed."""

    changes: tuple[Change, ...] = Field(description="What changes.", min_length=1)


class AgreementHeader(Model):
    """What stands above the clauses of an agreement."""

    agreement: Id = Field(description="The id of the agreement.")
    title: str = Field("", description="Its title.")
    signed: Date | None = Field(None, description="The day on which it was signed.")
    as_reported: Date | None = Field(None, description="The day of the report, where the terms come from one.")
    parties: dict[Id, Party] = Field(description="The parties by id.", min_length=1)
    sources: dict[Id, SourceDocument] = Field(
        default_factory=dict, description="The documents that terms are taken from."
    )
    cap_table: str | None = Field(None, description="A company in Open Cap Table Format to take holdings from.")


class AgreementDocument(AgreementHeader):
    """An agreement as signed, with the amendments signed since."""

    clauses: dict[ClauseId, AnyClause] = Field(description="The clauses by id.")
    amendments: dict[Id, AmendmentDocument] = Field(default_factory=dict, description="The amendments by id.")


class TermSheetHeader(Model):
    """What stands above the changes of a term sheet."""

    term_sheet: Id = Field(description="The id of the term sheet.")
    title: str = Field("", description="Its title.")
    agreement: str = Field(description="The agreement that it would change: a path, or an id found beside the file.")
    dated: Date = Field(description="Its date; a review looks at the world as of it, unless told otherwise.")
    effective: Date | None = Field(None, description="The day from which it would hold.")
    proposed_by: PartyId | None = Field(None, description="Who proposes it.")
    parties: dict[Id, Party] = Field(default_factory=dict, description="Parties that the agreement does not name.")
    sources: dict[Id, SourceDocument] = Field(
        default_factory=dict, description="The documents that terms are taken from."
    )


class TermSheetDocument(TermSheetHeader):
    """A proposed amendment, not signed."""

    changes: tuple[Change, ...] = Field(description="What would change.", min_length=1)
