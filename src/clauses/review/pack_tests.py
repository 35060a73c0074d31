"""Runs the examples that rules carry, and measures what they exercise.

An example is short: it may leave out everything that does not matter to it. What it leaves out is filled in:
the agreement's header, the parties that its clauses name, the date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clauses.engines.engine import Engine, Outcome, Prepared, Truth, run
from clauses.engines.reference import meaning
from clauses.errors import ClausesError, PackError, Problems
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import ExampleDocument, Rule
from clauses.review.status import STATUSES, Status, status
from clauses.source import Place
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.facts import Deal, Fact, deal
from clauses.terms.kinds import KINDS
from clauses.terms.party import ID_PATTERN
from clauses.terms.validate import validate
from clauses.terms.values import Date
from clauses.yaml_nodes import Mapping_, Node, Scalar, from_plain, scalars
from clauses.yaml_nodes import Sequence as NodeSequence

EXAMPLE_DATE = "2025-07-01"
"""The date of an example's term sheet, unless it gives one."""

EXAMPLE_SIGNED = "2025-01-01"


@dataclass(frozen=True)
class Example:
    """An example of a rule, read."""

    rule: Rule
    name: str
    expect: Status
    deal: Deal
    place: Place = field(repr=False)


@dataclass(frozen=True)
class ExampleResult:
    """How an example came out on each engine."""

    example: Example
    found: Mapping[str, Status]
    """The status by engine."""

    @property
    def passed(self) -> bool:
        """Whether every engine said what the example expects."""
        return set(self.found.values()) == {self.example.expect}


@dataclass
class Coverage:
    """What the examples of a pack exercise."""

    statuses: dict[str, set[Status]] = field(default_factory=dict)
    """The statuses seen, by rule."""
    leaves: dict[tuple[str, str], set[Truth]] = field(default_factory=dict)
    """The truth values seen, by rule and smallest condition."""

    def counts(self) -> tuple[int, int]:
        """How many of the wanted outcomes were seen: rule × status, and each smallest condition true and false."""
        wanted = [(seen, s) for seen in self.statuses.values() for s in STATUSES if s != "not_applicable"]
        wanted_leaves = [(seen, truth) for seen in self.leaves.values() for truth in (Truth.TRUE, Truth.FALSE)]
        seen = sum(s in found for found, s in wanted) + sum(t in found for found, t in wanted_leaves)
        return seen, len(wanted) + len(wanted_leaves)

    def percentage(self) -> int:
        """Whole percent of the wanted outcomes seen, rounded down."""
        seen, wanted = self.counts()
        return 100 * seen // wanted if wanted else 100

    def missing(self) -> Iterator[tuple[str, str]]:
        """What no example shows, as rule and sentence."""
        for rule, seen in sorted(self.statuses.items()):
            for one in STATUSES:
                if one not in seen and one != "not_applicable":
                    yield rule, f"no example is {one}"
        for (rule, text), truths in sorted(self.leaves.items()):
            for truth in (Truth.TRUE, Truth.FALSE):
                if truth not in truths:
                    yield rule, f"in no example is `{text}` {truth}"


def examples(pack: RulePack, rule: Rule) -> list[Example]:
    """The examples of a rule, read. Raises PackError with everything that is wrong with them."""
    node = rule.examples
    if not isinstance(node, NodeSequence):
        return []
    problems = Problems()
    found = []
    for item in node.items:
        document = validate(ExampleDocument, item, problems, "an example")
        if document is None:
            continue
        assert isinstance(item, Mapping_)
        try:
            found.append(_read(rule, document, item))
        except ClausesError as error:
            problems.found += error.problems
    problems.raise_as(PackError)
    return found


def _read(rule: Rule, document: ExampleDocument, node: Mapping_) -> Example:
    agreement_node = complete_agreement(node.get("agreement"), node.get("term_sheet"), node.place)
    agreement = read_agreement(agreement_node)
    sheet_node = node.get("term_sheet")
    sheet = read_term_sheet(_complete_sheet(sheet_node), agreement) if isinstance(sheet_node, Mapping_) else None
    default = sheet.dated if sheet else Date.read(EXAMPLE_DATE)
    as_of = Date.read(document.as_of) if document.as_of else default
    return Example(rule, document.name, document.expect, deal(agreement, sheet, as_of), node.place)


def complete_agreement(node: Node | None, sheet: Node | None, place: Place) -> Mapping_:
    """An agreement with its header and with every party that it or the term sheet names."""
    given = node if isinstance(node, Mapping_) else Mapping_({}, {}, place)
    items: dict[str, Node] = dict(given.items)
    header = {"agreement": "example", "signed": EXAMPLE_SIGNED, "clauses": {}}
    for key, value in header.items():
        if key == "signed" and "as_reported" in items:
            continue
        items.setdefault(key, from_plain(value, given.place))
    named = {scalar.text for scalar in [*_named_parties(given), *(_named_parties(sheet) if sheet else ())]}
    parties = items.get("parties")
    listed: dict[str, Node] = dict(parties.items) if isinstance(parties, Mapping_) else {}
    sheet_parties = sheet.get("parties") if isinstance(sheet, Mapping_) else None
    own = set(sheet_parties.items) if isinstance(sheet_parties, Mapping_) else set()
    for id in sorted(named | set(listed) | {"one"} - own):
        if id not in own or id in listed:
            listed[id] = _named(id, listed.get(id), place)
    items["parties"] = Mapping_(listed, dict.fromkeys(listed, place), place)
    return Mapping_(items, {key: given.keys.get(key, given.place) for key in items}, given.place)


