"""From rules to the patterns of durable-rules.

Each rule becomes a network rule for each way in which its formula can hold (its disjuncts), once for *certainly*
and once for *possibly*. Where facts are members of lists, or where three clauses meet in one comparison, a
helper pattern at the end carries the comparison.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clauses.engines.rete import protocol
from clauses.engines.rete.columns import Cell, Codes, Equal, Mark, Overlap, Recipe, Sum
from clauses.errors import PackError
from clauses.language.parse import ConditionError
from clauses.language.rewrite import (
    AllOf,
    Among,
    AnyOf,
    Column,
    Flag,
    Formula,
    Linear,
    Same,
    rewrite,
)
from clauses.language.rule import Absence, Pattern, Rule
from clauses.terms.values import Value

MAXIMUM_DISJUNCTS = 256
"""Ways in which one rule can hold: each is a rule of the network."""

CONTEXT, ZERO = "context", "zero"
ITEM = "item of the list"
"""The term of a member's row that holds the item. No term of a kind can have this name."""

Source = tuple[str, ...]
"""What rows a pattern reads: `("fact", kind)`; `("member", kind, term, n)`, the items of a list term; `("zero", n)`.

A row never fills two patterns of a rule, so a rule that asks twice about one list reads it twice, as `0` and `1`.
"""


@dataclass(frozen=True)
class Test:
    """A comparison of a column with a number, or with columns of facts matched before.

    `other` is the sum of a constant and of products of earlier columns.
    """

    recipe: Recipe
    operator: str
    constant: int
    others: tuple[tuple[int, tuple[tuple[str, Recipe], ...]], ...] = ()


@dataclass
class NetworkPattern:
    """One pattern of a network rule."""

    alias: str
    source: Source
    negated: bool
    tests: list[Test] = field(default_factory=list)


@dataclass
class NetworkRule:
    """One disjunct of one rule; `given` counts the patterns whose facts are the match."""

    rule: str
    given: int
    patterns: list[NetworkPattern]


def compile_rule(rule: Rule, parameters: Mapping[str, Value | str], certainly: bool, codes: Codes) -> list[NetworkRule]:
    """The network rules of a rule in one mode. Raises PackError where the network cannot hold it."""
    return _RuleCompiler(rule, parameters, certainly, codes).compile()


def _disjuncts(formula: Formula) -> Iterator[tuple[Formula, ...]]:
    """The ways in which a formula can hold, each a list of atoms."""
    match formula:
        case AllOf(parts):
            for chosen in itertools.product(*(list(_disjuncts(part)) for part in parts)):
                yield tuple(dict.fromkeys(atom for atoms in chosen for atom in atoms))
        case AnyOf(parts):
            for part in parts:
                yield from _disjuncts(part)
        case _:
            yield (formula,)


def _count(formula: Formula) -> int:
    """How many ways there are, without making them."""
    match formula:
        case AllOf(parts):
            total = 1
            for part in parts:
                total *= _count(part)
            return total
        case AnyOf(parts):
            return sum(_count(part) for part in parts)
    return 1


def _columns(atom: Formula) -> list[Column]:
    match atom:
        case Linear(terms):
            return [column for _, columns in terms for column in columns]
        case Same(left, right):
            return [column for column in (left, right) if isinstance(column, Column)]
        case Flag(column):
            return [column]
        case Among(item):
            return [item] if isinstance(item, Column) else []
    raise AssertionError(atom)


def _cell(column: Column, part: str | None = None) -> Cell:
    """The cell of a column; `part` replaces `code` and `currency` by another view of the same text."""
    if column.part in ("code", "currency"):
        return Cell(column.term, part or "code", column.part == "currency")
    return Cell(column.term, column.part)


