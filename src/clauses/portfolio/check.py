"""The check of a whole portfolio: every agreement by the same rules, as of the portfolio's day.

    from clauses import built_in_pack, check_portfolio, open_portfolio

    checked = check_portfolio(open_portfolio("deals"), [built_in_pack()], output="findings.parquet")
    print(checked.counts.verdicts)

The rows equal, one by one, what the reference engine finds in each agreement. What is finished is kept beside the
output until the whole is, so that a run that is cut off goes on where it stopped.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from clauses.engines.columnar.plan import Profile, plan
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES
from clauses.portfolio.backends import Backend
from clauses.portfolio.database import Piece, Room
from clauses.portfolio.messages import arguments_of
from clauses.portfolio.outputs import ROWS, target_of
from clauses.portfolio.partition_check import PackPlan, PartitionCheck, RuleLine
from clauses.portfolio.results import sentences
from clauses.portfolio.run import Checked, Progress, Run, total
from clauses.portfolio.store import Partition, Portfolio
from clauses.terms.values import Date


def check(
    portfolio: Portfolio,
    packs: Sequence[RulePack],
    *,
    output: Path | str | None = None,
    backend: Backend | None = None,
    progress: Progress = lambda done, total: None,
) -> Checked:
    """Check a portfolio by some packs, and write the rows to a file, if one is named: .parquet, .csv or .jsonl.

    Raises ClausesError where the output cannot be written, its ending names no format, or the memory allowed does
    not suffice for a single agreement.
    """
    target = target_of(output, portfolio.folder)
    where = backend or Backend()
    pieces, at_once, room = shared_out(portfolio, where)
    rules, places = rule_lines(packs, portfolio.as_of)
    work = PartitionCheck(pack_plans(portfolio, packs, rules, places), rules, room, target is not None)
    run = Run(work, pieces, {piece.number: piece.agreements for piece in pieces}, where, at_once, progress)
    parts = run.into(target, ROWS, run_identity("check", portfolio, packs, pieces))
    return Checked(portfolio.as_of, tuple(packs), total(parts), target)


check_portfolio = check


def run_identity(what: str, portfolio: Portfolio, packs: Sequence[RulePack], pieces: Sequence[Piece]) -> dict[str, Any]:
    """What makes two runs the same, so that the parts of one serve the other."""
    from importlib.metadata import version

    return {
        "run": what,
        "clauses": version("clauses"),
        "portfolio": portfolio.sha256,
        "packs": [[pack.name, pack.version, pack.sha256] for pack in packs],
        "pieces": [piece.first for piece in pieces],
    }


MOST = 250_000
"""Agreements to a piece at most."""
BYTES = 1_200
"""What an agreement takes while a piece is worked on, roughly; where it takes more, pieces are halved."""


def shared_out(portfolio: Portfolio, backend: Backend) -> tuple[list[Piece], int, Room]:
    """The portfolio in pieces, how many of them are worked on at once, and the room for each.

    A piece is as many whole partitions as fit: each piece is planned anew, which takes as long for a few agreements
    as for many. There are as many pieces for each job.
    """
    at_once = backend.at_once(len(portfolio.partitions))
    memory = backend.memory_of_job(at_once)
    most = MOST if memory is None else max(1, min(MOST, memory // BYTES))
    rounds = -(-portfolio.agreements // (most * at_once))
    wanted = max(1, min(rounds * at_once, len(portfolio.partitions)))
    ends = [len(portfolio.partitions) * number // wanted for number in range(wanted + 1)]
    groups = [portfolio.partitions[start:end] for start, end in itertools.pairwise(ends)]
    pieces = [_piece(number, group) for number, group in enumerate(groups) if group]
    return pieces, at_once, Room(memory, backend.threads_of_job(at_once))


def _piece(number: int, partitions: Sequence[Partition]) -> Piece:
    """Some partitions as a piece of work. Workers may stand in another folder than this process."""
    files: dict[str, list[Path]] = {}
    for one in partitions:
        for kind, file in one.files.items():
            files.setdefault(kind, []).append(file.resolve())
    agreements = sum(one.agreements for one in partitions)
    return Piece(number, partitions[0].first, agreements, files, [one.agreements_file.resolve() for one in partitions])


def rule_lines(packs: Sequence[RulePack], as_of: Date) -> tuple[tuple[RuleLine, ...], list[list[int | None]]]:
    """The rules of all packs that make findings, in the order of rows; and for each pack the places of its rules."""
    numbered = [
        (SEVERITIES.index(rule.severity), rule.id, pack_number, number, RuleLine(rule.id, rule.severity, says[rule.id]))
        for pack_number, pack in enumerate(packs)
        for says in (sentences(pack, pack.parameters_at(as_of)),)
        for number, rule in enumerate(pack.rules)
        if rule.derives is None
    ]
    numbered.sort(key=lambda line: line[:4])
    places: list[list[int | None]] = [[None] * len(pack.rules) for pack in packs]
    for place, (*_, pack_number, number, _line) in enumerate(numbered):
        places[pack_number][number] = place
    return tuple(line[-1] for line in numbered), places


def pack_plans(
    portfolio: Portfolio,
    packs: Sequence[RulePack],
    rules: Sequence[RuleLine] | None,
    places: Sequence[Sequence[int | None]],
) -> tuple[PackPlan, ...]:
    """The plan of every pack, made for what the data of the portfolio is; without `rules` it gives no arguments."""
    files: dict[str, list[Path]] = {}
    for one in portfolio.partitions:
        for kind, file in one.files.items():
            files.setdefault(kind, []).append(file)
    with duckdb.connect(":memory:") as connection:
        profile = Profile.of(connection, files)
    found = []
    for pack, own in zip(packs, places, strict=True):
        wanted = {
            rule.id: arguments_of(rules[place].sentence)
            for rule, place in zip(pack.rules, own, strict=True)
            if rules is not None and place is not None
        }
        found.append(PackPlan.of(plan(pack, pack.parameters_at(portfolio.as_of), wanted, profile), own))
    return tuple(found)
