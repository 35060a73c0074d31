"""What rules mean, in the fewest lines: every other engine is judged by this one.

It evaluates conditions as they are written, with Kleene's three values, and shares nothing with the rewriting
that the other engines run on. A comparison of open values is worked out at every corner of their ranges; as no
value is multiplied with itself, nothing between the corners is smaller or greater.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from clauses.engines.engine import Binding, Engine, Matches, Prepared, Truth
from clauses.language import ast
from clauses.language.operators import Operator
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.language.types import Quantity
from clauses.terms.facts import Fact, Incomplete, by_kind_and_layer
from clauses.terms.values import Money, Percentage, Value

FALSE, UNKNOWN, TRUE = Truth

Clauses = dict[str, Fact]
"""The fact that each alias of a rule stands for."""

Meaning = Callable[[Clauses], Truth]

_COMPARE = {
    Operator.EQUAL: operator.eq, Operator.UNEQUAL: operator.ne, Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le, Operator.ABOVE: operator.gt, Operator.AT_LEAST: operator.ge,
}  # fmt: skip


# --- conditions


def meaning(node: ast.Node, parameters: Mapping[str, Value | str]) -> Meaning:
    """What a checked condition means: a function from clauses to a truth value."""
    match node:
        case ast.And(parts):
            each = [meaning(part, parameters) for part in parts]
            return lambda clauses: min((part(clauses) for part in each), default=TRUE)
        case ast.Or(parts):
            each = [meaning(part, parameters) for part in parts]
            return lambda clauses: max((part(clauses) for part in each), default=FALSE)
        case ast.Not(part):
            opposite = meaning(part, parameters)
            return lambda clauses: Truth(TRUE - opposite(clauses))
        case ast.Named(meaning=what):
            return meaning(what, parameters)
        case ast.Stated(term):
            return lambda clauses: TRUE if term.name in clauses[term.alias].values else FALSE
        case ast.Membership(how, item, container):
            return _membership(how, item, container, parameters)
        case ast.Compare(how, left, right):
            if isinstance(left.type, Quantity):  # type: ignore[union-attr]
                return _quantities(how, left, right, parameters)
            return _texts(how, left, right, parameters)
    raise AssertionError(node)


def _membership(how: Operator, item: ast.Node, container: ast.Node, parameters: Mapping[str, Value | str]) -> Meaning:
    text = _text(item, parameters)
    assert isinstance(container, ast.Term)
    found, missing = (TRUE, FALSE) if how is Operator.IN else (FALSE, TRUE)

    def holds(clauses: Clauses) -> Truth:
        listed = clauses[container.alias].values.get(container.name)
        is_whole = listed is not None and not isinstance(listed, Incomplete)
        if listed == () and is_whole:
            return missing
        wanted = text(clauses)
        if listed is None or wanted is None:
            return UNKNOWN
        if wanted in listed:  # type: ignore[operator]
            return found
        return missing if is_whole else UNKNOWN

    return holds


def _texts(how: Operator, left: ast.Node, right: ast.Node, parameters: Mapping[str, Value | str]) -> Meaning:
    one, other = _text(left, parameters), _text(right, parameters)
    same, different = (TRUE, FALSE) if how is Operator.EQUAL else (FALSE, TRUE)

    def holds(clauses: Clauses) -> Truth:
        a, b = one(clauses), other(clauses)
        if a is None or b is None:
            return UNKNOWN
        return same if a == b else different

    return holds


def _text(node: ast.Node, parameters: Mapping[str, Value | str]) -> Callable[[Clauses], object]:
    """How to read a text: a party, a clause, a choice, a currency. None: not stated."""
    match node:
        case ast.Term(alias, name):
            return lambda clauses: clauses[alias].values.get(name)
        case ast.CurrencyOf(term):
            return lambda clauses: getattr(clauses[term.alias].values.get(term.name), "currency", None)
        case ast.Parameter(name):
            return lambda clauses: parameters[name]
        case ast.Literal(value):
            return lambda clauses: value
    raise AssertionError(node)


def _quantities(how: Operator, left: ast.Node, right: ast.Node, parameters: Mapping[str, Value | str]) -> Meaning:
    read = tuple(dict.fromkeys(ast.terms(left) + ast.terms(right)))
    places = [(term.alias, term.name) for term in read]
    constants = [_constant(node, parameters) for node in (*ast.walk(left), *ast.walk(right))]
    currencies = {value.currency for value in constants if isinstance(value, Money)}
    has_money = bool(currencies) or any(term.term_type.name == Money.type_name for term in read)
    differences = _differences(left, right, read, parameters)
    compare = _COMPARE[how]

    def holds(clauses: Clauses) -> Truth:
        values = [clauses[alias].values.get(name) for alias, name in places]
        if None in values:
            return UNKNOWN
        if has_money and len(currencies | {value.currency for value in values if isinstance(value, Money)}) > 1:
            return UNKNOWN
        least, greatest = differences(values)  # type: ignore[arg-type]
        if how in (Operator.EQUAL, Operator.UNEQUAL) and least <= 0 <= greatest and least != greatest:
            return UNKNOWN
        at_least, at_greatest = compare(least, 0), compare(greatest, 0)
        return UNKNOWN if at_least != at_greatest else TRUE if at_least else FALSE

    return holds


Differences = Callable[[Sequence[Value]], tuple[Fraction | int, Fraction | int]]
"""The least and the greatest that `left - right` can be, from the values of the terms read."""


def _differences(
    left: ast.Node, right: ast.Node, read: Sequence[ast.Term], parameters: Mapping[str, Value | str]
) -> Differences:
    sides = (left, right)
    if all(isinstance(side, ast.Term) for side in sides) and len(read) == 2:
        # Two plain terms of a kind compare in their units; the corners are the ends of their ranges.
        return lambda values: (values[0].lowest - values[1].highest, values[0].highest - values[1].lowest)
    if all(isinstance(side, ast.Term | ast.Literal | ast.Parameter) for side in sides):
        sign = 1 if isinstance(left, ast.Term) else -1
        fixed = _constant(right if sign == 1 else left, parameters)
        assert isinstance(fixed, Value)
        by = fixed.lowest
        if sign == 1:
            return lambda values: (values[0].lowest - by, values[0].highest - by)
        return lambda values: (by - values[0].highest, by - values[0].lowest)

    def at_corners(values: Sequence[Value]) -> tuple[Fraction, Fraction]:
        corners = itertools.product(*((value.lowest, value.highest) for value in values))
        found = [
            _quantity(left, units, parameters) - _quantity(right, units, parameters)
            for units in (dict(zip(read, corner, strict=True)) for corner in corners)
        ]
        return min(found), max(found)

    return at_corners


def _constant(node: ast.Node, parameters: Mapping[str, Value | str]) -> object:
    if isinstance(node, ast.Parameter):
        return parameters[node.name]
    return node.value if isinstance(node, ast.Literal) else None


Units = Mapping[ast.Term, int]


def _units(node: ast.Node, units: Units, parameters: Mapping[str, Value | str]) -> int:
    if isinstance(node, ast.Term):
        return units[node]
    value = _constant(node, parameters)
    assert isinstance(value, Value)
    return value.lowest


def _quantity(node: ast.Node, units: Units, parameters: Mapping[str, Value | str]) -> Fraction:
    """An expression worked out exactly; a percentage is a fraction of one."""
    if isinstance(node, ast.Arithmetic):
        left, right = _quantity(node.left, units, parameters), _quantity(node.right, units, parameters)
        match node.operator:
            case Operator.PLUS:
                return left + right
            case Operator.MINUS:
                return left - right
            case _:
                return left * right
    count = Fraction(_units(node, units, parameters))
    is_percentage = node.type == Quantity("number", 1)  # type: ignore[union-attr]
    return count / Percentage.ONE if is_percentage else count


# --- rules


class ReferenceRules:
    """A pack ready to run; see `Prepared`."""

    def __init__(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> None:
        self.parameters = parameters
        self.meanings: dict[str, RuleMeaning] = {}

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule."""
        world = _World(facts)
        return {rule.id: dict(self.meaning(rule).matches(world)) for rule in rules}

    def meaning(self, rule: Rule) -> RuleMeaning:
        """The meaning of a rule, worked out when it is first needed."""
        if rule.id not in self.meanings:
            self.meanings[rule.id] = RuleMeaning(rule, self.parameters)
        return self.meanings[rule.id]

    def close(self) -> None:
        """Nothing is held."""


