"""What every clause has, whatever its kind."""

from __future__ import annotations

import types
import typing
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from clauses.terms.party import ClauseId, Model, Origin, RefersTo
from clauses.terms.values import UNKNOWN, Date, Value


def _allow_unknown(schema: dict[str, Any]) -> None:
    """In the JSON Schema, every term may be the word `unknown`."""
    for name, field in schema.get("properties", {}).items():
        if name in COMMON_FIELDS - {"starts", "ends"} or "anyOf" not in field:
            continue
        field["anyOf"].insert(-1, {"const": UNKNOWN, "title": "looked for and not found"})


class Clause(Model):
    """One term of an agreement. Every term of a kind may be left out: it is then *not stated*."""

    model_config = ConfigDict(json_schema_extra=_allow_unknown)

    heading: str = Field("", description="The heading under which the clause stands.")
    text: str = Field("", description="The words of the clause.")
    source: Origin = Field(default_factory=Origin, description="Where it comes from, with its basis and quote.")
    subject_to: tuple[ClauseId, ...] = Field((), description="Clauses to which this one yields.")
    notwithstanding: tuple[ClauseId, ...] = Field((), description="Clauses over which this one prevails.")
    starts: Date | None = Field(None, description="The first day of the period in which the clause operates.")
    ends: Date | None = Field(None, description="The last day of that period; `never` for a perpetual clause.")

    common_fields: ClassVar[frozenset[str]]

    @classmethod
    def kind_name(cls) -> str:
        """The name of the kind, such as `capital_raise`."""
        return str(typing.get_args(cls.model_fields["kind"].annotation)[0])

    @classmethod
    def term_types(cls) -> dict[str, TermType]:
        """The type of every term of the kind, by field name, as the rule language sees it."""
        found: dict[str, TermType] = cls.__dict__.get("_term_types") or {}
        if not found:
            skipped = {"kind", "heading", "text", "source"}
            found = {name: term_type(cls, name) for name in cls.model_fields if name not in skipped}
            cls._term_types = found  # type: ignore[attr-defined]
        return found


COMMON_FIELDS = frozenset(Clause.model_fields) | {"kind"}


class TermType:
    """The type of a term: a value type, `text`, `choice` (one of `choices`), `party`, `clause`, or a list."""

    def __init__(self, name: str, choices: tuple[str, ...] = (), is_list: bool = False) -> None:
        self.name = name
        self.choices = choices
        self.is_list = is_list

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TermType) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.name, self.choices, self.is_list))

    def __str__(self) -> str:
        return f"list of {self.name}" if self.is_list else self.name

    __repr__ = __str__


def term_type(model: type[Model], name: str) -> TermType:
    """The type of one field of a model, read off its annotation."""
    field = model.model_fields[name]
    marks = [mark.what for mark in field.metadata if isinstance(mark, RefersTo)]
    if marks:
        return TermType(marks[0])
    return _type_of(field.annotation)


def _type_of(annotation: Any) -> TermType:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _type_of(inner[0])
    if origin is tuple:
        item = _type_of(typing.get_args(annotation)[0])
        return TermType(item.name, item.choices, is_list=True)
    if origin is typing.Annotated:
        base, *metadata = typing.get_args(annotation)
        marks = [mark.what for mark in metadata if isinstance(mark, RefersTo)]
        return TermType(marks[0]) if marks else _type_of(base)
    if origin is typing.Literal:
        return TermType("choice", tuple(typing.get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return TermType(annotation.type_name)
    if annotation is str:
        return TermType("text")
    raise TypeError(f"no term has the type {annotation!r}")
