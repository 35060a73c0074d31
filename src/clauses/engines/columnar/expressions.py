"""Formulas as SQL, built as a tree and written out in any dialect.

Every formula is free of negation, so that a comparison with what is not stated, NULL in SQL, counts as false
wherever it stands. What is not stated and yet possible is asked for by name: `x IS NULL`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from clauses.engines.columnar.formulas import mirrored
from clauses.engines.columnar.layout import term_column
from clauses.engines.columnar.profile import Profile
from clauses.language.rewrite import OPEN, AllOf, Among, AnyOf, Column, Flag, Formula, Linear, Same
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES

SQL = exp.Expr


@dataclass(frozen=True)
class Source:
    """A table of facts under a name, in one layer."""

    name: str
    kind: str
    layer: str | None
    types: Mapping[str, TermType] = field(compare=False, repr=False)

    def column(self, name: str) -> SQL:
        """A column of the table."""
        return column(name, self.name)

    @property
    def table(self) -> SQL:
        """The table under its name, for FROM."""
        return exp.alias_(table(self.kind), self.name, table=True, quoted=True)

    @property
    def standing(self) -> list[SQL]:
        """What must hold of a fact for it to stand in the layer."""
        return [self.column(f"in_{self.layer}")] if self.layer else []


# --- pieces


def table(name: str) -> SQL:
    """A table, or another relation."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def column(name: str, of: str | None = None) -> SQL:
    """A column."""
    return exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(of, quoted=True) if of else None)


def number(value: int) -> SQL:
    """A whole number."""
    return exp.Literal.number(value)


def text(value: str) -> SQL:
    """A text. What no statement may hold is written as its code."""
    first, *pieces = value.split("\0")
    found: SQL = exp.Literal.string(first)
    for piece in pieces:
        nul = exp.Chr(expressions=[number(0)])
        found = exp.DPipe(this=exp.DPipe(this=found, expression=nul), expression=exp.Literal.string(piece))
    return exp.Paren(this=found) if pieces else found


def all_hold(parts: Iterable[SQL]) -> SQL:
    """All of some conditions; true where there are none."""
    return _connected(list(parts), exp.And, exp.true())


def any_holds(parts: Iterable[SQL]) -> SQL:
    """Any of some conditions; false where there are none."""
    return _connected(list(parts), exp.Or, exp.false())


def _connected(parts: Sequence[SQL], by: type[exp.Connector], neutral: SQL) -> SQL:
    if len(parts) < 2:
        return parts[0] if parts else neutral
    bracketed = [exp.Paren(this=part) if isinstance(part, exp.Connector) else part for part in parts]
    whole = bracketed[0]
    for part in bracketed[1:]:
        whole = by(this=whole, expression=part)
    return whole


def is_null(what: SQL) -> SQL:
    """Whether something is not stated."""
    return exp.Is(this=what, expression=exp.null())


def not_null(what: SQL) -> SQL:
    """Whether something is stated."""
    return exp.Not(this=is_null(what))


def negated(what: SQL) -> SQL:
    """The opposite of a condition that is never NULL."""
    return exp.Not(this=exp.Paren(this=what) if isinstance(what, exp.Connector) else what)


def coalesce(*parts: SQL) -> SQL:
    """The first part that is stated."""
    return exp.Coalesce(this=parts[0], expressions=list(parts[1:])) if len(parts) > 1 else parts[0]


# --- formulas


