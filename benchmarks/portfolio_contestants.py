"""The table of rules as others run it over many agreements, each as a person who knows the tool would write it.

    python benchmarks/portfolio_contestants.py NAME RULES FOLDER OUT [OPTION=VALUE...]

runs one contestant in a process of its own over what `portfolio_data` wrote to FOLDER, writes its findings to OUT and
prints its time, without imports and the loading of rules, and its memory. Findings are (rule, ids of clauses); a
derived fact stands as the clauses from which it was derived.
"""

from __future__ import annotations

import json
import sys
import time
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from portfolio_data import AS_OF
from sheets import DERIVED, Row, Side, Test, Text, pack, rows

from clauses.terms.values import Date, Money, Percentage, Value

Finding = tuple[str, tuple[str, ...]]
Found = tuple[str, str, str, tuple[str, ...]]
"""A finding of some agreement: its id, the rule, the status and the ids of clauses."""
Check = Callable[[bytes], Iterable[Finding]]
"""An agreement as JSON text to its findings."""

CLAUSE_TERMS: dict[str, tuple[str, ...]] = {
    "exclusivity": ("starts", "ends", "obligor", "beneficiary", "subject", "scope"),
    "supply": ("starts", "ends", "supplier", "customer", "amount"),
    "equity_on_conversion": ("holder", "stake", "deadline", "floor"),
    "capital_raise": ("amount", "pre_money", "closing"),
    "consent": ("by", "permits"),
    "regulatory_flag": ("authority", "concern", "status"),
    "funding_commitment": ("amount", "conditional_on", "deadline"),
    "revenue_share": ("ends", "payer", "payee", "share", "cap"),
    "licence": ("ends", "licensor", "licensee"),
}
"""The terms that the made-up clauses have."""
NUMBERS = frozenset(("starts", "ends", "deadline", "closing", "amount", "pre_money", "cap", "stake", "floor", "share"))


# --- the table, in the words of peers


def peer_number(value: Value) -> int:
    """A value as peers have it: yyyymmdd, millions, hundredths of a percent."""
    if isinstance(value, Date):
        return int(str(value).replace("-", ""))
    return value.lowest // (10**8 if isinstance(value, Money) else 100 if isinstance(value, Percentage) else 1)


def layout_number(value: Value) -> int:
    """A value in the whole units of the layout."""
    return value.lowest


def parts(side: Side) -> list[tuple[str, str]]:
    """The (alias, term) that a side reads."""
    if not isinstance(side, str):
        return []
    return [(part.split(".")[0], part.split(".")[1]) for part in side.split(" + ")]


def aliases(test: Test) -> set[str]:
    """The aliases that a test reads."""
    return {alias for side in (test[0], test[2]) for alias, _ in parts(side)}


def by_last_alias(row: Row) -> dict[str, list[Test]]:
    """The tests of a rule by the alias that makes them decidable."""
    order = list(row.given)
    found: dict[str, list[Test]] = {alias: [] for alias in order}
    for test in row.tests:
        found[max(aliases(test), key=order.index)].append(test)
    return found


def is_single(row: Row) -> bool:
    """Whether a rule reads one clause and nothing else."""
    return len(row.given) == 1 and not row.unless and not row.derives


# --- Python by hand: on dictionaries, or on typed structures