class _RuleCompiler:
    def __init__(self, rule: Rule, parameters: Mapping[str, Value | str], certainly: bool, codes: Codes) -> None:
        self.rule, self.parameters, self.certainly, self.codes = rule, parameters, certainly, codes
        self.order = [pattern.alias for pattern in rule.given]
        if rule.uses_context:
            self.order.append(CONTEXT)

    def refuse(self, sentence: str, hint: str) -> PackError:
        return PackError.of("beyond-the-network", f"the rule `{self.rule.id}` {sentence}", self.rule.place, hint)

    def formula(self, condition: Any, certainly: bool) -> Formula:
        try:
            both = rewrite(condition, self.parameters)
        except ConditionError as error:  # checked with the latest parameters; those of an earlier day may be larger
            raise PackError.of(error.id, f"{error.sentence} in the rule `{self.rule.id}`", self.rule.place) from None
        return both.certainly if certainly else both.possibly

    def compile(self) -> list[NetworkRule]:
        when = self.formula(self.rule.when, self.certainly)
        # What certainly excuses takes a possible breach away; what possibly excuses takes a certain one away.
        excuses = [(absence, self.formula(absence.when, not self.certainly)) for absence in self.rule.unless]
        if _count(when) > MAXIMUM_DISJUNCTS or any(_count(excuse) > MAXIMUM_DISJUNCTS for _, excuse in excuses):
            raise self.refuse("has more than 256 ways to hold", "split it into several rules")
        negated = [
            pattern
            for number, (absence, excuse) in enumerate(excuses)
            for pattern in self.excuse(absence, excuse, number)
        ]
        return [self.network_rule(atoms, negated) for atoms in _disjuncts(when)]

    def network_rule(self, atoms: tuple[Formula, ...], negated: Sequence[NetworkPattern]) -> NetworkRule:
        patterns = [self.pattern(pattern) for pattern in self.rule.given]
        if self.rule.uses_context:
            patterns.append(NetworkPattern(CONTEXT, ("fact", "context"), False))
        by_alias = {pattern.alias: pattern for pattern in patterns}
        helpers: list[NetworkPattern] = []
        for atom in atoms:
            if isinstance(atom, Among):
                helpers.append(self.member(atom, helpers))
            else:
                self.place(atom, by_alias, self.order, helpers)
        patterns += helpers + [NetworkPattern(n.alias, n.source, True, list(n.tests)) for n in negated]
        positive = sum(not pattern.negated for pattern in patterns)
        if positive > protocol.MAXIMUM_POSITIVE or len(patterns) >= len(protocol.ALIASES):
            raise self.refuse("matches too many clauses at once", "derive a fact for a part of it")
        if any(sum(bool(t.others) for t in p.tests) > protocol.MAXIMUM_JOINS for p in patterns):
            raise self.refuse("compares one clause with others more than 20 times", "split it into several rules")
        return NetworkRule(self.rule.id, len(self.rule.given), patterns)

    def pattern(self, pattern: Pattern) -> NetworkPattern:
        tests = [Test(Mark(pattern.layer), "==", 1)] if pattern.layer else []
        if self.certainly:
            tests.append(Test(Mark("certain"), "==", 1))
        return NetworkPattern(pattern.alias, ("fact", pattern.kind), False, tests)

    # --- unless

    def excuse(self, absence: Absence, excuse: Formula, number: int) -> list[NetworkPattern]:
        """The negated patterns of an `unless`: one for each way in which it can hold."""
        own = absence.pattern
        found = []
        for disjunct, atoms in enumerate(_disjuncts(excuse)):
            tests = [Test(Mark(own.layer), "==", 1)] if own.layer else []
            if not self.certainly:
                tests.append(Test(Mark("certain"), "==", 1))
            pattern = NetworkPattern(f"not{number}.{disjunct}", ("fact", own.kind), True, tests)
            members = [atom for atom in atoms if isinstance(atom, Among)]
            if members:
                self.excuse_by_list(own, pattern, members)
            order = [*self.order, own.alias]
            for atom in atoms:
                if not isinstance(atom, Among):
                    self.place(atom, {own.alias: pattern}, order, None)
            found.append(pattern)
        return found

    def excuse_by_list(self, own: Pattern, pattern: NetworkPattern, members: Sequence[Among]) -> None:
        """`x in waiver.list`: the pattern reads the items of the list, each with the clause that holds it."""
        if len(members) > 1 or not members[0].holds or members[0].alias != own.alias:
            raise self.refuse("asks too much about lists in an `unless`", "derive a fact for it in a rule of its own")
        pattern.source = ("member", own.kind, members[0].term, "0")
        pattern.tests += self.member_tests(members[0], own.alias)
        # A clause that the rule matched does not excuse itself; its items are facts of their own to the network.
        for given in self.rule.given:
            if given.kind == own.kind:
                pattern.tests.append(Test(Mark("number"), "!=", 0, ((1, ((given.alias, Mark("number")),)),)))

    # --- atoms

    def member(self, atom: Among, helpers: Sequence[NetworkPattern]) -> NetworkPattern:
        """A helper pattern on the items of a list: one of them is (or none is) the one asked for."""
        listed = ("member", self.kind_of(atom.alias), atom.term)
        again = sum(helper.source[:3] == listed for helper in helpers)
        pattern = NetworkPattern(f"member{len(helpers)}", (*listed, str(again)), not atom.holds)
        pattern.tests.append(Test(Mark("number"), "==", 0, ((1, ((atom.alias, Mark("number")),)),)))
        pattern.tests += self.member_tests(atom)
        return pattern

    def member_tests(self, atom: Among, own: str | None = None) -> list[Test]:
        """`certainly in`, or the negation of `possibly not in`: the item equals. Else: it could equal.

        `own` is the alias of the clause whose list is read, where the pattern stands for that clause too.
        """
        exactly = atom.certainly == atom.holds
        if isinstance(atom.item, str):
            code = self.codes.of(atom.item)
            if exactly:
                return [Test(Cell(ITEM, "code"), "==", code)]
            return [Test(Cell(ITEM, "first"), "<=", code), Test(Cell(ITEM, "last"), ">=", code)]
        alias = atom.item.alias
        if alias == own:
            item, other = Cell(ITEM, "code"), _cell(atom.item)
            return [Test(Equal(item, other) if exactly else Overlap(item, other), "==", 1)]
        if exactly:
            return [self.join(Cell(ITEM, "code"), "==", alias, _cell(atom.item, "code"))]
        return [
            self.join(Cell(ITEM, "first"), "<=", alias, _cell(atom.item, "last")),
            self.join(Cell(ITEM, "last"), ">=", alias, _cell(atom.item, "first")),
        ]

    @staticmethod
    def join(recipe: Recipe, operator: str, alias: str, other: Recipe) -> Test:
        return Test(recipe, operator, 0, ((1, ((alias, other),)),))

    def kind_of(self, alias: str) -> str:
        if alias == CONTEXT:
            return "context"
        pattern = self.rule.pattern(alias)
        assert pattern is not None
        return pattern.kind

    def place(
        self,
        atom: Formula,
        by_alias: Mapping[str, NetworkPattern],
        order: Sequence[str],
        helpers: list[NetworkPattern] | None,
    ) -> None:
        """Put an atom on the last of the patterns that it reads."""
        aliases = sorted({column.alias for column in _columns(atom)}, key=order.index)
        last = by_alias.get(aliases[-1])
        if last is None:
            # In an `unless`: an atom that reads only clauses matched before. Any column of the own pattern can carry
            # it, as a comparison of zero.
            last = next(iter(by_alias.values()))
            last.tests += self.carried(atom)
            return
        match atom:
            case Flag(column, holds):
                last.tests.append(Test(Cell(column.term, "stated"), "==", int(holds)))
            case Same():
                last.tests += self.same(atom, aliases[-1])
            case Linear():
                self.linear(atom, aliases, last, helpers)

    def carried(self, atom: Formula) -> list[Test]:
        """An atom as comparisons of the zero column with facts matched before."""
        zero = Mark("zero")
        match atom:
            case Flag(column, holds):
                return [Test(zero, "==", -int(holds), ((1, ((column.alias, _cell(column)),)),))]
            case Linear(terms, constant, strict):
                others = tuple((c, tuple((column.alias, _cell(column)) for column in columns)) for c, columns in terms)
                return [Test(zero, ">" if strict else ">=", constant, others)]
            case Same(left, right, certainly, holds):
                return self.carried_same(left, right, certainly, holds)
        raise AssertionError(atom)

    def carried_same(self, left: Column, right: Column | str, certainly: bool, holds: bool) -> list[Test]:
        zero = Mark("zero")

        def apart(operator: str, part: str, other_part: str) -> Test:
            """zero `operator` left.part - right.other_part"""
            first = (1, ((left.alias, _cell(left, part)),))
            if isinstance(right, str):
                return Test(zero, operator, -self.codes.of(right), (first,))
            return Test(zero, operator, 0, (first, (-1, ((right.alias, _cell(right, other_part)),))))

        if certainly and holds:
            return [apart("==", "code", "code")]
        if not certainly and not holds:
            return [apart("!=", "code", "code")]
        if not certainly:
            return [apart(">=", "first", "last"), apart("<=", "last", "first")]
        columns = [column for column in (left, right) if isinstance(column, Column)]
        stated = [self.carried(Flag(Column(c.alias, c.term, "stated"), True)) for c in columns]
        return [*itertools.chain(*stated), apart("!=", "code", "code")]

    def same(self, atom: Same, last: str) -> list[Test]:
        left, right = atom.left, atom.right
        if isinstance(right, str):
            return self.same_as_constant(left, self.codes.of(right), atom)
        if left.alias == right.alias:
            equal = atom.certainly == atom.holds
            recipe = Equal(_cell(left), _cell(right)) if equal else Overlap(_cell(left), _cell(right))
            return [Test(recipe, "==", int(atom.holds))]
        own, other = (left, right) if left.alias == last else (right, left)
        if atom.certainly and atom.holds:
            return [self.join(_cell(own), "==", other.alias, _cell(other))]
        if not atom.certainly and not atom.holds:
            return [self.join(_cell(own), "!=", other.alias, _cell(other))]
        if not atom.certainly:
            return [
                self.join(_cell(own, "first"), "<=", other.alias, _cell(other, "last")),
                self.join(_cell(own, "last"), ">=", other.alias, _cell(other, "first")),
            ]
        stated = Test(Cell(own.term, "stated"), "==", 1)
        # `zero == stated - 1` asks the earlier clause.
        other_stated = Test(Mark("zero"), "==", -1, ((1, ((other.alias, Cell(other.term, "stated")),)),))
        return [stated, other_stated, self.join(_cell(own), "!=", other.alias, _cell(other))]

    @staticmethod
    def same_as_constant(column: Column, code: int, atom: Same) -> list[Test]:
        if atom.certainly and atom.holds:
            return [Test(_cell(column), "==", code)]
        if not atom.certainly and not atom.holds:
            return [Test(_cell(column), "!=", code)]
        if atom.certainly:
            return [Test(Cell(column.term, "stated"), "==", 1), Test(_cell(column), "!=", code)]
        return [Test(_cell(column, "first"), "<=", code), Test(_cell(column, "last"), ">=", code)]

    def linear(
        self, atom: Linear, aliases: Sequence[str], last: NetworkPattern, helpers: list[NetworkPattern] | None
    ) -> None:
        """`sum < 0`: the own part of the sum against what the earlier clauses leave."""
        below = "<" if atom.strict else "<="
        by_alias: dict[str, list[tuple[int, tuple[Column, ...]]]] = {}
        crossing = []
        for coefficient, columns in atom.terms:
            owners = {column.alias for column in columns}
            if len(owners) == 1:
                by_alias.setdefault(owners.pop(), []).append((coefficient, columns))
            else:
                crossing.append((coefficient, columns))
        if crossing:
            self.crossing(atom, helpers)
            return
        own_alias = aliases[-1]
        own = _recipe([(c, tuple(_cell(x) for x in columns)) for c, columns in by_alias.pop(own_alias)], 0)
        if not by_alias:
            last.tests.append(Test(own, below, -atom.constant))
            return
        # own + others + constant < 0 is own < -(others + constant); the first other carries the constant.
        others = []
        for number, (alias, parts) in enumerate(sorted(by_alias.items(), key=lambda item: aliases.index(item[0]))):
            constant = -atom.constant if number == 0 else 0
            left_over = _recipe([(-c, tuple(_cell(x) for x in columns)) for c, columns in parts], constant)
            others.append((1, ((alias, left_over),)))
        last.tests.append(Test(own, below, 0, tuple(others)))

    def crossing(self, atom: Linear, helpers: list[NetworkPattern] | None) -> None:
        """A product of terms of different clauses: a pattern at the end compares zero with the sum."""
        if helpers is None:
            raise self.refuse(
                "multiplies terms of different clauses in an `unless`", "derive a fact for it in a rule of its own"
            )
        tests = self.carried(atom)
        zeros = [helper for helper in helpers if helper.source[0] == ZERO]
        if not zeros or len(zeros[-1].tests) + len(tests) > protocol.MAXIMUM_JOINS:
            zeros.append(NetworkPattern(f"zero{len(helpers)}", (ZERO, str(len(zeros))), False))
            helpers.append(zeros[-1])
        zeros[-1].tests += tests


