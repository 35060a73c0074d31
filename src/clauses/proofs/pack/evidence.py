"""What the examples of packs show of every rule, not only of the one that carries them.

An example that breaches one rule and satisfies another shows that the first is not covered by the second: it is a
witness that needs no solver. Only what no example shows is left to be proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clauses.engines.engine import Prepared, run
from clauses.engines.registry import engine
from clauses.errors import PackError, Problems
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.review.pack_tests import examples
from clauses.review.status import Status, status_of
from clauses.terms.facts import Deal, by_kind_and_layer
from clauses.terms.values import Date, Value

Tell = Callable[[int, int], None]
"""Hears how much is done, and of how much."""

Parameters = Mapping[str, Value | str]
LEVELS: Mapping[Status, int] = {"not_applicable": 0, "satisfied": 0, "undetermined": 1, "breached": 2}
"""How much a rule says: nothing, a question, or a finding."""


@dataclass(frozen=True)
class Judge:
    """A pack with the parameters of a day: what says of a deal how each rule comes out."""

    pack: RulePack
    parameters: Parameters
    _prepared: dict[str, Prepared] = field(default_factory=dict, compare=False, repr=False)

    def statuses(self, deal: Deal, engine_name: str = "reference") -> dict[str, Status]:
        """How each rule comes out, with these parameters whatever the day of the deal."""
        if engine_name not in self._prepared:
            self._prepared[engine_name] = engine(engine_name).prepare(self.pack, self.parameters)
        outcome = run(self._prepared[engine_name], self.pack, deal.facts)
        layers = by_kind_and_layer(outcome.facts)
        return {rule.id: status_of(rule, outcome.matches[rule.id], layers) for rule in self.pack.rules}

    def close(self) -> None:
        """Give back what the engines hold."""
        for prepared in self._prepared.values():
            prepared.close()
        self._prepared.clear()


@dataclass(frozen=True)
class Trial:
    """An example, with how every rule comes out on it."""

    rule: str
    """The rule that carries it."""
    name: str
    deal: Deal = field(repr=False)
    statuses: Mapping[str, Status]
    """Of the rules for which it is evidence."""

    @property
    def size(self) -> tuple[int, str, str]:
        """By what the shortest example comes first."""
        return _size(self.deal), self.rule, self.name

    def level(self, rule: str) -> int | None:
        """How much a rule says of the example, see `LEVELS`; None for a rule for which it is no evidence."""
        return LEVELS[self.statuses[rule]] if rule in self.statuses else None


@dataclass(frozen=True)
class Evidence:
    """Every example of a pack on every rule.

    An example of a day on which a parameter had another value is no evidence for the rules that depend on it.
    """

    trials: tuple[Trial, ...]

    def showing(self, shown: Callable[[Trial], bool]) -> Trial | None:
        """The shortest example that shows something."""
        found = [trial for trial in self.trials if shown(trial)]
        return min(found, key=lambda trial: trial.size, default=None)

    def breaching(self, rule: str) -> Trial | None:
        """An example that breaches a rule."""
        return self.showing(lambda trial: trial.statuses.get(rule) == "breached")

    def satisfying(self, rule: str) -> Trial | None:
        """An example that satisfies a rule."""
        return self.showing(lambda trial: trial.statuses.get(rule) == "satisfied")

    def exceeding(self, one: str, other: str) -> Trial | None:
        """An example of which one rule says more than another."""

        def exceeds(trial: Trial) -> bool:
            more, less = trial.level(one), trial.level(other)
            return more is not None and less is not None and more > less

        return self.showing(exceeds)


@dataclass(frozen=True)
class Read:
    """An example, read."""

    rule: str
    name: str
    deal: Deal = field(repr=False)


def read_examples(packs: Sequence[RulePack], tell: Tell = lambda done, total: None) -> list[Read]:
    """The examples of packs; those that say the same once.

    Raises PackError where some of them cannot be read, with everything that is wrong with them.
    """
    found: dict[str, Read] = {}
    problems = Problems()
    carriers = [(pack, rule) for pack in packs for rule in pack.rules]
    for number, (pack, rule) in enumerate(carriers):
        tell(number, len(carriers))
        try:
            for example in examples(pack, rule):
                key = repr(_written(example.deal))
                found.setdefault(key, Read(rule.id, example.name, example.deal))
        except PackError as error:
            problems.found += error.problems
    problems.raise_as(PackError)
    return list(found.values())


def gather(judge: Judge, read: Sequence[Read], tell: Tell = lambda done, total: None) -> Evidence:
    """Run examples on every rule of a pack."""
    depends = {rule.id: depends_on(judge.pack, rule) for rule in judge.pack.rules}
    trials: list[Trial] = []
    for number, one in enumerate(read):
        tell(number, len(read))
        other = _other_values(judge, one.deal.as_of)
        said = {id: status for id, status in judge.statuses(one.deal).items() if not depends[id] & other}
        trials.append(Trial(one.rule, one.name, one.deal, said))
    return Evidence(tuple(trials))


def _other_values(judge: Judge, day: Date) -> set[str]:
    """The parameters of a pack that have other values on a day, or none."""
    found = set()
    for name, parameter in judge.pack.parameters.items():
        dated = parameter.at(day)
        if dated is None or dated.value != judge.parameters[name]:
            found.add(name)
    return found


def depends_on(pack: RulePack, rule: Rule) -> set[str]:
    """The parameters that a rule reads, and those of the rules that derive what it reads."""
    rules = [*derivations(pack, rule.kinds), rule]
    return {name for one in rules for name in parameters_read(one)}


def derivations(pack: RulePack, kinds: Iterable[str]) -> list[Rule]:
    """The rules of a pack that derive facts of some kinds, and those that derive what these read."""
    wanted = set(kinds) & set(pack.derived)
    while True:
        makers = [rule for rule in pack.rules if rule.derives and rule.derives.kind in wanted]
        more = {kind for rule in makers for kind in rule.kinds} & set(pack.derived)
        if more <= wanted:
            return makers
        wanted |= more


def parameters_read(rule: Rule) -> set[str]:
    """The parameters that the conditions of a rule read."""
    conditions = (rule.when, *(absence.when for absence in rule.unless))
    return {node.name for one in conditions for node in ast.walk(one) if isinstance(node, ast.Parameter)}


def _size(deal: Deal) -> int:
    sheet = deal.sheet.changes if deal.sheet else ()
    return len(deal.agreement.clauses) + sum(1 + len(change.nodes) for change in sheet)


def _written(deal: Deal) -> tuple[object, object, str]:
    """What a deal says."""
    return deal.agreement.root.plain(), deal.sheet.root.plain() if deal.sheet else None, str(deal.as_of)
