"""Values of terms as texts, for what puts findings into words.

A text, party, clause or choice stands as it is. A quantity is its units, `120` or `120..150`; an amount of money has
its currency before it, `USD 120`. A list is a JSON array of its items, after a `?` where it may hold more than is
known. What is not stated is NULL.
"""

from __future__ import annotations

import json

from sqlglot import exp

from clauses.engines.columnar.expressions import SQL, Source, coalesce, text
from clauses.engines.columnar.layout import term_column
from clauses.terms.facts import FactValue, Incomplete
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Money


def decode(written: str | None, type: TermType) -> FactValue | None:
    """The value that a text stands for; None for what is not stated."""
    if written is None:
        return None
    if type.is_list:
        listed = json.loads(written.removeprefix("?"))
        return Incomplete(listed) if written.startswith("?") else tuple(listed)
    if type.name not in VALUE_TYPES:
        return written
    currency, _, units = written.rpartition(" ")
    lowest, _, highest = units.partition("..")
    first, last = int(lowest), int(highest or lowest)
    return Money(first, last, currency) if type.name == Money.type_name else VALUE_TYPES[type.name](first, last)


def encoded(source: Source, term: str) -> SQL:
    """The text of a term of a fact, as SQL."""
    if term == "id":
        return source.column("id")
    type, value = source.types[term], source.column(term_column(term))
    if type.is_list:
        prefix = exp.Case(ifs=[exp.If(this=source.column(term_column(term, "open")), true=text("?"))], default=text(""))
        return _joined(prefix, _as_text(exp.Anonymous(this="TO_JSON", expressions=[value])))
    if type.name not in VALUE_TYPES:
        return value
    highest = source.column(term_column(term, "highest"))
    span = coalesce(_joined(text(".."), _as_text(highest)), text(""))
    units = _joined(_as_text(value), span)
    if type.name == Money.type_name:
        return _joined(_joined(source.column(term_column(term, "currency")), text(" ")), units)
    return units


def _as_text(value: SQL) -> SQL:
    return exp.cast(value, "text")


def _joined(left: SQL, right: SQL) -> SQL:
    return exp.DPipe(this=left, expression=right)
