"""Questions that are asked together: in one pass over a table, or over one join.

Rules with the same patterns and the same ties between them differ only in what else they ask of a match. So the join
is made once, and every match carries the codes of the rules that it fulfils; a condition that follows from each of
the rules keeps the rest of the table out. A code is twice the rule's number, and one more where it is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from clauses.engines.columnar.expressions import SQL, all_hold, any_holds, column, number
from clauses.engines.columnar.formulas import aliases_of, is_tie, weakest
from clauses.engines.columnar.profile import Profile
from clauses.engines.columnar.questions import Asking, Question, truth
from clauses.language.rewrite import Formula

Columns = Mapping[str, SQL]
"""What a query gives of a match, by name."""


def single(question: Question, profile: Profile, own: Columns) -> exp.Select:
    """The matches of one rule: `agreement`, `rule`, `certain` and columns of its own."""
    asking = Asking(question, profile)
    certain = truth([*asking.certainly(question), *asking.unexcused()])
    return asking.matches(question.possibly, True).select(
        *_named(asking, number(question.number), certain, own), copy=False
    )


def portable(question: Question, profile: Profile, name: SQL, own: Columns) -> dict[str, exp.Select]:
    """The same for databases in which EXISTS belongs in WHERE: what is breached, and what is undetermined."""
    asking = Asking(question, profile)

    def of(found: exp.Select, is_certain: bool) -> exp.Select:
        columns = {key: column.copy() for key, column in own.items()}
        value = exp.true() if is_certain else exp.false()
        return found.select(*_named(asking, name.copy(), value, columns), copy=False)

    unless = [asking.excuse(excuse, False) for excuse in question.excuses]
    breached = asking.joined(question.certainly, unless, False, asking.certain_facts())
    found = {"breached": of(breached, True)}
    certain = asking.certainly(question)
    doubts: list[SQL] = [exp.Not(this=truth(certain))] if certain else []
    doubts += [asking.exists(source, on) for source, on in asking.possible_excuses()]
    if doubts:
        excused = [asking.excuse(excuse, True) for excuse in question.excuses]
        open_ = asking.joined(question.possibly, excused, False, [exp.Paren(this=any_holds(doubts))])
        found["undetermined"] = of(open_, False)
    return found


def _named(asking: Asking, rule: SQL, certain: SQL, own: Columns) -> list[SQL]:
    agreement = asking.of.sources[0].column("agreement")
    named = {"agreement": agreement, "rule": rule, "certain": certain, **own}
    return [exp.alias_(value, name, quoted=True) for name, value in named.items()]


# --- many at once


def grouped(questions: Sequence[Question], also: Callable[[Question], object]) -> list[list[Question]]:
    """The questions that can be asked together; `also` is what else they must have in common."""
    found: dict[object, list[Question]] = {}
    for one in questions:
        ties = frozenset(part for part in one.possibly if is_tie(part))
        key = one.sources, ties, one.excuses, one.reads_context, also(one)
        found.setdefault(key, []).append(one)
    return list(found.values())


def together(
    questions: Sequence[Question], profile: Profile, shared: Columns, own: Mapping[str, Mapping[int, SQL]]
) -> exp.Select:
    """The matches of several rules that share a FROM.

    `shared` are columns that all of them give alike; `own` those that each gives its own way, by the rule's number.
    """
    first = questions[0]
    asking = Asking(first, profile)
    common = [part for part in first.possibly if all(part in one.possibly for one in questions[1:])]
    known = set(common)
    rest = [tuple(part for part in one.possibly if part not in known) for one in questions]
    found = asking.matches([*common, *_prefilters(rest)], True)
    lifted = _Lifted()
    columns = {"agreement": lifted(first.sources[0].column("agreement")), "rule": _rule_of(column("code"))}
    unexcused = asking.unexcused()
    columns["certain"] = _certain_of(column("code"), [column("unexcused")] if unexcused else [])
    columns |= {name: lifted(value) for name, value in shared.items()}
    for name, by_rule in own.items():
        cases = [exp.If(this=number(rule), true=lifted(value)) for rule, value in by_rule.items()]
        columns[name] = exp.Case(this=_rule_of(column("code")), ifs=cases)
    codes = [_code(asking, one, parts) for one, parts in zip(questions, rest, strict=True)]
    inner = [exp.alias_(value, name, quoted=True) for name, value in lifted.known.items()]
    if unexcused:
        inner.append(exp.alias_(all_hold(unexcused), "unexcused", quoted=True))
    inner.append(exp.alias_(_each(codes), "code", quoted=True))
    return exp.select(*(exp.alias_(value, name, quoted=True) for name, value in columns.items())).from_(
        found.select(*inner, copy=False).subquery("matched", copy=False), copy=False
    )


def _prefilters(rest: Sequence[Sequence[Formula]]) -> list[Formula]:
    """What follows from every rule: of all tables together, and of each one, to keep its facts out of the join."""
    found = [weakest(rest)]
    for name in sorted({alias for parts in rest for part in parts for alias in aliases_of(part)}):
        of_one = [[part for part in parts if aliases_of(part) == {name}] for parts in rest]
        found.append(weakest(of_one))
    return list(dict.fromkeys(found))


def _code(asking: Asking, question: Question, parts: Sequence[Formula]) -> SQL:
    """The rule's code where a match fulfils it, else NULL."""
    certain = asking.certainly(question)
    code: SQL = number(2 * question.number + 1)
    if certain:
        code = exp.Case(ifs=[exp.If(this=all_hold(certain), true=code)], default=number(2 * question.number))
    return exp.Case(ifs=[exp.If(this=all_hold(asking.writer.conjunction(parts)), true=code)])


def _each(codes: Sequence[SQL]) -> SQL:
    """A row for every code that is not NULL."""
    test = exp.Not(this=exp.Is(this=exp.to_identifier("code"), expression=exp.null()))
    kept = exp.Lambda(this=test, expressions=[exp.to_identifier("code")])
    listed = exp.ArrayFilter(this=exp.Array(expressions=list(codes)), expression=kept)
    return exp.Anonymous(this="UNNEST", expressions=[listed])


def _rule_of(code: SQL) -> SQL:
    half = exp.BitwiseRightShift(this=code, expression=number(1))
    return exp.cast(half, "int")


def _certain_of(code: SQL, besides: list[SQL]) -> SQL:
    lowest = exp.Paren(this=exp.BitwiseAnd(this=code, expression=number(1)))
    return all_hold([exp.EQ(this=lowest, expression=number(1)), *besides])


class _Lifted:
    """Moves expressions out of the query that reads the tables, which gives the columns that they need."""

    def __init__(self) -> None:
        self.known: dict[str, SQL] = {}

    def __call__(self, value: SQL) -> SQL:
        def outside(node: SQL) -> SQL:
            if not isinstance(node, exp.Column) or not node.table:
                return node
            name = f"{node.table}.{node.name}"
            self.known.setdefault(name, node.copy())
            return column(name)

        return value.copy().transform(outside, copy=False)
