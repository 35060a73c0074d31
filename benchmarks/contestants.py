"""The same rules for others: durable-rules as its documentation uses it, and plain Python."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from sheets import Row, Test, plain, plain_facts, rows, sheet

Finding = tuple[str, tuple[str, ...]]
"""A rule and the ids of the clauses that it matched."""

_OPERATORS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


# --- durable-rules as documented


def ruleset_definition(table: list[Row]) -> dict[str, dict[str, Any]]:
    """The rules as a definition of durable-rules."""
    return {row.id: {"all": _patterns(row)} for row in table}


def _patterns(row: Row) -> list[dict[str, Any]]:
    aliases = list(row.given)
    by_alias: dict[str, list[Any]] = {alias: [] for alias in aliases}
    for test in row.tests:
        last = max((alias for alias in aliases if _reads(test, alias)), key=aliases.index)
        by_alias[last].append(_test(test, last))
    found = [{alias: {"$and": [*_where(kind, layer), *by_alias[alias]]}} for alias, (kind, layer) in row.given.items()]
    if row.unless:
        kind, layer, tests = row.unless
        found.append({"u$not": {"$and": [*_where(kind, layer), *(_test(test, "u") for test in tests)]}})
    return found


def _where(kind: str, layer: str | None) -> list[dict[str, str]]:
    return [{"kind": kind}, *([{"layer": layer}] if layer in ("current", "proposed") else [])]


def _reads(test: Test, alias: str) -> bool:
    return any(isinstance(side, str) and f"{alias}." in side for side in (test[0], test[2]))


def _test(test: Test, own: str) -> dict[str, Any]:
    left, operator, right = test
    if not (isinstance(left, str) and left.startswith(f"{own}.") and "+" not in left):
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    name, other = str(left).removeprefix(f"{own}."), _other(right, own)
    return {name: other} if operator == "==" else {_OPERATORS[operator]: {name: other}}


def _other(side: Any, own: str) -> Any:
    if not isinstance(side, str):
        return plain(side)
    if " + " in side:
        one, two = side.split(" + ")
        return {"$add": {"$l": _other(one, own), "$r": _other(two, own)}}
    alias, name = side.split(".")
    return {"$m" if alias == own else alias: name}


class DurableRules:
    """A `Ruleset` with actions, a batch of facts a review, and the state deleted after it."""

    def __init__(self, table: list[Row]) -> None:
        from durable.engine import Ruleset

        self.found: list[Finding] = []
        definition = ruleset_definition(table)
        for row in table:
            definition[row.id]["run"] = self.action(row)
        definition["anything"] = {"all": [{"m": {"$ex": {"kind": 1}}}], "run": lambda c: None}
        self.ruleset = Ruleset("benchmark", None, definition)

    def action(self, row: Row) -> Callable[[Any], None]:
        """What a match does: a finding, or a derived fact."""
        aliases = list(row.given)

        def matched(c: Any) -> list[Any]:
            return [c.m] if aliases == ["m"] else [c._m[alias] for alias in aliases]

        def find(c: Any) -> None:
            self.found.append((row.id, tuple(fact["id"] for fact in matched(c))))

        def derive(c: Any) -> None:
            assert row.derives
            by_alias = dict(zip(aliases, matched(c), strict=True))
            terms = {n: by_alias[t.split(".")[0]][t.split(".")[1]] for n, t in row.derives[1].items()}
            self.found.append((row.id, tuple(fact["id"] for fact in by_alias.values())))
            c.assert_fact({"id": f"{row.derives[0]}{terms}", "kind": row.derives[0], **terms})

        return derive if row.derives else find

    def review(self, facts: list[dict[str, Any]]) -> list[Finding]:
        """The findings. What can block a rule must arrive first, or durable-rules answers wrongly."""
        self.found = []
        errors: list[Any] = []
        result = self.ruleset.assert_facts([{**fact} for fact in facts])
        self.ruleset.do_actions(result, lambda error, state: errors.append(error) if error else None)
        self.ruleset.delete_state("0")
        assert not errors, errors
        return self.found


BLOCKERS = {"consent": 0, "regulatory_flag": 0, "capital_raise": 1}


def ordered(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts with those that negations read before the others."""
    return sorted(facts, key=lambda fact: BLOCKERS.get(fact["kind"], 2))


