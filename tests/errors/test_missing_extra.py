"""A feature whose packages are not installed is one sentence with the command that installs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
SHEET, PACK = DATA / "deal" / "sheet.yaml", DATA / "pack"
WITHOUT = """
import sys
for name in ("docx", "lxml", "typst", "pypdfium2", "z3"):
    sys.modules[name] = None
from clauses.cli import main
main()
"""


def with_the_core_alone(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as if nothing but the core were installed."""
    words = [sys.executable, "-c", WITHOUT, *(str(argument) for argument in arguments)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("memo", SHEET, "-r", PACK, "-f", "docx"), "word"),
        (("memo", SHEET, "-r", PACK, "-f", "pdf"), "pdf"),
        (("redline", SHEET, "-r", PACK, "-o", "redline.docx"), "word"),
    ],
    ids=["a memo in Word", "a memo as PDF", "a redline"],
)
def test_a_missing_package_is_a_sentence(arguments: tuple[object, ...], extra: str, tmp_path: Path) -> None:
    ran = with_the_core_alone(*arguments, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    first, hint = ran.stderr.splitlines()[-2:]
    assert first.startswith("error[missing-extra] ") and first.endswith("which is not installed")
    assert hint == f"  = pip install 'clauses[{extra}]'"


@pytest.mark.parametrize("format", ["html", "md"])
def test_html_and_markdown_need_nothing_more(format: str, tmp_path: Path) -> None:
    ran = with_the_core_alone("memo", SHEET, "-r", PACK, "-f", format, folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_schemas_that_editors_use_need_nothing_more(tmp_path: Path) -> None:
    ran = with_the_core_alone("schema", "--all", "-o", "schemas", folder=tmp_path)
    assert ran.returncode == 0
    names = {file.name.removesuffix(".schema.json") for file in (tmp_path / "schemas").iterdir()}
    assert names == {"agreement", "term-sheet", "position", "rule", "pack", "mapping", "review"}
    left_out = ran.stderr.splitlines()
    assert len(left_out) == 4 and all(line.startswith("note: left out: the schema `") for line in left_out)
    alone = with_the_core_alone("schema", "resolution", folder=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, "") and "pip install 'clauses[verify]'" in alone.stderr