def _named(id: str, node: Node | None, place: Place) -> Node:
    """A party with a name."""
    items = dict(node.items) if isinstance(node, Mapping_) else {}
    items.setdefault("name", Scalar(id.replace("-", " ").title(), place))
    return Mapping_(items, dict.fromkeys(items, place), place)


def _named_parties(node: Node) -> Iterator[Scalar]:
    """Every text of a tree that stands where a clause names a party."""
    if isinstance(node, NodeSequence):
        for item in node.items:
            yield from _named_parties(item)
    if not isinstance(node, Mapping_):
        return
    kind = node.get("kind")
    types = KINDS[kind.text].term_types() if isinstance(kind, Scalar) and kind.text in KINDS else {}
    for key, item in node.items.items():
        if (key in types and types[key].name == "party") or key == "proposed_by":
            yield from (scalar for scalar in scalars(item) if scalar.text != "unknown")
        elif key == "set" and isinstance(item, Mapping_):
            names = {name for k in KINDS.values() for name, type in k.term_types().items() if type.name == "party"}
            for name in names & set(item.items):
                yield from (s for s in scalars(item.items[name]) if s.text != "unknown" and _is_id(s.text))
        else:
            yield from _named_parties(item)


def _is_id(text: str) -> bool:
    return bool(re.match(ID_PATTERN, text))


def _complete_sheet(node: Mapping_) -> Mapping_:
    items = dict(node.items)
    for key, value in {"term_sheet": "example", "agreement": "example", "dated": EXAMPLE_DATE}.items():
        items.setdefault(key, from_plain(value, node.place))
    return Mapping_(items, {key: node.keys.get(key, node.place) for key in items}, node.place)


def run_examples(
    pack: RulePack,
    engines: Sequence[Engine],
    rules: Sequence[Rule] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[ExampleResult], Coverage]:
    """Run the examples of a pack on engines. Raises PackError for an example that cannot be read."""
    rules = pack.rules if rules is None else rules
    results: list[ExampleResult] = []
    coverage = Coverage()
    problems = Problems()
    prepared: dict[tuple[str, str], Prepared] = {}
    try:
        for number, rule in enumerate(rules):
            progress(number, len(rules))
            coverage.statuses[rule.id] = set()
            try:
                read = examples(pack, rule)
            except PackError as error:
                problems.found += error.problems
                continue
            for example in read:
                results.append(_run(pack, example, engines, prepared, coverage))
    finally:
        for one in prepared.values():
            one.close()
    problems.raise_as(PackError)
    return results, coverage


def _run(
    pack: RulePack,
    example: Example,
    engines: Sequence[Engine],
    prepared: dict[tuple[str, str], Prepared],
    coverage: Coverage,
) -> ExampleResult:
    parameters = pack.parameters_at(example.deal.as_of)
    found: dict[str, Status] = {}
    for engine in engines:
        key = (engine.name, repr(sorted(parameters.items())))
        if key not in prepared:
            prepared[key] = engine.prepare(pack, parameters)
        outcome = run(prepared[key], pack, example.deal.facts)
        found[engine.name] = status(example.rule, outcome)
    _cover(example.rule, outcome, parameters, coverage)
    coverage.statuses[example.rule.id].add(found[engines[0].name])
    return ExampleResult(example, found)


def _cover(rule: Rule, outcome: Outcome, parameters: Mapping[str, object], coverage: Coverage) -> None:
    """Note which truth values each smallest condition took, over all combinations of clauses."""
    context = next((fact for fact in outcome.facts if fact.kind == "context"), None)
    start = {"context": context} if context else {}
    for leaf in ast.leaves(rule.when):
        if leaf == ast.ALWAYS:
            continue
        text = rule.when_text_of(leaf)
        seen = coverage.leaves.setdefault((rule.id, text), set())
        holds = meaning(leaf, parameters)  # type: ignore[arg-type]
        for clauses in _combinations(rule, outcome.facts, leaf, start):
            seen.add(holds(clauses))


def _combinations(
    rule: Rule, facts: Sequence[Fact], leaf: ast.Node, start: dict[str, Fact]
) -> Iterator[dict[str, Fact]]:
    """Every choice of facts for the aliases that a condition reads."""
    aliases = {term.alias for term in ast.terms(leaf)}
    chosen = [dict(start)]
    for pattern in rule.given:
        if pattern.alias in aliases:
            fitting = [
                f for f in facts if f.kind == pattern.kind and (pattern.layer is None or pattern.layer in f.layers)
            ]
            chosen = [{**one, pattern.alias: fact} for one in chosen for fact in fitting]
    yield from chosen
