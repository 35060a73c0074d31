"""The desk behind HTTP and MCP: the command line's own JSON, and nothing that a caller sends is a path."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clauses import resources
from clauses.calls import VERBS, Caller, Desk, Library, read_json
from clauses.errors import ClausesError, InputError, PackError, UsageError
from clauses.terms.values import Date

ROOT = resources.examples_folder().parent
DEAL = ROOT / "examples" / "microsoft-openai"
CALLER = Caller("test", "test", Date.read("2026-11-23"))
ORACLE = {"term_sheet": {"held": "oracle-stargate-capacity"}}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as found:
        yield found


def command_line(*words: str) -> bytes:
    done = subprocess.run([sys.executable, "-m", "clauses", *words], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout.rstrip(b"\n")


SHEET = "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml"
POSITIONS = [f"examples/microsoft-openai/positions/{name}.yaml" for name in ("microsoft", "openai")]


@pytest.mark.parametrize(
    ("verb", "call", "words"),
    [
        ("check", ORACLE, ["check", SHEET]),
        ("check", {**ORACLE, "rules": ["abstracts"], "as_of": "2026-01-01"},
         ["check", SHEET, "-r", "abstracts", "--as-of", "2026-01-01"]),
        ("check", {**ORACLE, "select": ["exclusivity"], "engine": "reference"},
         ["check", SHEET, "--select", "exclusivity", "--engine", "reference"]),
        ("explain", {**ORACLE, "rule": ["walk-away-for-one-side-only"]},
         ["explain", SHEET, "--rule", "walk-away-for-one-side-only"]),
        ("resolve", {**ORACLE, "keep": ["oracle-supply.starts"]}, ["resolve", SHEET, "--keep", "oracle-supply.starts"]),
        ("margins", ORACLE, ["margins", SHEET]),
        ("negotiate", {"first": {"held": "microsoft"}, "second": {"held": "openai"}}, ["negotiate", *POSITIONS]),
        ("verify", {"rules": ["abstracts"], "as_of": "2025-07-01"}, ["verify", "abstracts", "--as-of", "2025-07-01"]),
        ("terms", {"agreement": {"held": "microsoft-openai"}, "as_of": "2025-07-01"},
         ["terms", "examples/microsoft-openai/agreement.yaml", "--as-of", "2025-07-01"]),
        ("terms", ORACLE, ["terms", SHEET]),
        ("rules", {"rules": ["abstracts"]}, ["rule", "--all", "-r", "abstracts"]),
        ("rule", {"rule": "compute-outside-the-exclusive-cloud"}, ["rule", "compute-outside-the-exclusive-cloud"]),
    ],
)  # fmt: skip
def test_the_answer_is_the_json_of_the_command_line(
    desk: Desk, verb: str, call: dict[str, Any], words: list[str]
) -> None:
    answer = desk.answer(verb, call, CALLER)
    assert answer.media_type == "application/json"
    assert answer.body.decode() == command_line(*words, "-f", "json").decode()


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_a_memo_is_the_file_of_the_command_line(desk: Desk, format: str, tmp_path: Path) -> None:
    command_line("memo", SHEET, "-o", str(tmp_path / f"memo.{format}"), "--fixes")
    answer = desk.answer("memo", {**ORACLE, "format": format, "fixes": True}, CALLER)
    assert answer.body == (tmp_path / f"memo.{format}").read_bytes()
    assert answer.file_name == f"oracle-stargate-capacity-memo.{format}"


def test_a_form_goes_out_and_comes_back(desk: Desk) -> None:
    form = desk.answer("form", {"agreement": {"held": "microsoft-openai"}, **ORACLE}, CALLER).body
    sent = {"term_sheet": {"name": "form.docx", "base64": base64.b64encode(form).decode()}}
    found = json.loads(desk.answer("check", sent, CALLER).body)
    assert found["verdict"] == "conflict"
    place = found["findings"][0]["clauses"][0]["location"]
    assert place["file"] == "form.docx" and "table" in place["spot"]
    assert desk.answer("redline", sent, CALLER).body[:2] == b"PK"


def test_the_figures_are_sections_of_the_memo(desk: Desk) -> None:
    found = json.loads(desk.answer("figures", {"term_sheet": {"held": "listing-full-ratchet"}}, CALLER).body)
    assert set(found) == {"style", "redline", "timeline", "cap_table"}
    assert "<svg" in found["timeline"] and "<ins>" in found["redline"]
    memo = desk.answer("memo", {"term_sheet": {"held": "listing-full-ratchet"}}, CALLER).body.decode()
    lines = memo.replace("\n", "")
    assert all(found[name].replace("\n", "") in lines for name in ("redline", "timeline", "cap_table"))


def test_documents_come_as_text_data_or_bytes_and_say_the_same(desk: Desk) -> None:
    text = (ROOT / SHEET).read_text(encoding="utf-8")
    agreement = {"name": "a.yaml", "text": (DEAL / "agreement.yaml").read_text(encoding="utf-8")}
    held = json.loads(desk.answer("check", ORACLE, CALLER).body)
    as_text = json.loads(desk.answer("check", {"term_sheet": text, "agreement": agreement}, CALLER).body)
    in_base64 = {"name": "s.yaml", "base64": base64.b64encode(text.encode()).decode()}
    as_bytes = json.loads(desk.answer("check", {"term_sheet": in_base64}, CALLER).body)
    for found in (as_text, as_bytes):
        assert [f["message"] for f in found["findings"]] == [f["message"] for f in held["findings"]]
        assert found["review_id"] == held["review_id"]


def test_a_number_with_a_fraction_stays_what_was_written(desk: Desk) -> None:
    body = b"""{"term_sheet": {"data": {"term_sheet": "t", "agreement": "microsoft-openai", "dated": "2025-07-01",
        "proposed_by": "openai", "changes": [{"add": "x", "clause": {"kind": "holding", "holder": "microsoft",
        "issuer": "openai", "stake": 0.1000000000000000055511151231257827}}]}}}"""
    call = read_json(body)
    with pytest.raises(InputError, match=r"0\.1000000000000000055511151231257827"):
        desk.answer("check", call, CALLER)
    with pytest.raises(UsageError, match="write numbers with a fraction as text"):
        desk.answer("check", {"term_sheet": {"data": {"stake": 0.1}}}, CALLER)


def test_a_pack_that_is_sent_rules_like_a_folder(desk: Desk) -> None:
    folder = ROOT / "rules" / "abstracts"
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    found = json.loads(desk.answer("check", {**ORACLE, "rules": [{"name": "abstracts", "files": files}]}, CALLER).body)
    expected = json.loads(desk.answer("check", {**ORACLE, "rules": ["abstracts"]}, CALLER).body)
    assert found == expected
    with pytest.raises(PackError) as caught:
        desk.answer("verify", {"rules": [{"name": "mine", "files": {"pack.yaml": "pack: mine\nx: 1\n"}}]}, CALLER)
    assert all(problem.place and problem.place.file.startswith("mine") for problem in caught.value.problems)


TRAVERSALS = ["../agreement", "/etc/passwd", "..\\..\\x", "file:///etc/passwd", "http://127.0.0.1:1/", "agreement.yaml"]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_word_of_a_call_is_a_path_or_an_address(desk: Desk, name: str) -> None:
    sheet = (ROOT / SHEET).read_text(encoding="utf-8").replace("agreement: microsoft-openai", f"agreement: {name!r}")
    calls = [
        ("check", {"term_sheet": {"held": name}}),
        ("check", {"term_sheet": sheet}),
        ("check", {**ORACLE, "agreement": {"held": name}}),
        ("check", {**ORACLE, "rules": [name]}),
        ("negotiate", {"first": {"held": name}, "second": {"held": "openai"}}),
        ("terms", {"agreement": {"held": name}}),
        ("rules", {"rules": [name]}),
    ]
    for verb, call in calls:
        with pytest.raises(UsageError, match="not-held"):
            desk.answer(verb, call, CALLER)
    if name == "agreement.yaml":  # which a file of a pack may be called
        return
    with pytest.raises(UsageError, match="no name that may stand there"):
        desk.answer("verify", {"rules": [{"name": "p", "files": {name: "x"}}]}, CALLER)


def test_an_agreement_that_is_sent_names_no_file(desk: Desk) -> None:
    agreement = (DEAL / "agreement.yaml").read_text(encoding="utf-8") + "cap_table: company\n"
    with pytest.raises(InputError, match="names no file of the reader's"):
        desk.answer("check", {**ORACLE, "agreement": agreement}, CALLER)


def test_positions_that_are_sent_come_with_their_draft(desk: Desk) -> None:
    first, second = ({"text": (ROOT / name).read_text(encoding="utf-8")} for name in POSITIONS)
    with pytest.raises(UsageError, match="send it as `term_sheet`"):
        desk.answer("negotiate", {"first": first, "second": second}, CALLER)
    call = {"first": first, "second": second, "term_sheet": {"held": "clear-package"}}
    assert json.loads(desk.answer("negotiate", call, CALLER).body)["has_zone"] is True
    plot = desk.answer("negotiate", {**call, "plot": ["conversion-equity.stake", "conversion-equity.floor"]}, CALLER)
    assert plot.media_type == "image/svg+xml" and plot.body.startswith(b"<svg")


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000,
                                  b'{"a": ' + b"9" * 10_000 + b"}"])  # fmt: skip
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        read_json(body)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("call", [{}, [], None, 3, "x", {"no-such-key": 1}, {"term_sheet": 3}, {"rules": [[]]},
                                  {"term_sheet": {"held": "a", "text": "b"}}, {"term_sheet": {}}])  # fmt: skip
def test_a_call_that_is_none_is_refused_in_our_words(desk: Desk, verb: str, call: Any) -> None:
    if verb in ("rules", "verify") and call == {}:
        return
    with pytest.raises(ClausesError) as caught:
        desk.answer(verb, call, CALLER)
    for problem in caught.value.problems:
        assert "input" not in problem.sentence.lower() and "pydantic" not in problem.sentence.lower()


def test_a_library_reads_folders_and_refuses_two_of_a_name(tmp_path: Path) -> None:
    deal = tmp_path / "deals" / "one"
    deal.mkdir(parents=True)
    (deal / "agreement.yaml").write_text("agreement: ours\nparties: {a: {name: A}}\nclauses: {}\n")
    (deal / "notes.yaml").write_text("just: notes\n")
    (deal / "broken.yaml").write_text("a: [\n")
    library = Library((tmp_path / "deals",))
    assert list(library.documents["agreement"]) == ["ours"]
    assert library.document("agreement", "ours").name == "deals/one/agreement.yaml"
    (deal / "twin.yaml").write_text("agreement: ours\nparties: {a: {name: A}}\nclauses: {}\n")
    with pytest.raises(UsageError, match="held-twice"):
        Library((tmp_path / "deals",))
    with pytest.raises(UsageError, match="no-such-folder"):
        Library((tmp_path / "nothing",))
