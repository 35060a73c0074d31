"""Made-up portfolios for the benchmarks: the same agreements as a portfolio on disk, as records, and as peers like.

An agreement has the 25 clauses of `sheets.MIX`; those that a term sheet proposes are told apart from those in force.
Most are harmless; each rule of the table has a small share of values on which it fires, with a tail further out for
its replicas. Blocks of agreements are drawn from seeds of their own, so that the first thousand of a million are the
thousand of a smaller run.

    portfolio/            the layout of `clauses.engines.columnar.layout`, a folder a kind
    records.jsonl         a record a line: an agreement document and the term sheet that adds to it
    flat.jsonl            the same for peers: one list of clauses, whole numbers, dates as yyyymmdd
    sorted.jsonl          the same with a list for each kind and layer that the rules ask for
    long/*.parquet        the same as one table, a row a clause
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clauses.engines.columnar import layout
from clauses.terms.facts import fact_types

AS_OF = "2025-07-01"
BLOCK = 10_000
"""Agreements that are drawn from one seed."""
PARTITION = 50_000
SEED = 20_250_701
ROW_GROUP = 120_000

PROVIDERS = ("azura", "oraclo", "gcore", "coreline", "lambdar", "nebula", "crusade", "helios", "stratus", "boreal")
CUSTOMERS = ("openco", "rivalco", "anthrop", "mistra", "cohera", "adepto")
HOLDERS = ("softbanc", "thrivecap", "founders", "nonprofit", "employees", "index-fund")
BODIES = ("board", "holders", "regulator")
VARIANTS = range(1, 100)
"""The replicas of a rule look for a text of their own, such as `ftc7`; a few values are such texts."""
PARTIES = (*PROVIDERS, *CUSTOMERS, *HOLDERS, *BODIES, "management", *(f"management{n}" for n in VARIANTS))

SLOTS = (
    *["exclusivity"] * 3, *["supply"] * 6, "equity_on_conversion", *["consent"] * 2, *["regulatory_flag"] * 3,
    *["funding_commitment"] * 3, *["revenue_share"] * 3, "licence", "equity_on_conversion", "capital_raise", "licence",
)  # fmt: skip
"""The kinds of the clauses of an agreement, in the order of their ids."""
NAMED = {22: "conversion", 23: "raise-close"}
"""Clauses that others name have ids of their own; `SPARE`, the last, is `spare`, `tbd` or `tbd7`."""
CONVERSION, RAISE, SPARE = 22, 23, 24
KINDS = tuple(dict.fromkeys(SLOTS))
SPARE_IDS = ("spare", "tbd", *(f"tbd{n}" for n in VARIANTS))
IDS = (*(NAMED.get(slot, f"c{slot:02}") for slot in range(SPARE)), *SPARE_IDS)
"""Every id that a clause can have: those of the slots, then those of the last."""

DATES = ("starts", "ends", "deadline", "closing")
MONEY = ("amount", "pre_money", "cap")
SHARES = ("stake", "floor", "share")

Array = Any
"""An array of numpy."""


@dataclass
class Term:
    """A term of many clauses: whole numbers (days, millions, hundredths of a percent), or numbers of texts."""

    values: Array
    texts: tuple[str, ...] = ()
    highest: Array | None = None
    """The highest of ranges; None where all are exact."""
    stated: Array | None = None
    """Where it is stated; None where it always is."""

    def words(self) -> Array:
        """The texts themselves."""
        return np.array(self.texts, dtype=object)[self.values]

    def is_stated(self) -> Array:
        """Where it is stated."""
        return np.ones(len(self.values), dtype=bool) if self.stated is None else self.stated


@dataclass
class Clauses:
    """The clauses of one kind in some agreements, in order."""

    kind: str
    agreement: Array
    slot: Array
    id: Array
    """The numbers of their ids in `IDS`."""
    proposed: Array
    terms: dict[str, Term] = field(default_factory=dict)


# --- drawing


class Draw:
    """Chance, for a number of clauses of a kind; rows of one agreement stand together."""

    def __init__(self, chance: np.random.Generator, count: int, base: dict[str, Array], each: int) -> None:
        self.chance, self.count = chance, count * each
        self.base = {name: np.repeat(codes, each) for name, codes in base.items()}

    def share(self, part: float) -> Array:
        """True for a part of the rows."""
        return self.chance.random(self.count) < part

    def number(self, first: int, last: int) -> Array:
        """Whole numbers from a range."""
        return self.chance.integers(first, last + 1, self.count)

    def date(self, first: int, last: int) -> Array:
        """Days of some years."""
        return self.number(_day(first, 1, 1), _day(last, 12, 31))

    def either(self, part: float, rare: Array, usual: Array) -> Array:
        """The rare value for a part of the rows, otherwise the usual one."""
        return np.where(self.share(part), rare, usual)

    def party(self, *names: str) -> Array:
        """One of some parties."""
        codes = np.array([PARTIES.index(name) for name in names])
        return codes[self.number(0, len(names) - 1)]

    def text(self, usual: tuple[str, ...], rare: tuple[str, ...] = (), part: float = 0.0) -> Term:
        """One of some texts; one of the rare ones for a part of the rows."""
        codes = self.number(0, len(usual) - 1)
        if rare:
            codes = self.either(part, len(usual) + self.number(0, len(rare) - 1), codes)
        return Term(codes, (*usual, *rare))


def _day(year: int, month: int, day: int) -> int:
    return datetime.date(year, month, day).toordinal()


def _exclusivity(draw: Draw) -> dict[str, Term]:
    starts = draw.either(0.012, draw.date(2037, 2045), draw.date(2024, 2028))
    return {
        "starts": Term(draw.either(0.02, draw.date(2000, 2024), starts)),
        "ends": Term(draw.either(0.022, draw.date(2035, 2044), draw.date(2029, 2034))),
        "obligor": _parties(draw.either(0.2, draw.party(*CUSTOMERS), draw.base["customer"])),
        "beneficiary": _parties(draw.either(0.016, draw.party(*PROVIDERS), draw.base["provider"])),
        "subject": draw.text(("cloud-compute",) * 3 + ("services",), ("ai-models",), 0.05),
        "scope": draw.text(("training", "inference", "api", "research"), ("all",), 0.02),
    }


def _supply(draw: Draw) -> dict[str, Term]:
    amount = draw.either(0.005, draw.number(20, 300), draw.number(301, 45_000))
    return {
        "starts": Term(draw.date(2025, 2028)),
        "ends": Term(
            draw.either(0.006, draw.date(2020, 2024), draw.either(0.015, draw.date(2033, 2044), draw.date(2029, 2032)))
        ),
        "supplier": _parties(draw.either(0.012, draw.party(*PROVIDERS), draw.base["provider"])),
        "customer": _parties(draw.either(0.2, draw.party(*CUSTOMERS), draw.base["customer"])),
        "amount": Term(draw.either(0.008, draw.number(45_001, 90_000), amount)),
    }


def _equity(draw: Draw) -> dict[str, Term]:
    stake = draw.either(0.026, draw.number(4901, 6500), draw.number(500, 4800))
    kept = draw.either(0.045, draw.number(95, 130), draw.number(50, 90))
    return {
        "holder": _parties(draw.either(0.03, draw.base["provider"], draw.party(*HOLDERS))),
        "stake": Term(stake),
        "deadline": Term(draw.either(0.03, draw.date(2015, 2025), draw.date(2029, 2031))),
        "floor": Term(stake * kept // 100),
    }


def _capital_raise(draw: Draw) -> dict[str, Term]:
    pre_money = draw.either(0.025, draw.number(700_000, 1_000_000), draw.number(20_000, 700_000))
    return {
        "amount": Term(
            draw.either(
                0.022, draw.number(100_001, 180_000), pre_money * draw.either(0.02, draw.number(40, 80), 10) // 100
            )
        ),
        "pre_money": Term(pre_money),
        "closing": Term(draw.either(0.025, draw.date(2028, 2038), draw.date(2026, 2026))),
    }


def _consent(draw: Draw) -> dict[str, Term]:
    by = draw.party(*BODIES)
    tail = draw.party("management", *PARTIES[PARTIES.index("management") + 1 :])
    by = draw.either(0.03, tail, draw.either(0.03, PARTIES.index("management"), by))
    return {"by": _parties(by), "permits": Term(draw.number(0, SPARE - 3), IDS)}


def _flag(draw: Draw) -> dict[str, Term]:
    authorities = ("ftc", "doj", "sec", "cma", "ec", "jftc", "cfius", "bafin")
    rare = tuple(f"{name}{n}" for n in VARIANTS for name in ("ftc", "doj", "sec", "cma"))
    concerns = (
        "dual-role", "merger-control", "concentration", "interlocking-seats", "foreign-investment",
        "charity-law", "disclosure", "data-protection", "competition",
    )  # fmt: skip
    return {
        "authority": draw.text(authorities, rare, 0.05),
        "concern": draw.text(concerns),
        "status": draw.text(("cleared",), ("open", "remedied", "blocked"), 0.22),
    }


def _funding(draw: Draw) -> dict[str, Term]:
    deadline = draw.either(0.03, draw.date(2018, 2026), draw.date(2027, 2028))
    amount = draw.either(0.008, draw.number(20, 300), draw.number(301, 30_000))
    return {
        "amount": Term(draw.either(0.016, draw.number(30_001, 60_000), amount)),
        "conditional_on": Term(
            np.array([CONVERSION, CONVERSION, RAISE, RAISE, *range(7)])[draw.number(0, 10)],
            IDS,
        ),
        "deadline": Term(draw.either(0.03, draw.date(2029, 2043), deadline)),
    }


def _revenue_share(draw: Draw) -> dict[str, Term]:
    payer = draw.base["customer"]
    return {
        "ends": Term(draw.either(0.022, draw.date(2032, 2043), draw.date(2027, 2031))),
        "payer": _parties(payer),
        "payee": _parties(draw.either(0.014, payer, draw.party(*PROVIDERS))),
        "share": Term(draw.either(0.018, draw.number(1901, 2900), draw.number(300, 1900))),
        "cap": Term(draw.either(0.02, draw.number(100, 999), draw.number(1000, 50_000))),
    }


def _licence(draw: Draw) -> dict[str, Term]:
    return {
        "ends": Term(draw.either(0.038, draw.date(2034, 2043), draw.date(2027, 2033))),
        "licensor": _parties(draw.base["customer"]),
        "licensee": _parties(draw.either(0.3, draw.party(*PROVIDERS), draw.base["provider"])),
    }


def _parties(codes: Array) -> Term:
    return Term(codes, PARTIES)


_DRAWN: dict[str, Callable[[Draw], dict[str, Term]]] = {
    "exclusivity": _exclusivity, "supply": _supply, "equity_on_conversion": _equity, "capital_raise": _capital_raise,
    "consent": _consent, "regulatory_flag": _flag, "funding_commitment": _funding, "revenue_share": _revenue_share,
    "licence": _licence,
}  # fmt: skip


def block(number: int, with_open_values: bool = False) -> list[Clauses]:
    """The clauses of a block of agreements, by kind."""
    chance = np.random.Generator(np.random.PCG64([SEED, number]))
    agreements = np.arange(number * BLOCK, (number + 1) * BLOCK)
    base = {
        "provider": chance.integers(0, len(PROVIDERS), BLOCK),
        "customer": len(PROVIDERS) + chance.integers(0, len(CUSTOMERS), BLOCK),
    }
    spare = SPARE + np.where(
        chance.random(BLOCK) < 0.1, 1 + np.where(chance.random(BLOCK) < 0.4, 0, chance.integers(1, 100, BLOCK)), 0
    )
    found = []
    for kind in KINDS:
        slots = np.array([slot for slot, of in enumerate(SLOTS) if of == kind])
        draw = Draw(chance, BLOCK, base, len(slots))
        slot = np.tile(slots, BLOCK)
        id = np.where(slot == SPARE, np.repeat(spare, len(slots)), slot)
        clauses = Clauses(kind, np.repeat(agreements, len(slots)), slot, id, _proposed(kind, draw, slot))
        clauses.terms = _DRAWN[kind](draw)
        found.append(clauses)
    _connect(found, spare, chance)
    if with_open_values:
        for clauses in found:
            _leave_open(clauses, chance)
    return found


def _proposed(kind: str, draw: Draw, slot: Array) -> Array:
    """The first clause of a kind is in force; of the others most are proposed, and every raise is."""
    if kind == "capital_raise":
        return np.ones(draw.count, dtype=bool)
    first = CONVERSION if kind == "equity_on_conversion" else min(slot)
    return (slot != first) & draw.share(0.7)


def _connect(found: list[Clauses], spare: Array, chance: np.random.Generator) -> None:
    """What clauses say of each other: consents to the raise, the concern that was cleared, what money waits for."""
    of = {clauses.kind: clauses for clauses in found}
    consent, flag, funding = of["consent"], of["regulatory_flag"], of["funding_commitment"]
    first = consent.slot == min(consent.slot)
    covers = chance.random(len(first))
    permits = np.where(first & (covers < 0.94), RAISE, consent.terms["permits"].values)
    last = np.repeat(spare, 2)
    named = (last > SPARE) & ~first & (covers < 0.5)
    consent.terms["permits"].values = np.where(named, last, permits)
    consent.proposed |= first | named
    cleared = (flag.slot == min(flag.slot)) & (chance.random(len(flag.slot)) < 0.96)
    for name, text in (("concern", "competition"), ("status", "cleared")):
        term = flag.terms[name]
        term.values = np.where(cleared, term.texts.index(text), term.values)
    _name_what_stands(consent, consent.terms["permits"], of)
    _name_what_stands(funding, funding.terms["conditional_on"], of)


def _name_what_stands(clauses: Clauses, term: Term, of: dict[str, Clauses]) -> None:
    """A clause in force names only others that are: the clause `conversion` instead of one that is proposed."""
    first = clauses.agreement[0]
    stands = np.zeros((BLOCK, len(IDS)), dtype=bool)
    for other in of.values():
        stands[other.agreement - first, other.id] = ~other.proposed
    known = stands[clauses.agreement - first, term.values]
    term.values = np.where(clauses.proposed | known, term.values, CONVERSION)


def _leave_open(clauses: Clauses, chance: np.random.Generator) -> None:
    """A tenth of the terms are not stated, and of a tenth of the dates only the year is known."""
    count = len(clauses.agreement)
    for name, term in clauses.terms.items():
        term.stated = chance.random(count) >= 0.1
        if name in DATES:
            years = (np.datetime64("0001-01-01") + (term.values - 1)).astype("datetime64[Y]")
            first = years.astype("datetime64[D]").astype(int) - np.datetime64("0001-01-01").astype(int) + 1
            last = (years + 1).astype("datetime64[D]").astype(int) - np.datetime64("0001-01-01").astype(int)
            is_year = chance.random(count) < 0.1
            term.highest = np.where(is_year, last, term.values)
            term.values = np.where(is_year, first, term.values)


# --- as a portfolio on disk


def agreement_id(number: int) -> str:
    """The id of an agreement."""
    return f"a{number:07}"


def write_portfolio(folder: Path, agreements: int, with_open_values: bool = False) -> None:
    """Write agreements in the layout, with the tables of the kinds of `SLOTS`."""
    partitions, facts = [], dict.fromkeys((*KINDS, "context"), 0)
    for part, first in enumerate(range(0, agreements, PARTITION)):
        count, name = min(PARTITION, agreements - first), f"part-{part:05}"
        partitions.append({"name": name, "first": first, "agreements": count})
        tables = _tables(first, count, with_open_values)
        for kind, table in tables.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            pq.write_table(table, folder / kind / f"{name}.parquet", compression="zstd", row_group_size=ROW_GROUP)
            if kind in facts:
                facts[kind] += table.num_rows
    header = {"layout": layout.VERSION, "as_of": AS_OF, "agreements": agreements, "rejects": 0, "facts": facts}
    (folder / "rejects.jsonl").write_text("")
    (folder / "portfolio.json").write_text(
        json.dumps({**header, "partitions": partitions, "sources": []}, indent=2) + "\n"
    )


def _blocks(first: int, count: int, with_open_values: bool) -> Iterator[list[Clauses]]:
    for number in range(first // BLOCK, -(-(first + count) // BLOCK)):
        yield [_upto(clauses, first + count) for clauses in block(number, with_open_values)]


def _upto(clauses: Clauses, end: int) -> Clauses:
    """The clauses of the agreements before one."""
    kept = int(np.searchsorted(clauses.agreement, end))
    if kept == len(clauses.agreement):
        return clauses

    def cut(values: Array) -> Array:
        return None if values is None else values[:kept]

    terms = {
        name: Term(cut(term.values), term.texts, cut(term.highest), cut(term.stated))
        for name, term in clauses.terms.items()
    }
    agreement, slot, id, proposed = map(cut, (clauses.agreement, clauses.slot, clauses.id, clauses.proposed))
    return Clauses(clauses.kind, agreement, slot, id, proposed, terms)


def _tables(first: int, count: int, with_open_values: bool) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for found in _blocks(first, count, with_open_values):
        party_counts = _mentioned(found).sum(axis=1)
        for clauses in found:
            parts.setdefault(clauses.kind, []).append(_table(clauses, party_counts))
    tables = {kind: pa.concat_tables(each) for kind, each in parts.items()}
    tables["context"] = _context(first, count)
    tables["agreements"] = _agreements(first, count)
    return tables


def _mentioned(found: list[Clauses]) -> Array:
    """Which parties each agreement of a block mentions: a row an agreement, a column a party."""
    first = found[0].agreement[0]
    mentioned = np.zeros((found[0].agreement[-1] - first + 1, len(PARTIES)), dtype=bool)
    for clauses in found:
        for term in clauses.terms.values():
            if term.texts is PARTIES:
                stated = term.is_stated()
                mentioned[(clauses.agreement - first)[stated], term.values[stated]] = True
    return mentioned


def _table(clauses: Clauses, party_counts: Array) -> pa.Table:
    """The clauses of a kind as a table of the layout: the context and the parties come before them among the facts."""
    count = len(clauses.agreement)
    parties = party_counts[clauses.agreement - clauses.agreement[0]]
    columns: dict[str, Any] = {
        "agreement": clauses.agreement,
        "number": 1 + parties + 2 * clauses.slot,
        "id": np.array(IDS, dtype=object)[clauses.id],
        "in_current": ~clauses.proposed,
        "in_proposed": clauses.proposed,
        "in_removed": np.zeros(count, dtype=bool),
        "in_result": np.ones(count, dtype=bool),
        "certain": np.ones(count, dtype=bool),
        "basis": np.full(count, "stated", dtype=object),
        **_term_columns(clauses),
        "changed": _changed(clauses),
    }
    for name, type in (fact_types(clauses.kind) or {}).items():
        if type.is_list:
            is_known = name not in _NOT_STATED
            columns.setdefault(layout.term_column(name), _no_texts(count, is_known))
            columns[layout.term_column(name, "open")] = np.zeros(count, dtype=bool) if is_known else pa.nulls(count)
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in layout.columns(clauses.kind)])
    return pa.table(
        [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(count, f.type) for f in schema],
        schema=schema,
    )


_ARROW = {
    "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()),
}  # fmt: skip


def _term_columns(clauses: Clauses) -> dict[str, Any]:
    """Values in the units of the layout, NULL where nothing is stated."""
    found: dict[str, Any] = {}
    terms = dict(clauses.terms)
    if "starts" not in terms:  # what is in force without a date has started by the day of the review
        nothing = np.zeros(len(clauses.agreement), dtype=np.int64)
        terms["starts"] = Term(nothing, stated=np.zeros(len(clauses.agreement), dtype=bool))
    for name, term in terms.items():
        if term.texts:
            found[name] = pa.array(term.words(), pa.string(), mask=~term.is_stated())
            continue
        unit = 10**8 if name in MONEY else 100 if name in SHARES else 1
        lowest, stated = term.values * unit, term.is_stated()
        highest = (term.values if term.highest is None else term.highest) * unit
        if name == "starts":
            inferred = ~stated & ~clauses.proposed
            lowest = np.where(inferred, 1, lowest)
            highest = np.where(inferred, datetime.date.fromisoformat(AS_OF).toordinal(), highest)
            stated = stated | inferred
        found[name] = pa.array(lowest, mask=~stated)
        found[layout.term_column(name, "highest")] = pa.array(highest, mask=~stated | (highest == lowest))
        if name in MONEY:
            found[layout.term_column(name, "currency")] = pa.array(
                np.full(len(stated), "USD", dtype=object), mask=~stated
            )
    return found


def _changed(clauses: Clauses) -> pa.Array:
    """The terms that a term sheet writes: all that a proposed clause states."""
    order = [name for name in fact_types(clauses.kind) or {} if name in clauses.terms]
    written = np.stack([clauses.terms[name].is_stated() & clauses.proposed for name in order], axis=1)
    offsets = np.concatenate([[0], written.sum(axis=1).cumsum()])
    names = np.array(order, dtype=object)[np.nonzero(written)[1]]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(names, pa.string()))


_NOT_STATED = ("parties", "investors")
"""The lists that these agreements leave out; the others are empty."""


def _no_texts(count: int, is_known: bool) -> pa.Array:
    """Empty lists, or none at all."""
    if not is_known:
        return pa.nulls(count, pa.list_(pa.string()))
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1), pa.int32()), pa.array([], pa.string()))


def _context(first: int, count: int) -> pa.Table:
    day = datetime.date.fromisoformat(AS_OF).toordinal()
    columns: dict[str, Any] = {
        "agreement": np.arange(first, first + count),
        "number": np.zeros(count, dtype=np.int32),
        "id": np.full(count, "context", dtype=object),
        **{f"in_{layer}": np.ones(count, dtype=bool) for layer in ("current", "proposed", "removed", "result")},
        "certain": np.ones(count, dtype=bool),
        "as_of": np.full(count, day),
    }
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in layout.columns("context")])
    return pa.table(
        [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(count, f.type) for f in schema],
        schema=schema,
    )


def _agreements(first: int, count: int) -> pa.Table:
    ids = [agreement_id(number) for number in range(first, first + count)]
    return pa.table(
        {
            "agreement": pa.array(range(first, first + count), pa.int64()),
            "id": ids,
            "title": ids,
            "term_sheet": [f"t{id[1:]}" for id in ids],
            "source": [f"records.jsonl:{number + 1}" for number in range(first, first + count)],
        }
    )


# --- as records, and as peers like them


def write_records(file: Path, agreements: int, with_open_values: bool = False) -> None:
    """Write a record a line, as a person's system would export it."""
    with file.open("w", encoding="utf-8") as lines:
        for found in _blocks(0, agreements, with_open_values):
            mentioned = _mentioned(found)
            texts = _written(found)
            first = int(found[0].agreement[0])
            for number, (current, proposed) in enumerate(texts):
                lines.write(_record(first + number, np.flatnonzero(mentioned[number]), current, proposed))


