"""The check of one partition: its plans run in DuckDB, and what they find as rows and counts.

This is all that runs in another process or on another machine. It is made of plain data, so that it can be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clauses.engines.columnar.plan import Plan
from clauses.language.rule import SEVERITIES, Severity
from clauses.portfolio.database import Piece, Room, lay_out, over, rows_of, table_of
from clauses.portfolio.messages import Phrases, messages
from clauses.portfolio.outputs import ROWS, as_stream, labels
from clauses.portfolio.parts import Part
from clauses.portfolio.results import Counts, RuleCount
from clauses.review.wording import Names, Sentence

FOUND = '"the findings"'
"""A table whose name no kind of fact can have."""
FOUND_COLUMNS = "(agreement BIGINT, rule INTEGER, certain BOOLEAN, clauses VARCHAR[], arguments VARCHAR[])"
BATCH = 65_536
"""Findings that are put into words at once."""


@dataclass(frozen=True)
class RuleLine:
    """A rule that makes findings, as rows need it."""

    id: str
    severity: Severity
    sentence: Sentence


@dataclass(frozen=True)
class PackPlan:
    """What one pack runs, with the place of each of its rules among the rules of all packs."""

    statements: tuple[str, ...]
    parts: tuple[str, ...]
    """Queries that give the findings, one after the other."""
    kinds: tuple[str, ...]
    places: tuple[int | None, ...]
    """By the rule's number in the pack; None for rules that derive facts."""

    @classmethod
    def of(cls, plan: Plan, places: Iterable[int | None]) -> PackPlan:
        """A pack's plan, ready to be sent."""
        return cls(plan.statements, plan.parts, plan.kinds, tuple(places))


@dataclass(frozen=True)
class Found:
    """What a piece was found to hold: the counts, and the rows as Arrow streams."""

    counts: Counts
    streams: tuple[bytes, ...]

    def joined(self, other: Found) -> Found:
        """This, and what the next piece holds."""
        counts = Counts()
        counts.add(self.counts)
        counts.add(other.counts)
        return Found(counts, self.streams + other.streams)


@dataclass(frozen=True)
class PartitionCheck:
    """The check of any partition of a portfolio."""

    plans: tuple[PackPlan, ...]
    rules: tuple[RuleLine, ...]
    """In the order of rows: by severity, then by id."""
    room: Room
    has_rows: bool
    """Whether rows are wanted, or only their counts."""
    phrases: Phrases = field(default_factory=Phrases, compare=False)

    def __call__(self, piece: Piece) -> Part:
        """Check a piece. Raises EngineError where the memory does not suffice."""
        found = over(piece, self.room, self._found, Found.joined)
        return Part(piece.number, found.counts.data(), b"".join(found.streams) if self.has_rows else None)

    def _found(self, connection: duckdb.DuckDBPyConnection, piece: Piece) -> Found:
        lay_out(connection, piece, {kind for plan in self.plans for kind in (*plan.kinds, *_NAMING)})
        connection.execute(f"CREATE TEMP TABLE {FOUND} {FOUND_COLUMNS}")
        for plan in self.plans:
            run_plan(connection, plan, self.has_rows)
        counts = counts_of(connection, piece.agreements, self.rules)
        if not self.has_rows:
            return Found(counts, ())
        rows = (as_stream(self._rows(batch, connection.cursor())) for batch in self._batches(connection, piece))
        return Found(counts, tuple(rows))

    def _batches(self, connection: duckdb.DuckDBPyConnection, piece: Piece) -> Iterator[pa.Table]:
        """The findings in their order, some at a time, with the ids of their agreements."""
        found = connection.sql(
            f"SELECT f.*, a.id FROM {FOUND} AS f JOIN {rows_of_agreements(piece)} AS a USING (agreement) "
            "ORDER BY f.agreement, f.rule, f.clauses, f.certain DESC, f.arguments"
        )
        assert found is not None
        for batch in found.to_arrow_reader(BATCH):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])

    def _rows(self, found: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
        columns = {name: found[name].combine_chunks() for name in found.column_names}
        told = messages(
            columns["rule"], columns["agreement"], columns["arguments"], [rule.sentence for rule in self.rules],
            Book(connection), self.phrases,
        )  # fmt: skip
        status = columns["certain"].cast(pa.int32())
        severity = pa.array([SEVERITIES.index(rule.severity) for rule in self.rules], pa.int32()).take(columns["rule"])
        return pa.table(
            [
                columns["id"],
                labels(columns["rule"], [rule.id for rule in self.rules]),
                labels(status, ["undetermined", "breached"]),
                labels(severity, SEVERITIES),
                columns["clauses"],
                told,
            ],
            ROWS,
        )


_NAMING = ("party", "clause")
"""The kinds that hold the names of parties and the headings of clauses."""


def rows_of_agreements(piece: Piece) -> str:
    """The agreements of a piece with their ids."""
    return f"(SELECT agreement, id FROM {rows_of(piece, piece.agreements_files)})"


def run_plan(connection: duckdb.DuckDBPyConnection, plan: PackPlan, has_rows: bool, into: str = FOUND) -> None:
    """Run the plan of one pack into the table of findings; the tables that it made for itself are dropped."""
    for statement in plan.statements:
        connection.execute(statement)
    places = ", ".join("NULL" if place is None else str(place) for place in plan.places)
    details = "clauses, arguments" if has_rows else "NULL, NULL"
    for part in plan.parts:
        connection.execute(
            f"INSERT INTO {into} SELECT agreement, CAST([{places}][rule + 1] AS INTEGER), certain, {details} "
            f"FROM ({part})"
        )
    made = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE temporary AND NOT starts_with(table_name, 'the ')"
    ).fetchall()
    for (name,) in made:
        connection.execute(f'DROP TABLE temp."{name}"')