# --- plain Python


def python_source(table: list[Row]) -> str:
    """The rules as a person would write them: loops, conditions, and the clauses by kind."""
    lines = ["def review(of):", "    found = []", "    derived = {}"]
    for row in sorted(table, key=lambda row: row.derives is None):
        lines += _function(row)
    return "\n".join([*lines, "    return found", ""])


def _function(row: Row) -> list[str]:
    lines, indent, left = [], "    ", list(row.tests)
    aliases: list[str] = []
    for alias, (kind, layer) in row.given.items():
        clauses = f"of[{kind!r}, {layer!r}]" if layer else f"derived.get({kind!r}, {{}}).values()"
        lines.append(f"{indent}for {alias} in {clauses}:")
        indent += "    "
        aliases.append(alias)
        now = [test for test in left if all(a in aliases for a in _aliases(test))]
        left = [test for test in left if test not in now]
        if now:
            lines.append(f"{indent}if {' and '.join(map(_python, now))}:")
            indent += "    "
    if row.unless:
        kind, layer, tests = row.unless
        lines.append(f"{indent}if not any({' and '.join(map(_python, tests))} for u in of[{kind!r}, {layer!r}]):")
        indent += "    "
    ids = ", ".join(f"{alias}['id']" for alias in aliases)
    lines.append(f"{indent}found.append(({row.id!r}, ({ids},)))")
    if row.derives:
        kind, terms = row.derives
        values = ", ".join(f"{n!r}: {_side(t)}" for n, t in terms.items())
        lines.append(f"{indent}fact = {{{values}}}")
        lines.append(f"{indent}fact['id'] = {kind!r} + str(fact)")
        lines.append(f"{indent}derived.setdefault({kind!r}, {{}})[fact['id']] = fact")
    return lines


def _aliases(test: Test) -> set[str]:
    return {p.split(".")[0] for side in (test[0], test[2]) if isinstance(side, str) for p in side.split(" + ")}


def _python(test: Test) -> str:
    return f"{_side(test[0])} {test[1]} {_side(test[2])}"


def _side(side: Any) -> str:
    if not isinstance(side, str):
        return repr(plain(side))
    return " + ".join("{}[{!r}]".format(*part.split(".")) for part in side.split(" + "))


class PlainPython:
    """The rules compiled as a Python function."""

    def __init__(self, table: list[Row]) -> None:
        space: dict[str, Any] = {}
        exec(python_source(table), space)
        self.function = space["review"]
        self.keys = {(kind, layer) for row in table for kind, layer in row.given.values() if layer}
        self.keys |= {(row.unless[0], row.unless[1]) for row in table if row.unless}

    def review(self, facts: list[dict[str, Any]]) -> list[Finding]:
        """The findings."""
        of: dict[tuple[str, str], list[dict[str, Any]]] = {key: [] for key in self.keys}
        for fact in facts:
            for layer in (fact["layer"], "result"):
                if (fact["kind"], layer) in of:
                    of[fact["kind"], layer].append(fact)
        return self.function(of)


# --- a process of its own, because durable-rules used like this may crash


def serve() -> None:
    """For each line of standard input (a number of reviews): their time in nanoseconds, and the findings once."""
    rule_count, clause_count = int(sys.argv[1]), int(sys.argv[2])
    engine = DurableRules(rows(rule_count))
    facts = ordered(plain_facts(sheet(clause_count)))
    print(json.dumps(sorted(engine.review(facts))), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter_ns()
            engine.review(facts)
            times.append(time.perf_counter_ns() - start)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    serve()
