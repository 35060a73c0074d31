"""Benchmarks of portfolios: a million agreements in Parquet, JSON lines, one sheet, many rules, memory, Spark, kills.

    PYTHONPATH=src python benchmarks/portfolio.py [--agreements N] [--lines N] [--quick] [--only MEASURE...] [--data D]

The data are made up here (see `portfolio_data`); `--data` keeps them for the next run. What is timed starts with
files on disk and ends with the findings on disk, in a process of its own that has loaded its rules; contestants take
turns, and medians are compared as ratios. Before any time is shown, the findings of all contestants must have been
the same. A contestant that is not installed is left out, and that is said.

A measure is a function that returns lines to print; add one to `MEASURES`.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import portfolio_contestants as peers
from portfolio_contestants import Found
from portfolio_data import AS_OF, PARTITION, agreement_id
from sheets import rows

RULES = 42
GROWTH = (42, 420, 4200)
GROWTH_LINES = 60
SAMPLE = 300
"""Agreements whose findings are compared with those of the reference engine."""
TITLES = {
    "datalogic": "datalogic-py",
    "datalogic-sorted": "the same, clauses sorted before",
    "msgspec": "Python by hand on msgspec",
    "orjson": "Python by hand on orjson",
    "sql": "SQL by hand, a table a kind",
    "long": "SQL by hand, one long table",
    "plan": "our plan, run alone",
    "check": "our portfolio check",
    "screen": "our compiled engine",
    "lines": "our portfolio check of lines",
    "reference": "our reference engine",
}
NEEDS = {
    "datalogic": ("datalogic_py", "orjson"), "datalogic-sorted": ("datalogic_py", "orjson"),
    "msgspec": ("msgspec",), "orjson": ("orjson",), "sql": ("duckdb",), "long": ("duckdb",),
    "plan": ("duckdb", "sqlglot"), "check": ("duckdb", "sqlglot"), "screen": ("msgspec",),
    "lines": ("msgspec", "duckdb"), "reference": (), "spark": ("pyspark",),
}  # fmt: skip
"""The packages that a contestant needs."""
FORMS = {
    "portfolio": "write_portfolio({target}, {agreements})",
    "open": "write_portfolio({target}, {agreements}, True)",
    "long": "write_long({target}, {agreements})",
    "flat.jsonl": "write_flat({target}, {agreements})",
    "sorted.jsonl": "write_sorted({target}, {agreements})",
    "records.jsonl": "write_records({target}, {agreements})",
    "open.jsonl": "write_records({target}, {agreements}, True)",
}
"""How the data of `portfolio_data` are made."""


class Stop(Exception):
    """A sentence that ends the run: contestants disagree, or one of them failed."""


# --- tools


@dataclass
class Bench:
    """What all measures share: the sizes, and where the data are."""

    data: Path
    agreements: int
    lines: int
    rounds: int
    left_out: set[str] = field(default_factory=set)

    def present(self, *names: str) -> list[str]:
        """Those contestants that can run; what the others lack is remembered."""
        missing = {name: {need for need in NEEDS[name] if importlib.util.find_spec(need) is None} for name in names}
        self.left_out |= set().union(*missing.values())
        return [name for name in names if not missing[name]]

    def folder(self, agreements: int, *forms: str) -> Path:
        """The folder with so many agreements, in forms as in `FORMS` that are made where they are not there yet."""
        folder = self.data / str(agreements)
        folder.mkdir(parents=True, exist_ok=True)
        for form in forms:
            target = folder / form
            if target.exists():
                continue
            unfinished = folder / f"unfinished-{form}"
            shutil.rmtree(unfinished, ignore_errors=True)
            call = FORMS[form].format(target=f"Path({str(unfinished)!r})", agreements=agreements)
            script = f"from pathlib import Path; import portfolio_data; portfolio_data.{call}"
            subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, check=True)
            unfinished.rename(target)
        return folder

    def out(self, name: str) -> Path:
        """A file for what a contestant finds, not there yet."""
        folder = self.data / "found"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.unlink(missing_ok=True)
        return file


@dataclass
class Run:
    """What one contestant took, and where its findings are."""

    seconds: float
    cpu: float
    megabytes: int
    out: Path


def run(bench: Bench, name: str, rule_count: int, folder: Path, *options: str) -> Run:
    """A contestant in a process of its own."""
    out = bench.out(f"{name}-{rule_count}{'' if name in LINE_BY_LINE else '.parquet'}")
    command = [sys.executable, peers.__file__, name, str(rule_count), str(folder), str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"{TITLES[name]} failed:\n{done.stderr[-2000:]}")
    took = json.loads(done.stdout.splitlines()[-1])
    return Run(took["seconds"], took["cpu"], took["megabytes"], out)


LINE_BY_LINE = (*peers.BY_LINE, "screen")
"""The contestants that write what they find as lines."""


def found_in(out: Path) -> list[str]:
    """The findings of a contestant, in order."""
    if out.suffix != ".parquet":
        return sorted(out.read_text().splitlines())
    import pyarrow.parquet as pq

    table = pq.read_table(out, columns=["agreement", "rule", "status", "clauses"])
    columns = [table.column(name).to_pylist() for name in ("agreement", "rule", "status", "clauses")]
    return sorted(f"{a}\t{r}\t{s}\t{','.join(c)}" for a, r, s, c in zip(*columns, strict=True))


def line_of(found: Found) -> str:
    """A finding as a line, like those that contestants write."""
    return "\t".join((*found[:3], ",".join(found[3])))


def digest(found: Iterable[str]) -> str:
    """A digest of findings in order."""
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def agreed(found: dict[str, list[str]]) -> list[str]:
    """What all contestants found. Raises Stop where they differ."""
    first, expected = next(iter(found.items()))
    for name, other in found.items():
        if digest(other) != digest(expected):
            missing, more = set(expected) - set(other), set(other) - set(expected)
            example = min(missing | more, default="one finding twice")
            raise Stop(
                f"{TITLES[name]} finds {len(other):,} and {TITLES[first]} {len(expected):,}: {len(missing):,} are "
                f"missing and {len(more):,} are more, such as {example!r}"
            )
    return expected


def in_turns(bench: Bench, names: Iterable[str], once: Callable[[str], Run]) -> dict[str, list[Run]]:
    """Every contestant as often as there are rounds, in turns."""
    found: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(bench.rounds):
        for name in found:
            found[name].append(once(name))
    return found


def median(runs: list[Run]) -> float:
    """The median of the seconds."""
    return statistics.median(one.seconds for one in runs)


def row(name: str, seconds: float, count: int, note: str = "") -> str:
    """A line of a table: time and throughput."""
    return f"  {TITLES[name]:<32} {seconds:9.2f} s {count / seconds:>12,.0f} agreements/s   {note}".rstrip()


def rate(value: float, aim: str = "") -> str:
    """A ratio, with what it should be."""
    return f"× {value:.2f}{f' (aim {aim})' if aim else ''}"


# --- measures


def parquet(bench: Bench) -> list[str]:
    """All agreements in Parquet by 42 rules, on all cores."""
    count, few = bench.agreements, min(bench.agreements, bench.lines)
    folder = bench.folder(count, "portfolio", "long")
    names = bench.present("sql", "long", "plan", "check")
    if not names:
        return []
    runs = in_turns(bench, names, lambda name: run(bench, name, RULES, folder))
    expected = agreed({name: found_in(runs[name][-1].out) for name in names})
    times = {name: median(runs[name]) / count for name in names}
    if bench.present("datalogic"):
        lines = run(bench, "datalogic", RULES, bench.folder(few, "flat.jsonl"))
        times["datalogic"] = lines.seconds / few
        end = agreement_id(few)
        agreed({names[0]: [line for line in expected if line < end], "datalogic": found_in(lines.out)})
    with_findings = len({line.split("\t", 1)[0] for line in expected})
    text = [
        f"{count:,} agreements of 25 clauses in Parquet, {RULES} rules, {len(expected):,} findings in "
        f"{100 * with_findings // count} % of them; {_cores()}"
    ]
    for name, each in times.items():
        notes = [_cost(runs[name])] if name in runs else ["one core, JSON lines"]
        if name in ("plan", "check"):
            notes += [f"time {rate(each / times['sql'], '1.5')} of SQL by hand"] if "sql" in times else []
            notes += [f"throughput {rate(times['long'] / each, '2')} of the long table"] if "long" in times else []
            notes += [f"{rate(times['datalogic'] / each, '15')} of datalogic-py"] if "datalogic" in times else []
        text.append(row(name, each * count, count, ", ".join(notes)))
    return text


def _cost(runs: list[Run]) -> str:
    """What turns took of the machine: on a busy one the seconds of its cores say more than those of the clock."""
    cpu = statistics.median(one.cpu for one in runs)
    return f"{cpu:.2f} s of cores, peak {max(one.megabytes for one in runs)} MB"


def memory(bench: Bench) -> list[str]:
    """The same with 1 GB of memory for all processes together."""
    if not bench.present("check"):
        return []
    folder = bench.folder(bench.agreements, "portfolio")
    text = [f"{bench.agreements:,} agreements with no more memory than"]
    free = run(bench, "check", RULES, folder)
    expected = digest(found_in(free.out))
    text.append(f"  {'the machine has':<20} {free.seconds:9.2f} s   peak {free.megabytes} MB")
    for backend in ("local", "processes"):
        with Watched() as watched:
            held = run(bench, "check", RULES, folder, f"memory={10**9}", f"backend={backend}")
        if digest(found_in(held.out)) != expected:
            raise Stop(f"with 1 GB of memory ({backend}) the findings are others")
        peak = watched.peak / 10**6
        ratio = rate(held.seconds / free.seconds, "2")
        text.append(f"  {f'1 GB, {backend}':<20} {held.seconds:9.2f} s   peak {peak:.0f} MB (aim 1000)   time {ratio}")
    return text


class Watched:
    """The most memory that the processes started meanwhile held together, asked twenty times a second."""

    def __enter__(self) -> Watched:
        self.peak, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.done.wait(0.05):
            self.peak = max(self.peak, sum(map(_resident, _descendants(os.getpid()))))


def _descendants(process: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found: set[int] = set()
    waiting = {process}
    while waiting:
        waiting = {child for child, parent in parents.items() if parent in waiting}
        found |= waiting
    return found


def _resident(process: int) -> int:
    """The bytes of a process, those shared with others in parts."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def json_lines(bench: Bench) -> list[str]:
    """Agreements as JSON text, one a line, by 42 rules on one core; ours read whole records, with term sheets."""
    count = bench.lines
    folder = bench.folder(count, "flat.jsonl", "sorted.jsonl", "records.jsonl")
    names = bench.present("datalogic", "datalogic-sorted", "orjson", "msgspec", "screen", "lines")
    runs = in_turns(bench, names, lambda name: run(bench, name, RULES, folder))
    expected = agreed({name: found_in(runs[name][-1].out) for name in names})
    times = {name: median(runs[name]) for name in names}
    text = [f"{count:,} agreements as JSON lines, {RULES} rules, {len(expected):,} findings, one core"]
    for name, seconds in times.items():
        notes = []
        if name in ("screen", "lines"):
            notes += [f"throughput {rate(times[peer] / seconds, aim)} of {TITLES[peer]}"
                      for peer, aim in (("datalogic", "2"), ("msgspec", "0.6")) if peer in times]  # fmt: skip
        text.append(row(name, seconds, count, ", ".join(notes)))
    if "lines" in names:
        both = run(bench, "lines", RULES, folder, "jobs=2")
        text.append(row("lines", both.seconds, count, "with two jobs"))
    return text