def _record(number: int, parties: Array, current: list[str], proposed: list[str]) -> str:
    id = agreement_id(number)
    named = ", ".join(_PARTY[code] for code in parties)
    changes = ", ".join(f'{{"add": {one.replace(": ", _CLAUSE, 1)}}}' for one in proposed)
    return (
        f'{{"agreement": {{"agreement": "{id}", "parties": {{{named}}}, "clauses": {{{", ".join(current)}}}}}, '
        f'"term_sheet": {{"term_sheet": "t{id[1:]}", "agreement": "{id}", "dated": "{AS_OF}", '
        f'"changes": [{changes}]}}}}\n'
    )


_PARTY = [f'"{party}": {{"name": "{party.capitalize()}"}}' for party in PARTIES]
_CLAUSE = ', "clause": '


def _written(found: list[Clauses]) -> list[tuple[list[str], list[str]]]:
    """For each agreement its clauses as JSON, those in force and those proposed."""
    written: list[list[tuple[int, bool, str]]] = [[] for _ in range(_agreement_count(found))]
    for agreement, slot, id, proposed, kind, terms in _rows(found, _texts):
        written[agreement].append((slot, proposed, f'"{IDS[id]}": {{"kind": "{kind}"{terms}}}'))
    return [
        ([text for _, proposed, text in sorted(one) if not proposed], [t for _, proposed, t in sorted(one) if proposed])
        for one in written
    ]


