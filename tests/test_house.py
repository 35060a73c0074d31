"""The house rules that a machine can check: import contracts, and that every kind and engine is in its list."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clauses.engines import registry
from clauses.language.operators import Operator
from clauses.terms.kinds import KINDS
from clauses.terms.kinds.base import Clause

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "clauses").rglob("*.py"))


def test_imports_point_downward_only() -> None:
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_kind_of_clause_is_listed_and_described() -> None:
    waiting, found = [Clause], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            found.add(kind)
    assert found == set(KINDS.values())
    for kind in found:
        assert kind.__doc__, kind
        for name, field in kind.model_fields.items():
            assert field.description or name == "kind", f"{kind.__name__}.{name} has no description"


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_engine_is_known_by_its_own_name(name: str) -> None:
    assert registry.engine(name).name == name


def test_every_operator_has_a_symbol_of_its_own() -> None:
    assert len({operator.symbol for operator in Operator}) == len(Operator)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert text.startswith('"""') or not text.strip(), path


def test_nothing_below_the_command_line_asks_the_clock() -> None:
    asking = re.compile(r"\b(date\.today|datetime\.now|time\.time|utcnow)\(")
    guilty = [str(path) for path in SOURCES if "cli" not in path.parts and asking.search(path.read_text())]
    assert guilty == []


def test_nothing_uses_the_unsafe_ways_of_reading_yaml() -> None:
    guilty = [str(path) for path in SOURCES if re.search(r"yaml\.(safe_load|load)\(|\bfloat\(", path.read_text())]
    assert guilty == []


def test_the_readme_s_python_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_the_readme_s_first_output_is_what_the_program_prints() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"```text\n(examples/.*?)```", readme, re.DOTALL)
    assert shown
    sheet = "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml"
    command = [sys.executable, "-m", "clauses", "check", sheet, "--engine", "reference"]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 1, done.stderr
    # Where durable-rules cannot be installed only one engine runs; all else is the same.
    assert done.stdout.replace("engines: reference", "engines: rete, reference") == shown[1]
