"""Benchmarks: warm engines beside others that run the same rules, growth, cold start, memory.

    PYTHONPATH=src python benchmarks/run.py [--rounds N] [--quick]

Everything is measured in one run, in turns, and printed as ratios of medians, so that a busy machine disturbs all
alike. Before anything is timed, all contestants must have found the same. durable-rules used as its documentation
shows runs in a process of its own, because it may crash; if it does, that is said.

A measure is a function that returns lines to print; add one to `MEASURES`.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from contestants import Finding, PlainPython
from sheets import pack, plain_facts, rows, sheet

from clauses.engines import registry
from clauses.engines.engine import Outcome, Prepared, run
from clauses.language.pack import RulePack
from clauses.review.explain import Conditions
from clauses.review.finding import Review
from clauses.review.review import PackRun, Reviewer, review_of
from clauses.terms.agreement import Agreement, read_agreement
from clauses.terms.cap_table import CapTable
from clauses.terms.facts import EVERYWHERE, Deal, Fact
from clauses.terms.values import Date
from clauses.use_cases import built_in_pack, read_deal

ROOT = Path(__file__).resolve().parents[1]
RULES, CLAUSES = 42, 25
BATCH = 5
"""Reviews in one turn of a contestant."""


# --- tools


def medians(contestants: dict[str, Callable[[], list[int]]], rounds: int) -> dict[str, float]:
    """The median time of each contestant in nanoseconds, all in turns."""
    times: dict[str, list[int]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, once in contestants.items():
            times[name] += once()
    return {name: statistics.median(found) for name, found in times.items()}


def timed(work: Callable[[], Any], count: int = BATCH) -> Callable[[], list[int]]:
    """A contestant that works in this process."""

    def once() -> list[int]:
        found = []
        for _ in range(count):
            start = time.perf_counter_ns()
            work()
            found.append(time.perf_counter_ns() - start)
        return found

    return once


def findings(outcome: Outcome) -> list[Finding]:
    """What a pack found, as rules with the ids of the clauses."""
    facts = outcome.facts
    return [
        (rule, tuple(facts[number].id for number in b)) for rule, matches in outcome.matches.items() for b in matches
    ]


def comparable(found: Iterable[Any]) -> list[Finding]:
    """Findings in order. Derived facts are named otherwise by everyone, so only that they are derived counts."""
    return sorted((rule, tuple(id if id[1:].isdigit() else "derived" for id in ids)) for rule, ids in found)


class Documented:
    """durable-rules as documented, in a process of its own that is started again when it has crashed."""

    def __init__(self, rule_count: int, clause_count: int) -> None:
        self.arguments = [str(rule_count), str(clause_count)]
        self.crashes = 0
        self.start()

    def start(self) -> None:
        """Start the process, and read what it found."""
        command = [sys.executable, str(Path(__file__).with_name("contestants.py")), *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.found = json.loads(self.process.stdout.readline() or "null")

    def once(self) -> list[int]:
        """The times of one turn."""
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(f"{BATCH}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.crashes += 1
            self.close()
            self.start()
            return []
        return [int(nanoseconds) for nanoseconds in json.loads(line)]

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def prepared(of: RulePack) -> tuple[Prepared, Prepared]:
    """Both engines with a pack."""
    return registry.engine("rete").prepare(of, {}), registry.engine("reference").prepare(of, {})


def verified(rete: Prepared, reference: Prepared, of: RulePack, facts: list[Fact]) -> Outcome:
    """What both engines find, which must be the same."""
    expected, found = run(reference, of, facts), run(rete, of, facts)
    assert found.matches == expected.matches, "the engines disagree"
    return found


def explained(of: RulePack, facts: list[Fact], rete: Prepared, reference: Prepared) -> Review:
    """Both engines, and everything that a review says of each match: values, derivation, question."""
    outcome = run(rete, of, facts)
    assert run(reference, of, facts).matches == outcome.matches
    return review_of(deal_of(facts), [PackRun(of, NO_PARAMETERS, outcome)], registry.NAMES)


NO_PARAMETERS = Conditions({})


@cache
def _empty_agreement() -> Agreement:
    return read_agreement({"agreement": "benchmark", "parties": {"one": {"name": "One"}}, "clauses": {}})


def deal_of(facts: list[Fact]) -> Deal:
    """Made-up facts as a deal, so that a review can speak of them."""
    day = Date.read("2025-07-01")
    context = Fact("context", "context", EVERYWHERE, True, {"id": "context", "as_of": day})
    return Deal(_empty_agreement(), None, day, (), {}, CapTable({}, ()), [*facts, context])


# --- measures


def warm_engines(rounds: int) -> list[str]:
    """One review of 25 clauses by 42 rules, engines warm."""
    table, facts = rows(RULES), sheet(CLAUSES)
    of = pack(table)
    rete, reference = prepared(of)
    found = comparable(findings(verified(rete, reference, of, facts)))
    python, python_facts = PlainPython(table), plain_facts(facts)
    assert comparable(python.review(python_facts)) == found, "plain Python disagrees"
    documented = Documented(RULES, CLAUSES)
    assert comparable(documented.found) == found, "durable-rules as documented disagrees"
    times = medians(
        {
            "durable-rules as documented": documented.once,
            "our rete": timed(lambda: run(rete, of, facts)),
            "our rete and reference": timed(lambda: (run(rete, of, facts), run(reference, of, facts))),
            "both, with explanations": timed(lambda: explained(of, facts, rete, reference)),
            "our reference": timed(lambda: run(reference, of, facts)),
            "plain Python": timed(lambda: python.review(python_facts)),
        },
        rounds,
    )
    documented.close()
    base = times["durable-rules as documented"]
    aims = {"our rete": " (aim 0.7)", "both, with explanations": " (aim 2)"}
    lines = [f"{CLAUSES} clauses, {RULES} rules, {len(found)} matches; median of {rounds * BATCH} reviews each"]
    lines += [f"  {name:<30} {t / 1e6:8.3f} ms   × {t / base:6.2f}{aims.get(name, '')}" for name, t in times.items()]
    lines.append(f"  durable-rules as documented crashed {documented.crashes} times")
    return lines


def open_values(rounds: int) -> list[str]:
    """The same sheet with a term in ten not stated: what is possible must be asked too."""
    of, facts = pack(rows(RULES)), sheet(CLAUSES)
    opened = [
        Fact(
            f.kind,
            f.id,
            f.layers,
            f.certain,
            {n: v for i, (n, v) in enumerate(f.values.items()) if n == "id" or (i + k) % 10},
        )
        for k, f in enumerate(facts)
    ]
    rete, reference = prepared(of)
    verified(rete, reference, of, facts)
    verified(rete, reference, of, opened)
    times = medians(
        {"all stated": timed(lambda: run(rete, of, facts)), "some open": timed(lambda: run(rete, of, opened))}, rounds
    )
    base = times["all stated"]
    return ["our rete where a tenth of the terms is not stated"] + [
        f"  {name:<30} {t / 1e6:8.3f} ms   × {t / base:6.2f}" for name, t in times.items()
    ]


def growth_with_rules(rounds: int) -> list[str]:
    """25 clauses, 10 to 4,000 rules."""
    return _growth("rules, 25 clauses", [(count, count, CLAUSES) for count in (10, 42, 100, 400, 1000, 4000)], rounds)


def growth_with_clauses(rounds: int) -> list[str]:
    """42 rules, 10 to 1,000 clauses."""
    return _growth("clauses, 42 rules", [(count, RULES, count) for count in (10, 25, 100, 300, 1000)], rounds)


def _growth(what: str, sizes: list[tuple[int, int, int]], rounds: int) -> list[str]:
    contestants: dict[str, Callable[[], list[int]]] = {}
    held = []
    compiled: dict[int, float] = {}
    for size, rule_count, clause_count in sizes:
        of, facts = pack(rows(rule_count)), sheet(clause_count)
        start = time.perf_counter_ns()
        rete = registry.engine("rete").prepare(of, {})
        run(rete, of, facts)
        compiled[size] = time.perf_counter_ns() - start
        reference = registry.engine("reference").prepare(of, {})
        verified(rete, reference, of, facts)
        held.append(rete)
        contestants[f"rete {size}"] = timed(lambda r=rete, p=of, f=facts: run(r, p, f), 1)
        contestants[f"reference {size}"] = timed(lambda r=reference, p=of, f=facts: run(r, p, f), 1)
    times = medians(contestants, max(5, rounds // 5))
    lines = [f"{what:<22}{'rete':>12}{'reference':>14}{'first run':>14}   (× the first)"]
    first = sizes[0][0]
    for size, _, _ in sizes:
        cells = [
            f"{times[f'{name} {size}'] / 1e6:8.2f} ms ×{times[f'{name} {size}'] / times[f'{name} {first}']:<6.1f}"
            for name in ("rete", "reference")
        ]
        lines.append(f"  {size:>6} {' '.join(cells)} {compiled[size] / 1e6:9.1f} ms")
    for one in held:
        one.close()
    return lines


def cold_start(rounds: int) -> list[str]:
    """`clauses check` on the worked deal, as a process, against a process that imports pydantic and yaml."""
    sheet_file = "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml"
    commands = {
        "import pydantic, yaml": ["-c", "import pydantic, yaml"],
        "clauses check": ["-m", "clauses", "check", sheet_file],
    }

    def process(arguments: list[str]) -> Callable[[], list[int]]:
        def once() -> list[int]:
            start = time.perf_counter_ns()
            subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True)
            return [time.perf_counter_ns() - start]

        return once

    times = medians({name: process(arguments) for name, arguments in commands.items()}, max(7, rounds // 10))
    base = times["import pydantic, yaml"]
    return ["cold start, whole processes"] + [
        f"  {name:<30} {t / 1e6:8.1f} ms   × {t / base:6.2f}{' (aim 2.5)' if t != base else ''}"
        for name, t in times.items()
    ]


def memory(rounds: int) -> list[str]:
    """Resident memory over many reviews in one process, and over many packs compiled and dropped."""
    agreement, term_sheet = read_deal(ROOT / "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml")
    reviews, packs = 100 * rounds, 5 * rounds
    lines = ["resident memory, after a warm-up of a tenth"]
    with Reviewer([built_in_pack()]) as reviewer:
        work = lambda: reviewer.examine(agreement, term_sheet, term_sheet.dated)  # noqa: E731
        lines.append(_flatness("reviews of the worked deal", reviews, work))
    of, facts = pack(rows(RULES)), sheet(CLAUSES)

    def compile_and_drop() -> None:
        engine = registry.engine("rete").prepare(of, {})
        run(engine, of, facts)
        engine.close()

    lines.append(_flatness("packs compiled and dropped", packs, compile_and_drop))
    return lines


def _flatness(what: str, count: int, work: Callable[[], Any]) -> str:
    for _ in range(count // 10):
        work()
    before = _resident()
    for _ in range(count):
        work()
    after = _resident()
    return f"  {count:>6} {what:<28} {before:7.1f} MB → {after:7.1f} MB   × {after / before:5.2f} (aim 0.9 to 1.1)"


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def documents(rounds: int) -> list[str]:
    """A memo of three findings in all formats, against the typesetting alone and one review."""
    from clauses.memo.memo import FORMATS, memo_document, write_memos
    from clauses.memo.to_pdf import write

    agreement, term_sheet = read_deal(ROOT / "examples/microsoft-openai/term-sheets/deadline-already-past.yaml")
    turns = max(3, rounds // 20)
    with Reviewer([built_in_pack()]) as reviewer:
        review = lambda: reviewer.examine(agreement, term_sheet, term_sheet.dated)  # noqa: E731
        examined = review()
        document = memo_document(examined)
        times = medians(
            {
                "review": timed(review, 1),
                "typesetting": timed(lambda: write(document), 1),
                "memo": timed(lambda: write_memos(examined, list(FORMATS)), 1),
            },
            turns,
        )
    alone = times["review"] + times["typesetting"]
    every = times["review"] + times["memo"]
    return [
        f"a memo of {len(examined.review.findings)} findings in {', '.join(FORMATS)}, warm",
        f"  {every / 1e6:7.0f} ms   × {every / alone:5.2f} of one review and the typesetting alone (aim 1.5)",
    ]


def proofs(rounds: int) -> list[str]:
    """What would clear, margins and a negotiation on the worked deal, in reviews by both engines."""
    from clauses import proving
    from clauses.use_cases import examine_file

    deal = ROOT / "examples/microsoft-openai"
    sheet_file = deal / "term-sheets/listing-no-protection.yaml"
    sides = [deal / f"positions/{side}.yaml" for side in ("microsoft", "openai")]
    turns = max(2, rounds // 50)
    times = medians(
        {
            "one review, rules loaded": timed(lambda: examine_file(sheet_file), 1),
            "resolve": timed(lambda: proving.resolve(sheet_file), 1),
            "margins": timed(lambda: proving.margins(sheet_file), 1),
            "negotiate": timed(lambda: proving.negotiate(*sides), 1),
        },
        turns,
    )
    one = times["one review, rules loaded"]
    lines = ["proofs on the worked deal (aim 5 s each)"]
    return [*lines, *(f"  {name:<26} {time / 1e9:6.2f} s   × {time / one:6.1f}" for name, time in times.items())]


MEASURES: tuple[Callable[[int], list[str]], ...] = (
    warm_engines,
    open_values,
    growth_with_rules,
    growth_with_clauses,
    cold_start,
    memory,
    documents,
    proofs,
)
"""All measures, in the order in which they are printed."""


def main() -> None:
    """Run every measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=200, help="turns of each contestant (default 200)")
    parser.add_argument("--quick", action="store_true", help="20 turns")
    options = parser.parse_args()
    for measure in MEASURES:
        print("\n".join(measure(20 if options.quick else options.rounds)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
