"""Random rule packs and random facts, well typed and unkind.

Everything comes from a seeded `random.Random`, so a case is known by its seed. Rules are written as documents and
read by the real reader, so that the checker sees every condition; facts are built directly, so that they may hold
what no document would. Values come from small pools: equality, touching ranges and double matches are common.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clauses.errors import Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, Rule, read_rule
from clauses.terms.facts import EVERYWHERE, GENERAL_KINDS, LAYERS, Fact, FactValue, fact_types
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Date, Days, Money, Number, Percentage, Value
from clauses.yaml_nodes import Mapping_, from_plain

KINDS = (
    "exclusivity", "supply", "revenue_share", "pre_emption", "termination", "holding", "capital_raise", "venture",
    "governance", "consent", "non_compete", "regulatory_flag", "product_dependency", "clause", "party", "ambiguity",
)  # fmt: skip
UNRELATED_KIND = "public_statement"
"""A kind that no generated rule reads."""

DERIVED = {
    f"derived_{number}": {
        "id": TermType("text"),
        "who": TermType("party"),
        "which": TermType("clause"),
        "word": TermType("text"),
        "day": TermType("date"),
        "amount": TermType("money"),
        "share": TermType("percentage"),
    }
    for number in range(3)
}

NASTY = (
    "", " ", '"', "'", "\\", "é", "😀", "\x00", "costarring", "liquid", "1", "true", "null", "A", "a", "$and", "sid-0",
    "not stated", "{}", "a, b", "x" * 70_000, "x" * 70_000 + "y",
)  # fmt: skip
"""`costarring` and `liquid` have the same 32-bit FNV-1a hash; 70,000 characters are more than 16 bits can count."""

NAMES = ("ant", "bee", "cat")
DAY = datetime.date(2026, 1, 1).toordinal()
CURRENCIES = ("USD", "USD", "USD", "EUR")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

REFUSALS = {"too-large", "too-many-terms", "squared", "constant-condition", "two-currencies", "condition-too-long"}
"""What the checker may say about a generated rule; the rule is then left out."""


@dataclass
class Case:
    """A pack, the values of its parameters, and several sets of facts."""

    seed: str
    documents: list[dict[str, Any]]
    parameters: dict[str, Value | str]
    pack: RulePack
    deals: list[list[Fact]]

    def as_yaml(self, facts: Sequence[Fact]) -> str:
        """The case with one set of facts, for a reader."""
        shown = {
            "seed": self.seed,
            "parameters": {name: shorten(str(value)) for name, value in self.parameters.items()},
            "rules": self.documents,
            "facts": [fact_data(fact) for fact in facts],
        }
        return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=110)


def shorten(text: str) -> str:
    """A text without its 70,000 characters."""
    return text if len(text) < 100 else f"{text[:5]}… {len(text)} characters …{text[-1]}"


def fact_data(fact: Fact) -> dict[str, Any]:
    """A fact as plain data."""
    values = {n: [shorten(i) for i in v] if isinstance(v, tuple) else shorten(str(v)) for n, v in fact.values.items()}
    return {"kind": fact.kind, "in": ",".join(sorted(fact.layers)), "certain": fact.certain, "values": values}


def types_of(kind: str) -> Mapping[str, TermType]:
    """The terms of a kind, a derived one too."""
    return DERIVED.get(kind) or fact_types(kind) or {}


def make_pack(documents: Sequence[Mapping[str, Any]], parameters: Mapping[str, Value | str]) -> RulePack:
    """A pack of rule documents, all of which must be right."""
    problems = Problems()
    scope = PackScope(parameters, {}, DERIVED)
    rules = [rule for document in documents if (rule := read_document(document, scope, problems))]
    assert not problems.found, problems.found
    return pack_of(rules)


def read_document(document: Mapping[str, Any], scope: PackScope, problems: Problems) -> Rule | None:
    """A rule by the real reader."""
    node = from_plain(document)
    assert isinstance(node, Mapping_)
    return read_rule(node, scope, problems)


def pack_of(rules: Sequence[Rule]) -> RulePack:
    """A pack in memory. Only kinds that some rule derives are derived kinds."""
    made = {rule.derives.kind for rule in rules if rule.derives}
    derived = {kind: types for kind, types in DERIVED.items() if kind in made}
    return RulePack("random", "1.0.0", "Random", {}, {}, derived, tuple(rules), "", Path("."))


# --- values


class Generator:
    """Makes cases from one seed."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.refusals: Counter[str] = Counter()
        self.parameters: dict[str, Value | str] = {
            "amount": Money.read(self.pick(("USD 0.01", "USD 2", "USD 1"))),
            "share": Percentage.read(self.pick(("1%", "2%", "0.0001%"))),
            "day": Date(DAY + 2, DAY + 2),
            "wait": Days(2, 2),
            "count": Number(2, 2),
            "word": self.pick((*NASTY, *NAMES)),
        }

    def pick(self, items: Sequence[Any]) -> Any:
        """One of some items."""
        return items[int(self.random.random() * len(items))]

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def units(self, type_name: str) -> int:
        """A number of units from the small pool of a type, rarely its limit."""
        if self.chance(0.02):
            return self.pick((VALUE_TYPES[type_name].limit, 1))
        match type_name:
            case "date":
                return DAY + self.pick(range(5))
            case "money":
                return self.pick((0, 1, 2, 100, 200))
            case "percentage":
                return self.pick((0, 1, 10_000, 20_000, 500_000))
        return self.pick(range(5))

    def quantity(self, type_name: str) -> Value:
        """A value of a type: exact, or a narrow range."""
        limit = VALUE_TYPES[type_name].limit
        lowest = self.units(type_name)
        highest = min(limit, lowest + self.pick((1, 1, 2, 10_000))) if self.chance(0.2) else lowest
        if type_name == "money":
            return Money(lowest, highest, self.pick(CURRENCIES))
        return VALUE_TYPES[type_name](lowest, highest)

    def text(self, type: TermType) -> str:
        """A text of a type: a choice, an id, or anything at all."""
        if type.name == "choice":
            return self.pick(type.choices[:3])
        if self.chance(0.12):
            return self.pick(NASTY)
        if type.name == "clause":
            return f"c{self.pick(range(5))}"
        return self.pick(("USD", "EUR", *NAMES)) if type.name == "text" else self.pick(NAMES)

    def value(self, type: TermType) -> FactValue:
        """A value of a term."""
        if type.is_list:
            one = TermType(type.name, type.choices)
            return tuple(self.text(one) for _ in range(self.pick((0, 1, 1, 2, 3))))
        return self.quantity(type.name) if type.name in VALUE_TYPES else self.text(type)

    # --- facts

    def facts(self, kinds: Sequence[str], count: int, openness: float = 0.12) -> list[Fact]:
        """Facts of some kinds, and the context. `openness` is the share of terms that are not stated."""
        context = {"id": "context", "as_of": Date(DAY + 1, DAY + 1)}
        if self.chance(0.7):
            context["effective"] = self.quantity("date")
        if self.chance(0.7):
            context["proposed_by"] = self.pick(NAMES)
        found = [Fact("context", "context", EVERYWHERE, True, context)]
        found += [self.fact(self.pick(kinds), number, openness) for number in range(count)]
        self.random.shuffle(found)
        return found

    def fact(self, kind: str, number: int, openness: float) -> Fact:
        """One fact of a kind."""
        id = f"c{number}" if self.chance(0.95) else self.pick(NASTY)
        values: dict[str, FactValue] = {"id": id}
        for name, type in types_of(kind).items():
            if name != "id" and not self.chance(openness):
                values[name] = self.value(type)
        layers = frozenset(layer for layer in LAYERS if self.chance(0.6)) or frozenset({"result"})
        return Fact(kind, id, layers, self.chance(0.88), values)

    # --- conditions

    def literal(self, type_name: str) -> str:
        """A value as a rule writes it."""
        units = self.units(type_name)
        match type_name:
            case "date":
                return datetime.date.fromordinal(units).isoformat()
            case "money":
                return f"{self.pick(CURRENCIES)} {units // 100}.{units % 100:02}"
            case "percentage":
                return str(Percentage(units, units))
            case "days" | "months":
                return f"{units} {type_name}"
        return str(units)

    def quoted(self, text: str) -> str | None:
        """A text in quotes, or None where the language cannot write it."""
        if len(text) > 100 or "\n" in text or ('"' in text and "'" in text):
            return None
        return f"'{text}'" if '"' in text else f'"{text}"'

    def terms(self, scope: Scope, wanted: Any) -> list[tuple[str, TermType]]:
        """The terms in a scope whose type is wanted."""
        return [(f"{alias}.{n}", t) for alias, types in scope.items() for n, t in types.items() if wanted(t)]

    def expression(self, scope: Scope, type_name: str, depth: int = 2) -> str:
        """An expression of a quantity."""
        if depth and self.chance(0.3):
            return self.arithmetic(scope, type_name, depth - 1)
        known = self.terms(scope, lambda t: t.name == type_name and not t.is_list)
        if known and self.chance(0.75):
            return self.pick(known)[0]
        named = {"money": "amount", "percentage": "share", "date": "day", "days": "wait", "number": "count"}
        if type_name in named and self.chance(0.3):
            return f"parameters.{named[type_name]}"
        return self.literal(type_name)

    def arithmetic(self, scope: Scope, type_name: str, depth: int) -> str:
        """A sum, a difference or a product."""

        def one(of: str) -> str:
            return self.expression(scope, of, depth)

        if type_name == "date":
            return f"({one('date')} {self.pick('+-')} {one('days')})"
        forms = [f"({one(type_name)} {self.pick('+-')} {one(type_name)})"]
        match type_name:
            case "days":
                forms += [f"({one('date')} - {one('date')})", f"{one('number')} * {one('days')}"]
            case "months":
                forms += [f"{one('months')} * {one('number')}"]
            case "money":
                forms += [f"{self.pick((2, 3))} * {one('money')}"]
            case "percentage":
                forms += [f"{self.pick((2, 3))} * {one('percentage')}"]
            case "number":
                forms += [f"{self.pick((2, 3))} * {one('number')}"]
        return self.pick(forms)

    def share_of(self, scope: Scope, type_name: str) -> str:
        """A quantity times a percentage: it compares with the plain quantity, but is not added to it."""
        share = self.pick(("20%", "50%")) if type_name == "money" else self.expression(scope, "percentage", 1)
        return f"{share} * {self.expression(scope, type_name, 1)}"

    def atom(self, scope: Scope, own: str | None) -> str:
        """A smallest condition. `own` is the alias that an `unless` introduces."""
        match self.pick(("quantity", "quantity", "quantity", "text", "text", "list", "stated", "named", "currency")):
            case "text":
                return self.text_atom(scope)
            case "list":
                return self.list_atom(scope, own)
            case "stated":
                return f"stated({self.pick(self.terms(scope, lambda t: True))[0]})"
            case "named":
                return self.named_atom(scope, own)
            case "currency":
                return self.currency_atom(scope)
        return self.quantity_atom(scope)

    def quantity_atom(self, scope: Scope) -> str:
        present = sorted({t.name for types in scope.values() for t in types.values() if t.name in VALUE_TYPES})
        type_name = self.pick(present or ["date"])
        known = self.terms(scope, lambda t: t.name == type_name)
        left = self.pick(known)[0] if known and self.chance(0.6) else self.arithmetic(scope, type_name, 1)
        with_share = type_name not in ("date", "number") and self.chance(0.15)
        right = self.share_of(scope, type_name) if with_share else self.expression(scope, type_name)
        return f"{left} {self.pick(COMPARISONS)} {right}"

    def text_atom(self, scope: Scope) -> str:
        left, type = self.pick(self.terms(scope, lambda t: not t.is_list and t.name not in VALUE_TYPES))
        operator = self.pick(("==", "!="))
        same = [t for t in self.terms(scope, lambda t: t == type) if t[0] != left]
        if same and self.chance(0.6):
            return f"{left} {operator} {self.pick(same)[0]}"
        if type.name == "text" and self.chance(0.4):
            return f"{left} {operator} parameters.word"
        literals = [text for _ in range(2) if (text := self.quoted(self.text(type))) is not None]
        if len(literals) == 2 and self.chance(0.4):
            return f"{left} {self.pick(('in', 'not in'))} ({', '.join(literals)})"
        return (
            f"{left} {operator} {literals[0] if literals else self.quoted(type.choices[0] if type.choices else 'ant')}"
        )

    def list_atom(self, scope: Scope, own: str | None) -> str:
        lists = self.terms(scope if own is None else {own: scope[own]}, lambda t: t.is_list)
        if not lists:
            return self.text_atom(scope)
        container, type = self.pick(lists)
        items = self.terms(scope, lambda t: t.name == type.name and not t.is_list and type.name != "choice")
        literal = self.quoted(self.text(TermType(type.name, type.choices)))
        item = self.pick(items)[0] if items and self.chance(0.7) else literal or "'ant'"
        if type.name == "text" and self.chance(0.2):
            item = "parameters.word"
        return f"{item} {'in' if own else self.pick(('in', 'not in'))} {container}"

    def named_atom(self, scope: Scope, own: str | None) -> str:
        """overlaps() or prevails() of two clauses."""
        dated = [alias for alias, types in scope.items() if "starts" in types and alias != "context"]
        if len(dated) < 2:
            return self.quantity_atom(scope)
        one, other = self.random.sample(dated, 2)
        listed = [alias for alias in (one, other) if "notwithstanding" in scope[alias]]
        if len(listed) == 2 and own is None and self.chance(0.4):
            return f"prevails({one}, {other})"
        return f"overlaps({one}, {other})"

    def currency_atom(self, scope: Scope) -> str:
        amounts = [name for name, _ in self.terms(scope, lambda t: t.name == "money")]
        if not amounts:
            return self.text_atom(scope)
        one = f"currency({self.pick(amounts)})"
        texts = [name for name, _ in self.terms(scope, lambda t: t.name == "text" and not t.is_list)]
        lists = [name for name, _ in self.terms(scope, lambda t: t.name == "text" and t.is_list)]
        others = ['"USD"', '"EUR"', *texts, *(f"currency({name})" for name in amounts)]
        if lists and len(scope) < 2 and self.chance(0.3):
            return f"{one} in {self.pick(lists)}"
        return f"{one} {self.pick(('==', '!='))} {self.pick(others)}"

    def condition(self, scope: Scope, depth: int, own: str | None = None) -> str:
        """A condition of any form."""
        if depth == 0 or self.chance(0.45):
            return self.atom(scope, own)
        parts = [self.condition(scope, depth - 1, own) for _ in range(self.pick((2, 2, 3)))]
        match self.pick(("and", "or", "or", "not")):
            case "and":
                return f"({' and '.join(parts)})"
            case "or":
                return f"({' or '.join(parts)})"
        # Inside an `unless`, the opposite of a membership is refused by the network, so `not` keeps to other atoms.
        part = self.quantity_atom(scope) if own else parts[0]
        return f"not ({part})"

    # --- rules

    def rule(self, number: int, kinds: Sequence[str], derives: str | None) -> dict[str, Any]:
        """A rule document. Each pattern after the first is tied to an earlier one, mostly by an equality."""
        chosen = self.patterns(kinds, derives is not None)
        aliases = list(chosen)
        scope: Scope = {alias: types_of(kind) for alias, kind in chosen.items()}
        parts = [self.tie(scope, one, other) for one, other in itertools.pairwise(aliases)]
        with_context = {**scope, "context": GENERAL_KINDS["context"]} if self.chance(0.3) else scope
        parts += [self.condition(with_context, self.pick((0, 1, 2))) for _ in range(self.pick((0, 1, 1, 2)))]
        document: dict[str, Any] = {
            "rule": f"rule-{number}",
            "heading": "random",
            "given": {alias: self.pattern(kind) for alias, kind in chosen.items()},
        }
        if parts:
            document["when"] = " and ".join(parts)
        unless = {}
        for i in range(self.pick((0, 0, 1, 1, 2))):
            kind = self.pick(kinds)
            own = f"u{i}"
            unless[own] = self.pattern(kind)
            if self.chance(0.9):
                inner = {**with_context, own: types_of(kind)}
                unless[own]["when"] = self.absence(inner, own)
        if unless:
            document["unless"] = unless
        if derives:
            document["derives"] = {"kind": derives, **self.derived_terms(scope)}
        else:
            document["says"] = "random"
        return document

    def patterns(self, kinds: Sequence[str], derives: bool) -> dict[str, str]:
        """The kinds of the given patterns. Few read derived facts, of which there may be very many."""
        wanted = [self.pick(kinds) for _ in range(self.pick((1, 1, 2) if derives else (1, 1, 2, 2, 2, 3, 3, 4)))]
        most = 1 if derives else 2
        derived = [kind for kind in wanted if kind in DERIVED][:most]
        plain = [kind for kind in wanted if kind not in DERIVED][: 1 if derived else 4]
        self.random.shuffle(mixed := derived + plain)
        return {f"a{number}": kind for number, kind in enumerate(mixed)}

    def absence(self, scope: Scope, own: str) -> str:
        """The condition of an `unless`: at most one list in each way to hold."""
        first = self.list_atom(scope, own) if self.chance(0.35) else self.atom_without_list(scope, own)
        rest = [self.atom_without_list(scope, own) for _ in range(self.pick((0, 0, 1, 2)))]
        return f" {self.pick(('and', 'and', 'or'))} ".join([first, *rest])

    def atom_without_list(self, scope: Scope, own: str) -> str:
        return self.pick((self.quantity_atom, self.text_atom, lambda s: self.named_atom(s, own)))(scope)

    def pattern(self, kind: str) -> dict[str, str]:
        if kind in DERIVED:
            return {"kind": kind}
        return {"kind": kind, "in": self.pick(LAYERS)}

    def tie(self, scope: Scope, one: str, other: str) -> str:
        """A comparison that reads both clauses."""
        pairs = [
            (f"{one}.{a}", f"{other}.{b}", s.name)
            for a, s in scope[one].items() for b, t in scope[other].items()
            if not s.is_list and s == t and (s.name in VALUE_TYPES or s.name in ("party", "clause", "text"))
        ]  # fmt: skip
        if not pairs:
            return f'({one}.id != "c9" or {other}.id != "c9")'
        left, right, type_name = self.pick(pairs)
        return f"{left} {self.pick(COMPARISONS if type_name in VALUE_TYPES else ('==', '==', '!='))} {right}"

    def derived_terms(self, scope: Scope) -> dict[str, str]:
        found = {}
        for name, type in DERIVED["derived_0"].items():
            if name == "id":
                continue
            known = self.terms(scope, lambda t, type=type: t.name == type.name and not t.is_list)
            fixed = {
                "who": "ant",
                "which": "c1",
                "word": "liquid",
                "day": "2026-01-02",
                "amount": "USD 1",
                "share": "1%",
            }
            found[name] = self.pick(known)[0] if known and self.chance(0.6) else fixed[name]
        return found

    # --- cases

    def case(self, rules: int = 4, deals: int = 2, facts: int = 9) -> Case:
        """A pack of a few rules with several sets of facts."""
        kinds = self.random.sample(KINDS, self.pick((1, 2, 2, 3)))
        strata = self.pick((0, 0, 1, 2, 3))
        scope = PackScope(self.parameters, {}, DERIVED)
        documents, read = [], []
        made: list[str] = []
        for number in range(strata + self.pick(range(1, rules))):
            derives = f"derived_{number}" if number < strata else None
            for _ in range(3):
                known = [*kinds, *made, *made] if made else kinds
                document = self.rule(number, known, derives)
                problems = Problems()
                rule = read_document(document, scope, problems)
                if rule is not None:
                    documents.append(document)
                    read.append(rule)
                    made += [derives] if derives else []
                    break
                unexpected = [p for p in problems.found if p.id not in REFUSALS]
                assert not unexpected, (self.seed, document, unexpected)
                self.refusals.update(problem.id for problem in problems.found)
        openness = self.pick((0.0, 0.1, 0.3))
        sets = [self.facts(kinds, self.pick(range(1, facts)), openness) for _ in range(deals)]
        if openness == 0:
            sets[0] = [exact(fact) for fact in sets[0]]
        return Case(self.seed, documents, self.parameters, pack_of(read), sets)


Scope = Mapping[str, Mapping[str, TermType]]


def exact(fact: Fact) -> Fact:
    """A fact with nothing open, but for terms that are not stated."""
    values = {n: close(v) if isinstance(v, Value) else v for n, v in fact.values.items()}
    return Fact(fact.kind, fact.id, fact.layers, True, values)


def close(value: Value) -> Value:
    """The lowest value of a range."""
    if isinstance(value, Money):
        return Money(value.lowest, value.lowest, value.currency)
    return type(value)(value.lowest, value.lowest)
