"""Conditions as trees. Every node knows the characters of the rule file from which it was read.

The parser makes `Reference`, `Call` and `Listing`; the checker resolves them into the others and gives every
expression its type. Engines see only what the checker returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from clauses.language.operators import Operator
from clauses.language.types import Type
from clauses.terms.kinds import TermType
from clauses.terms.values import Value


@dataclass(frozen=True)
class Span:
    """Characters of the condition's text, from `start` up to `end`."""

    start: int
    end: int


NO_SPAN = Span(0, 0)


@dataclass(frozen=True)
class Reference:
    """A dotted name, before the checker knows what it names."""

    names: tuple[str, ...]
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Call:
    """A function with its arguments, before the checker resolves it."""

    function: str
    arguments: tuple[Node, ...]
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Listing:
    """A written list: `("a", "b")`."""

    items: tuple[Node, ...]
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Literal:
    """A value written in the condition. A text takes its type from what it is compared with."""

    value: Value | str
    type: Type
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Term:
    """A term of a clause that a pattern matched: `supply.starts`."""

    alias: str
    name: str
    term_type: TermType
    type: Type
    span: Span = field(default=NO_SPAN, compare=False)

    def __str__(self) -> str:
        return f"{self.alias}.{self.name}"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the pack; its value is the one in force as of the review."""

    name: str
    type: Type
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class CurrencyOf:
    """The currency of an amount, as a text."""

    term: Term
    type: Type
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Arithmetic:
    """A sum, a difference or a product of quantities."""

    operator: Operator
    left: Node
    right: Node
    type: Type
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Compare:
    """A comparison of two expressions."""

    operator: Operator
    left: Node
    right: Node
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Membership:
    """Whether an expression is (or is not) among the items of a list term."""

    operator: Operator
    item: Node
    container: Node
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Stated:
    """Whether a term is stated."""

    term: Term
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class And:
    """All of the parts."""

    parts: tuple[Node, ...]
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Or:
    """Any of the parts."""

    parts: tuple[Node, ...]
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Not:
    """The opposite of a part."""

    part: Node
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True)
class Named:
    """A condition that the rule writes as a function: `overlaps(a, b)`, with what it stands for."""

    function: str
    aliases: tuple[str, ...]
    meaning: Node
    span: Span = field(default=NO_SPAN, compare=False)


Node = (
    Reference | Call | Listing | Literal | Term | Parameter | CurrencyOf | Arithmetic
    | Compare | Membership | Stated | And | Or | Not | Named
)  # fmt: skip

ALWAYS = And(())
"""The condition that always holds."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node."""
    match node:
        case And(parts) | Or(parts) | Listing(parts) | Call(_, parts):
            return parts
        case Not(part) | Named(meaning=part):
            return (part,)
        case Compare(_, left, right) | Arithmetic(_, left, right) | Membership(_, left, right):
            return (left, right)
        case Stated(term) | CurrencyOf(term):
            return (term,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, in the order in which it is written."""
    yield node
    for child in children(node):
        yield from walk(child)


def terms(node: Node) -> tuple[Term, ...]:
    """The terms that a node reads, each once, in the order in which they are written."""
    return tuple(dict.fromkeys(found for found in walk(node) if isinstance(found, Term)))


def leaves(node: Node) -> Iterator[Node]:
    """The smallest conditions of a condition: those that coverage and explanations speak of."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node
