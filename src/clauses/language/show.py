"""Conditions back as text: as the language writes them, and in plain English.

`parse_condition(show(node))` is the same tree again. The English is for readers who do not write rules; every
operator reads as the operator table says.
"""

from __future__ import annotations

from clauses.language import ast
from clauses.language.operators import DATE_WORDS, Operator
from clauses.language.rule import Absence, Pattern, Rule
from clauses.language.types import DATE, Quantity

_LAYERS = {
    "current": "in force before the term sheet",
    "proposed": "that the term sheet adds or amends",
    "removed": "that the term sheet removes",
    "result": "in force after the term sheet",
    None: "that other rules derive",
}


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


# --- plain English


def term_words(name: str) -> str:
    """The name of a term as a reader says it: `entry_valuation` is the entry valuation."""
    return _TERM_WORDS.get(name, name.replace("_", " "))


_TERM_WORDS = {
    "starts": "start", "ends": "end", "id": "identity", "by": "giver", "permits": "permitted clause", "of": "base",
    "per": "period", "into": "new legal form", "over": "subject", "about": "subject", "made": "date",
    "given": "date of giving", "closing": "closing date", "carve_outs": "excepted parties", "to": "recipient",
    "exercised": "exercise", "reaches": "reach", "if_missed": "consequence of missing it", "event": "event",
    "conditional_on": "clause on which it depends", "depends_on": "clause on which it depends",
    "of_clause": "clause transferred", "for_clause": "clause concerned", "ends_clause": "clause that ends",
    "not_stated": "terms not stated", "clauses": "clauses named", "parties": "parties named",
    "as_of": "date of the review",
}  # fmt: skip


def english(node: ast.Node) -> str:
    """A condition or expression in plain English."""
    match node:
        case ast.Literal(value):
            return f"“{value}”" if isinstance(value, str) else str(value)
        case ast.Term(alias, name):
            if alias == "context":
                words = {"as_of": "the date of the review", "effective": "the effective date of the term sheet"}
                return words.get(name, f"the party that proposes the term sheet ({term_words(name)})")
            return _alias(alias) if name == "id" else f"the {term_words(name)} of {_alias(alias)}"
        case ast.Parameter(name):
            return f"the pack's {name.replace('_', ' ')}"
        case ast.CurrencyOf(term):
            return f"the currency of {english(term)}"
        case ast.Stated(term):
            return f"{english(term)} is stated"
        case ast.Named("overlaps", (a, b)):
            return f"the periods of {_alias(a)} and {_alias(b)} overlap"
        case ast.Named("prevails", (a, b)):
            return f"{_alias(a)} prevails over {_alias(b)}"
        case ast.Not(part):
            return f"it is not so that {english(part)}"
        case ast.And(parts):
            return _english_list(parts, "and")
        case ast.Or(parts):
            return _english_list(parts, "or")
        case ast.Compare(operator, left, right) | ast.Membership(operator, left, right):
            return f"{english(left)} {_reads(operator, left)} {english(right)}"
        case ast.Arithmetic(operator, left, right):
            return f"{english(left)} {operator.reads} {english(right)}"
    raise AssertionError(node)


def _reads(operator: Operator, left: ast.Node) -> str:
    type = getattr(left, "type", None)
    if isinstance(type, Quantity) and type.dimension == DATE:
        return DATE_WORDS.get(operator, operator.reads)
    if operator is Operator.IN:
        return "is among"
    return "is not among" if operator is Operator.NOT_IN else operator.reads


def _english_list(parts: tuple[ast.Node, ...], word: str) -> str:
    written = [english(part) if not isinstance(part, ast.And | ast.Or) else f"({english(part)})" for part in parts]
    if len(written) < 2:
        return written[0] if written else "always"
    return f"{', '.join(written[:-1])}, {word} {written[-1]}" if len(written) > 2 else f" {word} ".join(written)


def _alias(alias: str) -> str:
    return f"the {alias.replace('_', ' ')}"


def english_pattern(pattern: Pattern) -> str:
    """A pattern in plain English."""
    kind = pattern.kind.replace("_", " ")
    alias = pattern.alias.replace("_", " ")
    name = "" if alias == kind else f" (“the {alias}”)"
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{article} {kind}{name} {_LAYERS[pattern.layer]}"


def rule_in_english(rule: Rule) -> list[str]:
    """A rule as a few sentences."""
    lines = [f"This rule looks at {_and([english_pattern(pattern) for pattern in rule.given])}."]
    if isinstance(rule.when, ast.And) and not rule.when.parts:
        lines.append("It applies whenever they are there.")
    else:
        what = "derives a fact" if rule.derives else "is breached"
        lines.append(f"It {what} where {english(rule.when)}.")
    lines += [f"It is excused by {_excuse(absence)}." for absence in rule.unless]
    if rule.derives:
        terms = ", ".join(f"{term_words(name)} {show(node)}" for name, node in rule.derives.terms.items())
        lines.append(f"It then holds that there is a {rule.derives.kind.replace('_', ' ')} ({terms}).")
    return lines


def _excuse(absence: Absence) -> str:
    pattern = english_pattern(absence.pattern)
    always = isinstance(absence.when, ast.And) and not absence.when.parts
    return pattern if always else f"{pattern}, where {english(absence.when)}"


def _and(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