def _recipe(terms: Sequence[tuple[int, tuple[Cell, ...]]], constant: int) -> Recipe:
    """A sum as a column; a single plain term is its own cell."""
    if len(terms) == 1 and constant == 0:
        coefficient, cells = terms[0]
        if coefficient == 1 and len(cells) == 1:
            return cells[0]
    return Sum(tuple(terms), constant)


# --- shards


@dataclass
class Shard:
    """The rules of one network, and the columns of its facts under the names that they have there."""

    rules: list[NetworkRule] = field(default_factory=list)
    columns: dict[Source, dict[Recipe, str]] = field(default_factory=dict)
    patterns: dict[Source, int] = field(default_factory=dict)

    def takes(self, rule: NetworkRule) -> bool:
        """Whether the rule fits beside the others."""
        if len(self.rules) >= protocol.MAXIMUM_RULES:
            return False
        for source, count in _patterns_by_source(rule).items():
            if self.patterns.get(source, 0) + count > protocol.MAXIMUM_PATTERNS_OF_KIND:
                return False
        wanted = _recipes(rule)
        if len(self.columns.keys() | wanted.keys()) > protocol.MAXIMUM_SOURCES:
            return False
        return all(
            len(self.columns.get(source, {}).keys() | recipes) <= protocol.MAXIMUM_FIELDS
            for source, recipes in wanted.items()
        )

    def add(self, rule: NetworkRule) -> None:
        """Take a rule in, naming its columns."""
        self.rules.append(rule)
        for source, count in _patterns_by_source(rule).items():
            self.patterns[source] = self.patterns.get(source, 0) + count
        for source, recipes in _recipes(rule).items():
            names = self.columns.setdefault(source, {})
            for recipe in sorted(recipes - names.keys(), key=repr):
                names[recipe] = protocol.FIELDS[len(names)]

    def definitions(self, kinds: Mapping[Source, int]) -> list[list[dict[str, Any]]]:
        """The rules as durable-rules takes them."""
        return [self._definition(rule, kinds) for rule in self.rules]

    def _definition(self, rule: NetworkRule, kinds: Mapping[Source, int]) -> list[dict[str, Any]]:
        sources = {pattern.alias: pattern.source for pattern in rule.patterns}
        names = {pattern.alias: protocol.ALIASES[number] for number, pattern in enumerate(rule.patterns)}
        written = []
        for pattern in rule.patterns:
            kind = {"k": kinds[pattern.source]}
            tests = sorted(pattern.tests, key=lambda test: bool(test.others))
            conditions = [kind, *(self._test(test, pattern, sources, names) for test in tests)]
            guard = {"$and": [kind]}
            key = names[pattern.alias] + ("$not" if pattern.negated else "")
            written.append({key: {"$and": [*conditions, guard]}})
        return written

    def _test(
        self, test: Test, pattern: NetworkPattern, sources: Mapping[str, Source], names: Mapping[str, str]
    ) -> dict[str, Any]:
        own = self.columns[pattern.source][test.recipe]
        other = self._other(test, sources, names)
        operators = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
        return {own: other} if test.operator == "==" else {operators[test.operator]: {own: other}}

    def _other(self, test: Test, sources: Mapping[str, Source], names: Mapping[str, str]) -> Any:
        total: Any = None
        for coefficient, factors in test.others:
            product: Any = None
            for alias, recipe in factors:
                value = {names[alias]: self.columns[sources[alias]][recipe]}
                product = value if product is None else {"$mul": {"$l": product, "$r": value}}
            if coefficient != 1:
                product = {"$mul": {"$l": product, "$r": coefficient}}
            total = product if total is None else {"$add": {"$l": total, "$r": product}}
        if total is None:
            return test.constant
        return total if test.constant == 0 else {"$add": {"$l": total, "$r": test.constant}}


