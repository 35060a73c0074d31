"""From a parsed condition to a checked one: every name resolved, every type and unit right.

The checker notes all problems of a condition, not the first, each with the characters at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clauses.errors import did_you_mean
from clauses.language import types
from clauses.language.ast import (
    And,
    Arithmetic,
    Call,
    Compare,
    CurrencyOf,
    Listing,
    Literal,
    Membership,
    Named,
    Node,
    Not,
    Or,
    Parameter,
    Reference,
    Span,
    Stated,
    Term,
)
from clauses.language.operators import FUNCTIONS, Operator
from clauses.language.parse import ConditionError
from clauses.language.types import Quantity, Type, type_of
from clauses.terms.facts import GENERAL_KINDS
from clauses.terms.kinds import TermType
from clauses.terms.values import Value

_UNRESOLVED = Literal("", TermType("unknown"))
"""Stands where an expression was refused, so that checking can go on."""


@dataclass(frozen=True)
class Scope:
    """What a condition may speak of."""

    aliases: Mapping[str, Mapping[str, TermType]]
    """The terms of the clause that each alias stands for."""
    parameters: Mapping[str, Value | str]
    own_alias: str | None = None
    """In an `unless`, the alias that the pattern itself introduces."""
    refused: frozenset[str] = frozenset()
    """Aliases of patterns that were refused: what is wrong with them has been said."""

    def with_context(self) -> dict[str, Mapping[str, TermType]]:
        """The aliases and `context`."""
        return {**self.aliases, "context": GENERAL_KINDS["context"]}


class Checker:
    """Checks one condition; `problems` is what it found."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.aliases = scope.with_context()
        self.problems: list[ConditionError] = []

    def refuse(self, id: str, sentence: str, node: Node, hint: str | None = None) -> Node:
        """Note a problem and go on."""
        self.problems.append(ConditionError(id, sentence, node.span, hint))
        return replace(_UNRESOLVED, span=node.span)

    # --- conditions

    def condition(self, node: Node) -> Node:
        """The checked form of a node that stands where a condition belongs."""
        match node:
            case And(parts, span):
                return And(tuple(self.condition(part) for part in parts), span)
            case Or(parts, span):
                return Or(tuple(self.condition(part) for part in parts), span)
            case Not(part, span):
                return Not(self.condition(part), span)
            case Compare():
                return self.compare(node)
            case Membership():
                return self.membership(node)
            case Call():
                return self.call(node)
        expression = self.expression(node)
        if expression == _UNRESOLVED:
            return expression
        return self.refuse("not-a-condition", "this is a value, not a condition", node, "compare it with something")

    def call(self, node: Call) -> Node:
        """A condition written as a function."""
        match node.function:
            case "stated":
                arguments = [self.expression(argument) for argument in self.arguments(node, 1)]
                if not arguments or arguments[0] == _UNRESOLVED:
                    return replace(_UNRESOLVED, span=node.span)
                if not isinstance(arguments[0], Term):
                    return self.refuse("wrong-type", "`stated` asks about a term of a clause", node)
                return Stated(arguments[0], node.span)
            case "overlaps":
                return self.named(node, self.overlap)
            case "prevails":
                return self.named(node, self.precedence)
            case "currency":
                return self.refuse(
                    "not-a-condition", "`currency` is a value, not a condition", node, "compare it with something"
                )
        hint = did_you_mean(node.function, FUNCTIONS)
        return self.refuse("unknown-function", f"there is no function `{node.function}`", node, hint)

    def arguments(self, node: Call, count: int) -> tuple[Node, ...]:
        if len(node.arguments) != count:
            wanted = "one argument" if count == 1 else f"{count} arguments"
            self.refuse("wrong-arguments", f"`{node.function}` takes {wanted}", node, FUNCTIONS[node.function])
            return ()
        return node.arguments

    def named(self, node: Call, meaning: object) -> Node:
        names = []
        for argument in self.arguments(node, 2):
            if not (isinstance(argument, Reference) and len(argument.names) == 1):
                return self.refuse(
                    "wrong-arguments",
                    f"`{node.function}` takes the names of two clauses",
                    node,
                    FUNCTIONS[node.function],
                )
            if argument.names[0] in self.scope.refused:
                return replace(_UNRESOLVED, span=node.span)
            if argument.names[0] not in self.scope.aliases:
                hint = did_you_mean(argument.names[0], self.scope.aliases)
                return self.refuse("unknown-name", f"nothing here is called `{argument.names[0]}`", argument, hint)
            names.append(argument.names[0])
        if len(names) != 2:
            return replace(_UNRESOLVED, span=node.span)
        condition = self.condition(meaning(*names, node.span))  # type: ignore[operator]
        return Named(node.function, tuple(names), condition, node.span)

    @staticmethod
    def overlap(a: str, b: str, span: Span) -> Node:
        """Two periods overlap when each starts before, or on the day that, the other ends."""

        def starts_in_time(one: str, other: str) -> Node:
            return Compare(Operator.AT_MOST, Reference((one, "starts"), span), Reference((other, "ends"), span), span)

        return And((starts_in_time(a, b), starts_in_time(b, a)), span)

    @staticmethod
    def precedence(a: str, b: str, span: Span) -> Node:
        """A clause prevails where it says so (`notwithstanding`) or where the other yields (`subject_to`)."""

        def among(one: str, other: str, term: str) -> Node:
            return Membership(Operator.IN, Reference((one, "id"), span), Reference((other, term), span), span)

        return Or((among(b, a, "notwithstanding"), among(a, b, "subject_to")), span)

    def compare(self, node: Compare) -> Node:
        left, right = self.expression(node.left), self.expression(node.right)
        if _UNRESOLVED in (left, right):
            return replace(_UNRESOLVED, span=node.span)
        left, right = self.as_typed(left, right), self.as_typed(right, left)
        left_type, right_type = _type(left), _type(right)
        if not types.comparable(left_type, right_type):
            return self.refuse_comparison(left_type, right_type, node)
        if left == right:
            return self.refuse("constant-condition", "a term is compared with itself", node)
        ordered = node.operator not in (Operator.EQUAL, Operator.UNEQUAL)
        if ordered and not isinstance(left_type, Quantity):
            return self.refuse(
                "no-order",
                f"a {left_type} has no order, so `{node.operator.symbol}` means nothing",
                node,
                "use `==`, `!=` or `in`",
            )
        if {type(left), type(right)} <= {Literal, Parameter}:
            return self.refuse(
                "constant-condition", "both sides are fixed, so the condition says nothing about the deal", node
            )
        if len(_currencies(left, self.scope) | _currencies(right, self.scope)) > 1:
            return self.refuse(
                "two-currencies",
                "amounts of different currencies cannot be compared",
                node,
                "write both in one currency",
            )
        return Compare(node.operator, left, right, node.span)

    def refuse_comparison(self, left: Type, right: Type, node: Compare) -> Node:
        if isinstance(left, TermType) and isinstance(right, TermType):
            for one, other, side in ((left, right, node.right), (right, left, node.left)):
                if one.name == "choice" and other.name == "choice" and not one.is_list and isinstance(side, Literal):
                    hint = did_you_mean(str(side.value), one.choices)
                    return self.refuse("not-a-choice", f"`{side.value}` is not one of the choices here", side, hint)
            if left.is_list or right.is_list:
                return self.refuse("wrong-type", "a list is not compared: use `in`", node)
        hint = None
        percent = Quantity(types.NUMBER, 1)
        if {left, right} == {percent, Quantity(types.NUMBER)}:
            hint = "write a percentage with its sign: `49%`"
        if {left, right} == {Quantity(types.DAYS), Quantity(types.MONTHS)}:
            hint = "a month has no fixed number of days: write both in days, or both in months"
        return self.refuse("wrong-type", f"a {left} cannot be compared with a {right}", node, hint)

    def as_typed(self, node: Node, other: Node) -> Node:
        """A written text takes the type of what it stands beside: a choice, a party, a clause."""
        other_type = _type(other)
        if not (isinstance(node, Literal) and isinstance(node.value, str) and isinstance(other_type, TermType)):
            return node
        if other_type.name == "choice":
            written = other_type.choices if node.value in other_type.choices else (node.value,)
            return replace(node, type=TermType("choice", written))
        return replace(node, type=TermType(other_type.name))

    def membership(self, node: Membership) -> Node:
        """`x in ("a", "b")` is written out; `x in y.list` stays."""
        item = self.expression(node.item)
        if isinstance(node.container, Listing):
            equal = Operator.EQUAL if node.operator is Operator.IN else Operator.UNEQUAL
            parts = tuple(
                self.compare(Compare(equal, node.item, choice, choice.span)) for choice in node.container.items
            )
            return Or(parts, node.span) if node.operator is Operator.IN else And(parts, node.span)
        container = self.expression(node.container)
        if _UNRESOLVED in (item, container):
            return replace(_UNRESOLVED, span=node.span)
        container_type = _type(container)
        if not (isinstance(container, Term) and isinstance(container_type, TermType) and container_type.is_list):
            return self.refuse("wrong-type", '`in` needs a list: a list term, or `("a", "b")`', node.container)
        one = TermType(container_type.name, container_type.choices)
        item = self.as_typed(item, replace(container, type=one))
        if not types.comparable(_type(item), one):
            if one.name == "choice" and isinstance(item, Literal):
                return self.refuse(
                    "not-a-choice",
                    f"`{item.value}` is not one of the choices here",
                    item,
                    did_you_mean(str(item.value), one.choices),
                )
            return self.refuse("wrong-type", f"a {_type(item)} is never in a {container_type}", node)
        own = self.scope.own_alias
        if own is not None and (container.alias != own or node.operator is Operator.NOT_IN):
            return self.refuse(
                "list-in-unless",
                "an `unless` can only ask whether something is in a list of its own clause",
                node,
                "derive a fact for it in a rule of its own",
            )
        return Membership(node.operator, item, container, node.span)

    # --- expressions

    def expression(self, node: Node) -> Node:
        """The checked form of a node that stands where a value belongs."""
        match node:
            case Literal():
                return node
            case Reference():
                return self.reference(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Call("currency"):
                return self.currency(node)
            case Listing():
                return self.refuse("wrong-type", "a list is not a value: use `in`", node)
        return self.refuse("wrong-type", "a condition stands where a value belongs", node)

    def reference(self, node: Reference) -> Node:
        first = node.names[0]
        if first == "parameters":
            return self.parameter(node)
        if first in self.scope.refused:
            return replace(_UNRESOLVED, span=node.span)
        if first not in self.aliases:
            hint = did_you_mean(first, [*self.aliases, "parameters"])
            if len(node.names) == 1:
                hint = hint or f'a text is written in quotes: `"{first}"`'
            return self.refuse("unknown-name", f"nothing here is called `{first}`", node, hint)
        known = self.aliases[first]
        if len(node.names) == 1:
            return self.refuse(
                "not-a-value",
                f"`{first}` is a whole clause, not a value",
                node,
                f"name a term of it, such as `{first}.{next(iter(known))}`",
            )
        name = node.names[1]
        if name not in known:
            return self.refuse("unknown-term", f"`{first}` has no term `{name}`", node, did_you_mean(name, known))
        if len(node.names) > 2:
            return self.refuse("unknown-term", f"`{first}.{name}` has no terms of its own", node)
        return Term(first, name, known[name], type_of(known[name]), node.span)

    def parameter(self, node: Reference) -> Node:
        known = self.scope.parameters
        if len(node.names) != 2 or node.names[1] not in known:
            name = node.names[1] if len(node.names) > 1 else "parameters"
            return self.refuse(
                "unknown-parameter", f"the pack has no parameter `{name}`", node, did_you_mean(name, known)
            )
        value = known[node.names[1]]
        type = type_of(TermType(value.type_name)) if isinstance(value, Value) else TermType("text")
        return Parameter(node.names[1], type, node.span)

    def arithmetic(self, node: Arithmetic) -> Node:
        left, right = self.expression(node.left), self.expression(node.right)
        if _UNRESOLVED in (left, right):
            return replace(_UNRESOLVED, span=node.span)
        left_type, right_type = _type(left), _type(right)
        result = None
        if isinstance(left_type, Quantity) and isinstance(right_type, Quantity):
            combine = {
                Operator.PLUS: types.sum_of,
                Operator.MINUS: types.difference_of,
                Operator.TIMES: types.product_of,
            }
            result = combine[node.operator](left_type, right_type)
        if result is None:
            hint = None
            if Quantity(types.MONTHS) in (left_type, right_type) and Quantity(types.DATE) in (left_type, right_type):
                hint = "a month has no fixed number of days: add days"
            return self.refuse(
                "wrong-type", f"a {left_type} {node.operator.reads} a {right_type} means nothing", node, hint
            )
        return Arithmetic(node.operator, left, right, result, node.span)

    def currency(self, node: Call) -> Node:
        arguments = [self.expression(argument) for argument in self.arguments(node, 1)]
        if not arguments or arguments[0] == _UNRESOLVED:
            return replace(_UNRESOLVED, span=node.span)
        if not (isinstance(arguments[0], Term) and arguments[0].term_type.name == "money"):
            return self.refuse("wrong-type", "`currency` asks about an amount of money of a clause", node)
        return CurrencyOf(arguments[0], TermType("text"), node.span)


def _type(node: Node) -> Type:
    assert isinstance(node, Literal | Term | Parameter | Arithmetic | CurrencyOf)
    return node.type


def _currencies(node: Node, scope: Scope) -> set[str]:
    """The currencies written in an expression; terms have the currency that the deal gives them."""
    match node:
        case Literal(value):
            return {value.currency} if hasattr(value, "currency") else set()
        case Parameter(name):
            value = scope.parameters[name]
            return {value.currency} if hasattr(value, "currency") else set()
        case Arithmetic(_, left, right):
            return _currencies(left, scope) | _currencies(right, scope)
    return set()


def check_condition(node: Node, scope: Scope) -> tuple[Node, list[ConditionError]]:
    """The checked condition, and everything that is wrong with it."""
    checker = Checker(scope)
    checked = checker.condition(node)
    return checked, checker.problems
