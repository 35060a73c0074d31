"""Every error, provoked once through the command line, with its exact text.

A case is a file `cases/<id>.txt`, or `cases/<id>--<variant>.txt`: a command, the files that it needs, and what it
prints on standard error. It runs in a folder that holds the small deal and the pack of `tests/data`; a file of
the case replaces one of theirs. `pytest tests/errors --update-golden` writes the texts anew.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from command_line import DATA, clauses, is_well_behaved

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.txt"))
SOURCE = HERE.parents[1] / "src" / "clauses"

WITHOUT_A_CASE = {
    "engine-failed": "the rete engine broke; tests/engines provokes it",
    "engine-missing": "durable-rules is not installed; test_missing_engine.py provokes it",
    "missing-extra": "a package is not installed; test_missing_extra.py provokes it",
    "engines-disagree": "a defect of ours; tests/engines provokes it",
    "float": "only a program can pass a float; see tests/terms/test_yaml_nodes.py",
    "too-many-rules": "needs 10,000 rule files",
    "too-many-facts": "the rete engine's limit; tests/engines provokes it",
    "too-many-combinations": "the rete engine's limit; tests/engines provokes it",
    "too-many-matches": "the rete engine's limit; tests/engines provokes it",
    "beyond-the-network": "the rete engine's limit; tests/engines provokes it",
    "closed-pipe": "needs a real pipe: tests/doors/test_shell.py",
    "no-input": "needs standard input to be closed: tests/doors/test_shell.py",
    "unreadable-file": "the words are the system's: test_hostile_files.py",
    "duplicate-rule": "cannot happen through files: a rule is named as its file",
    "run-in-progress": "needs two runs at once; tests/portfolio/test_check.py provokes it",
    "out-of-memory": "needs more facts than memory; tests/portfolio/test_check.py provokes it",
    "process-lost": "needs a process that the system stops; tests/portfolio/test_check.py provokes it",
    "same-agreement-twice": "a reject of an ingest; tests/portfolio/test_ingest.py provokes it",
    "no-name": "a reject of an ingest; tests/portfolio/test_ingest.py provokes it",
    "not-a-row": "a reject of an ingest; tests/portfolio/test_sources.py provokes it",
    "damaged-portfolio": "needs Parquet files; tests/portfolio/test_ingest.py provokes it",
    "no-java": "Java is not installed; tests/portfolio/test_check.py provokes it",
    "spark-failed": "Spark's own failure; tests/portfolio/test_check.py provokes it",
    "names-a-file": "only a program can send an agreement; tests/calls provokes it",
    "no-ledger": "the environment may name one; tests/http_api and tests/doors/test_ledger_cli.py provoke it",
    "edit-refused": "only the page edits texts; tests/page provokes it",
    "not-kept": "needs a ledger with an entry; tests/doors/test_ledger_cli.py provokes it",
    "unreadable-name": "a name that Windows cannot have; tests/portfolio provokes it",
    "unknown-engine-name": "cannot happen: the command line names the engines",
}
"""Honest exceptions, each with its reason."""

ELSEWHERE = ("calls", "http_api", "ledger", "mcp_server", "memo", "proofs", "ocf.py", "recording.py")
"""What has tests of its own errors beside its other tests."""

NAMED_BY_A_FORMAT = {
    "unknown-party", "unknown-clause", "unknown-format", "unknown-severity", "unknown-rule", "unknown-schema",
    "unknown-color", "unknown-scope",
}  # fmt: skip
"""Ids that the source composes (`unknown-{what}`)."""


def ids_in_source(elsewhere: Sequence[str] = ELSEWHERE) -> set[str]:
    """Every id that the package may give an error, but for what has its tests elsewhere."""
    found = set(NAMED_BY_A_FORMAT)
    for file in sorted(SOURCE.rglob("*.py")):
        if any(part in elsewhere for part in file.relative_to(SOURCE).parts):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                if isinstance(node.args[1], ast.Constant) and not isinstance(node.args[1].value, str):
                    continue  # an error's second argument is its sentence
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                id = node.args[0].value
                if name in ("add", "of", "Problem", "ConditionError", "refuse", "Defect") and isinstance(id, str):
                    found |= {id} if re.fullmatch(r"[a-z]+(-[a-z]+)*", id) else set()
    return found


def read_case(file: Path) -> tuple[str, dict[str, bytes], str]:
    """The command of a case, its files, and the text expected."""
    head, *parts = re.split(r"^=== (.*)\n", file.read_text(), flags=re.MULTILINE)
    command = head.strip().removeprefix("$ clauses ")
    files = {}
    expected = ""
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        if name == "prints":
            expected = content
        elif name.endswith(" (hex)"):
            files[name.removesuffix(" (hex)")] = bytes.fromhex(content)
        else:
            files[name] = content.encode()
    return command, files, expected


def make_folder(folder: Path, command: str, files: dict[str, bytes]) -> None:
    shutil.copytree(DATA / "pack", folder / "pack")
    shutil.copytree(DATA / "deal", folder, dirs_exist_ok=True)
    (folder / "large.yaml").write_bytes(b"#" * 50 * 1024 * 1024) if "large.yaml" in command else None
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_error_reads_exactly_so(file: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    command, files, expected = read_case(file)
    make_folder(tmp_path, command, files)
    ran = clauses(*shlex.split(command), folder=tmp_path)
    defects = [line for line in ran.out.splitlines() if "defect[" in line]
    printed = ran.err + "".join(f"{line}\n" for line in defects)
    if request.config.getoption("--update-golden", default=False):
        file.write_text(file.read_text().split("=== prints\n")[0] + "=== prints\n" + printed)
        expected = printed
    id = file.stem.partition("--")[0]
    assert is_well_behaved(ran)
    assert ran.code == (1 if defects else 2)
    assert f"[{id}]" in printed
    assert printed == expected


def test_every_error_has_a_case() -> None:
    shown = {file.stem.partition("--")[0] for file in CASES}
    assert ids_in_source() - shown - set(WITHOUT_A_CASE) == set()


def test_every_case_is_of_an_error_that_exists() -> None:
    assert {file.stem.partition("--")[0] for file in CASES} - ids_in_source(()) == set()


SENTENCES = [
    (file.stem, line)
    for file in CASES
    for line in read_case(file)[2].splitlines()
    if re.match(r"^(\S+: )?(error|defect)\[", line)
]


@pytest.mark.parametrize(("case", "line"), SENTENCES, ids=[f"{case}-{n}" for n, (case, _) in enumerate(SENTENCES)])
def test_sentence_keeps_the_rules_of_the_house(case: str, line: str) -> None:
    sentence = line.partition("] ")[2]
    first = sentence.lstrip('`"“')[0]
    assert first.islower() or first.isdigit() or sentence[0] == "`"
    assert not sentence.endswith((".", "!"))
    outside = re.sub(r"`[^`]*`|“[^”]*”", "", sentence)
    for word in ("None", "NoneType", "dict", "tuple", "pydantic", "yaml.", "Errno", "object at", "input_value"):
        assert word not in outside
    assert "`None`" not in sentence


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_caret_stands_under_the_place(file: Path) -> None:
    lines = read_case(file)[2].splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"^(\S+?):(\d+):(\d+): error\[", line)
        if not found or number + 2 >= len(lines) or not lines[number + 1].startswith(f"  {found[2]} | "):
            continue
        excerpt, carets = lines[number + 1], lines[number + 2]
        gutter = excerpt.index("|") + 2
        column = carets.index("^") - gutter + 1
        assert column == int(found[3]) or int(found[3]) > 110
        assert carets.rstrip("^").rstrip() == " " * (gutter - 2) + "|"
