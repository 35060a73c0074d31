"""A rule pack: a folder of rules, the parameters and sources that they share, and a version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pydantic import Field

from clauses.errors import PackError, Problems, did_you_mean
from clauses.language import ast
from clauses.language.rule import AuthorityDocument, PackScope, Rule, read_rule, start_of_examples
from clauses.source import Place, Source
from clauses.terms.facts import fact_types
from clauses.terms.kinds import TermType
from clauses.terms.party import Id, Model, SourceDocument, Written
from clauses.terms.validate import validate
from clauses.terms.values import VALUE_TYPES, Date, Money, NotAValue, Value
from clauses.yaml_nodes import Mapping_, Scalar, parse, read_file, read_source
from clauses.yaml_nodes import Sequence as NodeSequence

MAXIMUM_RULES = 10_000
PACK_FILE = "pack.yaml"
_FIELD_TYPES = {"party", "clause", "text", *VALUE_TYPES}


class DatedValueDocument(Model):
    """A value of a parameter from a day on."""

    starting: Date = Field(description="The first day on which the value holds.")
    value: Written = Field(description="The value.")
    authority: AuthorityDocument | None = Field(None, description="Where it comes from.")
    verify_by: Date | None = Field(None, description="The day by which somebody should check that it still holds.")


class ParameterDocument(Model):
    """A value that rules share and that changes with time."""

    description: str = Field(description="What it is, in a sentence.", min_length=1)
    values: tuple[DatedValueDocument, ...] = Field(description="Its values by date.", min_length=1)


class PackSource(SourceDocument):
    """A document that rules cite."""

    bears_on: Id | None = Field(
        None, description="The one agreement that it tells of; reviews of other agreements do not cite it."
    )


class PackDocument(Model):
    """What `pack.yaml` may hold."""

    pack: Id = Field(description="The name of the pack.")
    version: str = Field(description="Its version, such as `1.2.0`.", pattern=r"^\d+\.\d+\.\d+$")
    title: str = Field("", description="Its title.")
    description: str = Field("", description="What it is for.")
    sources: dict[Id, PackSource] = Field(default_factory=dict, description="The documents that rules cite.")
    parameters: dict[str, ParameterDocument] = Field(default_factory=dict, description="Values that rules share.")
    facts: dict[str, dict[str, str]] = Field(default_factory=dict, description="The kinds of fact that rules derive.")
    example_agreement: str | None = Field(
        None, description="The agreement that examples change unless they bring their own."
    )


@dataclass(frozen=True)
class DatedValue:
    """A value of a parameter from a day on."""

    starting: Date
    value: Value | str
    verify_by: Date | None
    authority: AuthorityDocument | None
    place: Place = field(repr=False)


@dataclass(frozen=True)
class PackParameter:
    """A parameter with all its values, in the order of their dates."""

    name: str
    description: str
    values: tuple[DatedValue, ...]

    def at(self, as_of: Date) -> DatedValue | None:
        """The value that holds on a day, or None before the first."""
        return next((v for v in reversed(self.values) if v.starting.lowest <= as_of.lowest), None)


@dataclass(frozen=True)
class RulePack:
    """A folder of rules, checked as a whole."""

    name: str
    version: str
    title: str
    sources: Mapping[str, PackSource]
    parameters: Mapping[str, PackParameter]
    derived: Mapping[str, Mapping[str, TermType]]
    rules: tuple[Rule, ...]
    sha256: str
    folder: Path
    example_agreement: str | None = None
    left_out: int = 0
    """How many rules that make findings a selection leaves out."""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """What its files said when it was read, by their names."""

    @cached_property
    def strata(self) -> tuple[tuple[Rule, ...], ...]:
        """The rules in the order in which they must run: what derives a fact before what reads it."""
        return tuple(_strata(self.rules, set(self.derived)))

    def rule(self, id: str) -> Rule | None:
        """The rule of an id."""
        return next((rule for rule in self.rules if rule.id == id), None)

    def authority_of(self, rule: Rule, agreement: str) -> list[AuthorityDocument]:
        """What a rule rests on, in a review of an agreement."""
        sources = [(authority, self.sources.get(authority.document)) for authority in rule.authority]
        return [authority for authority, source in sources if not source or source.bears_on in (None, agreement)]

    def parameters_at(self, as_of: Date) -> dict[str, Value | str]:
        """The value of every parameter on a day. Raises PackError where one has no value yet."""
        problems = Problems()
        found: dict[str, Value | str] = {}
        for parameter in self.parameters.values():
            dated = parameter.at(as_of)
            if dated is None:
                first = parameter.values[0]
                sentence = (
                    f"the parameter `{parameter.name}` has no value on {as_of}; its first holds from {first.starting}"
                )
                problems.add("no-value-yet", sentence, first.place)
            else:
                found[parameter.name] = dated.value
        problems.raise_as(PackError)
        return found

    def overdue(self, as_of: Date) -> list[tuple[PackParameter, DatedValue]]:
        """The parameters whose value should have been verified before a day."""
        pairs = [(parameter, parameter.at(as_of)) for parameter in self.parameters.values()]
        return [(p, v) for p, v in pairs if v and v.verify_by and v.verify_by.highest < as_of.lowest]

    def select(self, select: Sequence[str], ignore: Sequence[str]) -> RulePack:
        """The pack with only the rules whose id or tag is selected and not ignored.

        Rules that derive facts for them always stay. Raises PackError for a word that names nothing.
        """
        words = {word for rule in self.rules for word in (rule.id, *rule.tags)}
        problems = Problems()
        for word in [*select, *ignore]:
            if word not in words:
                problems.add("selects-nothing", f"no rule or tag is called `{word}`", None, did_you_mean(word, words))
        problems.raise_as(PackError)

        def chosen(rule: Rule) -> bool:
            names = {rule.id, *rule.tags}
            return (not select or bool(names & set(select))) and not names & set(ignore)

        kept = tuple(rule for rule in self.rules if rule.derives or chosen(rule))
        if not any(rule.derives is None for rule in kept):
            raise PackError.of("selects-nothing", "the selection leaves no rule")
        left_out = sum(rule.derives is None for rule in self.rules) - sum(rule.derives is None for rule in kept)
        # What is selected is another pack: a review by it is not a review by the whole.
        digest = hashlib.sha256("\0".join([self.sha256, *(rule.id for rule in kept)]).encode()).hexdigest()
        return replace(self, rules=kept, left_out=left_out, sha256=digest if left_out else self.sha256)


def load_pack(folder: Path | str, shown_as: str | None = None) -> RulePack:
    """Read a pack from its folder. Raises PackError or InputError with everything that is wrong."""
    folder = Path(folder)
    shown = shown_as or str(folder)
    header_file = folder / PACK_FILE
    if not header_file.is_file():
        place = Place(Source(shown, ""), 0, 0)
        if not folder.exists():
            raise PackError.of("no-such-pack", "there is no such rule pack", place)
        if folder.is_file():
            raise PackError.of("no-such-pack", "this is a file, and a rule pack is a folder", place)
        raise PackError.of("no-such-pack", f"this folder has no `{PACK_FILE}`, so it is not a rule pack", place)
    problems = Problems()
    root = read_file(header_file, f"{shown}/{PACK_FILE}")
    document = validate(PackDocument, root, problems, "a pack")
    problems.raise_as(PackError)
    assert document is not None
    parameters = _read_parameters(document, root, problems)
    derived = _read_fact_kinds(document, root, problems)
    latest = {name: parameter.values[-1].value for name, parameter in parameters.items()}
    scope = PackScope(latest, document.sources, derived)
    rules, texts = _read_rules(folder, shown, scope, problems)
    _check_parameters_used(parameters, derived, rules, root, problems)
    problems.raise_as(PackError)
    digest = hashlib.sha256()
    texts[PACK_FILE] = root.place.source.text
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    pack = RulePack(
        name=document.pack,
        version=document.version,
        title=document.title or document.pack,
        sources=document.sources,
        parameters=parameters,
        derived=derived,
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        sha256=digest.hexdigest(),
        folder=folder,
        example_agreement=document.example_agreement,
        texts=texts,
    )
    assert pack.strata
    return pack


def _read_rules(folder: Path, shown: str, scope: PackScope, problems: Problems) -> tuple[list[Rule], dict[str, str]]:
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name != PACK_FILE)
    if not files:
        problems.add(
            "empty-pack", "the pack has no rules", Place(Source(shown, ""), 0, 0), "`clauses new rule ID` makes one"
        )
    if len(files) > MAXIMUM_RULES:
        problems.add("too-many-rules", f"a pack holds at most {MAXIMUM_RULES} rules", Place(Source(shown, ""), 0, 0))
        return [], {}
    rules: list[Rule] = []
    texts: dict[str, str] = {}
    for path in files:
        root = _read_one(path, f"{shown}/{path.name}", problems)
        if root is None:
            continue
        texts[path.name] = root.place.source.text
        rule = read_rule(root, scope, problems)
        if rule is None:
            continue
        if rule.id != path.stem:
            problems.add(
                "misnamed-rule",
                f"the rule `{rule.id}` stands in a file called `{path.name}`",
                rule.place,
                f"call the file `{rule.id}.yaml`",
            )
        if any(rule.id == other.id for other in rules):
            problems.add("duplicate-rule", f"a rule called `{rule.id}` stands in another file of the pack", rule.place)
        rules.append(rule)
    return rules, texts


def _read_one(path: Path, shown: str, problems: Problems) -> Mapping_ | None:
    """One file of the pack; its problems join the others, so that all are reported at once."""
    from clauses.errors import InputError

    try:
        source = read_source(path, shown)
        return parse(source, stop=start_of_examples(source.text))
    except InputError as error:
        problems.found += error.problems
        return None


def _read_parameters(document: PackDocument, root: Mapping_, problems: Problems) -> dict[str, PackParameter]:
    found = {}
    nodes = root.get("parameters")
    for name, parameter in document.parameters.items():
        assert isinstance(nodes, Mapping_)
        node = nodes.items[name]
        listed = node.get("values") if isinstance(node, Mapping_) else None
        assert isinstance(listed, NodeSequence)
        values = []
        for dated, item in zip(parameter.values, listed.items, strict=True):
            assert isinstance(item, Mapping_)
            scalar = item.items["value"]
            value = _read_value(scalar, problems)
            if not dated.starting.is_exact:
                problems.add("not-a-value", "a value starts on a single day", item.items["starting"].place)
            if value is not None:
                values.append(DatedValue(dated.starting, value, dated.verify_by, dated.authority, scalar.place))
        if len({type(value.value) for value in values}) > 1:
            problems.add("wrong-type", f"the values of `{name}` are of different types", nodes.keys[name])
        if len({value.value.currency for value in values if isinstance(value.value, Money)}) > 1:
            problems.add("two-currencies", f"the values of `{name}` are in different currencies", nodes.keys[name])
        if values:
            ordered = tuple(sorted(values, key=lambda value: value.starting.lowest))
            found[name] = PackParameter(name, parameter.description, ordered)
    return found


def _read_value(node: object, problems: Problems) -> Value | str | None:
    """A parameter's value, of whichever type its text shows."""
    assert isinstance(node, Scalar)
    if not re.match(r"\d|[A-Z]{3}\s", node.text):
        return node.text
    first_problem: NotAValue | None = None
    for value_type in VALUE_TYPES.values():
        try:
            value = value_type.read(node.text)
        except NotAValue as error:
            first_problem = first_problem or error
            continue
        if value.is_exact:
            return value
    problems.add(
        "not-a-value", f"`{node.text}` is not an exact value", node.place, first_problem.hint if first_problem else None
    )
    return None


