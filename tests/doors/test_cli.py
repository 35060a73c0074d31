"""The command line, verb by verb, over the worked sheets and a small pack."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import DATA, EXAMPLES, PACK, clauses, write

from clauses import yaml_nodes
from clauses.resources import rules_folder

DEAL = EXAMPLES / "microsoft-openai"
SHEETS = sorted((DEAL / "term-sheets").glob("*.yaml"))
FORMATS = ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown")
VERBS = (
    "check", "explain", "memo", "memo verify", "redline", "form", "templates", "terms", "diff", "lint", "test", "rule",
    "serve", "token create", "token list", "token revoke", "mcp",
    "schema", "init", "new rule", "portfolio ingest", "portfolio check", "portfolio compile", "portfolio impact",
    "ledger list", "ledger show", "ledger verify", "ledger replay", "ledger export", "ledger anchor", "ledger accept",
    "ledger sign", "ledger withdraw", "ledger deviations",
)  # fmt: skip
CONFLICT = DEAL / "term-sheets" / "oracle-stargate-capacity.yaml"
CLEAR = DEAL / "term-sheets" / "board-seats.yaml"
OPEN = DEAL / "term-sheets" / "oracle-stargate-mid-2030.yaml"


def check(*words: Any, **more: Any) -> Any:
    return clauses("check", *words, "-r", PACK, **more)


def schema(name: str) -> dict[str, Any]:
    return dict(json.loads(clauses("schema", name).out))


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    shutil.copytree(PACK, tmp_path / "pack")
    shutil.copytree(DATA / "deal", tmp_path, dirs_exist_ok=True)
    return tmp_path


# --- check: formats


@pytest.fixture(scope="module")
def all_reviews() -> list[dict[str, Any]]:
    return list(json.loads(check(*SHEETS, "-f", "json").out))


def test_every_review_fits_its_published_schema(all_reviews: list[dict[str, Any]]) -> None:
    validator = jsonschema.Draft202012Validator(schema("review"))
    assert len(all_reviews) == len(SHEETS)
    for review in all_reviews:
        validator.validate(review)


KEYS = {
    "": "schema_version verdict as_of review_id agreement term_sheet packs engines summary findings rules",
    "agreement": "id sha256",
    "term_sheet": "id sha256",
    "packs": "name version sha256",
    "summary": "rules breached undetermined satisfied not_applicable",
    "findings": "rule heading severity status message redraft authority clauses values derivation missing question "
    "fingerprint",
    "findings.authority": "document quote",
    "findings.clauses": "alias id kind in heading basis quote location",
    "findings.values": "term value location",
    "findings.derivation": "text truth parts",
    "findings.derivation.parts": "text truth parts",
    "findings.clauses.location": "file line column",
    "findings.values.location": "file line column",
    "rules": "rule severity status",
}
"""The keys of the JSON, as the design fixes them."""


def test_the_json_has_exactly_the_keys_of_the_design(all_reviews: list[dict[str, Any]]) -> None:
    seen: dict[str, set[str]] = {}

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            seen.setdefault(path, set()).add(" ".join(value))
            for key, item in value.items():
                is_part = path.endswith("derivation.parts") and key == "parts"
                walk(path if is_part else f"{path}.{key}".lstrip("."), item)
        elif isinstance(value, list):
            for item in value:
                walk(path, item)

    for review in all_reviews:
        walk("", review)
    assert {path: " ".join(keys) for path, keys in seen.items()} == KEYS


def test_json_and_json_lines_say_the_same(all_reviews: list[dict[str, Any]]) -> None:
    lines = check(*SHEETS, "-f", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == all_reviews


def test_one_sheet_gives_an_object_and_several_a_list() -> None:
    assert isinstance(json.loads(check(CONFLICT, "-f", "json").out), dict)
    assert isinstance(json.loads(check(CONFLICT, CLEAR, "-f", "json").out), list)


def test_the_sarif_has_the_structure_that_its_standard_requires(all_reviews: list[dict[str, Any]]) -> None:
    document = json.loads(check(*SHEETS, "-f", "sarif").out)
    assert document["version"] == "2.1.0" and document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert driver["name"] == "clauses" and len(rules) == len(driver["rules"])
    assert len(run["results"]) == sum(len(review["findings"]) for review in all_reviews)
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in [*result["locations"], *result["relatedLocations"]]:
            physical = location["physicalLocation"]
            assert re.fullmatch(r"[A-Za-z0-9%._~/()-]+", physical["artifactLocation"]["uri"])
            assert physical["region"]["startLine"] >= 1 and physical["region"]["startColumn"] >= 1


def test_the_junit_is_xml_whose_counts_are_right(all_reviews: list[dict[str, Any]]) -> None:
    suites = ElementTree.fromstring(check(*SHEETS, "-f", "junit").out)
    assert len(suites) == len(SHEETS)
    for suite, review in zip(suites, all_reviews, strict=True):
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases) == review["summary"]["rules"]
        for attribute, element, status in (
            ("failures", "failure", "breached"), ("errors", "error", "undetermined"),
            ("skipped", "skipped", "not_applicable"),
        ):  # fmt: skip
            found = [case for case in cases if case.find(element) is not None]
            if element == "error":  # a breached rule may have open findings too
                found = [case for case in found if case.find("failure") is None]
            assert int(suite.attrib[attribute]) == len(found) == review["summary"][status]


def test_github_annotations_escape_what_the_runner_would_read(deal: Path) -> None:
    sheet = (deal / "sheet.yaml").read_text().replace("supplier: cedar", "supplier: dale")
    sheet = sheet.replace("changes:", 'parties:\n  dale: {name: "100%, a::b\\n::error ::x"}\nchanges:')
    write(deal, {"odd, name: 5%.yaml": sheet})
    lines = clauses("check", "odd, name: 5%.yaml", "-r", "pack", "-f", "github", folder=deal).out.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) file=[^,:]+,line=\d+,col=\d+,title=[^:,]+::.*", line)
        assert "file=odd%2C name%3A 5%25.yaml," in line
    assert "100%25, a::b" in lines[0]


def test_concise_lines_are_places_that_editors_follow() -> None:
    for line in check(*SHEETS, "-f", "concise").out.splitlines():
        found = re.match(r"(.+):(\d+):(\d+): (undetermined )?(conflict|consent|flag|note)\[([a-z-]+)\] .", line)
        assert found
        text = Path(found[1]).read_text().splitlines()[int(found[2]) - 1]
        assert re.match(r"[a-z0-9-]+", text[int(found[3]) - 1 :])


def test_markdown_is_a_table_that_no_text_breaks(deal: Path) -> None:
    sheet = (deal / "sheet.yaml").read_text().replace("supplier: cedar", "supplier: dale")
    write(deal, {"sheet.yaml": sheet.replace("changes:", 'parties:\n  dale: {name: "9 | b <b> `c` [d](e)"}\nchanges:')})
    out = clauses("check", "sheet.yaml", "-r", "pack", "-f", "markdown", folder=deal).out
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert "9 \\| b \\<b\\> \\`c\\` \\[d\\](e)" in out


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_goes_to_a_file_as_it_goes_to_the_screen(tmp_path: Path, format: str) -> None:
    shown = check(CONFLICT, "-f", format)
    ran = check(CONFLICT, "-f", format, "-o", tmp_path / "out")
    assert (ran.out, ran.code) == ("", shown.code)
    assert (tmp_path / "out").read_text() == shown.out


def test_several_formats_go_to_files_of_their_own(tmp_path: Path) -> None:
    words = [word for format in FORMATS for word in ("-f", format)]
    assert check(CONFLICT, *words, "-o", tmp_path / "out").code == 1
    assert len(list(tmp_path.iterdir())) == len(FORMATS)
    shown = check(CONFLICT, *words)
    assert shown.err.splitlines() == [f"--- {format}" for format in FORMATS]
    assert shown.out == "".join(check(CONFLICT, "-f", format).out for format in FORMATS)


# --- check: exit codes


@pytest.mark.parametrize(
    ("sheet", "words", "code"),
    [
        (CONFLICT, [], 1), (CONFLICT, ["--fail-on", "conflict"], 1), (CONFLICT, ["--fail-on", "never"], 0),
        (CONFLICT, ["--ignore", "compute-outside"], 0),
        (CONFLICT, ["--ignore", "compute-outside", "--fail-on", "flag"], 1),
        (CLEAR, [], 0), (CLEAR, ["--fail-on", "note", "--strict"], 0),
        (OPEN, [], 3), (OPEN, ["--strict"], 1), (OPEN, ["--fail-on", "never"], 0), (OPEN, ["--fail-on", "conflict"], 3),
        ("nowhere.yaml", [], 2), (CONFLICT, ["--fail-on", "x"], 2),
    ],
)  # fmt: skip
def test_the_exit_code_says_how_it_went(sheet: Path | str, words: list[str], code: int) -> None:
    for format in ("concise", "json"):
        assert check(sheet, *words, "-f", format, "--engine", "reference").code == code


def test_the_worst_of_several_sheets_decides() -> None:
    assert check(CLEAR, OPEN).code == 3
    assert check(CLEAR, OPEN, CONFLICT).code == 1
    assert check(CLEAR, "nowhere.yaml").code == 2


def test_errors_of_all_sheets_are_reported_together() -> None:
    ran = check("nowhere.yaml", CLEAR, "elsewhere.yaml")
    assert ran.err.splitlines() == [
        "nowhere.yaml: error[no-such-file] there is no such file",
        "elsewhere.yaml: error[no-such-file] there is no such file",
    ]
    assert ran.out == ""


# --- check: inputs and options


def test_a_folder_is_all_its_sheets() -> None:
    assert check(DEAL / "term-sheets", "-f", "jsonl").out == check(*SHEETS, "-f", "jsonl").out


def test_a_sheet_comes_from_standard_input(deal: Path) -> None:
    text = (deal / "sheet.yaml").read_bytes()
    ran = clauses("check", "-", "-r", "pack", "-f", "concise", folder=deal, stdin=text)
    assert ran.code == 1 and ran.out.startswith("(standard input):7:10: conflict[compute-outside]")
    assert (
        clauses("check", "-", "-r", "pack", folder=deal).err
        == "(standard input): error[empty-file] the file is empty\n"
    )
    assert clauses("terms", "-", folder=deal, stdin=text).out.startswith("Services agreement")
    assert clauses("explain", "-", "-r", "pack", folder=deal, stdin=text).code == 0


@pytest.mark.parametrize("ending", ["json", "toml"])
def test_the_same_sheet_in_another_format_finds_the_same(deal: Path, ending: str) -> None:
    node = yaml_nodes.read_file(deal / "sheet.yaml").plain()
    if ending == "json":
        text = json.dumps(node)
    else:
        head = "".join(f"{key} = {json.dumps(value)}\n" for key, value in node.items() if key != "changes")
        clause = "".join(f"{key} = {json.dumps(value)}\n" for key, value in node["changes"][0]["clause"].items())
        text = f'{head}[[changes]]\nadd = "cedar-supply"\n[changes.clause]\n{clause}'
    write(deal, {f"sheet.{ending}": text})
    one = json.loads(clauses("check", "sheet.yaml", "-r", "pack", "-f", "json", folder=deal).out)
    other = json.loads(clauses("check", f"sheet.{ending}", "-r", "pack", "-f", "json", folder=deal).out)
    assert [f["message"] for f in one["findings"]] == [f["message"] for f in other["findings"]]
    assert one["rules"] == other["rules"]


def test_rules_are_selected_and_ignored_by_id_and_tag() -> None:
    def rules(*words: str) -> list[str]:
        return [rule["rule"] for rule in json.loads(check(CONFLICT, *words, "-f", "json").out)["rules"]]

    assert rules() == ["compute-outside", "dual-flag"]
    assert rules("--select", "cloud") == rules("--select", "compute-outside") == ["compute-outside"]
    assert rules("--ignore", "exclusivity") == ["dual-flag"]
    assert rules("--select", "cloud", "--select", "dual-flag", "--ignore", "cloud") == ["dual-flag"]


def test_amendments_signed_later_are_left_out_with_known_on() -> None:
    stack = EXAMPLES / "amendment-stack"
    shown = {
        day: clauses("terms", stack / "agreement.yaml", "--as-of", "2030-01-01", "--known-on", day, "-f", "json").out
        for day in ("2000-01-01", "2030-01-01")
    }
    assert shown["2000-01-01"] != shown["2030-01-01"]


def test_what_is_known_makes_another_review() -> None:
    reviews = [json.loads(check(CONFLICT, "-f", "json", "--known-on", day).out) for day in ("2025-07-01", "2025-06-01")]
    assert reviews[0]["review_id"] != reviews[1]["review_id"]


@pytest.mark.parametrize("engine", ["both", "rete", "reference"])
def test_each_engine_says_the_same_and_is_named(engine: str) -> None:
    review = json.loads(check(CONFLICT, "-f", "json", "--engine", engine).out)
    assert review["engines"] == (["rete", "reference"] if engine == "both" else [engine])
    assert review["findings"] == json.loads(check(CONFLICT, "-f", "json").out)["findings"]


def test_colour_is_only_where_it_is_wanted() -> None:
    assert "\x1b[" in check(CONFLICT, "--color", "always").out
    for more in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b[" not in check(CONFLICT, **more).out
    assert "\x1b[" not in check(CONFLICT, "--color", "never").out
    for format in set(FORMATS) - {"text"}:
        assert "\x1b[" not in check(CONFLICT, "--color", "always", "-f", format).out


def test_painted_text_is_the_plain_text_with_colours() -> None:
    for words in (["check", CONFLICT], ["explain", CONFLICT, "--all"], ["rule", "--all"], ["diff", CONFLICT, CLEAR]):
        painted = clauses(*words, "-r", PACK, "--color", "always").out
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == clauses(*words, "-r", PACK).out


# --- configuration


def test_options_win_over_the_nearest_file(deal: Path) -> None:
    (deal / "sub").mkdir()
    shutil.copy(deal / "sheet.yaml", deal / "sub")
    write(deal, {"clauses.toml": 'rules = ["pack"]\nfail_on = "never"\nengine = "reference"\n'})
    assert clauses("check", "sheet.yaml", folder=deal).code == 0
    assert clauses("check", "sheet.yaml", folder=deal / "sub").code == 0
    assert clauses("check", "sheet.yaml", "--fail-on", "conflict", folder=deal).code == 1
    write(deal, {"sub/pyproject.toml": '[tool.clauses]\nrules = ["../pack"]\nignore = ["compute-outside"]\n'})
    review = json.loads(clauses("check", "sheet.yaml", "-f", "json", folder=deal / "sub").out)
    assert [rule["rule"] for rule in review["rules"]] == ["dual-flag"]
    assert review["engines"] == ["rete", "reference"]
    write(deal, {"other.toml": 'rules = ["pack"]\nstrict = true\n'})
    assert clauses("check", "sheet.yaml", "--config", "other.toml", folder=deal).code == 1


# --- explain


def test_explain_says_why_and_why_not() -> None:
    why = clauses("explain", CONFLICT, "-r", PACK).out
    assert "conflict[compute-outside] compute bought outside the exclusive cloud: breached" in why
    assert f"{CONFLICT}:" in why
    late = DEAL / "term-sheets" / "oracle-stargate-after-exclusivity.yaml"
    why_not = clauses("explain", late, "-r", PACK, "--rule", "compute-outside").out
    assert ": satisfied" in why_not and "Not breached by" in why_not
    absent = clauses("explain", CLEAR, "-r", PACK, "--rule", "compute-outside").out
    assert "The rule does not apply: there is no" in absent
    assert "No rule found anything" in clauses("explain", CLEAR, "-r", PACK).out
    unsure = clauses("explain", OPEN, "-r", PACK).out
    assert "cannot tell" in unsure and "To know, ask:" in unsure


def test_explain_shows_the_whole_derivation_on_demand() -> None:
    assert "The whole derivation:" not in clauses("explain", CONFLICT, "-r", PACK).out
    assert "The whole derivation:" in clauses("explain", CONFLICT, "-r", PACK, "--all").out


def test_explain_gives_the_findings_of_check_as_json() -> None:
    found = json.loads(clauses("explain", CONFLICT, "-r", PACK, "-f", "json").out)
    review = json.loads(check(CONFLICT, "-f", "json").out)
    assert [finding for one in found for finding in one["findings"]] == review["findings"]


# --- terms and diff


def test_terms_shows_every_clause_in_force_with_places() -> None:
    file = DEAL / "agreement.yaml"
    data = json.loads(clauses("terms", file, "--as-of", "2025-07-01", "-f", "json").out)
    lines = file.read_text().splitlines()
    assert [clause["id"] for clause in data["clauses"]] == sorted(clause["id"] for clause in data["clauses"])
    for clause in data["clauses"]:
        for term in clause["terms"]:
            assert 1 <= term["location"]["line"] <= len(lines)
    text = clauses("terms", file, "--as-of", "2025-07-01").out
    assert all(clause["id"] in text for clause in data["clauses"])
    assert text.rstrip().endswith(f"{len(data['clauses'])} clauses")


def test_terms_of_a_sheet_are_those_in_force_with_it(deal: Path) -> None:
    before = {c["id"] for c in json.loads(clauses("terms", "agreement.yaml", "-f", "json", folder=deal).out)["clauses"]}
    after = {c["id"] for c in json.loads(clauses("terms", "sheet.yaml", "-f", "json", folder=deal).out)["clauses"]}
    assert after == before | {"cedar-supply"}


def test_diff_names_what_differs_and_nothing_else(deal: Path) -> None:
    write(deal, {"other.yaml": (deal / "sheet.yaml").read_text().replace("2026-01-01", "2028-01-01")})
    ran = clauses("diff", "sheet.yaml", "other.yaml", "-r", "pack", "-f", "json", folder=deal)
    data = json.loads(ran.out)
    assert ran.code == 0
    assert [(t["clause"], t["term"], t["first"], t["second"]) for t in data["terms"]] == [
        ("cedar-supply", "starts", "2026-01-01", "2028-01-01")
    ]
    assert [f["rule"] for f in data["only_in_first"]] == ["compute-outside"] and data["only_in_second"] == []
    text = clauses("diff", "sheet.yaml", "other.yaml", "-r", "pack", folder=deal).out
    assert "cedar-supply.starts: 2026-01-01 → 2028-01-01" in text
    assert clauses("diff", "sheet.yaml", "other.yaml", "-r", "pack", "--exit-code", folder=deal).code == 1
    same = clauses("diff", "sheet.yaml", "sheet.yaml", "-r", "pack", "--exit-code", folder=deal)
    assert same.code == 0 and "no term differs" in same.out


# --- packs


def test_lint_finds_what_a_reviewer_would_send_back() -> None:
    data = json.loads(clauses("lint", PACK, "-f", "json", "--as-of", "2025-07-01").out)
    assert {defect["id"] for defect in data["defects"]} >= {"missing-example", "missing-redraft", "missing-authority"}
    for format in ("text", "concise", "json", "github"):
        assert clauses("lint", PACK, "-f", format).code == 1


def test_test_runs_the_examples_and_weighs_their_coverage(deal: Path) -> None:
    assert clauses("test", PACK).code == 0
    assert clauses("test", PACK, "--threshold", "100").code == 1
    (data,) = json.loads(clauses("test", PACK, "-f", "json").out)
    assert [example["passed"] for example in data["examples"]] == [True]
    assert set(data["examples"][0]["found"]) == {"rete", "reference"}
    assert clauses("test", PACK, "--threshold", str(data["coverage"]["percent"])).code == 0
    assert "not covered: dual-flag" in clauses("test", PACK, "--coverage").out
    rule = deal / "pack" / "compute-outside.yaml"
    rule.write_text(rule.read_text().replace("expect: breached", "expect: satisfied"))
    ran = clauses("test", "pack", folder=deal)
    assert ran.code == 1 and "expected satisfied, found breached on rete and breached on reference" in ran.out
    assert (
        ElementTree.fromstring(clauses("test", "pack", "-f", "junit", folder=deal).out).find(".//failure") is not None
    )


def test_rule_prints_a_page_for_each_rule() -> None:
    page = clauses("rule", "compute-outside", "-r", PACK).out
    for title in ("What it checks", "As it is written", "What it says", "What would cure it", "Authority", "Examples"):
        assert title in page
    assert clauses("rule", "--all", "-r", PACK, "-f", "markdown").out.count("## ") >= 3
    data = json.loads(clauses("rule", "--all", "-r", PACK, "-f", "json").out)
    assert [one["rule"] for one in data] == ["compute-outside", "dual", "dual-flag"]


# --- schemas


@pytest.mark.parametrize("name", ["agreement", "term-sheet", "rule", "pack", "review"])
def test_every_schema_is_a_schema_with_descriptions(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["type"] == "object"
    if name != "review":
        assert all("description" in field for field in found["properties"].values())


def test_the_worked_files_fit_the_published_schemas() -> None:
    files = {
        "agreement": [DEAL / "agreement.yaml", EXAMPLES / "amendment-stack" / "agreement.yaml"],
        "term-sheet": SHEETS,
    }
    files |= {"pack": [PACK / "pack.yaml"], "rule": sorted(set(PACK.glob("*.yaml")) - {PACK / "pack.yaml"})}
    for name, listed in files.items():
        validator = jsonschema.Draft202012Validator(schema(name))
        for file in listed:
            validator.validate(yaml_nodes.read_file(file).plain())


def test_kinds_lists_every_kind_with_its_terms() -> None:
    from clauses.terms.kinds import KINDS

    out = clauses("schema", "kinds").out
    assert [line for line in out.splitlines() if line and line[0] != " "] == list(KINDS)


# --- init, new, help


@pytest.mark.parametrize("name", ["my-deal", "My Deal (2)", "日本", "a" * 120, "{x}", "line\nbreak"])
def test_a_new_folder_checks_clean(tmp_path: Path, name: str) -> None:
    if not (rules_folder() / "partnership" / "pack.yaml").is_file():
        pytest.skip("the built-in pack is not there")
    assert clauses("init", name, folder=tmp_path).code == 0
    folder = tmp_path / name
    for words in (["check", "term-sheets"], ["test", "rules"], ["lint", "rules"], ["terms", "agreement.yaml"]):
        ran = clauses(*words, folder=folder)
        assert ran.code == 0, ran.all
    assert clauses("init", name, folder=tmp_path).code == 2


def test_a_new_rule_passes_its_own_examples(deal: Path) -> None:
    assert clauses("new", "rule", "supply-without-an-end", "--pack", "pack", folder=deal).code == 0
    ran = clauses("test", "pack", "--select", "supply-without-an-end", "-f", "json", folder=deal)
    assert ran.code == 0
    assert [e["passed"] for e in json.loads(ran.out)[0]["examples"]] == [True, True, True]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_each_verb_shows_an_example(verb: str) -> None:
    ran = clauses(*verb.split(), "--help")
    assert ran.code == 0
    assert len(re.findall(rf"^ +clauses {verb} ", ran.out, re.MULTILINE)) >= 1, ran.out


def test_the_top_says_what_it_is_and_names_its_verbs() -> None:
    ran = clauses("--help")
    assert ran.code == 0 and "Try: clauses check" in ran.out
    assert all(verb.split()[0] in ran.out for verb in VERBS)
    assert re.fullmatch(r"clauses \d+\.\d+\.\d+\n", clauses("--version").out)


@pytest.mark.parametrize("words", [["nope"], ["check"], ["check", "--nope"], ["test", "--threshold", "101"], []])
def test_a_wrong_call_is_exit_code_two(words: list[str]) -> None:
    ran = clauses(*words)
    assert ran.code == 2 and "Traceback" not in ran.all