def single(bench: Bench) -> list[str]:
    """One warm review: JSON text to findings. No agreement comes twice, so that nobody can remember one."""
    count = 200
    turns = min(10 * bench.rounds, bench.lines // count - 1)
    folder = bench.folder(bench.lines, "flat.jsonl", "sorted.jsonl", "records.jsonl")
    names = bench.present("datalogic", "datalogic-sorted", "orjson", "msgspec", "screen")
    lines = {name: _first(folder / peers.file_of(name), (turns + 1) * count) for name in names}
    checks = {name: _checker(name, RULES) for name in names}
    agreed({name: _found_by(checks[name], lines[name][:count]) for name in names})
    times: dict[str, list[int]] = {name: [] for name in names}
    for turn in range(1, turns + 1):
        for name in names:
            times[name] += _each(checks[name], lines[name][turn * count : (turn + 1) * count])
    medians = {name: statistics.median(found) for name, found in times.items()}
    text = [f"one review, warm: JSON text to findings, {RULES} rules, p50 of {turns * count:,} agreements"]
    for name, nanoseconds in medians.items():
        notes = ""
        if name == "screen":
            notes = ", ".join(
                f"{rate(nanoseconds / medians[peer], aim)} of {TITLES[peer]}"
                for peer, aim in (("datalogic", "0.8"), ("orjson", "1.0"), ("msgspec", "")) if peer in medians
            )  # fmt: skip
        slow = sorted(times[name])[len(times[name]) * 99 // 100]
        text.append(f"  {TITLES[name]:<32} {nanoseconds / 1e3:9.1f} µs   p99 {slow / 1e3:9.1f} µs   {notes}".rstrip())
    return text


Checker = Callable[[bytes], list[Found]]


def _checker(name: str, rule_count: int) -> Checker:
    """A contestant in this process: an agreement as JSON text to findings."""
    table = rows(rule_count)
    if name in ("screen", "reference"):
        return (peers.screen if name == "screen" else peers.reference_rows)(table, AS_OF)
    check = peers.BY_LINE[name](table)
    return lambda line: [(line[11:19].decode(), rule, "breached", ids) for rule, ids in check(line)]


def _first(file: Path, count: int) -> list[bytes]:
    with file.open("rb") as lines:
        return list(islice(lines, count))


def _found_by(check: Checker, lines: list[bytes]) -> list[str]:
    return sorted(line_of(found) for line in lines for found in check(line))


def _each(check: Checker, lines: list[bytes]) -> list[int]:
    found = []
    gc.collect()
    for line in lines:
        start = time.perf_counter_ns()
        check(line)
        found.append(time.perf_counter_ns() - start)
    return found


def growth(bench: Bench) -> list[str]:
    """42 to 4,200 rules: one agreement at a time, and many in Parquet."""
    text = [f"{'rules: an agreement takes':<34}{''.join(f'{count:>14,}' for count in GROWTH)}   (× the first)"]
    folder = bench.folder(bench.lines, "flat.jsonl", "sorted.jsonl", "records.jsonl")
    names = bench.present("datalogic", "datalogic-sorted", "orjson", "msgspec", "screen", "reference")
    times: dict[str, list[float]] = {name: [] for name in names}
    for rule_count in GROWTH:
        found = {}
        for name in names:
            lines = _first(folder / peers.file_of(name), GROWTH_LINES)
            check = _checker(name, rule_count)
            found[name] = _found_by(check, lines)  # every value has then been read once, whatever the rules
            turns = 1 if name == "reference" else 5
            times[name].append(min(statistics.mean(_each(check, lines)) for _ in range(turns)))
        agreed(found)
    text += [_growth_line(name, times[name], 1e3, "µs", "3" if name == "screen" else "") for name in names]
    return [*text, *_columnar_growth(bench)]


def _columnar_growth(bench: Bench) -> list[str]:
    count = min(bench.agreements, 20_000)
    folder = bench.folder(count, "portfolio")
    names = bench.present("sql", "check")
    if not names:
        return []
    times: dict[str, list[float]] = {name: [] for name in names}
    for rule_count in GROWTH:
        runs = {name: run(bench, name, rule_count, folder) for name in names}
        agreed({name: found_in(one.out) for name, one in runs.items()})
        for name, one in runs.items():
            times[name].append(one.seconds)
    head = f"{f'rules: {count:,} agreements in Parquet':<34}"
    return [head, *(_growth_line(name, times[name], 1, "s", "100" if name == "check" else "") for name in names)]


def _growth_line(name: str, times: list[float], unit: float, called: str, aim: str) -> str:
    cells = "".join(f"{value / unit:>11.2f} {called:<2}" for value in times)
    return f"  {TITLES[name]:<32}{cells}   {rate(times[-1] / times[0], aim)}"


def open_values(bench: Bench) -> list[str]:
    """A tenth of the terms not stated, and of a tenth of the dates only the year: what is possible is asked too."""
    names = bench.present("check", "lines")
    if not names:
        return []
    count = min(bench.agreements, bench.lines)
    folder = bench.folder(count, "portfolio", "records.jsonl", "open", "open.jsonl")
    opened = folder / "with-open-values"
    opened.mkdir(exist_ok=True)
    for name, form in (("portfolio", "open"), ("records.jsonl", "open.jsonl")):
        if not (opened / name).exists():
            (opened / name).symlink_to(folder / form)
    lines = _first(opened / "records.jsonl", SAMPLE)
    found = {"reference": _found_by(_checker("reference", RULES), lines)}
    runs = {name: run(bench, name, RULES, opened) for name in names}
    whole = {name: found_in(one.out) for name, one in runs.items()}
    end = agreement_id(len(lines))
    agreed({**found, **{name: [line for line in each if line < end] for name, each in whole.items()}})
    every = agreed(whole)
    text = [
        f"{count:,} agreements with open values: {len(every):,} findings, "
        f"{sum('undetermined' in line for line in every):,} of them undetermined; "
        f"those of the first {len(lines)} are the reference's"
    ]
    for name, one in runs.items():
        closed = run(bench, name, RULES, folder)
        text.append(row(name, one.seconds, count, f"{rate(one.seconds / closed.seconds)} of all stated"))
    return text


def spark(bench: Bench) -> list[str]:
    """Spark, processes and threads find the same in 100,000 agreements, row for row, in the same order."""
    if not bench.present("check"):
        return []
    count = min(bench.agreements, 100_000)
    folder = bench.folder(count, "portfolio")
    backends = ["local", "processes", *(["spark"] if bench.present("spark") else [])]
    text, expected = [f"{count:,} agreements on every backend"], None
    for backend in backends:
        one = run(bench, "check", RULES, folder, f"backend={backend}")
        found = _whole_rows(one.out)
        if expected is not None and found != expected:
            raise Stop(f"the rows of {backend} are others than those of {backends[0]}")
        expected = found
        text.append(f"  {backend:<12} {one.seconds:9.2f} s   {len(found):,} rows{', the same' * (backend != 'local')}")
    return text


def _whole_rows(out: Path) -> list[Any]:
    import pyarrow.parquet as pq

    rows_found: list[Any] = pq.read_table(out).to_pylist()
    return rows_found


def killed(bench: Bench) -> list[str]:
    """A check killed in its middle and run again: the same rows, nothing twice, and less to do."""
    if not bench.present("check"):
        return []
    count = max(bench.agreements, 4 * PARTITION)
    folder = bench.folder(count, "portfolio")
    whole = run(bench, "check", RULES, folder)
    expected = _whole_rows(whole.out)
    out = bench.out(f"check-{RULES}.parquet")
    command = [sys.executable, peers.__file__, "check", str(RULES), str(folder), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    while process.poll() is None and not _has_a_part(out):
        time.sleep(0.005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if out.exists():
        return ["killed: the check was done before it could be killed; try it with more agreements"]
    again = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if _whole_rows(out) != expected:
        raise Stop("a check that was killed and run again finds something else")
    ratio = rate(again["seconds"] / whole.seconds)
    return [
        f"{count:,} agreements, killed -9 when a part of the work was done, then run again: "
        f"the same {len(expected):,} rows in {again['seconds']:.2f} s, {ratio} of an undisturbed run"
    ]


def _has_a_part(out: Path) -> bool:
    return any(out.with_name(f"{out.name}.parts").glob("part-*.json"))


def _cores() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'s' if cores > 1 else ''}"


MEASURES: dict[str, Callable[[Bench], list[str]]] = {
    "parquet": parquet,
    "memory": memory,
    "json-lines": json_lines,
    "single": single,
    "growth": growth,
    "open-values": open_values,
    "spark": spark,
    "killed": killed,
}
"""All measures, in the order in which they are printed."""


def main() -> None:
    """Run the measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--agreements", type=int, default=1_000_000, help="in Parquet (default 1,000,000)")
    parser.add_argument("--lines", type=int, default=100_000, help="as JSON lines (default 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contestant (default 3)")
    parser.add_argument("--quick", action="store_true", help="20,000 agreements, 5,000 lines, one turn")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), help="some measures only")
    parser.add_argument("--data", type=Path, help="keep the made-up data here (default: a folder that is deleted)")
    options = parser.parse_args()
    sizes = (20_000, 5_000, 1) if options.quick else (options.agreements, options.lines, options.rounds)
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench((options.data or Path(temporary)).absolute(), *sizes)
        try:
            for name in options.only:
                print("\n".join(MEASURES[name](bench)), end="\n\n", flush=True)
        except Stop as stop:
            sys.exit(f"stopped in `{name}`: {stop}")
        if bench.left_out:
            print(f"not installed, so their contestants were left out: {', '.join(sorted(bench.left_out))}")


if __name__ == "__main__":
    main()
