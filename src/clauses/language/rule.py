"""A rule: one test of a term sheet, with its authority. One file each, checked as a whole when it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from clauses.errors import Problems, did_you_mean
from clauses.language import ast
from clauses.language.check import Scope, check_condition
from clauses.language.operators import RESERVED
from clauses.language.parse import ConditionError, parse_condition
from clauses.language.rewrite import rewrite
from clauses.source import Place
from clauses.terms.facts import GENERAL_KINDS, LAYERS, fact_types
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.party import Id, Model
from clauses.terms.validate import validate
from clauses.terms.values import VALUE_TYPES, NotAValue, Value
from clauses.yaml_nodes import Mapping_, Node, Scalar, Sequence, parse

Severity = Literal["conflict", "consent", "flag", "note"]
SEVERITIES: tuple[Severity, ...] = ("conflict", "consent", "flag", "note")
"""From the worst: cannot stand beside what is in force; stands only with a consent; draws a regulator or
needs attention; worth knowing."""

MAXIMUM_PATTERNS = 8
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


class AuthorityDocument(Model):
    """Where a rule, or the value of a parameter, comes from."""

    document: Id = Field(description="The id of a source listed in `pack.yaml`.")
    quote: str | None = Field(None, description="Its words, exactly.")
    section: str | None = Field(None, description="The section, such as `7.1(a)`.")
    note: str | None = Field(None, description="How the document bears on the rule, in a sentence.")


class PatternDocument(Model):
    """A clause that must be there for the rule to apply."""

    kind: str = Field(description="A kind of clause, a general kind, or a kind of fact that the pack derives.")
    in_: Literal["current", "proposed", "removed", "result"] | None = Field(
        None, alias="in", description="Where the clause stands; `result` if left out."
    )


class AbsenceDocument(PatternDocument):
    """A clause that must not be there for the rule to find anything."""

    when: str | None = Field(None, description="Which clauses of that kind count.")


class ExampleDocument(Model):
    """A term sheet on which the rule must come out in a stated way."""

    name: str = Field(description="What it shows.", min_length=1)
    expect: Literal["breached", "satisfied", "undetermined", "not_applicable"] = Field(
        description="How it must come out."
    )
    agreement: Any = Field(
        None, description="The agreement, or only its `clauses`; the pack's own example if left out."
    )
    term_sheet: Any = Field(None, description="The term sheet, or only its `changes`.")
    as_of: str | None = Field(None, description="The date of the review, if not that of the term sheet.")


class RuleDocument(Model):
    """What a rule file may hold."""

    rule: Id = Field(description="Names the fault, in kebab-case; the name of the file.")
    heading: str = Field(description="The fault in a few words.", min_length=1)
    severity: Severity = Field("note", description="How grave a breach is.")
    tags: tuple[Id, ...] = Field((), description="Words to select rules by.")
    authority: tuple[AuthorityDocument, ...] = Field((), description="Where the rule comes from.")
    given: dict[str, PatternDocument] = Field(description="The clauses that the rule is about, by alias.", min_length=1)
    when: str | None = Field(None, description="The condition under which the rule is breached; always if left out.")
    unless: dict[str, AbsenceDocument] = Field(default_factory=dict, description="Clauses that excuse, by alias.")
    derives: dict[str, str] | None = Field(None, description="The fact that the rule derives instead of a finding.")
    says: str | None = Field(None, description="The finding in a sentence; `{alias.term}` stands for a value.")
    redraft: str | None = Field(None, description="The change that would cure it.")
    question: str | None = Field(
        None, description="What to ask where the rule cannot tell, instead of the standard question."
    )
    examples: tuple[ExampleDocument, ...] = Field((), description="Term sheets on which it must come out as they say.")


@dataclass(frozen=True)
class Pattern:
    """An alias that stands for a fact of one kind, in one layer."""

    alias: str
    kind: str
    layer: str | None
    """None for kinds that stand in no layer: those that rules derive."""
    types: Mapping[str, TermType] = field(repr=False)


@dataclass(frozen=True)
class Absence:
    """An `unless`: no fact of this pattern fulfils the condition."""

    pattern: Pattern
    when: ast.Node
    text: str


@dataclass(frozen=True)
class Derives:
    """The fact that a rule derives: its kind, and what each of its terms is taken from."""

    kind: str
    terms: Mapping[str, ast.Node]


@dataclass(frozen=True)
class Rule:
    """One checked rule."""

    id: str
    heading: str
    severity: Severity
    tags: tuple[str, ...]
    authority: tuple[AuthorityDocument, ...]
    given: tuple[Pattern, ...]
    when: ast.Node
    when_text: str
    unless: tuple[Absence, ...]
    derives: Derives | None
    says: str
    redraft: str
    question: str | None
    place: Place = field(repr=False)
    root: Mapping_ = field(repr=False)

    @cached_property
    def examples(self) -> Node | None:
        """The examples as they stand in the file. They are read only when they are asked for."""
        if "examples" in self.root.items or not self.place.source.text:
            return self.root.get("examples")
        return parse(self.place.source).get("examples")

    @property
    def kinds(self) -> set[str]:
        """Every kind of fact that the rule reads."""
        return {p.kind for p in self.given} | {a.pattern.kind for a in self.unless}

    @cached_property
    def uses_context(self) -> bool:
        """Whether some condition of the rule reads the context."""
        nodes = [self.when, *(absence.when for absence in self.unless)]
        return any(term.alias == "context" for node in nodes for term in ast.terms(node))

    def when_text_of(self, node: ast.Node) -> str:
        """The words of a part of the condition, as the file writes them."""
        written = self.root.get("when")
        if not isinstance(written, Scalar):
            return ""
        text = written.raw if written.raw is not None else written.text
        start, end = node.span.start, node.span.end
        if isinstance(node, ast.Compare | ast.Membership) and text[start : start + 1] == "(":
            # Parentheses around a comparison belong to what stands around it.
            sides = ast.children(node)
            start, end = max(start, sides[0].span.start), min(end, sides[-1].span.end)
        return " ".join(text[start:end].split())

    def pattern(self, alias: str) -> Pattern | None:
        """The pattern of an alias, if the rule has it."""
        return next((p for p in (*self.given, *(a.pattern for a in self.unless)) if p.alias == alias), None)


@dataclass(frozen=True)
class PackScope:
    """What a pack gives its rules: parameters, sources, and the kinds of fact that it derives."""

    parameters: Mapping[str, Value | str]
    sources: Mapping[str, Any]
    derived: Mapping[str, Mapping[str, TermType]]

    def types(self, kind: str) -> Mapping[str, TermType] | None:
        """The terms of a kind, or None where there is no such kind."""
        return self.derived.get(kind) or fact_types(kind)

    def kinds(self) -> list[str]:
        """Every kind that a pattern may name."""
        return [*KINDS, *(kind for kind in GENERAL_KINDS if kind != "context"), *self.derived]


def start_of_examples(text: str) -> int | None:
    """Where the examples of a rule file start, if nothing but examples follows.

    They are the larger part of the file, and a review does not need them.
    """
    start = text.find("\nexamples:")
    if start < 0:
        return None
    following = text[start + 1 :].splitlines()[1:]
    return start + 1 if all(not line or line[0] in " -#" for line in following) else None


def read_rule(root: Mapping_, scope: PackScope, problems: Problems) -> Rule | None:
    """Read and check one rule. Returns None after noting everything that is wrong with it."""
    before = len(problems.found)
    document = validate(RuleDocument, root, problems, "a rule")
    if document is None:
        return None
    reader = _RuleReader(root, document, scope, problems)
    rule = reader.rule()
    return rule if len(problems.found) == before else None


class _RuleReader:
    def __init__(self, root: Mapping_, document: RuleDocument, scope: PackScope, problems: Problems) -> None:
        self.root, self.document, self.scope, self.problems = root, document, scope, problems
        self.refused: frozenset[str] = frozenset()

    def rule(self) -> Rule:
        document, before = self.document, len(self.problems.found)
        given = self.patterns("given", document.given)
        aliases = {pattern.alias: pattern.types for pattern in given}
        if len(given) > MAXIMUM_PATTERNS:
            self.problems.add(
                "too-many-patterns", f"a rule matches at most {MAXIMUM_PATTERNS} clauses", self.root.keys["given"]
            )
        self.refused = frozenset(document.given) - set(aliases)
        when = self.condition(self.root.get("when"), Scope(aliases, self.scope.parameters, None, self.refused))
        unless = self.absences(aliases)
        self.authority()
        derives = self.derives(aliases)
        if document.derives is None and not document.says:
            self.problems.add("missing-key", "a rule needs the key `says`", self.root.keys["rule"])
        for key in ("says", "redraft", "question"):
            self.message(key, aliases)
        if len(self.problems.found) == before:  # a condition that was refused reads nothing
            self.unused_aliases(given, when, unless, derives)
        return Rule(
            id=document.rule,
            heading=document.heading,
            severity=document.severity,
            tags=document.tags,
            authority=document.authority,
            given=given,
            when=when,
            when_text=" ".join((document.when or "").split()),
            unless=unless,
            derives=derives,
            says=document.says or "",
            redraft=document.redraft or "",
            question=document.question,
            place=self.root.items["rule"].place,
            root=self.root,
        )

    def patterns(self, key: str, documents: Mapping[str, PatternDocument]) -> tuple[Pattern, ...]:
        found = []
        node = self.root.items[key]
        assert isinstance(node, Mapping_)
        for alias, document in documents.items():
            pattern = self.pattern(alias, document, node.keys[alias], node.items[alias])
            if pattern:
                found.append(pattern)
        return tuple(found)

    def pattern(self, alias: str, document: PatternDocument, place: Place, node: Node) -> Pattern | None:
        assert isinstance(node, Mapping_)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", alias) or alias in RESERVED:
            word = (
                "the language uses this word itself" if alias in RESERVED else "use lower-case letters, digits and `_`"
            )
            self.problems.add("bad-alias", f"`{alias}` cannot name a clause in a rule", place, word)
            return None
        types = self.scope.types(document.kind)
        if types is None or document.kind == "context":
            hint = did_you_mean(document.kind, self.scope.kinds())
            self.problems.add(
                "unknown-kind", f"there is no kind called `{document.kind}`", node.items["kind"].place, hint
            )
            return None
        layer: str | None = document.in_ or "result"
        if document.kind in self.scope.derived:
            if document.in_ is not None:
                place = node.items["in"].place
                self.problems.add(
                    "no-layer", f"`{document.kind}` is derived by rules and stands in no layer", place, "leave `in` out"
                )
            layer = None
        assert layer in (*LAYERS, None)
        return Pattern(alias, document.kind, layer, types)

    def absences(self, aliases: Mapping[str, Mapping[str, TermType]]) -> tuple[Absence, ...]:
        node = self.root.get("unless")
        if not isinstance(node, Mapping_):
            return ()
        found = []
        for alias, document in self.document.unless.items():
            if alias in aliases:
                self.problems.add(
                    "duplicate-alias", f"`{alias}` is already the name of a clause of this rule", node.keys[alias]
                )
                continue
            item = node.items[alias]
            pattern = self.pattern(alias, document, node.keys[alias], item)
            if pattern is None or not isinstance(item, Mapping_):
                continue
            scope = Scope({**aliases, alias: pattern.types}, self.scope.parameters, alias, self.refused)
            when = self.condition(item.get("when"), scope)
            found.append(Absence(pattern, when, " ".join((document.when or "").split())))
        return tuple(found)

    def condition(self, node: Node | None, scope: Scope) -> ast.Node:
        """The checked condition; problems are noted at their characters in the file."""
        if not isinstance(node, Scalar):
            return ast.ALWAYS
        text = node.raw if node.raw is not None else node.text
        try:
            checked, problems = check_condition(parse_condition(text), scope)
            if not problems and any(isinstance(part, ast.Arithmetic) for part in ast.walk(checked)):
                rewrite(checked, scope.parameters)  # only arithmetic can be beyond what engines compute
        except ConditionError as error:
            checked, problems = ast.ALWAYS, [error]
        for problem in problems:
            source, start = node.place.source, node.raw_start
            place = node.place
            if node.raw is not None:
                place = source.place(start + problem.span.start, start + problem.span.end)
            self.problems.add(problem.id, problem.sentence, place, problem.hint)
        return checked

    def authority(self) -> None:
        node = self.root.get("authority")
        for number, authority in enumerate(self.document.authority):
            if authority.document not in self.scope.sources:
                item = node.items[number] if isinstance(node, Sequence) else self.root
                hint = did_you_mean(authority.document, self.scope.sources)
                self.problems.add(
                    "unknown-source", f"the pack lists no source `{authority.document}`", item.place, hint
                )

    def derives(self, aliases: Mapping[str, Mapping[str, TermType]]) -> Derives | None:
        node = self.root.get("derives")
        if not isinstance(node, Mapping_) or self.document.derives is None:
            return None
        for key in ("says", "redraft", "question", "severity"):
            if key in self.root.items:
                sentence = f"a rule that derives a fact makes no finding, so nobody reads `{key}`"
                self.problems.add("unused-key", sentence, self.root.keys[key])
        kind = self.document.derives.get("kind", "")
        types = self.scope.derived.get(kind)
        if types is None:
            place = node.items["kind"].place if "kind" in node.items else node.place
            hint = did_you_mean(kind, self.scope.derived) or "list it under `facts` in `pack.yaml`"
            self.problems.add("unknown-kind", f"the pack derives no kind called `{kind}`", place, hint)
            return None
        return Derives(kind, self.derived_terms(kind, types, node, aliases))

    def derived_terms(
        self, kind: str, types: Mapping[str, TermType], node: Mapping_, aliases: Mapping[str, Mapping[str, TermType]]
    ) -> dict[str, ast.Node]:
        wanted = {name: type for name, type in types.items() if name != "id"}
        found: dict[str, ast.Node] = {}
        for name in (n for n in node.items if n != "kind" and n not in wanted):
            self.problems.add(
                "unknown-key", f"`{kind}` has no term `{name}`", node.keys[name], did_you_mean(name, wanted)
            )
        for name, type in wanted.items():
            item = node.get(name)
            if not isinstance(item, Scalar):
                self.problems.add("missing-key", f"`{kind}` needs its term `{name}`", node.place)
                continue
            taken = self.derived_term(item, type, aliases)
            if taken is not None:
                found[name] = taken
        return found

    def derived_term(
        self, item: Scalar, type: TermType, aliases: Mapping[str, Mapping[str, TermType]]
    ) -> ast.Node | None:
        """A term of a matched clause (`alias.term`) or a fixed value."""
        alias, dot, term = item.text.partition(".")
        known = {**aliases, "context": GENERAL_KINDS["context"]}
        if dot and alias in known:
            given = known[alias].get(term)
            if given is None:
                self.problems.add(
                    "unknown-term", f"`{alias}` has no term `{term}`", item.place, did_you_mean(term, known[alias])
                )
            elif given.is_list or (given.name != type.name and (type.name != "text" or given.name in VALUE_TYPES)):
                self.problems.add("wrong-type", f"`{item.text}` is a {given}, and a {type} belongs here", item.place)
            else:
                return ast.Term(alias, term, given, ast.Literal("", given).type)
            return None
        if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", item.text):
            if alias not in self.refused:
                self.problems.add(
                    "unknown-name", f"nothing here is called `{alias}`", item.place, did_you_mean(alias, known)
                )
            return None
        value_type = VALUE_TYPES.get(type.name)
        try:
            return ast.Literal(value_type.read(item.text) if value_type else item.text, type)
        except NotAValue as error:
            self.problems.add("not-a-value", str(error), item.place, error.hint)
            return None

    def message(self, key: str, aliases: Mapping[str, Mapping[str, TermType]]) -> None:
        """Every `{…}` of a message must name a term of a matched clause, a parameter or the context."""
        node = self.root.get(key)
        if not isinstance(node, Scalar):
            return
        known = {**aliases, "context": GENERAL_KINDS["context"], "parameters": self.scope.parameters}
        raw = node.raw if node.raw is not None else node.text
        for match in PLACEHOLDER.finditer(raw):
            if match[1] is None:
                continue
            alias, _, term = match[1].strip().partition(".")
            place = node.place
            if node.raw is not None:
                place = place.source.place(node.raw_start + match.start(), node.raw_start + match.end())
            if alias in self.refused:
                continue
            if alias not in known:
                self.problems.add(
                    "unknown-name", f"nothing here is called `{alias}`", place, did_you_mean(alias, known)
                )
            elif term not in known[alias]:
                self.problems.add(
                    "unknown-term", f"`{alias}` has no term `{term}`", place, did_you_mean(term, known[alias])
                )

    def unused_aliases(
        self, given: tuple[Pattern, ...], when: ast.Node, unless: tuple[Absence, ...], derives: Derives | None
    ) -> None:
        """A second clause that no condition ties to the first would match everything: surely a slip."""
        if len(given) < 2:
            return
        nodes = [when, *(absence.when for absence in unless), *(derives.terms.values() if derives else ())]
        read = {term.alias for node in nodes for term in ast.terms(node)}
        node = self.root.items["given"]
        assert isinstance(node, Mapping_)
        for pattern in given:
            if pattern.alias not in read:
                sentence = f"no condition reads `{pattern.alias}`, so it would match every clause of its kind"
                self.problems.add(
                    "unused-alias",
                    sentence,
                    node.keys[pattern.alias],
                    "tie it to another clause in `when`, or leave it out",
                )