# --- counts


def verdicts_sql(found: str, severities: Sequence[int]) -> str:
    """The verdict of each agreement of which something is found: the place of it in VERDICTS."""
    listed = ", ".join(map(str, severities))
    return f"""
        SELECT agreement, CASE
            WHEN bool_or(breached AND severity = 0) THEN 'conflict'
            WHEN bool_or(breached AND severity = 1) THEN 'consent'
            WHEN bool_or(NOT breached AND severity < 3) THEN 'undetermined'
            WHEN bool_or(breached AND severity = 2) THEN 'flag'
            ELSE 'clear' END AS verdict
        FROM (SELECT agreement, [{listed}][rule + 1] AS severity, bool_or(certain) AS breached
              FROM {found} GROUP BY agreement, rule)
        GROUP BY agreement"""


def counts_of(connection: duckdb.DuckDBPyConnection, agreements: int, rules: Sequence[RuleLine]) -> Counts:
    """The counts of a piece, from its findings."""
    severities = [SEVERITIES.index(rule.severity) for rule in rules]
    counts = Counts(agreements)
    for number, count in _tallies(connection, "rule"):
        counts.rules.setdefault(rules[number].id, RuleCount()).add(count)
    for number, count in _tallies(connection, f"[{', '.join(map(str, severities))}][rule + 1]"):
        counts.severities[SEVERITIES[number]] = count
    verdicts = verdicts_sql(FOUND, severities)
    counts.verdicts.update(
        dict(connection.execute(f"SELECT verdict, count(*) FROM ({verdicts}) GROUP BY verdict").fetchall())
    )
    counts.with_findings = counts.verdicts.total()
    if agreements > counts.with_findings:
        counts.verdicts["clear"] += agreements - counts.with_findings
    return counts


def _tallies(connection: duckdb.DuckDBPyConnection, by: str) -> Iterator[tuple[int, RuleCount]]:
    """For each rule, or each of what else findings are sorted by, how it came out."""
    found = connection.execute(
        "SELECT name, count(*) FILTER (breached), count(*) FILTER (NOT breached), sum(findings)::BIGINT FROM ("
        f"SELECT agreement, {by} AS name, bool_or(certain) AS breached, count(*) AS findings FROM {FOUND} GROUP BY ALL"
        ") GROUP BY name"
    ).fetchall()
    for name, *numbers in found:
        yield name, RuleCount(*numbers)


# --- names


class Book:
    """The names of parties and the headings of clauses, looked up where they are asked for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._of: dict[int, Names] = {}

    def names(self, type: str, agreements: pa.Array, ids: pa.Array) -> pa.Array:
        """For every pair the name of the party, or heading of the clause; null where it has none."""
        wanted = pa.table({"place": pa.array(range(len(ids)), pa.int64()), "agreement": agreements, "id": ids})
        first, last = pc.min_max(agreements).values()
        self._connection.register("the wanted", wanted)
        found = table_of(
            self._connection,
            f'SELECT {_NAMES[type]} AS name FROM "the wanted" AS w LEFT JOIN "{type}" AS n '
            f"ON n.agreement = w.agreement AND n.agreement BETWEEN {first} AND {last} AND n.id = w.id "
            "GROUP BY w.place ORDER BY w.place",
        )
        self._connection.unregister("the wanted")
        return found["name"].combine_chunks()

    def of(self, agreement: int) -> Names:
        """The names of one agreement."""
        if agreement not in self._of:
            listed = [
                dict(self._connection.execute(sql, [agreement]).fetchall())
                for sql in (
                    f'SELECT id, {name} FROM "{type}" AS n WHERE agreement = ? GROUP BY id'
                    for type, name in _NAMES.items()
                )
            ]
            self._of[agreement] = _Called(*listed)
        return self._of[agreement]


_NAMES = {
    # What a term sheet says of a party holds before what the agreement says; see `Deal.parties`.
    "party": 'arg_max(n."name", n.in_proposed)',
    "clause": 'max(n."heading")',
}


@dataclass(frozen=True)
class _Called:
    parties: Mapping[str, str]
    headings: Mapping[str, str | None]

    def party_name(self, party_id: str) -> str:
        return self.parties.get(party_id) or party_id

    def heading(self, clause_id: str) -> str | None:
        return self.headings.get(clause_id)
