"""Families of rules that divide one quantity into bands, and what the bands leave out or cover twice.

Rules are a family if they are alike but for comparisons of one term with constants: `stake >= 20% and stake < 30%`.
Two thresholds that look away from each other, too low and too high, leave a corridor between them on purpose, and
thresholds that look the same way are steps of one stair. Only beside a band that ends on both sides is what no rule
covers a gap, and what two cover an overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from clauses.language import ast
from clauses.language.operators import Operator
from clauses.language.rule import Rule
from clauses.language.show import show
from clauses.language.types import type_of
from clauses.proofs.pack.evidence import Parameters
from clauses.terms.values import VALUE_TYPES, Money, Value

_TURNED = {
    Operator.BELOW: Operator.ABOVE, Operator.ABOVE: Operator.BELOW,
    Operator.AT_MOST: Operator.AT_LEAST, Operator.AT_LEAST: Operator.AT_MOST, Operator.EQUAL: Operator.EQUAL,
}  # fmt: skip


@dataclass(frozen=True)
class Band:
    """The values of one term for which a rule fires, all else being alike."""

    rule: Rule
    term: ast.Term
    low: int | None
    """The first value; None where it has no lower end."""
    high: int | None
    rest: tuple[ast.Node, ...]
    """The other conditions of the rule."""
    currency: str | None = None

    @property
    def is_two_sided(self) -> bool:
        """Whether the band ends on both sides."""
        return self.low is not None and self.high is not None

    def value(self, units: int) -> Value:
        """A value of the term."""
        if self.currency is not None:
            return Money(units, units, self.currency)
        return VALUE_TYPES[self.term.term_type.name](units, units)

    def at(self, units: int) -> Rule:
        """The rule with its band replaced by one value."""
        literal = ast.Literal(self.value(units), type_of(self.term.term_type))
        equal = ast.Compare(Operator.EQUAL, self.term, literal)
        return replace(self.rule, when=ast.And((*self.rest, equal)))


@dataclass(frozen=True)
class Seam:
    """Values between two bands that none covers, or that both do."""

    is_gap: bool
    lower: Band
    upper: Band
    first: int
    last: int

    def values(self) -> str:
        """The values, as a sentence names them."""
        if self.first == self.last:
            return str(self.lower.value(self.first))
        return f"from {self.lower.value(self.first)} to just below {self.lower.value(self.last + 1)}"


def families(rules: Sequence[Rule], parameters: Parameters) -> list[list[Band]]:
    """The bands of rules that are alike but for comparisons of one term with constants."""
    found: dict[str, list[Band]] = {}
    for rule in rules:
        for band in _bands(rule, parameters):
            found.setdefault(_skeleton(band), []).append(band)
    return [bands for _, bands in sorted(found.items()) if len(bands) > 1]


def seams(bands: Sequence[Band]) -> Iterator[Seam]:
    """The gaps and overlaps of a family, from the lowest values on."""
    ordered = sorted(bands, key=lambda band: (_low(band), _high(band), band.rule.id))
    reaching = ordered[0]
    for band in ordered[1:]:
        beside = band.is_two_sided or reaching.is_two_sided
        if band.low is not None and reaching.high is not None and beside and band.low > reaching.high + 1:
            yield Seam(True, reaching, band, reaching.high + 1, band.low - 1)
        if _high(band) > _high(reaching):
            reaching = band
    for number, one in enumerate(ordered):
        for other in ordered[number + 1 :]:
            is_proper = _low(one) < _low(other) <= _high(one) < _high(other)
            if is_proper and (one.is_two_sided or other.is_two_sided):
                yield Seam(False, one, other, int(_low(other)), int(_high(one)))


_ENDLESS = 10**30


def _low(band: Band) -> int:
    return -_ENDLESS if band.low is None else band.low


def _high(band: Band) -> int:
    return _ENDLESS if band.high is None else band.high


def _bands(rule: Rule, parameters: Parameters) -> Iterator[Band]:
    """For each term that a rule compares with constants, its band."""
    parts = rule.when.parts if isinstance(rule.when, ast.And) else (rule.when,)
    compared = [(part, _compared(part, parameters)) for part in parts]
    for term in dict.fromkeys(found[0] for _, found in compared if found):
        low: int | None = None
        high: int | None = None
        currency = None
        for _, found in compared:
            if found is None or found[0] != term:
                continue
            first, last = _range(found[1], found[2].lowest)
            low = first if low is None else low if first is None else max(low, first)
            high = last if high is None else high if last is None else min(high, last)
            currency = found[2].currency if isinstance(found[2], Money) else None
        rest = tuple(part for part, found in compared if found is None or found[0] != term)
        if low is None or high is None or low <= high:
            yield Band(rule, term, low, high, rest, currency)


def _compared(part: ast.Node, parameters: Parameters) -> tuple[ast.Term, Operator, Value] | None:
    """The term that a condition compares with a constant."""
    if not isinstance(part, ast.Compare) or part.operator not in _TURNED:
        return None
    for one, other, operator in (
        (part.left, part.right, part.operator),
        (part.right, part.left, _TURNED[part.operator]),
    ):
        value = parameters[other.name] if isinstance(other, ast.Parameter) else getattr(other, "value", None)
        if isinstance(one, ast.Term) and isinstance(value, Value):
            return one, operator, value
    return None


def _range(operator: Operator, units: int) -> tuple[int | None, int | None]:
    match operator:
        case Operator.BELOW:
            return None, units - 1
        case Operator.AT_MOST:
            return None, units
        case Operator.ABOVE:
            return units + 1, None
        case Operator.AT_LEAST:
            return units, None
    return units, units


def _skeleton(band: Band) -> str:
    """What the rules of a family have in common, with their aliases by number."""
    rule = band.rule
    patterns = [*rule.given, *(absence.pattern for absence in rule.unless)]
    names = {pattern.alias: f"clause{number}" for number, pattern in enumerate(patterns)}
    written = [f"{pattern.kind} in {pattern.layer}" for pattern in patterns]
    written += [str(len(rule.given)), str(band.term), band.currency or ""]
    written += sorted(_renamed(show(part), names) for part in band.rest)
    written += [_renamed(show(absence.when), names) for absence in rule.unless]
    written[len(patterns) + 1] = _renamed(str(band.term), names)
    return "\n".join(written)


def _renamed(text: str, names: dict[str, str]) -> str:
    """A condition with its aliases by number; the words in quotes stay."""
    parts = re.split(r'("[^"]*")', text)
    aliases = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b(?=[.,)])")
    return "".join(p if p.startswith('"') else aliases.sub(lambda found: names[found[1]], p) for p in parts)
