"""The examples of `examples/integrations/` and the hooks, run as their readers would run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from command_line import EXAMPLES, clauses, write

from clauses.resources import rules_folder

ROOT = EXAMPLES.parent
INTEGRATIONS = EXAMPLES / "integrations"
DEAL = EXAMPLES / "microsoft-openai"
CONFLICT = "compute-outside-the-exclusive-cloud"
HOOKS: dict[str, Any] = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    """A new deal, as `clauses init` makes it, with a pack of two rules alone: the examples of a large one take long."""
    assert clauses("init", "deal", folder=tmp_path).code == 0
    rule = (rules_folder() / "partnership" / f"{CONFLICT}.yaml").read_text()
    files = {f"rules/{CONFLICT}.yaml": rule.replace("document: article", "document: playbook")}
    return write(tmp_path / "deal", {**files, "clauses.toml": 'rules = ["rules"]\n'})


def without_redraft(deal: Path) -> None:
    (rule,) = (deal / "rules").glob("supply-*.yaml")
    rule.write_text("".join(line for line in rule.read_text().splitlines(True) if not line.startswith("redraft")))


def with_wrong_example(deal: Path) -> None:
    (rule,) = (deal / "rules").glob("supply-*.yaml")
    rule.write_text(rule.read_text().replace("expect: breached", "expect: satisfied"))


def with_a_conflict(deal: Path) -> None:
    shutil.copy(DEAL / "term-sheets" / "oracle-stargate-capacity.yaml", deal / "term-sheets")
    shutil.copy(DEAL / "agreement.yaml", deal / "another.yaml")


# --- hooks


def run_hook(id: str, deal: Path) -> int:
    """What pre-commit does with a hook over all files: its command, with the files that its pattern takes."""
    hook = HOOKS[id]
    files = sorted(str(file.relative_to(deal)) for file in deal.rglob("*") if file.is_file())
    chosen = [file for file in files if re.search(hook["files"], file)]
    assert chosen, "the hook runs on no file"
    words = shlex.split(hook["entry"]) + (chosen if hook.get("pass_filenames", True) else [])
    assert words[0] == "clauses" and hook["language"] == "python"
    return clauses(*words[1:], folder=deal).code


@pytest.mark.parametrize(
    ("id", "spoil"),
    [("clauses-check", with_a_conflict), ("clauses-lint", without_redraft), ("clauses-test", with_wrong_example)],
)
def test_a_hook_passes_what_is_right_and_stops_what_is_not(id: str, spoil: Any, deal: Path) -> None:
    assert run_hook(id, deal) == 0
    spoil(deal)
    assert run_hook(id, deal) == 1


def test_the_hooks_take_the_files_that_are_theirs() -> None:
    sheets = re.compile(HOOKS["clauses-check"]["files"])
    assert all(sheets.search(f"{folder}term-sheets/a.{e}") for folder in ("", "x/y/") for e in ("yaml", "yml", "json"))
    assert not any(sheets.search(file) for file in ("agreement.yaml", "old-term-sheets/a.yaml", "term-sheets/a.txt"))
    for id in ("clauses-lint", "clauses-test"):
        packs = re.compile(HOOKS[id]["files"])
        assert all(packs.search(file) for file in ("rules/a.yaml", "x/rules/own/a.yml", "clauses.toml"))
        assert not packs.search("term-sheets/a.yaml")


def test_the_example_configuration_names_every_hook() -> None:
    (repository,) = yaml.safe_load((INTEGRATIONS / "pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == list(HOOKS)


# --- workflow


def steps() -> list[dict[str, Any]]:
    workflow = yaml.safe_load((INTEGRATIONS / "workflow.yaml").read_text())
    return list(workflow["jobs"]["review"]["steps"])


def run_steps(deal: Path, path: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """Run the commands of the workflow as a runner does; the package is there already."""
    program = path / "clauses"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clauses "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    done = {}
    for step in steps():
        if "run" in step and "pip install" not in step["run"]:
            wanted = re.search(r"hashFiles\('([^']+)'\) != ''", step.get("if", ""))
            if wanted is None or (deal / wanted[1]).exists():
                words = ["bash", "-e", "-c", step["run"]]
                done[step["name"]] = subprocess.run(words, cwd=deal, env=environment, capture_output=True, text=True)
    return done


def test_the_workflow_runs_and_shows_findings_at_their_lines(deal: Path, tmp_path: Path) -> None:
    write(deal, {".git/HEAD": "ref: refs/heads/main\n"})
    assert {name: ran.returncode for name, ran in run_steps(deal, tmp_path).items()} == {
        "Review the term sheets": 0,
        "Show the findings at their lines": 0,
        "Lint the rules": 0,
        "Run the examples of the rules": 0,
    }
    with_a_conflict(deal)
    without_redraft(deal)
    with_wrong_example(deal)
    ran = run_steps(deal, tmp_path)
    assert [one.returncode for one in ran.values()] == [1, 0, 1, 1]
    shown = ran["Show the findings at their lines"].stdout
    assert shown.startswith("::error file=term-sheets/oracle-stargate-capacity.yaml,line=11,col=10,title=conflict%3A ")
    assert "::error file=rules/" in ran["Lint the rules"].stdout
    upload = next(step for step in steps() if "upload-sarif" in step.get("uses", ""))
    results = json.loads((deal / upload["with"]["sarif_file"]).read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [CONFLICT]
    # What comes after a step that failed runs all the same.
    after = steps()[steps().index(next(s for s in steps() if s.get("name") == "Review the term sheets")) + 1 :]
    assert all(step["if"].startswith("always()") for step in after)


def test_the_problem_matchers_find_what_cannot_be_read(deal: Path) -> None:
    patterns = [
        one["pattern"][0] for one in json.loads((INTEGRATIONS / "problem-matcher.json").read_text())["problemMatcher"]
    ]
    (sheet,) = (deal / "term-sheets").iterdir()
    sheet.write_text(sheet.read_text().replace("dated: 2025", "dated: 20 25"))
    with_wrong_example(deal)
    for words, file in ((("check", "term-sheets"), "term-sheets/"), (("test", "rules"), "rules/")):
        printed = clauses(*words, folder=deal).all
        found = [
            match for line in printed.splitlines() for one in patterns if (match := re.search(one["regexp"], line))
        ]
        assert len(found) == 1 and found[0][1].startswith(file) and found[0][2].isdigit()


# --- Python


@pytest.fixture(scope="module")
def automation() -> Any:
    spec = spec_from_file_location("document_automation", INTEGRATIONS / "document_automation.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def drafted(automation: Any, folder: Path, answers: Mapping[str, Any]) -> Any:
    return automation.draft({**automation.ANSWERS, **answers}, folder)


def test_a_conflict_is_mended_and_the_files_are_there(automation: Any, tmp_path: Path) -> None:
    made = drafted(automation, tmp_path / "drafts", {})
    assert made.verdict == "clear" and made.changed == ("new-supply.starts: 2027-01-01 → 2031-01-01",)
    names = [file.name for file in made.files]
    assert names == [
        "term-sheet.yaml", "memo-of-the-first-draft.html", "term-sheet-with-fix.yaml", "memo.docx", "redline.docx",
    ]  # fmt: skip
    assert clauses("check", made.files[0], "--agreement", automation.AGREEMENT).code == 1
    assert clauses("check", made.files[2], "--agreement", automation.AGREEMENT).code == 0
    assert "1 January 2031" in made.files[1].read_text()
    with ZipFile(made.files[4]) as redline:
        assert b"<w:ins " in redline.read("word/document.xml")


def test_a_price_that_is_agreed_stays(automation: Any, tmp_path: Path) -> None:
    made = drafted(automation, tmp_path, {"price_is_agreed": True})
    assert "USD 30bn" in made.files[2].read_text() and not any("amount" in change for change in made.changed)


def test_what_cannot_be_told_is_asked(automation: Any, tmp_path: Path) -> None:
    made = drafted(automation, tmp_path, {"from": "2030-06-01"})
    assert made.verdict == "undetermined" and len(made.ask) == 1 and made.ask[0].endswith("on or after 1 June 2030?")


def test_a_wrong_answer_is_refused_at_its_question(automation: Any, tmp_path: Path) -> None:
    with pytest.raises(automation.Refused) as refused:
        drafted(automation, tmp_path, {"from": "1/2/2027", "price": "30bn"})
    assert set(refused.value.at) == {"from", "price"}
    with pytest.raises(automation.Refused) as refused:
        drafted(automation, tmp_path, {"supplier": "nobody"})
    assert set(refused.value.at) == {"supplier"}


def test_the_readme_shows_what_the_example_prints(tmp_path: Path) -> None:
    shown = re.search(
        r"```console\n\$ python (\S+) (\S+)\n(.*?)```", (INTEGRATIONS / "README.md").read_text(), re.DOTALL
    )
    assert shown
    words = [sys.executable, ROOT / shown[1], shown[2]]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (shown[3], 0)


# --- container


def test_the_container_file_copies_what_is_there_and_starts_what_there_is() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    for line in lines:
        if "CMD [" in line and "clauses" in line:
            words = json.loads(line[line.index("[") :])
            ran = clauses(*words[1:2], "--help")
            assert ran.code == 0 and all(word in ran.out for word in words if word.startswith("--"))


def test_every_command_of_the_deployment_note_exists() -> None:
    text = (INTEGRATIONS / "deployment.md").read_text()
    for verb, options in re.findall(r"clauses ((?:serve|token [a-z]+|ledger [a-z]+))((?:\s+[^`\n]*)?)", text):
        ran = clauses(*verb.split(), "--help")
        assert ran.code == 0, verb
        assert all(option in ran.out for option in re.findall(r"--[a-z-]+", options)), (verb, options)
