"""Conditions, patterns and rules in plain English, for readers who do not write rules.

What a rule says in general is `english`, `english_pattern` and `rule_in_english`. `English` says the same of clauses
that are called otherwise: explanations and questions call them by their headings.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clauses.language import ast
from clauses.language.operators import DATE_WORDS, OPPOSITE, Operator
from clauses.language.rule import Absence, Derives, Pattern, Rule
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Money, Percentage, Value

# --- words

_COMPOUNDS = (
    "anti-assignment", "anti-dilution", "for-profit", "full-ratchet", "limited-liability", "most-favoured",
    "no-solicit", "non-compete", "non-disparagement", "post-term", "pre-emption", "pre-money", "public-benefit",
    "run-up", "third-party", "top-up", "weighted-average",
)  # fmt: skip
"""Compound words, which names in files write with a line below or run together with other words."""

_ACRONYMS = {"ai": "AI", "api": "API", "ip": "IP"}

_KINDS = {
    "agreement_term": "term of the agreement", "ambiguity": "contradiction between two amendments",
    "anti_assignment": "anti-assignment clause",
    "change_of_control": "change-of-control clause", "competition": "competing business",
    "equity_on_conversion": "stake on conversion", "escrow": "source code escrow", "governance": "governance right",
    "ip_assignment": "assignment of intellectual property", "joint_ip": "joint intellectual property",
    "liability_cap": "limit of liability", "most_favoured": "most-favoured clause", "no_solicit": "no-solicit clause",
    "non_disparagement": "non-disparagement clause", "post_term_service": "post-term duty",
    "pre_emption": "pre-emption right", "restraint_exception": "exception from a restraint",
    "third_party_benefit": "third-party benefit", "transition": "transition period",
}  # fmt: skip
"""Kinds of clause whose names are not what one says of a single clause."""

_TERM_WORDS = {
    "starts": "start", "ends": "end", "by": "author", "permits": "permitted clause", "of": "base", "per": "period",
    "into": "new legal form", "over": "acts covered", "about": "subject", "made": "date", "given": "date of giving",
    "closing": "closing date", "carve_outs": "excepted parties", "to": "addressee", "exercised": "exercise",
    "reaches": "reach", "if_missed": "consequence of missing the deadline", "effective": "effective date",
    "conditional_on": "clause on which it is conditional", "depends_on": "clause on which it depends",
    "of_clause": "clause transferred", "for_clause": "clause concerned", "ends_clause": "clause that ends",
    "not_stated": "terms not stated", "clauses": "clauses named", "parties": "parties named",
    "anti_dilution": "anti-dilution protection", "pre_money": "pre-money valuation", "share_class": "class of shares",
    "raised_by": "raised by", "subject_to": "yields to", "notwithstanding": "prevails over",
    "exclusive": "exclusivity", "exists": "existence", "right": "kind of right", "refused": "refusal of the renewal",
    "lasting": "permanence", "whom": "persons protected", "harms": "harms covered",
    "from_clause": "restraint concerned", "from_affiliates": "grant by affiliates",
    "for_affiliates": "use by affiliates",
    "transferable": "right to pass it on", "unlimited": "use without limit",
}  # fmt: skip
"""Short names of terms, as a table heads them."""

_NOUNS = {
    "about": "the clause that {x} is about", "announced": "the day on which {x} was announced",
    "carve_outs": "the parties excepted from {x}", "changed": "the terms of {x} that the term sheet sets",
    "clauses": "the clauses that {x} names", "conditional_on": "the clause on which {x} is conditional",
    "depends_on": "the clause on which {x} depends", "ends_clause": "the clause that {x} ends",
    "event": "the event behind {x}", "first": "the first amendment in {x}", "for_clause": "the clause that {x} is for",
    "given": "the day on which {x} is given", "if_missed": "the consequence of a missed deadline of {x}",
    "into": "the new legal form under {x}", "made": "the day on which {x} was made",
    "not_stated": "the terms that {x} leaves unstated", "notwithstanding": "the clauses over which {x} prevails",
    "observers": "the number of observers in {x}", "of_clause": "the clause that {x} transfers",
    "over": "the acts that {x} covers", "parties": "the parties that {x} names",
    "permits": "the clause that {x} permits", "raised_by": "the party that raised {x}",
    "right": "the kind of right in {x}", "seats": "the number of seats in {x}",
    "second": "the second amendment in {x}", "speakers": "the parties that made {x}",
    "subject_to": "the clauses to which {x} yields", "term": "the term set differently in {x}",
    "vetoes": "the vetoes in {x}",
}  # fmt: skip
"""Terms that need more than *the … of the clause*."""

_CONTEXT = {
    "as_of": "the date of the review", "effective": "the effective date of the term sheet",
    "proposed_by": "the party that proposes the term sheet",
}  # fmt: skip

_VERBS = {
    "about": ("is about", "is not about"), "by": ("comes from", "does not come from"),
    "conditional_on": ("is conditional on", "is not conditional on"),
    "depends_on": ("depends on", "does not depend on"), "ends_clause": ("ends", "does not end"),
    "event": ("follows", "does not follow"), "for_clause": ("is for", "is not for"),
    "of_clause": ("transfers", "does not transfer"),
    "over": ("covers", "does not cover"), "permits": ("permits", "does not permit"),
    "reaches": ("reaches", "does not reach"), "to": ("is addressed to", "is not addressed to"),
}  # fmt: skip
"""Terms that say what a clause does with another thing."""

_LIST_VERBS = {
    "carve_outs": ("excepts", "does not except"), "clauses": ("names", "does not name"),
    "not_stated": ("leaves open", "does not leave open"), "notwithstanding": ("prevails over", "does not prevail over"),
    "parties": ("names", "does not name"), "subject_to": ("yields to", "does not yield to"),
}  # fmt: skip

_FLAGS = {
    "exclusive": ("is exclusive", "is not exclusive"), "exercised": ("is exercised", "is not exercised"),
    "exists": ("exists", "does not exist"),
    "from_affiliates": ("is granted by affiliates", "is not granted by affiliates"),
    "for_affiliates": ("is for affiliates", "is not for affiliates"),
    "lasting": ("is irrevocable or perpetual", "is neither irrevocable nor perpetual"),
    "refused": ("is refused", "is not refused"), "transferable": ("is transferable", "is not transferable"),
    "unlimited": ("is unlimited", "is limited"),
}  # fmt: skip
"""Terms that are `yes` or `no`."""

NAMES_OF_TERMS = frozenset({"changed", "not_stated", "term"})
"""Terms whose values are names of terms."""

_LAYERS = {
    "current": "in force before the term sheet",
    "proposed": "that the term sheet adds or amends",
    "removed": "that the term sheet strikes out",
    "result": "in force after the term sheet",
    None: "that other rules find",
}
_PARTY_LAYERS = {
    "current": "that the agreement names",
    "proposed": "that the term sheet names",
    "result": "that the agreement or the term sheet names",
}


def words(name: str) -> str:
    """A name of a file as a reader says it: `anti_dilution` and `for-profit` keep their hyphen, others lose it."""
    text = re.sub(r"[-_]", " ", name)
    for word in _COMPOUNDS:
        text = re.sub(rf"\b{word.replace('-', ' ')}\b", word, text)
    return " ".join(_ACRONYMS.get(word, word) for word in text.split(" "))


def choice_words(value: str) -> str:
    """One of the values that a term may take; of those only the kinds of clause are written with a line below."""
    return kind_words(value) if "_" in value else words(value)


def kind_words(kind: str) -> str:
    """A kind of clause as a reader says it."""
    return _KINDS.get(kind, words(kind))


def term_words(name: str) -> str:
    """The short name of a term: `entry_valuation` is the entry valuation."""
    return _TERM_WORDS.get(name, words(name))


def with_article(text: str) -> str:
    """`an exclusivity`, `a supply`; what is plural goes without."""
    return text if is_plural(_head(text)) else f"{'an' if text[:1].lower() in 'aeiou' else 'a'} {text}"


def _head(text: str) -> str:
    """A noun without what follows it: the *party* that proposes, the *end* of the supply."""
    return re.split(r" (?:that|of|in|from|on|under|over|behind|to|between) ", text)[0]


def is_plural(text: str) -> bool:
    """Whether a noun is plural, by its ending."""
    return text.endswith("s") and not text.endswith(("ss", "us", "is"))


def capital(text: str) -> str:
    """A text with a capital letter first."""
    return text[:1].upper() + text[1:]


def joined(items: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""


def statements(said: Sequence[str]) -> str:
    """Several statements in one sentence; those that hold a comma are parted by more than one."""
    if len(said) < 2 or all("," not in one for one in said):
        return joined(said)
    if len(said) == 2:
        return f"{said[0]}{';' if any(one.startswith('either ') for one in said) else ','} and {said[1]}"
    return f"{'; '.join(said[:-1])}; and {said[-1]}"


def the(alias: str) -> str:
    """How a rule speaks of a clause: `the supply`."""
    return f"the {words(alias)}"


# --- values


# Names of our own: the locale of the machine must not change a memo.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def value_words(value: Value) -> str:
    """A date, an amount or another quantity in words."""
    if isinstance(value, Date):
        return date_words(value)
    text = str(value)
    if isinstance(value, Money):
        for short, long in (("bn", " billion"), ("m", " million")):
            text = text.replace(short, long)
    if isinstance(value, Percentage) and value.highest - value.lowest == 1:
        # An exact fraction of the cap table between two steps of the scale; the JSON output gives both.
        thousandths = (value.lowest + value.highest + 10) // 20
        return f"about {Percentage(thousandths * 10, thousandths * 10)}"
    return text.replace("..", " to ")


def date_words(date: Date) -> str:
    """A date as it is known: a day, a month, a year, or a span."""
    if date.is_exact:
        return "no end" if date.lowest >= Date.limit else _day(date.lowest)
    if date.lowest <= 1:
        return f"a date on or before {_day(date.highest)}"
    if date.highest >= Date.limit:
        return f"a date on or after {_day(date.lowest)}"
    text = str(date)
    if len(text) == 7:
        return f"{_MONTHS[int(text[5:]) - 1]} {text[:4]}"
    return text if len(text) == 4 else f"{_day(date.lowest)} to {_day(date.highest)}"


def _day(ordinal: int) -> str:
    day = datetime.date.fromordinal(ordinal)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# --- conditions


@dataclass(frozen=True)
class English:
    """Says conditions in English; `name` says what each clause is called."""

    name: Callable[[str], str] = the

    def condition(self, node: ast.Node) -> str:
        """A condition as a statement."""
        match node:
            case ast.And(parts):
                found = merged(node)
                return statements([self.condition(p) for p in parts]) if found is node else self.condition(found)
            case ast.Or(parts):
                found = merged(node)
                return self.either(parts) if found is node else self.condition(found)
            case ast.Not(ast.Stated(term)):
                return agreeing(self.noun(term), "is not stated")
            case ast.Not(ast.Named(function, aliases)):
                return self.named(function, aliases, False)
            case ast.Not(part):
                return self.condition(denied(part))
            case ast.Stated(term):
                return agreeing(self.noun(term), "is stated")
            case ast.Named(function, aliases):
                return self.named(function, aliases, True)
            case ast.Compare(operator, left, right):
                return self.compared(operator, left, right)
            case ast.Membership(operator, item, container):
                return self.among(operator is Operator.IN, item, container)
        return self.noun(node)

    def either(self, parts: Sequence[ast.Node]) -> str:
        """Several conditions of which one is enough."""
        return "either " + ", or ".join(self.condition(part) for part in parts)

    def named(self, function: str, aliases: tuple[str, ...], holds: bool) -> str:
        """A condition that the rule writes as a function of two clauses."""
        one, other = (self.name(alias) for alias in aliases)
        if function == "prevails":
            return f"{agreeing(one, 'prevails over' if holds else 'does not prevail over')} {other}"
        return f"the periods of {one} and {other} {'overlap' if holds else 'do not overlap'}"

    def compared(self, operator: Operator, left: ast.Node, right: ast.Node) -> str:
        """A comparison of two expressions."""
        if operator not in (Operator.EQUAL, Operator.UNEQUAL):
            return f"{self.noun(left)} {reads(operator, left, right)} {self.noun(right)}"
        is_equal = operator is Operator.EQUAL
        special = self.related(is_equal, left, right)
        return special or f"{self.noun(left)} is {'' if is_equal else 'not '}{self.noun(right)}"

    def related(self, is_equal: bool, left: ast.Node, right: ast.Node, value: str = "") -> str | None:
        """What is better said of a clause itself than of its term; `value` is what is written for the right side."""
        left, right = turned(left, right)
        if not isinstance(left, ast.Term) or left.alias == "context":
            return None
        x = self.name(left.alias)
        if left.name in _FLAGS and isinstance(right, ast.Literal):
            return agreeing(x, _FLAGS[left.name][0 if (right.value == "yes") is is_equal else 1])
        if left.name == "event" and isinstance(right, ast.Term) and right.alias == left.alias:
            return agreeing(x, "is stated by a clause of its own" if is_equal else "follows from another clause")
        if left.name in _VERBS:
            return f"{agreeing(x, _VERBS[left.name][0 if is_equal else 1])} {value or self.noun(right)}"
        if not isinstance(right, ast.Term) or right.alias == "context":
            return None
        if left.name == right.name == "id":
            return f"{x} and {self.name(right.alias)} are {'the same clause' if is_equal else 'different clauses'}"
        if left.name == right.name and left.name not in _NOUNS:
            have = "have" if is_equal else "do not have"
            return f"{x} and {self.name(right.alias)} {have} the same {term_words(left.name)}"
        return None

    def instead(self, term: ast.Term) -> str:
        """What ties a clause to what it speaks of after `but`: comes *from*, is *about*."""
        _, _, rest = _VERBS[term.name][0].partition(" ")
        return f"{rest} " if rest else ""

    def among(self, is_in: bool, item: ast.Node, container: ast.Node) -> str:
        """Whether something is in a list."""
        if isinstance(container, ast.Listing):
            return self.one_of(is_in, item, container.items)
        if not isinstance(container, ast.Term):
            return f"{self.noun(item)} {'is' if is_in else 'is not'} among {self.noun(container)}"
        items = list(item.items) if isinstance(item, ast.Listing) else [item]
        names = [one.value for one in items if isinstance(one, ast.Literal)]
        if container.name == "changed" and len(names) == len(items):
            return self.sets([str(name) for name in names], container.alias, is_in)
        if container.name == "not_stated" and len(names) == len(items):
            nouns = joined([noun_of(str(name), self.name(container.alias)) for name in names], "or")
            return f"{nouns} {'is not stated' if is_in else 'is stated'}"
        what = joined([self.noun(one) for one in items], "or")
        if container.name in _LIST_VERBS:
            return f"{agreeing(self.name(container.alias), _LIST_VERBS[container.name][0 if is_in else 1])} {what}"
        return f"{what} {'is' if is_in else 'is not'} among {self.noun(container)}"

    def sets(self, names: Sequence[str], alias: str, holds: bool, word: str = "or") -> str:
        """Whether the term sheet wrote some terms of a clause."""
        x = self.name(alias)
        short = [f"the {term_words(name)}" for name in names]
        if len(names) > 1 and not any(name in _NOUNS for name in names):
            what = f"{joined(short, word)} of {x}"
        else:
            what = joined([noun_of(name, x) for name in names], word)
        return f"the term sheet {'sets' if holds else 'does not set'} {what}"

    def one_of(self, is_in: bool, item: ast.Node, items: Sequence[ast.Node]) -> str:
        """Whether a term is one of several values."""
        values = joined([self.noun(one) for one in items], "or")
        if isinstance(item, ast.Term) and item.name in _VERBS:
            return f"{agreeing(self.name(item.alias), _VERBS[item.name][0 if is_in else 1])} {values}"
        none = "neither " if len(items) == 2 else "none of "
        if len(items) == 2 and not is_in:
            values = values.replace(" or ", " nor ")
        return f"{self.noun(item)} is {'' if is_in else none}{values}"

    def noun(self, node: ast.Node) -> str:
        """An expression as a noun."""
        match node:
            case ast.Term(alias, name):
                return _CONTEXT.get(name, "the term sheet") if alias == "context" else noun_of(name, self.name(alias))
            case ast.Literal(value, type):
                return _literal(value, type)
            case ast.Parameter(name):
                return f"the “{words(name)}” set by the rules"
            case ast.CurrencyOf(term):
                return f"the currency of {self.noun(term)}"
            case ast.Listing(items):
                return joined([self.noun(item) for item in items], "or")
            case ast.Arithmetic(operator, left, right):
                return calculation(operator, self.noun(left), self.noun(right), left, right)
        return self.condition(node)


def english(node: ast.Node) -> str:
    """A condition or expression as a rule states it, in plain English."""
    return English().condition(node)


def noun_of(name: str, x: str) -> str:
    """A term of a clause that is called `x`."""
    if name == "id":
        return x
    before, _, verb = _NOUNS.get(name, f"the {term_words(name)} of {{x}}").partition("{x}")
    return f"{before}{agreeing(x, verb.strip()) if verb else x}"


def agreeing(subject: str, verb: str) -> str:
    """A subject with its verb: what is plural takes another form."""
    if not is_plural(_head(subject)):
        return f"{subject} {verb}"
    first, _, rest = verb.partition(" ")
    plural = _PLURALS.get(first, first.removesuffix("s"))
    return f"{subject} {plural}{' ' if rest else ''}{rest}"


_PLURALS = {"is": "are", "was": "were", "does": "do", "has": "have", "reaches": "reach", "that": "that"}


def speaks_of(node: ast.Node) -> bool:
    """Whether a list term says what its clause does with each item."""
    return isinstance(node, ast.Term) and node.name in _LIST_VERBS.keys() | NAMES_OF_TERMS


def is_verbal(node: ast.Node) -> bool:
    """Whether a term says what its clause does."""
    return isinstance(node, ast.Term) and node.alias != "context" and node.name in _VERBS | _FLAGS


def reads(operator: Operator, left: ast.Node, right: ast.Node) -> str:
    """How a comparison reads; dates are before and after each other."""
    return DATE_WORDS.get(operator, operator.reads) if common_type(left, right).name == "date" else operator.reads


def calculation(operator: Operator, one: str, other: str, left: ast.Node, right: ast.Node) -> str:
    """A sum, a difference or a product; what stands in brackets in a formula is named as one thing."""
    if operator is not Operator.TIMES:
        return f"{one} {operator.reads} {other}"
    sums = [isinstance(part, ast.Arithmetic) and part.operator is not Operator.TIMES for part in (left, right)]
    shown = [f"(the total of {text})" if is_sum else text for text, is_sum in zip((one, other), sums, strict=True)]
    return f"{shown[0]} times {shown[1]}"


def common_type(*nodes: ast.Node) -> TermType:
    """The type of the first term that some expressions read, or of the first value that they write."""
    for node in nodes:
        for term in ast.terms(node):
            return term.term_type
    for node in nodes:
        for found in ast.walk(node):
            if isinstance(found, ast.Literal) and isinstance(found.value, Value):
                return TermType(found.value.type_name)
    return TermType("text")


def denied(node: ast.Node) -> ast.Node:
    """The opposite of a condition, with the denial taken down to the smallest conditions."""
    match node:
        case ast.And(parts):
            return ast.Or(tuple(denied(part) for part in parts))
        case ast.Or(parts):
            return ast.And(tuple(denied(part) for part in parts))
        case ast.Not(part):
            return part
        case ast.Compare(operator, left, right):
            return ast.Compare(OPPOSITE[operator], left, right)
        case ast.Membership(operator, item, container):
            return ast.Membership(OPPOSITE[operator], item, container)
    return ast.Not(node)


def merged(node: ast.And | ast.Or) -> ast.Node:
    """Conditions that differ in one value only, as one: `x == "a" or x == "b"` is `x in ("a", "b")`."""
    if len(node.parts) < 2:
        return node
    first, is_any = node.parts[0], isinstance(node, ast.Or)
    if all(isinstance(part, ast.Compare) and isinstance(part.right, ast.Literal) for part in node.parts):
        wanted = Operator.EQUAL if is_any else Operator.UNEQUAL
        alike = {(part.operator, part.left) for part in node.parts if isinstance(part, ast.Compare)}
        if isinstance(first, ast.Compare) and alike == {(wanted, first.left)}:
            values = tuple(part.right for part in node.parts if isinstance(part, ast.Compare))
            return ast.Membership(Operator.IN if is_any else Operator.NOT_IN, first.left, ast.Listing(values))
    if all(isinstance(part, ast.Membership) and isinstance(part.item, ast.Literal) for part in node.parts):
        wanted = Operator.IN if is_any else Operator.NOT_IN
        lists = {(part.operator, part.container) for part in node.parts if isinstance(part, ast.Membership)}
        if isinstance(first, ast.Membership) and lists == {(wanted, first.container)}:
            items = tuple(part.item for part in node.parts if isinstance(part, ast.Membership))
            return ast.Membership(wanted, ast.Listing(items), first.container)
    return node


def turned(left: ast.Node, right: ast.Node) -> tuple[ast.Node, ast.Node]:
    """Two sides of an equation so that the side that tells of the other comes first."""
    if is_verbal(right) and not is_verbal(left):
        return right, left
    is_id, other_is_id = (isinstance(side, ast.Term) and side.name == "id" for side in (left, right))
    return (right, left) if is_id and not other_is_id and isinstance(right, ast.Term) else (left, right)


def _literal(value: Value | str, type: object) -> str:
    if isinstance(value, str):
        return f"“{choice_words(value) if isinstance(type, TermType) and type.name == 'choice' else value}”"
    return value_words(value)


# --- rules


@dataclass(frozen=True)
class Meaning:
    """A rule in English: what it looks at, its conditions one by one, and what excuses or follows."""

    opening: tuple[str, ...]
    lead: str
    """What stands before the conditions: `It is breached where`."""
    conditions: tuple[str, ...]
    closing: tuple[str, ...]

    def sentences(self) -> list[str]:
        """The rule in sentences, with its conditions as (a), (b) and (c)."""
        return [*self.opening, *([f"{self.lead} {listed(self.conditions)}."] if self.conditions else []), *self.closing]


def listed(conditions: Sequence[str]) -> str:
    """`(a) …; (b) …; and (c) …`."""
    if len(conditions) == 1:
        return conditions[0]
    lettered = [f"({chr(ord('a') + n) if n < 26 else n + 1}) {text}" for n, text in enumerate(conditions)]
    return "; ".join([*lettered[:-1], f"and {lettered[-1]}"])


def english_pattern(pattern: Pattern) -> str:
    """A pattern in plain English, with the name under which the rule speaks of it."""
    kind, alias = kind_words(pattern.kind), words(pattern.alias)
    name = "" if alias == kind else f" (“the {alias}”)"
    return f"{with_article(kind)}{name}{_standing(pattern)}"


def sought(pattern: Pattern) -> str:
    """What a pattern looks for: `consent in force after the term sheet`."""
    return f"{kind_words(pattern.kind)}{_standing(pattern)}"


def _standing(pattern: Pattern) -> str:
    if pattern.kind == "ambiguity":
        return ""
    if pattern.kind == "party" and pattern.layer in _PARTY_LAYERS:
        return f" {_PARTY_LAYERS[pattern.layer]}"
    return f" {_LAYERS[pattern.layer]}"


def meaning(rule: Rule) -> Meaning:
    """A rule in plain English, in its parts."""
    looks = f"This rule looks at {joined([english_pattern(pattern) for pattern in rule.given])}."
    closing = [f"It is excused by {_excuse(absence)}." for absence in rule.unless]
    closing += [f"Other rules then speak of {_derived(rule.derives)}."] if rule.derives else []
    verb = "holds" if rule.derives else "is breached"
    if rule.when == ast.ALWAYS:
        count = ("one", "both")[len(rule.given) - 1] if len(rule.given) < 3 else "all of them"
        there = f"It {verb} wherever there {'is' if len(rule.given) == 1 else 'are'} {count}."
        return Meaning((looks, there), "", (), tuple(closing))
    parts = rule.when.parts if isinstance(rule.when, ast.And) and merged(rule.when) is rule.when else (rule.when,)
    return Meaning((looks,), f"It {verb} where", tuple(english(part) for part in parts), tuple(closing))


def rule_in_english(rule: Rule) -> list[str]:
    """A rule as a few sentences."""
    return meaning(rule).sentences()


def _excuse(absence: Absence) -> str:
    what = english_pattern(absence.pattern)
    return what if absence.when == ast.ALWAYS else f"{what}, where {english(absence.when)}"


def _derived(derives: Derives) -> str:
    terms = "; ".join(f"{term_words(name)}: {english(node)}" for name, node in derives.terms.items())
    return f"{with_article(kind_words(derives.kind))} ({terms})"