class Writer:
    """Writes formulas about some tables."""

    def __init__(self, sources: Iterable[Source], profile: Profile) -> None:
        self.sources = {source.name: source for source in sources}
        self.profile = profile

    def conjunction(self, formulas: Iterable[Formula]) -> list[SQL]:
        """Formulas all of which must hold, each as SQL."""
        kept = dict.fromkeys(formulas)
        found = []
        for formula in kept:
            mirror = mirrored(formula) if isinstance(formula, Linear) and not formula.strict else None
            if mirror not in kept:
                found.append(self.formula(formula))
            elif isinstance(formula, Linear) and formula.terms[0][0] > 0:  # not above and not below
                found.append(self.linear(formula, exp.EQ))
        return found

    def formula(self, formula: Formula) -> SQL:
        """One formula."""
        match formula:
            case AllOf(parts):
                return all_hold(self.conjunction(parts))
            case AnyOf(parts):
                return any_holds(self.disjunction(parts))
            case Linear(strict=strict):
                return self.linear(formula, exp.LT if strict else exp.LTE)
            case Same():
                return self.same(formula)
            case Flag(read, holds):
                value = self.value(read)
                return not_null(value) if holds else is_null(value)
            case Among():
                return self.among(formula)
        raise AssertionError(formula)

    def disjunction(self, parts: Sequence[Formula]) -> list[SQL]:
        """Formulas of which one must hold; a code that is compared with several texts is among them."""
        wanted: dict[Column, list[str]] = {}
        rest: list[Formula] = []
        for part in parts:
            match part:
                case Same(left, str(right), True, True):
                    wanted.setdefault(left, []).append(right)
                case _:
                    rest.append(part)
        found = [self.formula(part) for part in rest]
        for left, texts in wanted.items():
            if len(texts) == 1:
                found.append(self.same(Same(left, texts[0], True, True)))
            else:
                found.append(exp.In(this=self.value(left), expressions=[text(one) for one in texts]))
        return found

    # --- columns

    def value(self, read: Column) -> SQL:
        """The plain column behind a code, a currency, a list, or whether a term is stated."""
        name = "id" if read.term == "id" else term_column(read.term, "currency" if read.part == "currency" else "")
        return self.sources[read.alias].column(name)

    def is_stated(self, read: Column) -> bool:
        """Whether a term is known to be stated everywhere."""
        return self.profile.is_stated(self.sources[read.alias].kind, read.term)

    def limit(self, read: Column) -> int:
        """The largest value of a quantity."""
        return VALUE_TYPES[self.sources[read.alias].types[read.term].name].limit

    def bound(self, read: Column) -> SQL:
        """The lowest or highest of a quantity; what is not stated ranges beyond every value."""
        source, widest = self.sources[read.alias], OPEN * self.limit(read)
        is_highest = read.part == "highest"
        parts = [source.column(term_column(read.term))]
        if is_highest and not self.profile.is_exact(source.kind, read.term):
            parts.insert(0, source.column(term_column(read.term, "highest")))
        if not self.is_stated(read):
            parts.append(number(widest) if is_highest else exp.Neg(this=number(widest)))
        return coalesce(*parts)

    # --- atoms

    def linear(self, linear: Linear, compare: type[exp.Binary]) -> SQL:
        """`left < right`, with what is taken away put on the other side."""
        left = [(by, columns) for by, columns in linear.terms if by > 0]
        right = [(-by, columns) for by, columns in linear.terms if by < 0]
        if linear.constant:
            (left if linear.constant > 0 else right).append((abs(linear.constant), ()))
        if any(columns for _, columns in left):
            return compare(this=self.total(left), expression=self.total(right))
        turned: dict[type[exp.Binary], type[exp.Binary]] = {exp.LT: exp.GT, exp.LTE: exp.GTE}
        return turned.get(compare, compare)(this=self.total(right), expression=self.total(left))

    def total(self, terms: Sequence[tuple[int, tuple[Column, ...]]]) -> SQL:
        """A sum of products of whole numbers."""
        if not terms:
            return number(0)
        (by, columns), *rest = terms
        if not rest and by == 1 and len(columns) == 1:
            return self.bound(columns[0])
        whole = self.product(by, columns)
        for by, columns in rest:
            whole = exp.Add(this=whole, expression=self.product(by, columns))
        return whole

    def product(self, by: int, columns: Sequence[Column]) -> SQL:
        """A number times columns, with room for the largest of them."""
        factors = [
            self.bound(read) if self.limit(read) >= 2**31 else exp.cast(self.bound(read), "bigint") for read in columns
        ]
        if by != 1 or not factors:
            factors.insert(0, number(by))
        whole = factors[0]
        for factor in factors[1:]:
            whole = exp.Mul(this=whole, expression=factor)
        return whole

    def same(self, same: Same) -> SQL:
        """Two codes compared; only where both are stated, if it must be certain."""
        sides = [text(side) if isinstance(side, str) else self.value(side) for side in (same.left, same.right)]
        found = (exp.EQ if same.holds else exp.NEQ)(this=sides[0], expression=sides[1])
        if same.certainly:
            return found
        open_sides = [side for side in (same.left, same.right) if isinstance(side, Column) and not self.is_stated(side)]
        return any_holds([found, *(is_null(self.value(side)) for side in open_sides)])

    def among(self, among: Among) -> SQL:
        """Whether a list holds a code; see `Among`. What a list may hold besides is asked of its `…_open`."""
        source = self.sources[among.alias]
        name = term_column(among.term)

        def items() -> SQL:
            return source.column(name)

        def item() -> SQL:
            return text(among.item) if isinstance(among.item, str) else self.value(among.item)

        is_open = source.column(term_column(among.term, "open"))
        size = coalesce(exp.ArraySize(this=items()), number(0))  # some databases count nothing as NULL
        contains = exp.ArrayContains(this=items(), expression=item())
        missing = negated(coalesce(contains.copy(), exp.false()))
        is_stated = not isinstance(among.item, Column) or self.is_stated(among.item)
        unstated = [] if is_stated else [is_null(item())]
        match among.certainly, among.holds:
            case True, True:
                return all_hold([not_null(items()), contains])
            case True, False:
                without = missing if is_stated else all_hold([missing, not_null(item())])
                is_empty = exp.EQ(this=size, expression=number(0))
                return all_hold([not_null(items()), negated(is_open), any_holds([is_empty, without])])
            case False, True:
                some = exp.GT(this=size, expression=number(0))
                return any_holds([is_null(items()), is_open, all_hold([some, any_holds([contains, *unstated])])])
        return any_holds([is_null(items()), *unstated, missing])
