"""A rule as a page: what it says in English, how it is written, where it comes from, its examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clauses.language.english import rule_in_english
from clauses.language.pack import RulePack
from clauses.language.rule import Absence, Pattern, Rule
from clauses.language.show import show
from clauses.review.output.common import as_json
from clauses.review.output.ink import SEVERITY_COLOURS, Ink
from clauses.source import printable
from clauses.terms.kinds import KINDS
from clauses.yaml_nodes import Mapping_
from clauses.yaml_nodes import Sequence as NodeSequence


def render(chosen: Sequence[tuple[RulePack, Rule]], format: str, ink: Ink) -> str:
    """The pages of some rules."""
    if format == "json":
        found = [_data(pack, rule) for pack, rule in chosen]
        return as_json(found[0] if len(found) == 1 else found)
    return "\n".join(_page(pack, rule, format == "markdown", ink) for pack, rule in chosen)


def kinds() -> str:
    """The kinds of clause, each with its terms."""
    lines = []
    for name, kind in KINDS.items():
        lines += [name, f"  {(kind.__doc__ or '').strip().splitlines()[0]}"]
        for term, type in kind.term_types().items():
            field = kind.model_fields[term]
            choices = f": {', '.join(type.choices)}" if type.choices else ""
            lines.append(f"    {term} ({type}{choices})  {field.description}")
    return "\n".join(lines) + "\n"


def as_written(rule: Rule) -> list[str]:
    """The patterns and conditions of a rule, as the language writes them."""
    lines = ["given:", *(f"  {_pattern(pattern)}" for pattern in rule.given)]
    lines.append(f"when: {show(rule.when)}")
    if rule.unless:
        lines += ["unless:", *(f"  {_absence(absence)}" for absence in rule.unless)]
    if rule.derives:
        terms = ", ".join(f"{name}: {show(node)}" for name, node in rule.derives.terms.items())
        lines.append(f"derives: {rule.derives.kind} ({terms})")
    return lines


def _pattern(pattern: Pattern) -> str:
    layer = f", in {pattern.layer}" if pattern.layer else ""
    return f"{pattern.alias}: {pattern.kind}{layer}"


def _absence(absence: Absence) -> str:
    return f"{_pattern(absence.pattern)}, when {show(absence.when)}"


def _examples(rule: Rule) -> list[tuple[str, str]]:
    node = rule.examples
    items = node.items if isinstance(node, NodeSequence) else ()
    found = []
    for item in items:
        plain = item.plain() if isinstance(item, Mapping_) else {}
        found.append((str(plain.get("name", "")), str(plain.get("expect", ""))))
    return found


def _page(pack: RulePack, rule: Rule, markdown: bool, ink: Ink) -> str:
    def title(text: str) -> str:
        return f"\n### {text}\n" if markdown else f"\n{ink.paint(text, 'bold')}"

    written = [printable(line) for line in as_written(rule)]
    code = ["```", *written, "```"] if markdown else [f"  {line}" for line in written]
    indent = "" if markdown else "  "
    head = f"{rule.severity}[{rule.id}] {rule.heading}"
    lines = [printable(f"## {head}") if markdown else ink.paint(head, SEVERITY_COLOURS[rule.severity], "bold")]
    lines += [f"{indent}{pack.name} {pack.version}" + (f"; tags: {', '.join(rule.tags)}" if rule.tags else "")]
    lines += [title("What it checks"), *(_line(indent, sentence) for sentence in rule_in_english(rule))]
    lines += [title("As it is written"), *code]
    if rule.says:
        lines += [title("What it says"), _line(indent, rule.says)]
    if rule.redraft:
        lines += [title("What would cure it"), _line(indent, rule.redraft)]
    lines += [title("Authority")]
    for authority in rule.authority:
        source = pack.sources[authority.document].title
        parts = [
            source,
            authority.section or "",
            f"“{authority.quote}”" if authority.quote else "",
            authority.note or "",
        ]
        lines.append(_line(f"{indent}- ", "; ".join(part for part in parts if part)))
    if not rule.authority:
        lines.append(f"{indent}none is given")
    lines += [title("Examples"), *(_line(f"{indent}- ", f"{name}: {expect}") for name, expect in _examples(rule))]
    return "\n".join(lines) + "\n"


def _line(start: str, text: str) -> str:
    """A text of the pack on one line, safe on a terminal."""
    return start + printable(" ".join(text.split()))


def _data(pack: RulePack, rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "heading": rule.heading,
        "severity": rule.severity,
        "tags": list(rule.tags),
        "pack": {"name": pack.name, "version": pack.version},
        "english": rule_in_english(rule),
        "written": as_written(rule),
        "says": rule.says,
        "redraft": rule.redraft,
        "authority": [authority.model_dump() for authority in rule.authority],
        "examples": [{"name": name, "expect": expect} for name, expect in _examples(rule)],
        "location": rule.place.location(),
    }
