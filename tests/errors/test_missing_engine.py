"""Where durable-rules cannot be built, the reference engine works, and everything says which engines ran."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from command_line import DATA, PACK, clauses

from clauses.engines.rete import load

SHEET = DATA / "deal" / "sheet.yaml"


@pytest.fixture(autouse=True)
def no_rete(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise ImportError("durable-rules is not installed")

    monkeypatch.setattr(load, "load_engine", absent)


def test_a_review_runs_on_the_reference_engine_and_says_so() -> None:
    ran = clauses("check", SHEET, "-r", PACK, "-f", "json")
    assert ran.code == 1
    assert json.loads(ran.out)["engines"] == ["reference"]
    assert ran.err.startswith("note: only the reference engine ran: ")
    assert "engines: reference)" in clauses("check", SHEET, "-r", PACK).out
    assert clauses("check", SHEET, "-r", PACK, "-q").err == ""


def test_an_engine_that_is_asked_for_and_missing_is_an_error() -> None:
    ran = clauses("check", SHEET, "-r", PACK, "--engine", "rete")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error[engine-missing] ")


def test_the_examples_of_a_pack_run_all_the_same() -> None:
    assert clauses("test", PACK).code == 0
