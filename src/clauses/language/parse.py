"""From the text of a condition to a tree: a small precedence parser, for the sake of its error messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from clauses.language.ast import (
    And,
    Arithmetic,
    Call,
    Compare,
    Listing,
    Literal,
    Membership,
    Node,
    Not,
    Or,
    Reference,
    Span,
)
from clauses.language.operators import COMPARISONS, Operator
from clauses.language.types import type_of
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, NotAValue

MAXIMUM_NESTING = 40
MAXIMUM_LENGTH = 4000

_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | (?P<date>\d{4}-\d{2}(?:-\d{2})?\b)
      | (?P<percentage>\d[\d_]*(?:\.\d+)?\s*%)
      | (?P<duration>\d+\s+(?:day|week|month|quarter|year)s?\b)
      | (?P<money>[A-Z]{3}\s+\d[\d_,]*(?:\.\d+)?(?:\s?(?:k|m|mn|bn|b|tn|million|billion|trillion)\b)?)
      | (?P<decimal>\d[\d_]*\.\d+)
      | (?P<number>\d[\d_]*(?![\w.]))
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<symbol>==|!=|<=|>=|<|>|\+|-|\*|\(|\)|,|\.)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_HINTS = {
    "/": "there is no division: multiply the other side",
    "=": "write `==` to compare",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not` or `!=`",
    "%": "write a percentage as `49%`",
    "{": 'write a list in parentheses: `("a", "b")`',
    "[": 'write a list in parentheses: `("a", "b")`',
    '"': "a text ends with the sign that it starts with",
    "'": "a text ends with the sign that it starts with",
}


class ConditionError(Exception):
    """A condition that cannot be read, with the characters at fault."""

    def __init__(self, id: str, sentence: str, span: Span, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.id, self.sentence, self.span, self.hint = id, sentence, span, hint


@dataclass(frozen=True)
class _Token:
    sort: str
    text: str
    span: Span


def parse_condition(text: str) -> Node:
    """The tree of a condition. Raises ConditionError at the first place that cannot be read."""
    if len(text) > MAXIMUM_LENGTH:
        raise ConditionError(
            "condition-too-long", "the condition is too long", Span(0, 1), "split it over several rules"
        )
    parser = _Parser(list(_tokens(text)), len(text.rstrip()))
    node = parser.expression(0)
    parser.expect_end()
    return node


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKENS.finditer(text):
        sort, span = match.lastgroup or "", Span(match.start(), match.end())
        if sort == "space":
            continue
        if sort == "other":
            raise ConditionError("syntax", f"`{match.group()}` has no meaning here", span, _HINTS.get(match.group()))
        if sort == "decimal":
            raise ConditionError(
                "syntax", f"`{match.group()}` is not a whole number", span, "write a percentage as `2.5%`"
            )
        found.append(_Token(sort, match.group(), span))
    return found


class _Parser:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.end = _Token("end", "", Span(end, end + 1))

    @property
    def token(self) -> _Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else self.end

    def next(self) -> _Token:
        token = self.token
        self.position += 1
        return token

    def is_at(self, text: str) -> bool:
        return self.token.text == text and self.token.sort in ("name", "symbol")

    def expect(self, text: str) -> _Token:
        if not self.is_at(text):
            raise self.unexpected(f"`{text}`")
        return self.next()

    def expect_end(self) -> None:
        if self.token.sort != "end":
            raise self.unexpected("`and`, `or`, or the end of the condition")

    def unexpected(self, wanted: str) -> ConditionError:
        token = self.token
        if token.sort == "end":
            return ConditionError("syntax", f"the condition ends where {wanted} is expected", token.span)
        hint = None
        if token.text in COMPARISONS:
            hint = "comparisons do not chain: write `a < b and b < c`"
        return ConditionError("syntax", f"`{token.text}` stands where {wanted} is expected", token.span, hint)

    def expression(self, tightness: int) -> Node:
        """An expression whose operators all bind more tightly than `tightness`."""
        self.depth += 1
        if self.depth > MAXIMUM_NESTING:
            raise ConditionError("syntax", "the condition is nested too deeply", self.token.span)
        left = self.operand()
        while (operator := self.operator()) is not None and operator.precedence > tightness:
            left = self.combine(operator, left)
        self.depth -= 1
        return left

    def operator(self) -> Operator | None:
        """The infix operator at this place, if there is one."""
        token = self.token
        if token.text == "not" and token.sort == "name":
            following = self.tokens[self.position + 1 : self.position + 2]
            return Operator.NOT_IN if following and following[0].text == "in" else None
        if token.sort not in ("name", "symbol"):
            return None
        infix = {**COMPARISONS, "and": Operator.AND, "or": Operator.OR, "in": Operator.IN}
        infix |= {"+": Operator.PLUS, "-": Operator.MINUS, "*": Operator.TIMES}
        return infix.get(token.text)

    def combine(self, operator: Operator, left: Node) -> Node:
        token = self.next()
        if operator is Operator.NOT_IN:
            self.next()
        right = self.expression(operator.precedence)
        span = Span(left.span.start, right.span.end)
        match operator:
            case Operator.AND:
                return And((*_parts(And, left), right), span)
            case Operator.OR:
                return Or((*_parts(Or, left), right), span)
            case Operator.PLUS | Operator.MINUS | Operator.TIMES:
                return Arithmetic(operator, left, right, TermType("unknown"), span)
        if isinstance(left, Compare | Membership) and left.span.start == span.start:
            raise ConditionError(
                "syntax", f"`{token.text}` follows another comparison", token.span, "write `a < b and b < c`"
            )
        if operator in (Operator.IN, Operator.NOT_IN):
            return Membership(operator, left, right, span)
        return Compare(operator, left, right, span)

    def operand(self) -> Node:
        token = self.next()
        match token.sort:
            case "date" | "percentage" | "duration" | "money" | "number":
                return _literal(token)
            case "text":
                return Literal(token.text[1:-1], TermType("text"), token.span)
            case "name" if token.text == "not":
                part = self.expression(Operator.NOT.precedence)
                return Not(part, Span(token.span.start, part.span.end))
            case "name" if token.text not in ("and", "or", "in"):
                return self.reference(token)
            case "symbol" if token.text == "(":
                return self.parenthesis(token)
        self.position -= 1
        raise self.unexpected("a term, a value or `(`")

    def reference(self, token: _Token) -> Node:
        if self.is_at("("):
            self.next()
            arguments = self.items()
            return Call(token.text, arguments, Span(token.span.start, self.expect(")").span.end))
        names, end = [token.text], token.span.end
        while self.is_at("."):
            self.next()
            part = self.next()
            if part.sort != "name":
                self.position -= 1
                raise self.unexpected("the name of a term")
            names.append(part.text)
            end = part.span.end
        return Reference(tuple(names), Span(token.span.start, end))

    def parenthesis(self, opening: _Token) -> Node:
        items = self.items()
        closing = self.expect(")")
        span = Span(opening.span.start, closing.span.end)
        if len(items) > 1:
            return Listing(items, span)
        if isinstance(items[0], And | Arithmetic | Compare | Membership | Not | Or):
            return replace(items[0], span=span)  # so that what is written around it starts and ends right
        return items[0]

    def items(self) -> tuple[Node, ...]:
        found = [self.expression(0)]
        while self.is_at(","):
            self.next()
            found.append(self.expression(0))
        return tuple(found)


def _parts(sort: type[And] | type[Or], node: Node) -> tuple[Node, ...]:
    """`a and b and c` is one list of parts, not a list of lists."""
    return node.parts if isinstance(node, sort) else (node,)


def _literal(token: _Token) -> Literal:
    value_types = {"date": ("date",), "percentage": ("percentage",), "money": ("money",), "number": ("number",)}
    words = token.text.split()
    if token.sort == "duration":
        in_days = words[1].rstrip("s") in ("day", "week")
        names: tuple[str, ...] = ("days",) if in_days else ("months",)
    else:
        names = value_types[token.sort]
    type_name = names[0]
    try:
        value = VALUE_TYPES[type_name].read(" ".join(words) if token.sort != "percentage" else token.text)
    except NotAValue as error:
        raise ConditionError("not-a-value", str(error), token.span, error.hint) from None
    if not value.is_exact:
        raise ConditionError("not-a-value", f"`{token.text}` is not a single day", token.span, "write `2030-12-31`")
    return Literal(value, type_of(TermType(type_name)), token.span)
