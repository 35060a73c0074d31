"""Parties, and the references by which terms name them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Ids are kebab-case, so that they read well in a rule and survive every file format."""


MAXIMUM_ID = 80


class RefersTo:
    """Marks a text as the id of a party, a clause or a source, so that it is checked to exist."""

    def __init__(self, what: Literal["party", "clause", "source"]) -> None:
        self.what = what


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=MAXIMUM_ID)]
PartyId = Annotated[Id, RefersTo("party")]
ClauseId = Annotated[Id, RefersTo("clause")]
SourceId = Annotated[Id, RefersTo("source")]

Written = Annotated[str, Field(json_schema_extra={"type": ["string", "integer"]})]
"""A value of a type that is named elsewhere, as it is written; an editor takes `2030` and `3` for numbers."""

YesNo = Literal["yes", "no"]

Role = Literal[
    "investor", "cloud-provider", "supplier", "customer", "issuer", "licensor", "licensee", "distributor",
    "regulator", "venture-partner", "competitor", "guarantor", "observer",
]  # fmt: skip


class Model(BaseModel):
    """The base of everything that a document holds: immutable, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Party(Model):
    """A legal person, with the roles that it holds towards the others."""

    name: str = Field(description="The name as the documents write it.", min_length=1)
    roles: tuple[Role, ...] = Field((), description="The roles that the party holds in the deal.")
    exists: YesNo | None = Field(
        None, description="Whether the person exists yet: `no` for a company still to be formed."
    )
    jurisdiction: str | None = Field(None, description="Where it is organised, such as `Delaware`.")
    called: str | None = Field(None, description="What else the documents call it, such as `Distributor`.")


class SourceDocument(Model):
    """A document that terms are taken from."""

    title: str = Field(description="How the memo cites it.", min_length=1)
    file: str | None = Field(None, description="Where its text is, relative to the file that names it.")
    date: str | None = Field(None, description="When it was published, as a date.")


Basis = Literal["reported", "assumed", "stated"]


class Origin(Model):
    """Where a clause comes from, and on what basis it is taken to be so."""

    document: SourceId | None = Field(None, description="The id of a document under `sources`.")
    quote: str | None = Field(None, description="The words of the document, exactly.")
    basis: Basis = Field(
        "stated",
        description="`reported`: a source says it, with a quote; `assumed`: added for the exercise; "
        "`stated`: the instrument itself says it.",
    )
    section: str | None = Field(None, description="The section of the document, such as `7.1(a)`.")
    attributed_to: str | None = Field(
        None, description="On whose word the document says it, such as another newspaper."
    )