def _agreement_count(found: list[Clauses]) -> int:
    return int(found[0].agreement[-1] - found[0].agreement[0]) + 1


def _rows(
    found: list[Clauses], texts: Callable[[str, Term], list[str]]
) -> Iterator[tuple[int, int, int, bool, str, str]]:
    """Every clause: its agreement in the block, slot, id, whether it is proposed, its kind and its terms as JSON."""
    for clauses in found:
        columns = [texts(name, term) for name, term in clauses.terms.items()]
        terms = map("".join, zip(*columns, strict=True))
        agreement = (clauses.agreement - found[0].agreement[0]).tolist()
        heads = zip(agreement, clauses.slot.tolist(), clauses.id.tolist(), clauses.proposed.tolist(), strict=True)
        for head, text in zip(heads, terms, strict=True):
            yield (*head, clauses.kind, text)


def _texts(name: str, term: Term) -> list[str]:
    """A term as people write it: a date of which only the year is known is that year."""
    if term.texts:
        known = [f', "{name}": "{text}"' for text in term.texts]
        found = [known[code] for code in term.values]
    elif name in DATES:
        days = (np.datetime64("0001-01-01") + (term.values - 1)).astype(str)
        is_year = np.zeros(len(days), dtype=bool) if term.highest is None else term.highest > term.values
        found = [f', "{name}": "{day[:4] if year else day}"' for day, year in zip(days, is_year, strict=True)]
    elif name in MONEY:
        found = [f', "{name}": "USD {value}m"' for value in term.values]
    else:
        found = [f', "{name}": "{value // 100}.{value % 100:02}%"' for value in term.values]
    if term.stated is None:
        return found
    return [text if stated else "" for text, stated in zip(found, term.stated, strict=True)]