class _World:
    """The facts by kind and layer."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = by_kind_and_layer(facts)
        self.context = next((fact for _, fact in self.of("context", None)), None)

    def of(self, kind: str, layer: str | None) -> list[tuple[int, Fact]]:
        return self.facts.get((kind, layer), [])


class RuleMeaning:
    """One rule as functions, its condition split by the pattern that makes each part decidable."""

    def __init__(self, rule: Rule, parameters: Mapping[str, Value | str]) -> None:
        self.rule = rule
        aliases = [pattern.alias for pattern in rule.given]
        self.parts: list[list[Meaning]] = [[] for _ in aliases]
        for part in rule.when.parts if isinstance(rule.when, ast.And) else (rule.when,):
            read = {term.alias for term in ast.terms(part)}
            last = max((aliases.index(alias) for alias in read if alias in aliases), default=0)
            self.parts[last].append(meaning(part, parameters))
        self.excuses = [(absence.pattern, meaning(absence.when, parameters)) for absence in rule.unless]

    def matches(self, world: _World) -> Iterator[tuple[Binding, Truth]]:
        """The combinations of clauses that fulfil the rule, certainly or possibly."""
        start: Clauses = {"context": world.context} if world.context else {}
        for binding, clauses, truth in self.conditions(world, 0, (), start, TRUE):
            fulfilled = min(truth, TRUE - self.excused(world, binding, clauses))
            if fulfilled > FALSE:
                yield binding, Truth(fulfilled)

    def conditions(
        self, world: _World, depth: int, binding: Binding, clauses: Clauses, so_far: Truth
    ) -> Iterator[tuple[Binding, Clauses, Truth]]:
        """The combinations whose condition is not false; no clause fills two aliases."""
        if depth == len(self.rule.given):
            yield binding, clauses, so_far
            return
        pattern = self.rule.given[depth]
        for number, fact in world.of(pattern.kind, pattern.layer):
            if number in binding:
                continue
            chosen = {**clauses, pattern.alias: fact}
            truth = min(so_far, TRUE if fact.certain else UNKNOWN, *(part(chosen) for part in self.parts[depth]))
            if truth > FALSE:
                yield from self.conditions(world, depth + 1, (*binding, number), chosen, truth)

    def excused(self, world: _World, binding: Binding, clauses: Clauses) -> Truth:
        """Whether some clause, not itself matched, fulfils an `unless`."""
        excused = FALSE
        for pattern, when in self.excuses:
            for number, fact in world.of(pattern.kind, pattern.layer):
                if number not in binding:
                    holds = min(TRUE if fact.certain else UNKNOWN, when({**clauses, pattern.alias: fact}))
                    excused = max(excused, holds)
        return excused


class ReferenceEngine:
    """The engine that says what the others must answer."""

    name = "reference"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready."""
        return ReferenceRules(pack, parameters)


ENGINE: Engine = ReferenceEngine()
