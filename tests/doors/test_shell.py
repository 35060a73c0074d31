"""What only a real process shows: pipes, closed streams, full disks, the folder that is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import DATA, PACK

CLAUSES = f"{sys.executable} -m clauses"


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    shutil.copytree(PACK, tmp_path / "pack")
    shutil.copytree(DATA / "deal", tmp_path, dirs_exist_ok=True)
    return tmp_path


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `clauses` is ours; the exit code is that of `clauses`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("CLAUSES_DEBUG", None)
    ran = subprocess.run(
        ["bash", "-c", f"clauses() {{ {CLAUSES} \"$@\"; }}\n{command}"],
        cwd=folder, capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip
    assert (
        "Traceback" not in ran.stderr and "error[internal]" not in ran.stderr and "Exception ignored" not in ran.stderr
    )
    return ran


@pytest.mark.parametrize("count", [1, 60])
def test_a_reader_that_goes_away_is_no_defect(deal: Path, count: int) -> None:
    sheets = " ".join(["sheet.yaml"] * count)
    ran = shell(f"clauses check {sheets} -r pack -f json | head -c0; exit ${{PIPESTATUS[0]}}", deal)
    if count > 1:
        assert ran.returncode == 2
        assert ran.stderr == "error[closed-pipe] the reader of the output went away before all of it was written\n"
    else:  # little output may be written before the reader is gone
        assert ran.returncode in (1, 2)


def test_output_that_cannot_be_written_is_an_error(deal: Path) -> None:
    full = shell("clauses check sheet.yaml -r pack > /dev/full", deal)
    assert (full.returncode, full.stderr) == (
        2,
        "error[cannot-write] standard output cannot be written: no space left on device\n",
    )
    closed = shell("clauses check sheet.yaml -r pack >&-", deal)
    assert (closed.returncode, closed.stderr) == (
        2,
        "error[cannot-write] standard output cannot be written: it is closed\n",
    )


def test_closed_streams_are_no_defect(deal: Path) -> None:
    ran = shell("clauses check - -r pack <&-", deal)
    assert (ran.returncode, ran.stderr) == (2, "(standard input): error[no-input] standard input is closed\n")
    ran = shell("clauses check nowhere.yaml -r pack 2>&-", deal)
    assert (ran.returncode, ran.stdout) == (2, "")


def test_what_a_shell_substitutes_is_read(deal: Path) -> None:
    ran = shell("clauses check <(cat sheet.yaml) -r pack --agreement <(cat agreement.yaml) -f concise", deal)
    assert ran.returncode == 1 and "conflict[compute-outside]" in ran.stdout
    ran = shell("clauses check - -r pack -f concise < sheet.yaml", deal)
    assert ran.returncode == 1


def test_a_folder_that_is_gone_is_no_defect(deal: Path) -> None:
    (deal / "gone").mkdir()
    ran = shell(f"cd gone; rmdir ../gone; clauses check {deal}/sheet.yaml -r {deal}/pack -f concise", deal)
    assert ran.returncode == 1
