"""The facts of many agreements as tables, one table a kind: what the SQL reads, and the format of a portfolio.

Every table has a row a fact and these columns, then those of the kind's terms in the order of `fact_types`:

    agreement    BIGINT      the number of the agreement in the portfolio
    number       INTEGER     the number of the fact in its agreement
    id           VARCHAR     the id of the clause, or what else the fact is about
    in_current, in_proposed, in_removed, in_result    BOOLEAN    the layers in which it stands
    certain      BOOLEAN     false where it holds only if uncertain dates, or values, fall one way

A term is one to three columns, all NULL where it is not stated:

    ends, ends_highest              a quantity in whole units (see `clauses.terms.values`): its value, or the lowest
                                    of a range; `…_highest` is the highest of a range and NULL for an exact value
    amount, amount_highest, amount_currency           an amount of money, with its currency
    supplier                        a text, party, clause or choice: VARCHAR
    parties, parties_open           a list: VARCHAR[], and BOOLEAN, true where it may hold more than is known

Dates are days, counted from 1 for 0001-01-01; 3652059 (9999-12-31) is `never`. The table `clause` has one
more column, `heading`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clauses.terms.facts import GENERAL_KINDS, LAYERS, Fact, Incomplete, fact_types
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import VALUE_TYPES, Money, Value

VERSION = 1
"""The version of the layout; a change that readers would notice is another."""

Cell = int | str | bool | list[str] | None
"""What a column holds of one fact."""


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, and its type as DuckDB calls it."""

    name: str
    type: str


FIXED = (
    Column("agreement", "BIGINT"),
    Column("number", "INTEGER"),
    Column("id", "VARCHAR"),
    *(Column(f"in_{layer}", "BOOLEAN") for layer in LAYERS),
    Column("certain", "BOOLEAN"),
)
"""The columns that every table has."""

HEADING = Column("heading", "VARCHAR")
WITH_HEADING = "clause"
"""The kind whose table has the headings of clauses."""

_TAKEN = {column.name for column in (*FIXED, HEADING)}


def kinds() -> tuple[str, ...]:
    """The kinds of fact of which a portfolio has a table."""
    return (*KINDS, *GENERAL_KINDS)


def term_column(term: str, part: str = "") -> str:
    """The column of a term: its value, or its `highest`, `currency` or `open`."""
    name = f"{term}_" if term in _TAKEN else term
    return f"{name}_{part}" if part else name


def term_columns(term: str, type: TermType) -> tuple[Column, ...]:
    """The columns of a term."""
    if type.is_list:
        return Column(term_column(term), "VARCHAR[]"), Column(term_column(term, "open"), "BOOLEAN")
    if type.name not in VALUE_TYPES:
        return (Column(term_column(term), "VARCHAR"),)
    whole = "BIGINT" if VALUE_TYPES[type.name].limit >= 2**31 else "INTEGER"
    found = (Column(term_column(term), whole), Column(term_column(term, "highest"), whole))
    is_money = type.name == Money.type_name
    return (*found, Column(term_column(term, "currency"), "VARCHAR")) if is_money else found


def columns(kind: str, types: Mapping[str, TermType] | None = None) -> tuple[Column, ...]:
    """The columns of a kind's table; `types` are the terms of a kind that a pack derives."""
    known = types if types is not None else fact_types(kind)
    assert known is not None, kind
    terms = [column for name, type in known.items() if name != "id" for column in term_columns(name, type)]
    return (*FIXED, *terms, *((HEADING,) if kind == WITH_HEADING and types is None else ()))


def row(
    agreement: int, number: int, fact: Fact, types: Mapping[str, TermType], heading: str | None = None
) -> list[Cell]:
    """A fact as a row of its table. `heading` is for the kind that has headings."""
    return row_reader(fact.kind, types)(agreement, number, fact, heading)


_TEXT, _QUANTITY, _AMOUNT, _LIST = range(4)
_NOTHING: tuple[list[Cell], ...] = ([None], [None, None], [None, None, None], [None, None])
"""The cells of a term that is not stated."""


def row_reader(kind: str, types: Mapping[str, TermType]) -> Callable[[int, int, Fact, str | None], list[Cell]]:
    """What makes rows of the facts of a kind: agreement, number, fact and heading to cells."""
    terms = [(name, _form(type)) for name, type in types.items() if name != "id"]
    has_heading = kind == WITH_HEADING

    def cells(agreement: int, number: int, fact: Fact, heading: str | None) -> list[Cell]:
        layers, value_of = fact.layers, fact.values.get
        found: list[Cell] = [agreement, number, fact.id, *[layer in layers for layer in LAYERS], fact.certain]
        for name, form in terms:
            value = value_of(name)
            if value is None:
                found += _NOTHING[form]
            elif form == _TEXT:
                found.append(str(value))
            elif isinstance(value, tuple):
                found += (list(value), isinstance(value, Incomplete))
            else:
                assert isinstance(value, Value)
                lowest, highest = value.lowest, value.highest
                found += (lowest, None if lowest == highest else highest)
                if form == _AMOUNT:
                    found.append(value.currency)  # type: ignore[attr-defined]
        if has_heading:
            found.append(heading)
        return found

    return cells


def _form(type: TermType) -> int:
    if type.is_list:
        return _LIST
    if type.name not in VALUE_TYPES:
        return _TEXT
    return _AMOUNT if type.name == Money.type_name else _QUANTITY
