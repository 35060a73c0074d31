"""What is wrong with a pack that reads without errors: examples, authority and dates that are missing or stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clauses.engines.rete.columns import Codes
from clauses.engines.rete.compile import compile_rule
from clauses.errors import InputError, PackError
from clauses.language.pack import RulePack
from clauses.language.rule import AuthorityDocument, Rule
from clauses.review.output.common import as_json
from clauses.review.output.github import annotation
from clauses.source import Place, printable
from clauses.terms.values import Date
from clauses.yaml_nodes import Mapping_, read_source
from clauses.yaml_nodes import Sequence as NodeSequence


@dataclass(frozen=True)
class Defect:
    """Something that a reviewer of the pack would send back."""

    id: str
    sentence: str
    place: Place = field(repr=False)


def lint(pack: RulePack, as_of: Date) -> list[Defect]:
    """The defects of a pack, in the order of their places."""
    found = [*_overdue(pack, as_of)]
    texts = _source_texts(pack)
    for rule in pack.rules:
        found += [*_examples(rule), *_words(rule), *_authority(rule, texts), *_engines(rule, pack, as_of)]
    return sorted(found, key=lambda defect: (defect.place.file, defect.place.line, defect.place.column, defect.id))


def _examples(rule: Rule) -> Iterator[Defect]:
    """A rule shows at least one case that breaches it and one that satisfies it."""
    node = rule.examples
    items = node.items if isinstance(node, NodeSequence) else ()
    expected = [item.plain().get("expect") for item in items if isinstance(item, Mapping_)]
    names = [item.plain().get("name") for item in items if isinstance(item, Mapping_)]
    for wanted in ("breached", "satisfied"):
        if wanted not in expected:
            yield Defect("missing-example", f"the rule `{rule.id}` has no example that is {wanted}", rule.place)
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield Defect("duplicate-example", f"two examples of `{rule.id}` are called “{name}”", rule.place)


def _words(rule: Rule) -> Iterator[Defect]:
    if rule.derives is None and not rule.redraft:
        yield Defect("missing-redraft", f"the rule `{rule.id}` proposes no redraft", rule.place)


def _engines(rule: Rule, pack: RulePack, as_of: Date) -> Iterator[Defect]:
    """Every engine can run the rule: the network of the rete engine holds less than the language says."""
    try:
        for certainly in (True, False):
            compile_rule(rule, pack.parameters_at(as_of), certainly, Codes())
    except PackError as error:
        yield from (Defect(problem.id, problem.sentence, rule.place) for problem in error.problems)


def _authority(rule: Rule, texts: dict[str, str]) -> Iterator[Defect]:
    if not rule.authority:
        yield Defect("missing-authority", f"the rule `{rule.id}` names no authority", rule.place)
    for authority in rule.authority:
        yield from _quote(rule, authority, texts)


def _quote(rule: Rule, authority: AuthorityDocument, texts: dict[str, str]) -> Iterator[Defect]:
    """A quote occurs, word for word, in the document, where the pack has its text."""
    text = texts.get(authority.document)
    if text is None or not authority.quote:
        return
    if " ".join(authority.quote.split()) not in text:
        sentence = f"`{authority.document}` does not say “{authority.quote}”"
        yield Defect("misquoted", sentence, rule.root.items["authority"].place)


def _source_texts(pack: RulePack) -> dict[str, str]:
    found = {}
    for id, source in pack.sources.items():
        if source.file:
            try:
                found[id] = " ".join(read_source(pack.folder / Path(source.file)).text.split())
            except InputError:
                continue
    return found


def _overdue(pack: RulePack, as_of: Date) -> Iterator[Defect]:
    for parameter, dated in pack.overdue(as_of):
        sentence = f"the parameter `{parameter.name}` should have been verified by {dated.verify_by}"
        yield Defect("overdue", sentence, dated.place)


def render(defects: Sequence[Defect], packs: Sequence[RulePack], as_of: Date, format: str) -> str:
    """The defects in one of the formats text, concise, json and github."""
    if format == "json":
        listed = [{"id": d.id, "sentence": d.sentence, "location": d.place.location()} for d in defects]
        return as_json({"as_of": str(as_of), "defects": listed})
    if format == "github":
        return "".join(annotation("error", d.place.location(), d.id, d.sentence) for d in defects)
    lines = [f"{d.place}: defect[{d.id}] {d.sentence}" for d in defects]
    if format == "text":
        counted = ", ".join(f"{pack.name} {pack.version} ({len(pack.rules)} rules)" for pack in packs)
        lines.append(f"{len(defects)} defect{'' if len(defects) == 1 else 's'} in {counted}, as of {as_of}")
    return "".join(f"{printable(line)}\n" for line in lines)