class Written:
    """Python as a person writes it: a loop a kind for the rules on one clause, nested loops for the others."""

    def __init__(self, table: list[Row], typed: bool) -> None:
        self.table, self.typed = table, typed
        self.lines: list[str] = []

    def source(self) -> str:
        """The module: a function `check` from a decoded agreement to its findings."""
        listed = "sheet.clauses" if self.typed else "sheet['clauses']"
        key = "clause.__class__, clause.layer" if self.typed else "clause['kind'], clause['layer']"
        self.lines = ["def check(sheet):", "    found = []", "    add = found.append"]
        for kind in CLAUSE_TERMS:
            self.lines.append(f"    {kind}_current, {kind}_proposed = [], []")
        named = [(kind, layer) for kind in CLAUSE_TERMS for layer in ("current", "proposed")]
        of = ", ".join(
            f"({_class(kind) if self.typed else repr(kind)}, {layer!r}): {kind}_{layer}.append" for kind, layer in named
        )
        self.lines += [f"    of = {{{of}}}", f"    for clause in {listed}:", f"        of[{key}](clause)"]
        self.lines += [f"    {kind} = {{}}" for kind in DERIVED]
        self._singles()
        for row in sorted((row for row in self.table if not is_single(row)), key=lambda row: row.derives is None):
            self._joined(row)
        head = self._classes() if self.typed else []
        return "\n".join([*head, *self.lines, "    return found", ""])

    def _classes(self) -> list[str]:
        lines = ["import msgspec", "from typing import Literal"]
        for kind, terms in CLAUSE_TERMS.items():
            lines.append(f"class {_class(kind)}(msgspec.Struct, tag_field='kind', tag={kind!r}, gc=False):")
            lines += ["    id: str", "    layer: Literal['current', 'proposed']"]
            lines += [f"    {term}: {'int' if term in NUMBERS else 'str'}" for term in terms]
        union = " | ".join(_class(kind) for kind in CLAUSE_TERMS)
        return [*lines, "class Sheet(msgspec.Struct, gc=False):", "    sheet: str", f"    clauses: list[{union}]"]

    def _singles(self) -> None:
        for kind in CLAUSE_TERMS:
            found = [row for row in self.table if is_single(row) and row.given["x"][0] == kind]
            if not found:
                continue
            self.lines.append(f"    for x in {kind}_proposed:")
            for term in dict.fromkeys(t for row in found for test in row.tests for s in test for _, t in parts_of(s)):
                self.lines.append(f"        {term} = {self._of('x', term)}")
            for row in found:
                tests = " and ".join(self._test(test, local=True) for test in row.tests)
                self.lines.append(f"        if {tests}: add(({row.id!r}, ({self._of('x', 'id')},)))")

    def _joined(self, row: Row) -> None:
        indent = "    "
        for alias, tests in by_last_alias(row).items():
            kind, layer = row.given[alias]
            self.lines.append(f"{indent}for {alias} in {f'{kind}_{layer}' if layer else f'{kind}.items()'}:")
            indent += "    "
            if tests:
                self.lines.append(f"{indent}if {' and '.join(self._test(test) for test in tests)}:")
                indent += "    "
        if row.unless:
            kind, _, tests_ = row.unless
            both = f"{kind}_current + {kind}_proposed"
            holds = " and ".join(self._test(test) for test in tests_)
            self.lines.append(f"{indent}if not any({holds} for u in {both}):")
            indent += "    "
        ids = ", ".join(self._of(alias, "id") if layer else f"*{alias}[1]" for alias, (_, layer) in row.given.items())
        if row.derives:
            kind, terms = row.derives
            values = ", ".join(self._of(*path.split(".")) for path in terms.values())
            self.lines.append(f"{indent}{kind}.setdefault(({values},), ({ids},))")
        else:
            self.lines.append(f"{indent}add(({row.id!r}, ({ids},)))")

    def _of(self, alias: str, term: str) -> str:
        kind = {"d": "dual_role", "l": "late_money"}.get(alias)
        if kind and term in DERIVED[kind] and term != "id":
            return f"{alias}[0][{[name for name in DERIVED[kind] if name != 'id'].index(term)}]"
        return f"{alias}.{term}" if self.typed else f"{alias}[{term!r}]"

    def _test(self, test: Test, local: bool = False) -> str:
        return f"{self._side(test[0], local)} {test[1]} {self._side(test[2], local)}"

    def _side(self, side: Side, local: bool) -> str:
        if isinstance(side, Text):
            return repr(side.text)
        if isinstance(side, Value):
            return str(peer_number(side))
        return " + ".join(term if local else self._of(alias, term) for alias, term in parts(side))


def parts_of(side: Any) -> list[tuple[str, str]]:
    """As `parts`, of an operator too: it reads nothing."""
    return parts(side) if isinstance(side, str) and "." in side else []


