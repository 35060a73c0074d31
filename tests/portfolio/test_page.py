"""The page on portfolios does what it says: its commands print what it shows, and its Python runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "examples/portfolio/README.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the examples of the page lie where it says, with a portfolio of them."""
    found = tmp_path_factory.mktemp("page")
    shutil.copytree(PAGE.parent, found / "examples/portfolio")
    shutil.copy(PAGE.parent / "agreements.jsonl", found)
    return found


def blocks(language: str) -> list[str]:
    """The blocks of a language on the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_commands_print_what_the_page_shows(folder: Path) -> None:
    shown = re.split(r"^\$ clauses (.*)\n", blocks("console")[0], flags=re.MULTILINE)[1:]
    for command, expected in zip(shown[::2], shown[1::2], strict=True):
        arguments = [sys.executable, "-m", "clauses", *command.split()]
        ran = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
        rest = ran.stdout
        for part in expected.split("…\n"):  # what the page leaves out stands between
            assert part.strip("\n") in rest, (command, ran.stdout, ran.stderr)
            rest = rest[rest.index(part.strip("\n")) :]


def test_the_python_of_the_page_runs(folder: Path) -> None:
    printed = []
    for program in blocks("python"):
        ran = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        printed.append(ran.stdout)
    assert "conflict" in printed[0] and "revenue-share-without-audit" in printed[1]


def test_the_rules_compile_as_the_page_says(folder: Path) -> None:
    command = re.search(r"`clauses (portfolio compile[^`]*)`", PAGE.read_text().replace("\n", " "))
    assert command is not None
    arguments = [sys.executable, "-m", "clauses", *command[1].split()]
    ran = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, env={**os.environ})
    assert ran.returncode == 0 and "/* renewal-notice-due, breached" in ran.stdout
