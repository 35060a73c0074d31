"""Conditions back as text, as the language writes them: `parse_condition(show(node))` is the same tree again."""

from __future__ import annotations

from clauses.language import ast
from clauses.language.operators import Operator


def show(node: ast.Node, tightness: int = 0) -> str:
    """A condition or expression as the language writes it."""
    match node:
        case ast.Literal(value):
            return f'"{value}"' if isinstance(value, str) else str(value)
        case ast.Reference(names):
            return ".".join(names)
        case ast.Term():
            return str(node)
        case ast.Parameter(name):
            return f"parameters.{name}"
        case ast.CurrencyOf(term):
            return f"currency({term})"
        case ast.Listing(items):
            return f"({', '.join(show(item) for item in items)})"
        case ast.Call(function, arguments):
            return f"{function}({', '.join(show(argument) for argument in arguments)})"
        case ast.Stated(term):
            return f"stated({term})"
        case ast.Named(function, aliases):
            return f"{function}({', '.join(aliases)})"
        case ast.Not(part):
            return _wrapped(f"not {show(part, Operator.NOT.precedence)}", Operator.NOT, tightness)
        case ast.And(parts):
            return _joined(parts, Operator.AND, tightness)
        case ast.Or(parts):
            return _joined(parts, Operator.OR, tightness)
        case ast.Compare(operator, left, right) | ast.Membership(operator, left, right):
            return _binary(operator, left, right, tightness)
        case ast.Arithmetic(operator, left, right):
            return _binary(operator, left, right, tightness)
    raise AssertionError(node)


def _binary(operator: Operator, left: ast.Node, right: ast.Node, tightness: int) -> str:
    # The left side may bind as tightly as the operator (`a - b - c`), the right side must bind more tightly.
    text = f"{show(left, operator.precedence - 1)} {operator.symbol} {show(right, operator.precedence)}"
    return _wrapped(text, operator, tightness)


def _joined(parts: tuple[ast.Node, ...], operator: Operator, tightness: int) -> str:
    if not parts:
        return "always" if operator is Operator.AND else "never"
    text = f" {operator.symbol} ".join(show(part, operator.precedence) for part in parts)
    return _wrapped(text, operator, tightness) if len(parts) > 1 else show(parts[0], tightness)


def _wrapped(text: str, operator: Operator, tightness: int) -> str:
    return f"({text})" if operator.precedence <= tightness else text