def plain_table(found: list[Clauses]) -> pa.Table:
    """The clauses as one long table for peers: whole numbers, dates as yyyymmdd, millions, hundredths of a percent."""
    parts = []
    for clauses in found:
        columns: dict[str, Any] = {
            "sheet": pa.array([agreement_id(number) for number in clauses.agreement]),
            "number": clauses.agreement,
            "slot": clauses.slot,
            "id": np.array(IDS, dtype=object)[clauses.id],
            "layer": np.where(clauses.proposed, "proposed", "current").astype(object),
            "kind": np.full(len(clauses.slot), clauses.kind, dtype=object),
        }
        for name, term in clauses.terms.items():
            columns[name] = term.words() if term.texts else _yyyymmdd(term.values) if name in DATES else term.values
        parts.append(pa.table(columns))
    table = pa.concat_tables(parts, promote_options="default")
    return table.take(pc.sort_indices(table, [("number", "ascending"), ("slot", "ascending")]))


def _yyyymmdd(days: Array) -> Array:
    dates = np.datetime64("0001-01-01") + (days - 1)
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    year = years.astype(int) + 1970
    return year * 10_000 + ((months - years).astype(int) + 1) * 100 + (dates - months).astype(int) + 1


def write_long(folder: Path, agreements: int) -> None:
    """Write the long table, a file a partition."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, first in enumerate(range(0, agreements, PARTITION)):
        blocks = _blocks(first, min(PARTITION, agreements - first), False)
        table = pa.concat_tables([plain_table(found) for found in blocks], promote_options="default")
        pq.write_table(
            table.drop_columns(["number", "slot"]), folder / f"part-{part:05}.parquet", compression="zstd",
            row_group_size=ROW_GROUP,
        )  # fmt: skip


def write_flat(file: Path, agreements: int) -> None:
    """Write an agreement a line as peers like it."""
    with file.open("w", encoding="utf-8") as lines:
        for found in _blocks(0, agreements, False):
            first = int(found[0].agreement[0])
            written: list[list[tuple[int, str]]] = [[] for _ in range(_agreement_count(found))]
            for agreement, slot, id, proposed, kind, terms in _rows(found, _plain_texts):
                layer = "proposed" if proposed else "current"
                text = f'{{"id": "{IDS[id]}", "layer": "{layer}", "kind": "{kind}"{terms}}}'
                written[agreement].append((slot, text))
            for number, clauses in enumerate(written, first):
                listed = ", ".join(text for _, text in sorted(clauses))
                lines.write(f'{{"sheet": "{agreement_id(number)}", "clauses": [{listed}]}}\n')


def write_sorted(file: Path, agreements: int) -> None:
    """Write an agreement a line with its clauses sorted into lists by kind and layer, for who would look for them."""
    asked = [(kind, layer) for kind in KINDS for layer in ("current", "proposed")]
    asked += [(kind, "result") for kind in ("consent", "regulatory_flag", "capital_raise")]
    with file.open("w", encoding="utf-8") as lines:
        for found in _blocks(0, agreements, False):
            first = int(found[0].agreement[0])
            written: list[dict[str, list[str]]] = [
                {f"{kind}_{layer}": [] for kind, layer in asked} for _ in range(_agreement_count(found))
            ]
            for agreement, _, id, proposed, kind, terms in _rows(found, _plain_texts):
                for layer in ("proposed" if proposed else "current", "result"):
                    if f"{kind}_{layer}" in written[agreement]:
                        written[agreement][f"{kind}_{layer}"].append(f'{{"id": "{IDS[id]}"{terms}}}')
            for number, lists in enumerate(written, first):
                listed = ", ".join(f'"{name}": [{", ".join(clauses)}]' for name, clauses in lists.items())
                lines.write(f'{{"sheet": "{agreement_id(number)}", {listed}}}\n')


def _plain_texts(name: str, term: Term) -> list[str]:
    """A term as peers have it."""
    if term.texts:
        return _texts(name, term)
    values = _yyyymmdd(term.values) if name in DATES else term.values
    return [f', "{name}": {value}' for value in values.tolist()]