def _patterns_by_source(rule: NetworkRule) -> dict[Source, int]:
    counts: dict[Source, int] = {}
    for pattern in rule.patterns:
        counts[pattern.source] = counts.get(pattern.source, 0) + 1
    return counts


def _recipes(rule: NetworkRule) -> dict[Source, set[Recipe]]:
    """The columns that a rule needs of each source, its own and those that later patterns read."""
    sources = {pattern.alias: pattern.source for pattern in rule.patterns}
    found: dict[Source, set[Recipe]] = {source: set() for source in sources.values()}
    for pattern in rule.patterns:
        for test in pattern.tests:
            found[pattern.source].add(test.recipe)
            for _, factors in test.others:
                for alias, recipe in factors:
                    found[sources[alias]].add(recipe)
    return found


def shards_of(rules: Sequence[NetworkRule]) -> list[Shard]:
    """Rules spread over networks so that each stays within the limits."""
    shards: list[Shard] = []
    for rule in rules:
        shard = next((shard for shard in shards[-3:] if shard.takes(rule)), None)
        if shard is None:
            shard = Shard()
            shards.append(shard)
            if not shard.takes(rule):
                sentence = f"the rule `{rule.rule}` is larger than one network holds"
                raise PackError.of(
                    "beyond-the-network", sentence, None, "split it into several rules, or use `--engine reference`"
                )
        shard.add(rule)
    return shards
