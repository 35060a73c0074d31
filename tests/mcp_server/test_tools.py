"""The tools: what is announced of them, and that they answer with the command line's own JSON."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from command_line import clauses
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError
from mcp_session import ROOT, WORKED, Session

from clauses.review.output.common import as_json

DEAL = ROOT / "examples" / "microsoft-openai"
SHEETS = sorted((*(DEAL / "term-sheets").glob("*.yaml"), *ROOT.glob("examples/amendment-stack/term-sheets/*.yaml")))
WORKED_SHEET = DEAL / "term-sheets" / "oracle-stargate-capacity.yaml"
NAMES = (
    "check_term_sheet", "explain_finding", "list_rules", "get_rule", "terms_in_force", "resolve", "negotiate",
    "margins", "verify_pack",
)  # fmt: skip
AGREEMENT = (DEAL / "agreement.yaml").read_text()


def command_line(*words: Any) -> str:
    """What the command line prints, in the folder of the project."""
    ran = clauses(*map(str, words), folder=ROOT)
    assert ran.code in (0, 1, 3), ran.err
    return ran.out.rstrip("\n")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- what is announced


def test_all_tools_are_there_and_only_read(either: Session) -> None:
    tools = either.list_tools().tools
    assert {tool.name for tool in tools} == set(NAMES)
    for tool in tools:
        assert tool.annotations.read_only_hint is True and tool.annotations.destructive_hint is False
        assert len(tool.description) > 60 and tool.title
        for schema in (tool.input_schema, tool.output_schema):
            assert schema["type"] == "object"
            Draft202012Validator.check_schema(schema)


def test_an_assistant_reads_what_tools_take_with_little_effort(desk: Session) -> None:
    tools = {tool.name: tool.input_schema for tool in desk.list_tools().tools}
    text = json.dumps(tools)
    assert "$ref" not in text and '"null"' not in text and len(text) < 30_000
    for schema in tools.values():
        assert "record" not in schema["properties"] and "plot" not in schema["properties"]
        assert all("description" in shape for shape in schema["properties"].values())
    sheet = tools["check_term_sheet"]["properties"]["term_sheet"]
    assert sheet["anyOf"][0] == {"type": "string"} and "held" in sheet["anyOf"][1]["properties"]
    assert tools["check_term_sheet"]["required"] == ["term_sheet"]
    Draft202012Validator(tools["check_term_sheet"]).validate(WORKED)


def test_the_server_says_what_it_holds(stdio: Session) -> None:
    instructions = stdio.client.instructions
    assert "microsoft-openai" in instructions and "oracle-stargate-capacity" in instructions
    assert "partnership" in instructions


# --- the same answers as the command line


@pytest.fixture(scope="module")
def reviews() -> dict[str, str]:
    """The review of each sheet, as the command line prints it; all are asked for at once, which is quicker."""
    found = json.loads(command_line("check", *map(shown, SHEETS), "-f", "json"))
    return {one["term_sheet"]["id"]: as_json(one).rstrip("\n") for one in found}


@pytest.mark.parametrize("id", [path.stem for path in SHEETS])
def test_a_review_is_that_of_the_command_line(either: Session, reviews: dict[str, str], id: str) -> None:
    result = either.call("check_term_sheet", term_sheet={"held": id})
    assert not result.is_error and result.content[0].text == reviews[id]
    assert result.structured_content == json.loads(reviews[id])


def test_a_review_is_that_of_the_command_line_byte_for_byte(stdio: Session, reviews: dict[str, str]) -> None:
    expected = command_line("check", shown(WORKED_SHEET), "-f", "json")
    assert stdio.text("check_term_sheet", **WORKED) == expected == reviews[WORKED_SHEET.stem]


def test_a_sheet_that_is_sent_is_reviewed_like_one_that_is_held(either: Session) -> None:
    text = WORKED_SHEET.read_text()
    sent = json.loads(either.text("check_term_sheet", term_sheet=text, agreement=AGREEMENT))
    held = json.loads(either.text("check_term_sheet", **WORKED))
    for key in ("verdict", "summary", "rules", "term_sheet"):
        assert sent[key] == held[key]


ANSWERS: list[tuple[str, dict[str, Any], tuple[str, ...], str | None]] = [
    ("explain_finding", WORKED, ("explain", "SHEET", "-f", "json"), "explanations"),
    (
        "explain_finding", {**WORKED, "rule": ["clause-struck"]},
        ("explain", "SHEET", "-f", "json", "--rule", "clause-struck"), "explanations",
    ),
    ("resolve", WORKED, ("resolve", "SHEET", "-f", "json"), None),
    ("margins", WORKED, ("margins", "SHEET", "-f", "json"), None),
    ("get_rule", {"rule": "clause-struck"}, ("rule", "clause-struck", "-f", "json"), None),
    ("list_rules", {"full": True}, ("rule", "--all", "-f", "json"), "rules"),
    (
        "terms_in_force", {**WORKED, "as_of": "2027-06-01"},
        ("terms", "SHEET", "--as-of", "2027-06-01", "-f", "json"), None,
    ),
    (
        "terms_in_force", {"agreement": {"held": "microsoft-openai"}, "as_of": "2025-07-01"},
        ("terms", "DEAL/agreement.yaml", "--as-of", "2025-07-01", "-f", "json"), None,
    ),
    (
        "negotiate", {"first": {"held": "microsoft"}, "second": {"held": "openai"}},
        ("negotiate", "DEAL/positions/microsoft.yaml", "DEAL/positions/openai.yaml", "-f", "json"), None,
    ),
    (
        "verify_pack", {"rules": ["abstracts"], "as_of": "2025-07-01", "select": ["governing-law"]},
        ("verify", "abstracts", "--as-of", "2025-07-01", "--select", "governing-law", "-f", "json"), None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "arguments", "words", "key"), ANSWERS, ids=[f"{one[0]}-{n}" for n, one in enumerate(ANSWERS)]
)
def test_an_answer_is_that_of_the_command_line(
    stdio: Session, tool: str, arguments: dict[str, Any], words: tuple[str, ...], key: str | None
) -> None:
    deal = shown(DEAL)
    sheet = f"{deal}/term-sheets/oracle-stargate-capacity.yaml"
    expected = command_line(*(word.replace("SHEET", sheet).replace("DEAL", deal) for word in words))
    result = stdio.call(tool, **arguments)
    assert not result.is_error and result.content[0].text == expected
    data = json.loads(expected)
    assert result.structured_content == ({key: data if isinstance(data, list) else [data]} if key else data)


def test_a_list_of_rules_is_short_unless_it_is_asked_for_whole(either: Session) -> None:
    text = either.text("list_rules")
    assert len(text) < 100_000
    rules = json.loads(text)
    assert len(rules) > 100 and set(rules[0]) == {"rule", "heading", "severity", "tags", "pack"}


# --- what is wrong is an answer, too


def test_a_wrong_sheet_is_an_error_with_the_command_lines_words(either: Session, tmp_path: Path) -> None:
    text = WORKED_SHEET.read_text().replace("kind: ", "kynd: ", 1).replace("dated:", "daded:")
    (tmp_path / "sheet.yaml").write_text(text)
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    ran = clauses("check", "sheet.yaml", folder=tmp_path)
    assert ran.code == 2
    sent = {"name": "sheet.yaml", "text": text}
    result = either.call("check_term_sheet", term_sheet=sent, agreement={"name": "agreement.yaml", "text": AGREEMENT})
    assert result.is_error and result.content[0].text == ran.err.rstrip("\n")
    errors = result.structured_content["errors"]
    assert [one["id"] for one in errors] == re.findall(r"error\[([a-z-]+)\]", ran.err)
    assert all(one["location"]["line"] > 0 and one["location"]["file"] == "sheet.yaml" for one in errors)


@pytest.mark.parametrize(
    ("tool", "arguments", "id"),
    [
        ("check_term_sheet", {}, "missing-key"),
        ("check_term_sheet", {"term_sheet": 3}, "wrong-value"),
        ("check_term_sheet", {"term_sheet": None}, "wrong-value"),
        ("check_term_sheet", {**WORKED, "record": "inputs"}, "unknown-key"),
        ("check_term_sheet", {**WORKED, "as_of": "soon"}, "not-a-day"),
        ("check_term_sheet", {**WORKED, "select": ["nothing-like-it"]}, "selects-nothing"),
        ("explain_finding", {**WORKED, "record": "digests"}, "unknown-key"),
        ("explain_finding", {**WORKED, "rule": ["nope"]}, "unknown-rule"),
        ("get_rule", {"rule": "clause-strukk"}, "unknown-rule"),
        ("list_rules", {"full": "yes"}, "wrong-value"),
        (
            "negotiate",
            {"first": {"held": "microsoft"}, "second": {"held": "openai"}, "plot": ["a", "b"]},
            "unknown-key",
        ),
        ("terms_in_force", {}, "wrong-value"),
        ("resolve", {**WORKED, "weights": {"x": 1.5}}, "wrong-value"),
        ("check_term_sheet", {"term_sheet": {"data": {"term_sheet": 0.5}}}, "not-json"),
        ("check_term_sheet", {"term_sheet": {"base64": "!"}}, "not-base64"),
    ],
)
def test_what_is_wrong_with_a_call_is_told(stdio: Session, tool: str, arguments: dict[str, Any], id: str) -> None:
    assert id in stdio.error(tool, **arguments)


def test_an_unknown_tool_is_refused_with_the_nearest(either: Session) -> None:
    with pytest.raises(MCPError) as refused:
        either.call("check_term_shet")
    assert "did you mean `check_term_sheet`?" in str(refused.value)
    assert refused.value.data["errors"][0]["id"] == "unknown-tool"


# --- nothing in a call is a path or an address


@pytest.fixture
def listener() -> Any:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        found.settimeout(0.2)
        yield found


SHEET = "term_sheet: x\nagreement: {}\ndated: 2025-07-01\nchanges:\n- remove: azure-exclusivity\n"


@pytest.mark.parametrize(
    "name",
    ["../../../../../../../etc/passwd", "/etc/passwd", "agreement.yaml", "file:///etc/passwd", "http://127.0.0.1:{}/a"],
)
def test_no_path_and_no_address_is_followed(stdio: Session, listener: socket.socket, name: str) -> None:
    name = name.format(listener.getsockname()[1])
    for arguments in (
        {"term_sheet": SHEET.format(name)},
        {"term_sheet": {"held": name}},
        {**WORKED, "agreement": {"held": name}},
        {**WORKED, "rules": [name]},
        {**WORKED, "rules": [{"name": "mine", "files": {name: "rule: a"}}]},
    ):
        result = stdio.call("check_term_sheet", **arguments)
        assert result.is_error and "root:" not in result.content[0].text
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_position_brings_no_draft_by_its_path(stdio: Session) -> None:
    text = (DEAL / "positions" / "microsoft.yaml").read_text().replace("../term-sheets/", "/etc/")
    found = stdio.call("negotiate", first=text, second=text)
    assert found.is_error and [one["id"] for one in found.structured_content["errors"]] == ["no-draft"]


def test_a_huge_sheet_is_refused(stdio: Session) -> None:
    assert stdio.error("check_term_sheet", term_sheet="# " + "x" * 41_000_000) == ["wrong-value"]
    assert stdio.error("check_term_sheet", term_sheet="# " + "x" * 20_000_000) == ["file-too-large"]
    assert json.loads(stdio.text("check_term_sheet", **WORKED))["verdict"] == "conflict"
