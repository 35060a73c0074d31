"""What an editor gets: schemas of every document and answer, and messages that its problem matchers read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from command_line import EXAMPLES, PACK, clauses, write

from clauses.resources import rules_folder

VSCODE = EXAMPLES / "integrations" / "editor" / "vscode"
DEAL = EXAMPLES / "microsoft-openai"
SETTINGS = json.loads((VSCODE / "settings.json").read_text())
TASKS = {task["label"]: task for task in json.loads((VSCODE / "tasks.json").read_text())["tasks"]}
DOCUMENTS = sorted(
    file for folder in (EXAMPLES, rules_folder()) for file in folder.rglob("*.yaml") if "integrations" not in file.parts
)


class Core(yaml.SafeLoader):
    """Reads YAML 1.2 as editors do: `2030` is a number to them, `2030-12-31` and `NO` are texts."""


Core.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("null", r"~|null|Null|NULL|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), None)


def matches(pattern: str, file: Path) -> bool:
    """Whether a pattern of the settings is about a file: `**/` is any folder, `*` within a name."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    written = "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(written, str(file)) is not None


def schemas_of(file: Path) -> list[str]:
    """The schemas that the settings give a file."""
    found = []
    for schema, patterns in SETTINGS["yaml.schemas"].items():
        wanted = [one for one in patterns if not one.startswith("!")]
        unwanted = [one[1:] for one in patterns if one.startswith("!")]
        if any(matches(one, file) for one in wanted) and not any(matches(one, file) for one in unwanted):
            found.append(Path(schema).name)
    return found


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("deal")
    ran = clauses("schema", "--all", "-o", "schemas", folder=folder)
    assert ran.code == 0 and ran.err == ""
    written = sorted((folder / "schemas").iterdir())
    assert sorted(ran.out.splitlines()) == [f"schemas/{file.name}" for file in written]
    return {file.name: json.loads(file.read_text()) for file in written}


# --- schemas


def test_all_writes_what_each_name_prints(schemas: dict[str, Any]) -> None:
    named = clauses("schema").err.rpartition("one of: ")[2].strip().split(", ")
    assert {f"{name}.schema.json" for name in named} == {*schemas, "kinds.schema.json"}
    for name in named[:-1]:
        assert json.loads(clauses("schema", name).out) == schemas[f"{name}.schema.json"]
        jsonschema.Draft202012Validator.check_schema(schemas[f"{name}.schema.json"])


def test_the_editor_knows_the_schema_of_every_document(schemas: dict[str, Any]) -> None:
    """Every document that is shipped, read as an editor reads it, fits the one schema that its place gives it."""
    validators = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas.items()}
    used = set()
    for file in DOCUMENTS:
        (name,) = schemas_of(file)
        used.add(name)
        data = yaml.load(file.read_text(), Core)
        problems = [
            f"{file}: {list(error.absolute_path)} {error.message}" for error in validators[name].iter_errors(data)
        ]
        assert problems == []
    assert used == {Path(schema).name for schema in SETTINGS["yaml.schemas"]} and used <= set(schemas)
    assert {Path(one["url"]).name for one in SETTINGS["json.schemas"]} <= set(schemas)


@pytest.mark.parametrize(
    ("kind", "term", "value", "fits"),
    [
        ("supply", "ends", 2030, True),
        ("supply", "ends", "2030-12-31", True),
        ("supply", "ends", 203, False),
        ("supply", "ends", 20301231, False),
        ("supply", "ends", 2030.5, False),
        ("supply", "ends", True, False),
        ("governance", "seats", 2, True),
        ("governance", "seats", "1..4", True),
        ("governance", "seats", -2, False),
        ("supply", "amount", 30, False),
        ("equity_on_conversion", "stake", 49, False),
    ],
)
def test_an_editor_takes_for_a_value_what_a_review_does(
    schemas: dict[str, Any], kind: str, term: str, value: Any, fits: bool, tmp_path: Path
) -> None:
    sheet = json.loads(json.dumps(_sheet(kind, term, value)))
    validator = jsonschema.Draft202012Validator(schemas["term-sheet.schema.json"])
    assert validator.is_valid(sheet) == fits
    write(tmp_path, {"sheet.json": json.dumps(sheet)})
    ran = clauses("terms", "sheet.json", "--agreement", DEAL / "agreement.yaml", folder=tmp_path)
    assert (ran.code == 0) == fits, ran.err


def test_an_editor_takes_bare_numbers_in_packs_and_positions(schemas: dict[str, Any]) -> None:
    dated = {"starting": 2025, "value": 3}
    pack = {"pack": "own", "version": "1.0.0", "title": "Own"}
    pack["parameters"] = {"seats": {"description": "How many.", "values": [dated]}}
    jsonschema.Draft202012Validator(schemas["pack.schema.json"]).validate(pack)
    want = {"term": "new-supply.ends", "says": "It ends soon.", "from": 2035, "to": 2030, "weight": 5}
    must = {"term": "board.seats", "says": "Some seats.", "at_least": 1, "at_most": 3}
    position = {"position": "one", "party": "one", "agreement": "a", "term_sheet": "b.yaml"}
    position |= {"must": {"seats": must}, "wants": {"an-end": want}}
    jsonschema.Draft202012Validator(schemas["position.schema.json"]).validate(position)


