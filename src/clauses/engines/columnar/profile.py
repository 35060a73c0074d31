"""What a portfolio never has: terms that are left open, amounts in more than one currency, and the like.

Rules over data that is always stated and exact need only half of their conditions: what is possible is certain. A
profile is read from what Parquet files say of their columns, without reading a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clauses.engines.columnar.formulas import rebuilt
from clauses.engines.columnar.layout import term_column
from clauses.errors import InputError
from clauses.language.rewrite import FALSE, TRUE, Column, Flag, Formula, Linear, Same, all_of, any_of
from clauses.source import Place, Source

if TYPE_CHECKING:
    import duckdb

LONGEST = 8
"""Writers may cut longer texts off in what they say of a column; the longest of ours that matters is a currency."""

Key = tuple[str, str]
"""A kind and a column of its table."""


@dataclass(frozen=True)
class Profile:
    """What is known of the columns of the tables. The empty profile assumes nothing."""

    full: frozenset[Key] = frozenset()
    """Columns without NULL."""
    empty: frozenset[Key] = frozenset()
    """Columns with nothing but NULL."""
    single: Mapping[Key, str] = field(default_factory=dict)
    """Columns with one value, beside NULL, as text."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[Path]]) -> Profile:
        """The profile of the Parquet files of each kind."""
        full: set[Key] = set()
        empty: set[Key] = set()
        single: dict[Key, str] = {}
        for kind, paths in files.items():
            rows = connection.execute(_STATISTICS, [[exact(path) for path in paths]]).fetchall() if paths else []
            for name, values, nulls, least, greatest in rows:
                key = kind, str(name)
                if nulls == 0:
                    full.add(key)
                if nulls == values:
                    empty.add(key)
                if least is not None and least == greatest and len(least) <= LONGEST:
                    single[key] = str(least)
        return cls(frozenset(full), frozenset(empty), single)

    def is_stated(self, kind: str, term: str) -> bool:
        """Whether a term is stated in every fact of a kind."""
        return term == "id" or (kind, term_column(term)) in self.full

    def is_exact(self, kind: str, term: str) -> bool:
        """Whether a term is nowhere a range."""
        return (kind, term_column(term, "highest")) in self.empty

    def currency(self, kind: str, term: str) -> str | None:
        """The only currency of an amount, where there is only one."""
        return self.single.get((kind, term_column(term, "currency")))

    def is_certain(self, kind: str) -> bool:
        """Whether every fact of a kind is certain."""
        return self.single.get((kind, "certain")) == "true"

    # --- formulas

    def settled(self, formula: Formula, kinds: Mapping[str, str]) -> Formula:
        """A formula made simpler by what is known; `kinds` gives the kind of every alias.

        The two formulas of a condition come out the same where nothing that they read is ever open.
        """
        return rebuilt(formula, lambda atom: self._settled(atom, kinds))

    def _settled(self, atom: Formula, kinds: Mapping[str, str]) -> Formula:
        match atom:
            case Flag(column, holds) if self._stated(column, kinds):
                return TRUE if holds else FALSE
            case Linear(terms, constant, strict):
                narrowed = ((by, tuple(self._narrowed(column, kinds) for column in columns)) for by, columns in terms)
                return Linear(tuple(narrowed), constant, strict)
            case Same():
                return self._same(atom, kinds)
        return atom

    def _stated(self, column: Column, kinds: Mapping[str, str]) -> bool:
        return self.is_stated(kinds[column.alias], column.term)

    def _narrowed(self, column: Column, kinds: Mapping[str, str]) -> Column:
        """A value that is always stated and never a range is its lowest and its highest."""
        kind = kinds[column.alias]
        if column.part == "highest" and self.is_stated(kind, column.term) and self.is_exact(kind, column.term):
            return Column(column.alias, column.term, "lowest")
        return column

    def _same(self, same: Same, kinds: Mapping[str, str]) -> Formula:
        columns = [side for side in (same.left, same.right) if isinstance(side, Column)]
        known = [side if isinstance(side, str) else self._constant(side, kinds) for side in (same.left, same.right)]
        if None not in known:
            stated = [Flag(Column(c.alias, c.term, "stated"), same.certainly) for c in columns]
            left = [self._settled(flag, kinds) for flag in stated]
            equal = TRUE if (known[0] == known[1]) == same.holds else FALSE
            return all_of([*left, equal]) if same.certainly else any_of([*left, equal])
        if all(self._stated(column, kinds) for column in columns):
            return Same(same.left, same.right, True, same.holds)
        return same

    def _constant(self, column: Column, kinds: Mapping[str, str]) -> str | None:
        return self.currency(kinds[column.alias], column.term) if column.part == "currency" else None

    def with_derived(self, each: Iterable[Profile]) -> Profile:
        """The profile with what is known of a kind that rules derive: what is so by each of these rules."""
        made = list(each)
        if not made:
            return self
        full = frozenset.intersection(*(one.full for one in made))
        empty = frozenset.intersection(*(one.empty for one in made))
        single = dict(set.intersection(*(set(one.single.items()) for one in made)))
        return Profile(self.full | full, self.empty | empty, {**self.single, **single})


_STATISTICS = """
    SELECT path_in_schema, sum(num_values), CASE WHEN bool_and(stats_null_count IS NOT NULL) THEN sum(stats_null_count)
           END, CASE WHEN bool_and(is_told) THEN min(least) END, CASE WHEN bool_and(is_told) THEN max(greatest) END
    FROM (SELECT *, coalesce(stats_min_value, stats_min) AS least, coalesce(stats_max_value, stats_max) AS greatest,
                 coalesce(num_values = stats_null_count, false) OR (least IS NOT NULL AND greatest IS NOT NULL)
                 AS is_told
          FROM parquet_metadata($1))
    GROUP BY path_in_schema
"""


def exact(file: Path) -> str:
    """The whole path of a file, as DuckDB takes it where it expects a pattern: nothing in it stands for anything else.

    Raises InputError for the one sort of name that cannot be written so.
    """
    path = str(file.absolute())
    if "\\" in path and any(sign in path for sign in "*?["):
        sentence = "a path with a backslash and one of `*`, `?` and `[` cannot be read"
        raise InputError.of("unreadable-name", sentence, Place(Source(str(file), ""), 0, 0), "rename the folder")
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)