def _class(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def orjson_python(table: list[Row]) -> Check:
    """Plain Python on what orjson decodes."""
    import orjson

    space: dict[str, Any] = {}
    exec(compile(Written(table, typed=False).source(), "by hand", "exec"), space)
    check, loads = space["check"], orjson.loads
    return lambda line: check(loads(line))


def msgspec_python(table: list[Row]) -> Check:
    """Plain Python on structures that msgspec decodes and checks."""
    import msgspec

    module = sys.modules["by_hand"] = types.ModuleType("by_hand")  # msgspec looks the types up there
    exec(compile(Written(table, typed=True).source(), "by hand", "exec"), module.__dict__)
    check, decode = module.check, msgspec.json.Decoder(module.Sheet).decode
    return lambda line: check(decode(line))


# --- datalogic-py


class Logic:
    """Rules as JSONLogic with the scoped `val` of datalogic: a filter a pattern, each inside the one before.

    They filter the one list of clauses, or, where the clauses are sorted beforehand, the list of a kind and layer.
    JSONLogic derives no facts, so a rule that reads one looks for what the fact is derived from; of the rules that
    derive it, the replica that asks least derives all.
    """

    LEVELS = 2
    """How many scopes an iteration adds."""

    def __init__(self, table: list[Row], is_sorted: bool) -> None:
        self.is_sorted = is_sorted
        self.makers = {row.derives[0]: row for row in reversed(table) if row.derives}
        self.rules = [self._rule(self._unfolded(row)) for row in table if not row.derives]

    def _unfolded(self, row: Row) -> Row:
        """The rule with the patterns of its derived facts in their place."""
        given: dict[str, tuple[str, str | None]] = {}
        tests: list[Test] = []
        places: dict[str, str] = {}
        for alias, (kind, layer) in row.given.items():
            if layer:
                given[alias] = (kind, layer)
                continue
            maker = self.makers[kind]
            assert maker.derives
            given |= {f"{alias}_{inner}": where for inner, where in maker.given.items()}
            tests += [_renamed(test, f"{alias}_", {}) for test in maker.tests]
            places |= {f"{alias}.{term}": f"{alias}_{path}" for term, path in maker.derives[1].items()}
        tests += [_renamed(test, "", places) for test in row.tests]
        return Row(row.id, given, tuple(tests), row.unless)

    def _rule(self, row: Row) -> Any:
        return self._pattern(row, list(row.given), 0)

    def _pattern(self, row: Row, order: list[str], depth: int) -> Any:
        alias, last = order[depth], depth == len(order) - 1
        kind, layer = row.given[alias]
        levels = {other: (depth - number) * self.LEVELS for number, other in enumerate(order[: depth + 1])}
        conditions = [*self._where(kind, layer), *(_logic(test, levels) for test in by_last_alias(row)[alias])]
        if last and row.unless:
            inner = {other: level + self.LEVELS for other, level in levels.items()} | {"u": 0}
            excuse = [*self._where(*row.unless[:2]), *(_logic(test, inner) for test in row.unless[2])]
            others = _val((depth + 1) * self.LEVELS, self._list(*row.unless[:2]))
            conditions.append({"!": [{"some": [others, {"and": excuse}]}]})
        listed = self._list(kind, layer)
        source = _val(depth * self.LEVELS, listed)
        found = {"filter": [source, {"and": conditions}]} if conditions else source
        if last:
            return {"map": [found, [row.id, *(_val(levels[other], "id") for other in order)]]}
        return {"map": [found, self._pattern(row, order, depth + 1)]}

    def _list(self, kind: str, layer: str | None) -> str:
        return f"{kind}_{layer}" if self.is_sorted else "clauses"

    def _where(self, kind: str, layer: str | None) -> list[Any]:
        if self.is_sorted:
            return []
        wanted = {"kind": kind, **({"layer": layer} if layer and layer != "result" else {})}
        return [{"==": [{"val": name}, text]} for name, text in wanted.items()]


def _renamed(test: Test, prefix: str, places: dict[str, str]) -> Test:
    """A test that reads the same terms by other names."""

    def side(one: Side) -> Side:
        if not isinstance(one, str):
            return one
        return " + ".join(prefix + places.get(path, path) for path in one.split(" + "))

    return side(test[0]), test[1], side(test[2])


def _val(level: int, name: str) -> Any:
    return {"val": [[level], name]} if level else {"val": name}


def _logic(test: Test, levels: dict[str, int]) -> Any:
    def side(one: Side) -> Any:
        if isinstance(one, Text):
            return one.text
        if isinstance(one, Value):
            return peer_number(one)
        read = [_val(levels[alias], term) for alias, term in parts(one)]
        return read[0] if len(read) == 1 else {"+": read}

    return {test[1]: [side(test[0]), side(test[2])]}


def datalogic(table: list[Row], is_sorted: bool = False) -> Check:
    """All rules as one compiled logic: an agreement is one call."""
    import datalogic_py
    import orjson

    engine = datalogic_py.Engine()
    session, rule = engine.session(), engine.compile(Logic(table, is_sorted).rules)

    def flat(found: Any, into: list[Finding]) -> None:
        if found and isinstance(found[0], str):
            into.append((found[0], tuple(found[1:])))
        else:
            for one in found:
                flat(one, into)

    def check(line: bytes, engine: Any = engine) -> list[Finding]:  # the session lives as long as its engine
        into: list[Finding] = []
        flat(orjson.loads(session.evaluate_str(rule, line.decode())), into)
        return into

    return check


# --- DuckDB by hand


class Sql:
    """SQL as a person writes it: rules on one clause of a kind share a scan, joins are on equal columns."""

    def __init__(self, table: list[Row], layer: Callable[[str, str], str], number: Callable[[Value], int]) -> None:
        self.table, self.layer, self.number = table, layer, number

    def derived(self) -> dict[str, str]:
        """The statements that make derived facts, by kind; the clauses that they come from are `ids`."""
        found: dict[str, list[str]] = {}
        for row in self.table:
            if row.derives:
                kind, terms = row.derives
                values = ", ".join(f"{path} AS {term}" for term, path in terms.items())
                key = ", ".join(terms.values())
                ids = ", ".join(f"{alias}.id" for alias in row.given)
                first = next(iter(row.given))
                found.setdefault(kind, []).append(
                    f"SELECT {first}.agreement, {values}, min([{ids}]) AS ids\n{self._from(row)}\n"
                    f"GROUP BY {first}.agreement, {key}"
                )
        return {kind: "\nUNION\n".join(each) for kind, each in found.items()}

    def findings(self) -> str:
        """The query: agreement, rule, clauses."""
        selects = [self._singles(kind) for kind in CLAUSE_TERMS]
        selects += [self._joined(row) for row in self.table if not is_single(row) and not row.derives]
        return "\nUNION ALL\n".join(select for select in selects if select)

    def _singles(self, kind: str) -> str:
        found = [row for row in self.table if is_single(row) and row.given["x"][0] == kind]
        if not found:
            return ""
        conditions = [" AND ".join(self._test(test) for test in row.tests) for row in found]
        cases = ",\n  ".join(f"CASE WHEN {c} THEN '{row.id}' END" for c, row in zip(conditions, found, strict=True))
        any_of = " OR ".join(f"({condition})" for condition in conditions)
        return (
            f"SELECT * FROM (SELECT agreement, unnest([\n  {cases}]) AS rule, [id] AS clauses\n"
            f"FROM {kind} x WHERE {self.layer('x', 'proposed')} AND ({any_of})) WHERE rule IS NOT NULL"
        )

    def _joined(self, row: Row) -> str:
        ids = [(f"[{alias}.id]" if layer else f"{alias}.ids") for alias, (_, layer) in row.given.items()]
        first = next(iter(row.given))
        return f"SELECT {first}.agreement, '{row.id}' AS rule, {' || '.join(ids)} AS clauses\n{self._from(row)}"

    def _from(self, row: Row) -> str:
        names = list(row.given)
        froms = ", ".join(f"{kind} {alias}" for alias, (kind, _) in row.given.items())
        where = [f"{other}.agreement = {names[0]}.agreement" for other in names[1:]]
        where += [self.layer(alias, layer) for alias, (_, layer) in row.given.items() if layer]
        where += [self._test(test) for test in row.tests]
        if row.unless:
            kind, _, tests = row.unless
            excuse = " AND ".join([f"u.agreement = {names[0]}.agreement", *(self._test(test) for test in tests)])
            where.append(f"NOT EXISTS (SELECT 1 FROM {kind} u WHERE {excuse})")
        return f"FROM {froms}\nWHERE {' AND '.join(where)}"

    def _test(self, test: Test) -> str:
        operator = {"==": "=", "!=": "<>"}.get(test[1], test[1])
        return f"{self._side(test[0])} {operator} {self._side(test[2])}"

    def _side(self, side: Side) -> str:
        if isinstance(side, Text):
            return f"'{side.text}'"
        return str(self.number(side)) if isinstance(side, Value) else str(side)


def sql_on_layout(table: list[Row], folder: Path, out: Path) -> Callable[[], None]:
    """By hand on a portfolio's Parquet files, one table a kind, with the findings as Parquet."""
    import duckdb

    sql = Sql(table, lambda alias, layer: f"{alias}.in_{layer}", layout_number)
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")

    def run() -> None:
        for kind in (*CLAUSE_TERMS, "agreements"):
            files = folder / "portfolio" / kind / "*.parquet"
            connection.execute(f"CREATE OR REPLACE VIEW {kind} AS FROM read_parquet('{files}')")
        for kind, select in sql.derived().items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {kind} AS {select}")
        connection.execute(
            f"COPY (WITH found AS ({sql.findings()}) SELECT a.id AS agreement, rule, 'breached' AS status, clauses "
            f"FROM found JOIN agreements a USING (agreement)) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        )

    return run


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def sql_on_long(table: list[Row], folder: Path, out: Path) -> Callable[[], None]:
    """By hand on one long table, a row a clause: a temporary table a kind first."""
    import duckdb

    sql = Sql(table, lambda alias, layer: f"{alias}.layer = '{layer}'", peer_number)
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")

    def run() -> None:
        connection.execute(f"CREATE OR REPLACE VIEW long AS FROM read_parquet('{folder}/long/*.parquet')")
        for kind, terms in CLAUSE_TERMS.items():
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {kind} AS SELECT sheet AS agreement, id, layer, {_quoted(terms)} "
                f"FROM long WHERE kind = '{kind}'"
            )
        for kind, select in sql.derived().items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {kind} AS {select}")
        connection.execute(
            f"COPY (SELECT agreement, rule, 'breached' AS status, clauses FROM ({sql.findings()})) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        )

    return run


# --- ours


def reference_rows(table: list[Row], as_of: str) -> Callable[[bytes], list[Found]]:
    """The long way by the engine that says what rules mean."""
    from clauses.engines import registry
    from clauses.engines.engine import Truth, run
    from clauses.terms.agreement import read_agreement, read_term_sheet
    from clauses.terms.facts import Fact, deal

    of = pack(table)
    prepared_rules = registry.engine("reference").prepare(of, {})
    day = Date.read(as_of)

    def ids(fact: Fact) -> tuple[str, ...]:
        return tuple(id for source in fact.derived_from for id in ids(source)) if fact.derived_from else (fact.id,)

    def check(line: bytes) -> list[Found]:
        record = json.loads(line)
        agreement = read_agreement(record["agreement"])
        facts = deal(agreement, read_term_sheet(record["term_sheet"], agreement), day).facts
        outcome = run(prepared_rules, of, facts)
        return [
            (agreement.id, rule.id, "breached" if truth is Truth.TRUE else "undetermined",
             tuple(id for number in binding for id in ids(outcome.facts[number])))
            for rule in of.rules if not rule.derives
            for binding, truth in outcome.matches[rule.id].items()
        ]  # fmt: skip

    return check


def screen(table: list[Row], as_of: str) -> Callable[[bytes], list[Found]]:
    """The compiled engine: JSON text to rows, prepared once."""
    from clauses.portfolio.screen import Screen

    rows_of = Screen([pack(table)], Date.read(as_of)).rows
    return lambda line: [(row.agreement, row.rule, row.status, row.clauses) for row in rows_of(line)]


def screen_on_records(table: list[Row], folder: Path, out: Path) -> Callable[[], None]:
    """The compiled engine over a file of records."""
    from clauses.portfolio.screen import Screen

    rows_of = Screen([pack(table)], Date.read(AS_OF)).rows

    with (folder / "records.jsonl").open("rb") as lines:
        rows_of(next(lines))  # the rules are compiled when they are first needed

    def run() -> None:
        with (folder / "records.jsonl").open("rb") as lines, out.open("w", encoding="utf-8") as found:
            for line in lines:
                for row in rows_of(line):
                    found.write(f"{row.agreement}\t{row.rule}\t{row.status}\t{','.join(row.clauses)}\n")

    return run


def plan_on_layout(table: list[Row], folder: Path, out: Path) -> Callable[[], None]:
    """The columnar engine's plan, run over all partitions at once as the SQL by hand is."""
    import duckdb

    from clauses.engines.columnar.plan import Profile, plan

    of = pack(table)
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("CREATE TABLE rules (rule INTEGER, id VARCHAR)")
    connection.executemany("INSERT INTO rules VALUES (?, ?)", [(n, rule.id) for n, rule in enumerate(of.rules)])

    def run() -> None:
        folders = [path for path in (folder / "portfolio").iterdir() if path.is_dir()]
        files = {path.name: sorted(path.glob("*.parquet")) for path in folders}
        agreements = files.pop("agreements")
        planned = plan(of, {}, profile=Profile.of(connection, files))
        for kind, paths in {**files, "agreements": agreements}.items():
            listed = ", ".join(f"'{path}'" for path in paths)
            connection.execute(f'CREATE OR REPLACE VIEW "{kind}" AS FROM read_parquet([{listed}])')
        for statement in planned.statements:
            connection.execute(statement)
        connection.execute(
            f"COPY (WITH found AS ({planned.findings}) SELECT a.id AS agreement, r.id AS rule, "
            "CASE WHEN certain THEN 'breached' ELSE 'undetermined' END AS status, clauses "
            "FROM found JOIN agreements a USING (agreement) JOIN rules r USING (rule)) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        )

    return run


def check_on_layout(table: list[Row], folder: Path, out: Path, **options: str) -> Callable[[], None]:
    """What `clauses portfolio check FOLDER` does: rows with severities and messages too."""
    from clauses.portfolio.backends import Backend
    from clauses.portfolio.check import check
    from clauses.portfolio.store import open_portfolio

    of = pack(table)
    memory = int(options["memory"]) if "memory" in options else None
    where = Backend(options.get("backend", "local"), memory=memory)
    return lambda: (check(open_portfolio(folder / "portfolio"), [of], output=out, backend=where), None)[1]


def check_on_records(table: list[Row], folder: Path, out: Path, **options: str) -> Callable[[], None]:
    """What `clauses portfolio check FILE.jsonl` does, on as many cores as `jobs` says."""
    from clauses.portfolio.lines_check import check_lines

    of, day = pack(table), Date.read(AS_OF)
    jobs = int(options.get("jobs", "1"))
    return lambda: (check_lines(folder / "records.jsonl", [of], as_of=day, output=out, jobs=jobs), None)[1]


# --- a contestant in a process of its own


def over_lines(check: Check, file: Path, out: Path) -> Callable[[], None]:
    """Check a file line by line, and write what is found."""

    def run() -> None:
        with file.open("rb") as lines, out.open("w", encoding="utf-8") as found:
            for line in lines:
                sheet = line[11:19].decode()
                for rule, ids in check(line):
                    found.write(f"{sheet}\t{rule}\tbreached\t{','.join(ids)}\n")

    return run


BY_LINE: dict[str, Callable[[list[Row]], Check]] = {
    "datalogic": datalogic,
    "datalogic-sorted": lambda table: datalogic(table, is_sorted=True),
    "msgspec": msgspec_python,
    "orjson": orjson_python,
}
BY_FILE: dict[str, Callable[..., Callable[[], None]]] = {
    "sql": sql_on_layout,
    "long": sql_on_long,
    "plan": plan_on_layout,
    "check": check_on_layout,
    "screen": screen_on_records,
    "lines": check_on_records,
}


def file_of(name: str) -> str:
    """The file that a contestant reads line by line."""
    if name not in BY_LINE:
        return "records.jsonl"
    return "sorted.jsonl" if name == "datalogic-sorted" else "flat.jsonl"


def prepared(name: str, rule_count: int, folder: Path, out: Path, **options: str) -> Callable[[], None]:
    """A contestant, ready to run."""
    table = rows(rule_count)
    if name in BY_LINE:
        return over_lines(BY_LINE[name](table), folder / file_of(name), out)
    return BY_FILE[name](table, folder, out, **options)


def main() -> None:
    """Run one contestant, and print what it took."""
    name, rule_count, folder, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    run = prepared(name, rule_count, folder, out, **dict(option.split("=") for option in sys.argv[5:]))
    start, cpu = time.perf_counter(), time.process_time()
    run()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak_megabytes()}))


def peak_megabytes() -> int:
    """The most memory that this process has held; other ways to ask count that of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


if __name__ == "__main__":
    main()
