"""The shapes of a record as structs of msgspec, made from the same kinds of clause as the models.

They say which keys there are, which choices a term has, and where lists and texts belong.

There are two families. Nearly all records are *closed*: a term that is there is stated, and a date is a day. The
shapes for these take nothing else, so that msgspec has checked nearly everything and reads the days; the *open* ones
take whatever a plain record may say.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import UnsetType

from clauses.terms.kinds import KINDS, TermType
from clauses.terms.party import Basis, Role
from clauses.terms.values import UNKNOWN

UNSET = msgspec.UNSET
"""What stands where a key is left out."""
_Optional = UnsetType
_NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]


class _Struct(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The base of all shapes: no key that nobody reads. A key that is left out stays UNSET."""


class PartyShape(_Struct):
    """A party."""

    name: _NotEmpty
    roles: list[Role] | _Optional = UNSET
    exists: Literal["yes", "no"] | bool | _Optional | None = UNSET
    jurisdiction: str | _Optional | None = UNSET
    called: str | _Optional | None = UNSET


class SourceShape(_Struct):
    """A document that terms are taken from."""

    title: _NotEmpty
    file: str | _Optional | None = UNSET
    date: str | _Optional | None = UNSET


class OriginShape(_Struct):
    """Where a clause comes from."""

    document: str | _Optional | None = UNSET
    quote: str | _Optional | None = UNSET
    basis: Basis | _Optional = UNSET
    section: str | _Optional | None = UNSET
    attributed_to: str | _Optional | None = UNSET


def _shape_of(type: TermType) -> Any:
    """What a term may be in JSON."""
    if type.is_list:
        return _closed_shape_of(type) | Literal["unknown"] | None
    if type.choices:
        words: Any = Literal[(*type.choices, UNKNOWN)]
        found = words | None | UnsetType
        return found | bool if set(type.choices) == {"yes", "no"} else found
    return str | int | None | UnsetType if type.name == "number" else str | None | UnsetType


def _closed_shape_of(type: TermType) -> Any:
    """What a term that is stated, and no range of days, may be in JSON."""
    if type.is_list:
        item: Any = Literal[type.choices] if type.choices else str
        return list[item] | UnsetType
    if type.choices:
        return Literal[type.choices] | UnsetType
    if type.name == "date":
        return datetime.date | UnsetType
    return str | int | UnsetType if type.name == "number" else str | UnsetType


_IN_EVERY_CLAUSE: dict[str, Any] = {
    "heading": str | UnsetType,
    "text": str | UnsetType,
    "source": OriginShape | UnsetType,
    "subject_to": list[str] | UnsetType,
    "notwithstanding": list[str] | UnsetType,
}


def _clause_shape(kind: str, is_closed: bool) -> Any:
    shape_of = _closed_shape_of if is_closed else _shape_of
    terms = {name: shape_of(type) for name, type in KINDS[kind].term_types().items()} | _IN_EVERY_CLAUSE
    fields = [(name, shape, UNSET) for name, shape in terms.items()]
    return msgspec.defstruct(f"{kind}_clause", fields, bases=(_Struct,), tag_field="kind", tag=kind, gc=False)


SHAPES: dict[str, Any] = {kind: _clause_shape(kind, is_closed=False) for kind in KINDS}
"""The open shape of a clause of each kind. Its attributes are the keys of the clause."""
CLOSED: dict[str, Any] = {kind: _clause_shape(kind, is_closed=True) for kind in KINDS}
"""The closed shape of a clause of each kind."""
KIND_OF: dict[Any, str] = {shape: kind for shapes in (SHAPES, CLOSED) for kind, shape in shapes.items()}
"""The kind of each shape."""


def _agreement_fields(any_clause: Any) -> list[Any]:
    return [
        ("title", str | UnsetType, UNSET),
        ("signed", str | None | UnsetType, UNSET),
        ("as_reported", str | None | UnsetType, UNSET),
        ("parties", dict[str, PartyShape] | UnsetType, UNSET),
        ("sources", dict[str, SourceShape] | UnsetType, UNSET),
        ("cap_table", None | UnsetType, UNSET),
        ("clauses", dict[str, any_clause] | UnsetType, UNSET),
        ("amendments", dict[str, None] | None | UnsetType, UNSET),
    ]


_SHEET_FIELDS: list[Any] = [
    ("title", str | UnsetType, UNSET),
    ("effective", str | None | UnsetType, UNSET),
    ("proposed_by", str | None | UnsetType, UNSET),
    ("parties", dict[str, PartyShape] | UnsetType, UNSET),
    ("sources", dict[str, SourceShape] | UnsetType, UNSET),
]


def _sheet_shape(any_clause: Any) -> Any:
    change: Any = msgspec.defstruct(
        "Change",
        [
            ("add", str | UnsetType, UNSET),
            ("clause", any_clause | UnsetType, UNSET),
            ("amend", str | UnsetType, UNSET),
            ("set", msgspec.Raw | UnsetType, UNSET),
            ("remove", str | UnsetType, UNSET),
        ],
        bases=(_Struct,),
        gc=False,
    )
    return msgspec.defstruct(
        "TermSheet",
        [("term_sheet", str), ("agreement", str), ("dated", str), ("changes", list[change]), *_SHEET_FIELDS],
        bases=(_Struct,),
    )


def _record_shape(shapes: Mapping[str, Any]) -> Any:
    """The shape of a record whose clauses are of these shapes."""
    any_clause: Any = Union[tuple(shapes.values())]  # noqa: UP007 - made from a list
    fields = _agreement_fields(any_clause)
    agreement: Any = msgspec.defstruct("Agreement", [("agreement", str), *fields], bases=(_Struct,))
    sheet = _sheet_shape(any_clause)
    return msgspec.defstruct(
        "Record",
        [("agreement", str | agreement), ("term_sheet", sheet | None | UnsetType, UNSET), *fields],
        bases=(_Struct,),
    )


AGREEMENT_KEYS = tuple(name for name, *_ in _agreement_fields(str))
"""The keys of an agreement beside its id."""
SHEET_KEYS = ("term_sheet", "agreement", "dated", "changes", *(name for name, *_ in _SHEET_FIELDS))
"""The keys of a term sheet."""

decode = msgspec.json.Decoder(_record_shape(SHAPES)).decode
decode_closed = msgspec.json.Decoder(_record_shape(CLOSED)).decode
encode = msgspec.json.Encoder().encode
decode_kind = {shape: msgspec.json.Decoder(shape).decode for shape in KIND_OF}
