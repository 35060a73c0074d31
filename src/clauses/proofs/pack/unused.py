"""What a pack declares and nothing depends on.

A parameter that no rule reads, and a fact that none derives or reads, are refused when a pack is loaded. Here is
what looks used and is not: what only rules read that can never fire, and terms of facts that nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import PLACEHOLDER, Rule
from clauses.proofs.pack.evidence import parameters_read
from clauses.source import Place


def unused(pack: RulePack, alive: Sequence[Rule]) -> Iterator[tuple[str, Place]]:
    """What decides nothing, as a sentence and the place to look at. `alive` are the rules that can fire."""
    living = {rule.id for rule in alive}
    for name, parameter in sorted(pack.parameters.items()):
        if not any(name in parameters_read(rule) for rule in alive):
            sentence = f"the parameter `{name}` is unused: only rules that can never fire read it"
            yield sentence, parameter.values[0].place
    for kind, types in sorted(pack.derived.items()):
        makers = [rule for rule in pack.rules if rule.derives and rule.derives.kind == kind]
        readers = [rule for rule in pack.rules if kind in rule.kinds]
        place = makers[0].place
        if not any(rule.id in living for rule in makers):
            yield f"the derived fact `{kind}` is unused: the rules that derive it can never fire", place
        elif not any(rule.id in living for rule in readers):
            yield f"the derived fact `{kind}` is unused: only rules that can never fire read it", place
        else:
            read = {term for rule in readers for term in _terms_read(rule, kind)}
            for term in sorted(set(types) - read - {"id"}):
                yield f"the term `{term}` of the derived fact `{kind}` is unused: no rule reads it", place


def _terms_read(rule: Rule, kind: str) -> Iterator[str]:
    """The terms of a kind of fact that a rule reads, in its conditions, its messages and what it derives."""
    patterns = [*rule.given, *(absence.pattern for absence in rule.unless)]
    aliases = {pattern.alias for pattern in patterns if pattern.kind == kind}
    conditions = [rule.when, *(absence.when for absence in rule.unless)]
    derived = list(rule.derives.terms.values()) if rule.derives else []
    for node in [*conditions, *derived]:
        yield from (term.name for term in ast.terms(node) if term.alias in aliases)
    for text in (rule.says, rule.redraft, rule.question or ""):
        for match in PLACEHOLDER.finditer(text):
            alias, dot, term = (match[1] or "").strip().partition(".")
            if dot and alias in aliases:
                yield term
