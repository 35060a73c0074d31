"""The same input gives the same bytes, whatever the machine's clock, zone, locale and hash seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = """
import hashlib, sys
from pathlib import Path
from clauses.language.pack import load_pack
from clauses.memo.memo import FORMATS, write_memo
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
here = Path(sys.argv[1])
agreement = read_agreement(here / "agreement.yaml")
with Reviewer([load_pack(here / "pack", "pack")], ("reference",)) as reviewer:
    for name in ("conflict", "open", "clear"):
        sheet = read_term_sheet(here / "sheets" / f"{name}.yaml", agreement)
        examined = reviewer.examine(agreement, sheet, sheet.dated)
        for format in ("html", "md", "docx"):
            print(name, format, hashlib.sha256(write_memo(examined, format)).hexdigest())
"""


def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    answers = set()
    for seed, zone, locale in (
        ("0", "UTC", "C"),
        ("1", "Asia/Tokyo", "C.UTF-8"),
        ("77", "America/New_York", "de_DE.UTF-8"),
    ):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": locale,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(HERE)],
            env=environment,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=True,
        )
        assert len(done.stdout.splitlines()) == 9
        answers.add(hashlib.sha256(done.stdout.encode()).hexdigest())
    assert len(answers) == 1