def _read_fact_kinds(document: PackDocument, root: Mapping_, problems: Problems) -> dict[str, dict[str, TermType]]:
    found = {}
    nodes = root.get("facts")
    for kind, fields in document.facts.items():
        assert isinstance(nodes, Mapping_)
        node = nodes.items[kind]
        assert isinstance(node, Mapping_)
        if fact_types(kind) is not None or not re.fullmatch(r"[a-z][a-z0-9_]*", kind):
            problems.add(
                "bad-kind",
                f"`{kind}` cannot name a kind of derived fact",
                nodes.keys[kind],
                "use another name, with `_`",
            )
        for name, type in fields.items():
            if type not in _FIELD_TYPES:
                problems.add(
                    "unknown-type",
                    f"there is no type `{type}`",
                    node.items[name].place,
                    did_you_mean(type, _FIELD_TYPES),
                )
        found[kind] = {"id": TermType("text"), **{name: TermType(type) for name, type in fields.items()}}
    return found


def _check_parameters_used(
    parameters: Mapping[str, PackParameter],
    derived: Mapping[str, object],
    rules: Iterable[Rule],
    root: Mapping_,
    problems: Problems,
) -> None:
    """What nobody reads is a mistake: a parameter that no rule uses, a kind of fact that none derives."""
    if problems.found:
        return
    rules = list(rules)
    used = {
        node.name
        for rule in rules
        for condition in (rule.when, *(absence.when for absence in rule.unless))
        for node in ast.walk(condition)
        if isinstance(node, ast.Parameter)
    }
    for key, known, read, sentence in (
        ("parameters", parameters, used, "no rule reads the parameter `{}`"),
        ("facts", derived, {rule.derives.kind for rule in rules if rule.derives}, "no rule derives `{}`"),
        ("facts", derived, {kind for rule in rules for kind in rule.kinds}, "no rule reads `{}`"),
    ):
        node = root.get(key)
        for name in known:
            if name not in read and isinstance(node, Mapping_):
                problems.add("unused", sentence.format(name), node.keys[name])


def _strata(rules: Sequence[Rule], derived: set[str]) -> list[tuple[Rule, ...]]:
    """Rules by the order in which they must run; raises PackError where derivations go in a circle."""
    makers: dict[str, list[Rule]] = {kind: [] for kind in derived}
    for rule in rules:
        if rule.derives:
            makers[rule.derives.kind].append(rule)
    level: dict[str, int] = {}
    waiting = sorted(derived)
    while waiting:
        ready = []
        for kind in waiting:
            needs = {need for rule in makers[kind] for need in rule.kinds & derived}
            if needs <= set(level):
                ready.append((kind, 1 + max((level[need] for need in needs), default=-1)))
        if not ready:
            rule = makers[waiting[0]][0]
            names = ", ".join(f"`{kind}`" for kind in waiting)
            raise PackError.of(
                "circular-derivation", f"facts are derived from each other in a circle: {names}", rule.place
            )
        level.update(ready)
        waiting = [kind for kind in waiting if kind not in level]
    depth = max(level.values(), default=-1) + 1
    layers: list[list[Rule]] = [[] for _ in range(depth + 1)]
    for rule in rules:
        layers[level[rule.derives.kind] if rule.derives else depth].append(rule)
    return [tuple(layer) for layer in layers]
