"""Mutation testing of the engines: change the code a little, and see whether some test notices.

    PYTHONPATH=src python benchmarks/mutation.py [--sample N] [--seed S] [--file NAME] [--jobs N]

Each mutant runs in a copy of the sources, with the quick tests first and few random cases. What survives is listed
with its line, to be killed by a test or to be explained.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = (
    "engines/reference.py", "engines/engine.py", "language/rewrite.py", "engines/rete/columns.py",
    "engines/rete/compile.py", "engines/rete/engine.py", "engines/rete/open.py", "engines/rete/protocol.py",
)  # fmt: skip
TESTS = ("tests/conformance", "tests/language/test_rewrite.py", "tests/properties", "tests/engines")
SKIPPED = "not memory and not four_thousand and not three_hundred and not survive"
TIMEOUT = 120

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "all": "any", "any": "all", "all_of": "any_of", "any_of": "all_of"}


@dataclass(frozen=True)
class Mutant:
    """One changed place of one file: a node, and one of the ways to change it."""

    file: str
    line: int
    node: int
    variant: int
    what: str

    def source(self) -> str:
        """The file with the change."""
        tree = ast.parse((ROOT / "src/clauses" / self.file).read_text(encoding="utf-8"))
        _change(list(_behaviour(tree))[self.node], self.variant)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants(file: str) -> Iterator[Mutant]:
    """Every mutant of a file."""
    tree = ast.parse((ROOT / "src/clauses" / file).read_text(encoding="utf-8"))
    for number, node in enumerate(_behaviour(tree)):
        for variant in (0, 1):
            if what := _change(copy.deepcopy(node), variant):
                yield Mutant(file, getattr(node, "lineno", 0), number, variant, what)


def _behaviour(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that do something: annotations, docstrings and messages of errors are left alone."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "_KEYWORDS":
                continue  # only an assertion reads these
            yield child
            yield from _behaviour(child)


def _change(node: ast.AST, variant: int) -> str | None:
    """Change a node in place; what was done, or None where there is nothing to do."""
    match node:
        case ast.Compare(ops=[operator]) if variant == 0 and type(operator) in _COMPARISONS:
            node.ops = [_COMPARISONS[type(operator)]()]
            return f"{type(operator).__name__} → {type(node.ops[0]).__name__}"
        case ast.BinOp(op=operator) if variant == 0 and type(operator) in _OPERATIONS:
            node.op = _OPERATIONS[type(operator)]()
            return f"{type(operator).__name__} → {type(node.op).__name__}"
        case ast.BoolOp(op=operator) if variant == 0:
            node.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            return f"{type(operator).__name__} → {type(node.op).__name__}"
        case ast.UnaryOp(op=ast.Not()) if variant == 0:
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
            return "not x → x"
        case ast.UnaryOp(op=ast.USub()) if variant == 0:
            node.op = ast.UAdd()
            return "-x → +x"
        case ast.Constant(value=bool() as value) if variant == 0:
            node.value = not value
            return f"{value} → {not value}"
        case ast.Constant(value=int() as value) if variant == 0:
            node.value = value + 1
            return f"{value} → {value + 1}"
        case ast.Constant(value=str() as value) if variant == 0 and value and len(value) < 12:
            node.value = value + "x"
            return f"{value!r} → {node.value!r}"
        case ast.Call(func=ast.Name(id=name) as function) if variant == 0 and name in _CALLS:
            function.id = _CALLS[name]
            return f"{name} → {_CALLS[name]}"
        case ast.If() | ast.IfExp() if variant < 2:
            node.test = ast.copy_location(ast.Constant(bool(variant)), node.test)
            return f"if → if {bool(variant)}"
        case ast.comprehension(ifs=[_, *_]) if variant == 0:
            node.ifs = []
            return "comprehension without its if"
        case ast.Name(id=("TRUE" | "FALSE" | "UNKNOWN") as name, ctx=ast.Load()) if variant == 0:
            node.id = {"TRUE": "FALSE", "FALSE": "TRUE", "UNKNOWN": "FALSE"}[name]
            return f"{name} → {node.id}"
        case ast.Continue() if variant == 0:
            node.__class__ = ast.Pass  # type: ignore[assignment]
            return "continue → pass"
    return None


def survives(mutant: Mutant, sources: Path) -> bool:
    """Whether all tests pass with a mutant. One that never ends, or crashes, does not survive."""
    path = sources / "clauses" / mutant.file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source(), encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(sources),
        "CLAUSES_FUZZ_CASES": "150",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", SKIPPED, *TESTS]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=TIMEOUT, check=False)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(original, encoding="utf-8")


def main() -> None:
    """Try a sample of mutants and print the score."""
    parser = argparse.ArgumentParser(description="mutation testing of the engines")
    parser.add_argument("--sample", type=int, default=60, help="how many mutants to try (default 60)")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--file", help="only this file, such as engines/reference.py")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    found = [mutant for file in FILES if options.file in (None, file) for mutant in mutants(file)]
    chosen = random.Random(options.seed).sample(found, min(options.sample, len(found)))
    print(f"{len(found)} mutants, {len(chosen)} tried", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(number) for number in range(options.jobs)]
        for sources in copies:
            shutil.copytree(ROOT / "src", sources, ignore=shutil.ignore_patterns("__pycache__"))
        with ThreadPoolExecutor(options.jobs) as pool:
            shares = [chosen[number :: options.jobs] for number in range(options.jobs)]
            lived = list(pool.map(lambda s: [m for m in s[1] if survives(m, s[0])], zip(copies, shares, strict=True)))
    survivors = sorted((m for share in lived for m in share), key=lambda m: (m.file, m.line))
    print(f"score {100 * (len(chosen) - len(survivors)) // max(1, len(chosen))} %: {len(survivors)} survive")
    for mutant in survivors:
        line = (ROOT / "src/clauses" / mutant.file).read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip()
        print(f"  {mutant.file}:{mutant.line}: {mutant.what}: {line}")


if __name__ == "__main__":
    main()
