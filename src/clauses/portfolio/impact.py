"""What a change of the rules would change: the agreements whose status under some rule is another, and why.

    from clauses import impact, load_pack, open_portfolio

    found = impact(load_pack("rules-2025"), load_pack("rules-2026"), open_portfolio("deals"))
    print(found.agreements, found.rules)

Both packs run over the same facts as of the portfolio's day. A row tells of one rule and one agreement; the verdict
before and after is that of the agreement under the whole of each pack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Pattern, Rule
from clauses.language.show import show
from clauses.portfolio.backends import Backend
from clauses.portfolio.check import pack_plans, run_identity, shared_out
from clauses.portfolio.database import Piece, Room, lay_out, over, table_of
from clauses.portfolio.outputs import as_stream, labels, target_of
from clauses.portfolio.partition_check import FOUND_COLUMNS, PackPlan, rows_of_agreements, run_plan, verdicts_sql
from clauses.portfolio.parts import Part
from clauses.portfolio.run import Progress, Run
from clauses.portfolio.store import Portfolio
from clauses.review.finding import VERDICTS
from clauses.terms.values import Date

OLD, NEW = '"the old findings"', '"the new findings"'
STATUSES = ("none", "undetermined", "breached")
"""What a rule finds in an agreement; `none` where it is satisfied or does not apply, or is not there."""

_label = pa.dictionary(pa.int32(), pa.string())
CHANGES = pa.schema(
    {
        "agreement": pa.string(),
        "rule": _label,
        "old_status": _label,
        "new_status": _label,
        "old_severity": _label,
        "new_severity": _label,
        "why": _label,
        "old_verdict": _label,
        "new_verdict": _label,
    }
)
"""The columns of a row."""


@dataclass(frozen=True)
class Impact:
    """What a change of the rules changes in a portfolio."""

    old: RulePack
    new: RulePack
    as_of: Date
    agreements: int
    """How many there are."""
    touched: int
    """For how many some rule comes out otherwise."""
    verdicts: Counter[tuple[str, str]]
    """Agreements whose verdict changes, by the verdict before and after."""
    rules: Mapping[str, Counter[tuple[str, str]]]
    """For each rule that comes out otherwise: in how many agreements, by its status before and after."""
    why: Mapping[str, str]
    """For each of these rules, what changed."""
    output: Path | None


@dataclass(frozen=True)
class RuleChange:
    """A rule of either pack: its severity in each, None where the pack does not have it, and what changed."""

    id: str
    old: str | None
    new: str | None
    why: str


def impact(
    old: RulePack,
    new: RulePack,
    portfolio: Portfolio,
    *,
    output: Path | str | None = None,
    backend: Backend | None = None,
    progress: Progress = lambda done, total: None,
) -> Impact:
    """Compare what two packs find in a portfolio, and write the rows to a file, if one is named.

    Raises ClausesError where the output cannot be written or its ending names no format.
    """
    target = target_of(output, portfolio.folder)
    where = backend or Backend()
    pieces, at_once, room = shared_out(portfolio, where)
    rules = rule_changes(old, new, portfolio.as_of)
    places = {rule.id: place for place, rule in enumerate(rules)}
    numbered = [[None if rule.derives else places[rule.id] for rule in pack.rules] for pack in (old, new)]
    plans = pack_plans(portfolio, (old, new), None, numbered)
    work = PartitionImpact(plans[0], plans[1], rules, room, target is not None)
    run = Run(work, pieces, {piece.number: piece.agreements for piece in pieces}, where, at_once, progress)
    parts = run.into(target, CHANGES, run_identity("impact", portfolio, (old, new), pieces))
    verdicts, by_rule = _totals(parts)
    why = {rule.id: rule.why for rule in rules if rule.id in by_rule}
    touched = sum(part.counts["touched"] for part in parts)
    return Impact(old, new, portfolio.as_of, portfolio.agreements, touched, verdicts, by_rule, why, target)


def _totals(parts: Sequence[Part]) -> tuple[Counter[tuple[str, str]], dict[str, Counter[tuple[str, str]]]]:
    verdicts: Counter[tuple[str, str]] = Counter()
    rules: dict[str, Counter[tuple[str, str]]] = {}
    for part in parts:
        for before, after, number in part.counts["verdicts"]:
            verdicts[before, after] += number
        for rule, before, after, number in part.counts["rules"]:
            rules.setdefault(rule, Counter())[before, after] += number
    return verdicts, rules


@dataclass(frozen=True)
class PartitionImpact:
    """The comparison over any partition of a portfolio."""

    old: PackPlan
    new: PackPlan
    rules: tuple[RuleChange, ...]
    room: Room
    has_rows: bool

    def __call__(self, piece: Piece) -> Part:
        """Compare over a partition. Raises EngineError where the memory does not suffice."""
        table = over(piece, self.room, self._changes, lambda one, other: pa.concat_tables([one, other]))
        return Part(piece.number, self._counts(table), as_stream(self._rows(table)) if self.has_rows else None)

    def _changes(self, connection: duckdb.DuckDBPyConnection, piece: Piece) -> pa.Table:
        lay_out(connection, piece, {*self.old.kinds, *self.new.kinds})
        for name, plan in ((OLD, self.old), (NEW, self.new)):
            connection.execute(f"CREATE TEMP TABLE {name} {FOUND_COLUMNS}")
            run_plan(connection, plan, False, name)
        moved = [rule.old != rule.new and None not in (rule.old, rule.new) for rule in self.rules]
        return table_of(connection, _changes_sql(self.rules, moved, rows_of_agreements(piece)))

    def _counts(self, table: pa.Table) -> dict[str, Any]:
        """How many agreements change, and how."""
        columns = ("agreement", "old_verdict", "new_verdict")
        agreements = {row[0]: row[1:] for row in zip(*(table[name].to_pylist() for name in columns), strict=True)}
        verdicts = Counter(pair for pair in agreements.values() if pair[0] != pair[1])
        rules = Counter(zip(*(table[name].to_pylist() for name in ("rule", "old", "new")), strict=True))
        return {
            "touched": len(agreements),
            "verdicts": [[*pair, number] for pair, number in sorted(verdicts.items())],
            "rules": [
                [self.rules[rule].id, STATUSES[before], STATUSES[after], number]
                for (rule, before, after), number in sorted(rules.items())
            ],
        }

    def _rows(self, table: pa.Table) -> pa.Table:
        columns = {name: table[name].combine_chunks() for name in table.column_names}
        rule = columns["rule"]
        severities = [
            pa.array([None if name is None else SEVERITIES.index(name) for name in names], pa.int32()).take(rule)
            for names in ([one.old for one in self.rules], [one.new for one in self.rules])
        ]
        verdict = {name: number for number, name in enumerate(VERDICTS)}
        before, after = (
            pa.array([verdict[name] for name in columns[side].to_pylist()], pa.int32())
            for side in ("old_verdict", "new_verdict")
        )
        return pa.table(
            [
                columns["id"], labels(rule, [one.id for one in self.rules]),
                labels(columns["old"], STATUSES), labels(columns["new"], STATUSES),
                labels(severities[0], SEVERITIES), labels(severities[1], SEVERITIES),
                labels(rule, [one.why for one in self.rules]),
                labels(before, VERDICTS), labels(after, VERDICTS),
            ],
            CHANGES,
        )  # fmt: skip


def _changes_sql(rules: Sequence[RuleChange], moved: Sequence[bool], agreements: str) -> str:
    """The rules that come out otherwise, agreement by agreement. Statuses are places in STATUSES."""
    old, new = ([SEVERITIES.index(name) if name in SEVERITIES else 3 for name in names] for names in (
        [rule.old for rule in rules], [rule.new for rule in rules]
    ))  # fmt: skip
    is_moved = ", ".join("true" if one else "false" for one in moved)
    return f"""
        WITH before AS (SELECT agreement, rule, 1 + bool_or(certain)::INTEGER AS status FROM {OLD} GROUP BY ALL),
             after AS (SELECT agreement, rule, 1 + bool_or(certain)::INTEGER AS status FROM {NEW} GROUP BY ALL),
             changed AS (SELECT agreement, rule, coalesce(before.status, 0) AS old, coalesce(after.status, 0) AS new
                         FROM before FULL JOIN after USING (agreement, rule)
                         WHERE coalesce(before.status, 0) <> coalesce(after.status, 0) OR [{is_moved}][rule + 1])
        SELECT c.agreement, a.id, c.rule, c.old, c.new,
               coalesce(o.verdict, 'clear') AS old_verdict, coalesce(n.verdict, 'clear') AS new_verdict
        FROM changed AS c JOIN {agreements} AS a USING (agreement)
             LEFT JOIN ({verdicts_sql(OLD, old)}) AS o USING (agreement)
             LEFT JOIN ({verdicts_sql(NEW, new)}) AS n USING (agreement)
        ORDER BY c.agreement, c.rule"""


# --- why


def rule_changes(old: RulePack, new: RulePack, as_of: Date) -> tuple[RuleChange, ...]:
    """Every rule of either pack that makes findings, by id, with what is another in the new one."""
    sides: list[dict[str, Rule]] = [
        {rule.id: rule for rule in pack.rules if rule.derives is None} for pack in (old, new)
    ]
    found = []
    for id in sorted({*sides[0], *sides[1]}):
        before, after = sides[0].get(id), sides[1].get(id)
        if before is None or after is None:
            why = "the rule is added" if before is None else "the rule is removed"
        else:
            why = "; ".join(_differences(before, after, old, new, as_of)) or "nothing in the rule changed"
        found.append(RuleChange(id, before.severity if before else None, after.severity if after else None, why))
    return tuple(found)


def _differences(one: Rule, other: Rule, old: RulePack, new: RulePack, as_of: Date) -> Iterator[str]:
    """What is another in a rule, its parameters, and the rules that derive what it reads."""
    if one.severity != other.severity:
        yield f"severity {one.severity} → {other.severity}"
    yield from _own_differences(one, other, old, new, as_of)
    for kind in sorted({*_derived(one.kinds, old), *_derived(other.kinds, new)}):
        makers = [
            {rule.id: rule for rule in pack.rules if rule.derives and rule.derives.kind == kind} for pack in (old, new)
        ]
        for id in sorted({*makers[0], *makers[1]}):
            before, after = makers[0].get(id), makers[1].get(id)
            if before is None or after is None:
                yield f"`{id}`, which derives `{kind}`, is {'added' if before is None else 'removed'}"
            else:
                yield from (f"in `{id}`, which derives `{kind}`: {text}" for text in
                            _own_differences(before, after, old, new, as_of))  # fmt: skip


def _derived(kinds: set[str], pack: RulePack) -> set[str]:
    """The derived kinds among some, and those that these are derived from."""
    found = kinds & set(pack.derived)
    for rule in pack.rules:
        if rule.derives and rule.derives.kind in found:
            found |= _derived(rule.kinds - found, pack)
    return found


def _own_differences(one: Rule, other: Rule, old: RulePack, new: RulePack, as_of: Date) -> Iterator[str]:
    if _patterns(one) != _patterns(other):
        yield f"the clauses that it is about: {_patterns(one)} → {_patterns(other)}"
    if show(one.when) != show(other.when):
        yield f"condition: {show(one.when)} → {show(other.when)}"
    before, after = _absences(one), _absences(other)
    if before != after:
        yield f"unless: {before or 'none'} → {after or 'none'}"
    if _takes(one) != _takes(other):
        yield f"what it derives: {_takes(one)} → {_takes(other)}"
    values = old.parameters_at(as_of), new.parameters_at(as_of)
    for name in sorted(_parameters(one) & _parameters(other)):
        if values[0][name] != values[1][name]:
            yield f"parameter `{name}`: {values[0][name]} → {values[1][name]}"


def _patterns(rule: Rule) -> str:
    return ", ".join(map(_pattern, rule.given))


def _pattern(one: Pattern) -> str:
    return f"{one.alias}: {one.kind} in {one.layer}" if one.layer else f"{one.alias}: {one.kind}"


def _absences(rule: Rule) -> str:
    return "; ".join(f"{_pattern(one.pattern)} when {show(one.when)}" for one in rule.unless)


def _takes(rule: Rule) -> str:
    return ", ".join(f"{name}: {show(node)}" for name, node in rule.derives.terms.items()) if rule.derives else ""


def _parameters(rule: Rule) -> set[str]:
    nodes = (rule.when, *(one.when for one in rule.unless))
    return {part.name for node in nodes for part in ast.walk(node) if isinstance(part, ast.Parameter)}