def _sheet(kind: str, term: str, value: Any) -> dict[str, Any]:
    parties = {
        "supply": {"supplier": "oracle", "customer": "openai", "subject": "cloud-compute"},
        "governance": {"holder": "microsoft", "issuer": "openai"},
        "equity_on_conversion": {"holder": "microsoft", "issuer": "openai"},
    }
    clause = {"kind": kind, **parties[kind], term: value}
    head = {"term_sheet": "one", "agreement": "microsoft-openai", "dated": "2025-07-01", "effective": "2025-07-01"}
    return {**head, "proposed_by": "openai", "changes": [{"add": "new-clause", "clause": clause}]}


def _closed(schema: Any) -> Any:
    """A schema that allows no key that it does not name, so that a key of an answer that it lacks is found."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(item) for key, item in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        found["additionalProperties"] = False
    return found


ANSWERS = {
    "resolution": [("resolve", DEAL / "term-sheets" / "oracle-stargate-capacity.yaml")],
    "margins": [("margins", DEAL / "term-sheets" / "oracle-stargate-mid-2030.yaml")],
    "negotiation": [
        ("negotiate", DEAL / "positions" / "microsoft.yaml", DEAL / "positions" / "openai.yaml"),
        ("negotiate", DEAL / "positions" / "microsoft-firm.yaml", DEAL / "positions" / "openai.yaml"),
    ],
    "verification": [("verify", PACK)],
    "review": [("check", DEAL / "term-sheets" / "oracle-stargate-mid-2030.yaml")],
}


@pytest.mark.parametrize(
    ("name", "words"),
    [(name, words) for name, each in ANSWERS.items() for words in each],
    ids=lambda value: str(value)[:40],
)
def test_every_answer_fits_its_schema(schemas: dict[str, Any], name: str, words: Sequence[str | Path]) -> None:
    ran = clauses(*words, "-f", "json")
    assert ran.code in (0, 1, 3), ran.err
    answer = json.loads(ran.out)
    schema = schemas[f"{name}.schema.json"]
    jsonschema.Draft202012Validator(_closed(schema)).validate(answer)
    assert schema["type"] == "object"


# --- problem matchers


def matchers(label: str) -> list[dict[str, Any]]:
    found = TASKS[label]["problemMatcher"]
    return list(found) if isinstance(found, list) else [found]


def problems(label: str, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What the editor lists of the output of a task: each matcher reads every line."""
    for matcher in matchers(label):
        pattern = matcher["pattern"]
        for line in text.splitlines():
            if match := re.search(pattern["regexp"], line):
                parts = {key: match[number] for key, number in pattern.items() if key != "regexp"}
                yield matcher["severity"], parts


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(PACK, tmp_path / "rules")
    for name in ("walk-away", "silent-on-amounts", "stakes-past-the-whole", "consent-right-struck"):
        write(tmp_path, {f"term-sheets/{name}.yaml": (DEAL / "term-sheets" / f"{name}.yaml").read_bytes()})
    shutil.copy(DEAL / "agreement.yaml", tmp_path)
    return tmp_path


def test_the_editor_lists_every_finding_at_its_place(workspace: Path) -> None:
    task = TASKS["clauses: check"]
    ran = clauses(*task["args"], folder=workspace)
    found = list(problems("clauses: check", ran.all))
    review = [
        (finding, one)
        for one in json.loads(clauses("check", "term-sheets", "-f", "json", folder=workspace).out)
        for finding in one["findings"]
    ]
    assert len(found) == len(ran.out.splitlines()) == len(review)
    severities = {"conflict": "error", "consent": "error", "flag": "warning", "note": "info"}
    wanted = [
        (severities[finding["severity"]] if finding["status"] == "breached" else "warning", finding["rule"])
        for finding, _ in review
    ]
    assert sorted((severity, parts["code"]) for severity, parts in found) == sorted(wanted)
    assert {severity for severity, _ in found} == {"error", "warning", "info"}
    for _, parts in found:
        lines = (workspace / parts["file"]).read_text().splitlines()
        assert len(lines[int(parts["line"]) - 1]) >= int(parts["column"])


def test_the_editor_lists_errors_defects_and_failed_examples(workspace: Path) -> None:
    for label in ("clauses: check", "clauses: lint"):
        write(workspace, {"term-sheets/wrong.yaml": "term_sheet: wrong\nagreement: microsoft-openai\ndated: soon\n"})
        write(workspace, {"clauses.toml": 'rules = ["rules"]\n'})
        ran = clauses(*TASKS[label]["args"], folder=workspace)
        found = list(problems(label, ran.all))
        assert found and {severity for severity, _ in found} == {"error"}
        assert len(found) == len(re.findall(r"(?:error|defect)\[", ran.all))
    rule = workspace / "rules" / "compute-outside.yaml"
    rule.write_text(rule.read_text().replace("expect: breached", "expect: satisfied"))
    ran = clauses(*TASKS["clauses: test"]["args"], folder=workspace)
    ((severity, parts),) = problems("clauses: test", ran.all)
    assert (severity, parts["file"]) == ("error", "rules/compute-outside.yaml") and "compute-outside" in parts[
        "message"
    ]
    rule.write_text("rule: [\n")
    for label in ("clauses: lint", "clauses: check"):
        assert list(problems(label, clauses(*TASKS[label]["args"], folder=workspace).all))


def test_the_tasks_that_run_on_save_are_there() -> None:
    assert set(SETTINGS["triggerTaskOnSave.tasks"]) <= set(TASKS)
    words = TASKS["clauses: write the schemas"]["args"]
    assert {str(Path(name).parent) for name in SETTINGS["yaml.schemas"]} == {words[-1]}
