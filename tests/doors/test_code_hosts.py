"""Findings as code hosts show them: SARIF and annotations name the right file and line, wherever the command runs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from command_line import DATA, EXAMPLES, PACK, clauses, write

DEAL = EXAMPLES / "microsoft-openai"
SHEETS = sorted((DEAL / "term-sheets").glob("*.yaml"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of a code host with a deal in a folder."""
    shutil.copytree(PACK, tmp_path / "deals" / "one" / "pack")
    shutil.copytree(DATA / "deal", tmp_path / "deals" / "one", dirs_exist_ok=True)
    return write(tmp_path, {".git/HEAD": "ref: refs/heads/main\n"})


def results(*words: Any, folder: Path) -> list[dict[str, Any]]:
    ran = clauses("check", *words, "-f", "sarif", folder=folder)
    assert ran.code in (0, 1, 3), ran.err
    return list(json.loads(ran.out)["runs"][0]["results"])


def artifacts(found: list[dict[str, Any]]) -> set[tuple[str, str | None]]:
    places = [place for result in found for place in (*result["locations"], *result["relatedLocations"])]
    named = [place["physicalLocation"]["artifactLocation"] for place in places]
    return {(one["uri"], one.get("uriBaseId")) for one in named}


def annotations(out: str) -> list[dict[str, str]]:
    """The annotations as a runner reads them."""
    found = []
    for line in out.splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        read = {key: unquote(value) for key, value in properties.items()}
        found.append({"level": match[1], **read, "message": unquote(match[3])})
    return found


# --- where


@pytest.mark.parametrize(
    ("at", "sheet"),
    [
        (".", "deals/one/sheet.yaml"),
        ("deals/one", "sheet.yaml"),
        ("deals/one", "../one/./sheet.yaml"),
        ("deals/one/pack", "../sheet.yaml"),
        (".", "absolute"),
    ],
)
def test_a_file_is_named_from_the_root_of_the_repository(repository: Path, at: str, sheet: str) -> None:
    named = repository / "deals/one/sheet.yaml" if sheet == "absolute" else Path(sheet)
    words = (named, "-r", repository / "deals/one/pack")
    found = results(*words, folder=repository / at)
    here = {"deals/one/sheet.yaml", "deals/one/agreement.yaml"}
    assert found and artifacts(found) == {(file, "%SRCROOT%") for file in here}
    shown = annotations(clauses("check", *words, "-f", "github", folder=repository / at).out)
    assert {one["file"] for one in shown} == {"deals/one/sheet.yaml"}
    lines = (repository / "deals/one/sheet.yaml").read_text().splitlines()
    for result, one in zip(found, shown, strict=True):
        region = result["locations"][0]["physicalLocation"]["region"]
        assert (str(region["startLine"]), str(region["startColumn"])) == (one["line"], one["col"])
        assert "cedar-supply" in lines[region["startLine"] - 1]


def test_a_worktree_has_its_root_too(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    write(repository, {".git": "gitdir: ../main/.git/worktrees/one\n"})
    found = results("sheet.yaml", "-r", "pack", folder=repository / "deals" / "one")
    assert ("deals/one/sheet.yaml", "%SRCROOT%") in artifacts(found)


def test_without_a_repository_a_file_is_named_as_it_was_given(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    folder = repository / "deals" / "one"
    assert ("sheet.yaml", "%SRCROOT%") in artifacts(results("sheet.yaml", "-r", "pack", folder=folder))
    # A URI that leads out of the root is not said to start there, and an absolute one is a file of this machine.
    assert ("../sheet.yaml", None) in artifacts(results("../sheet.yaml", "-r", ".", folder=folder / "pack"))
    uris = {uri for uri, base in artifacts(results(folder / "sheet.yaml", "-r", "pack", folder=folder)) if not base}
    assert uris and all(urlsplit(uri).scheme == "file" and not urlsplit(uri).netloc for uri in uris)


def test_a_defect_of_a_pack_is_named_from_the_root_too(repository: Path) -> None:
    ran = clauses("lint", "pack", "-f", "github", folder=repository / "deals" / "one")
    assert {one["file"].rpartition("/")[0] for one in annotations(ran.out)} == {"deals/one/pack"}


ODD = ["two words.yaml", "50%.yaml", "a,b:c.yaml", "50%2Cx.yaml", "a#b?c.yaml", "ärger.yaml", "日本.yaml", "a\nb.yaml"]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_comes_back_as_it_was(repository: Path, name: str) -> None:
    folder = repository / "deals" / "one"
    shutil.copy(folder / "sheet.yaml", folder / name)
    uris = {uri for uri, _ in artifacts(results(name, "-r", "pack", folder=folder))}
    assert f"deals/one/{name}" in {unquote(uri) for uri in uris}
    assert all(re.fullmatch(r"[A-Za-z0-9%._~/()-]+", uri) for uri in uris)
    shown = annotations(clauses("check", name, "-r", "pack", "-f", "github", folder=folder).out)
    assert shown and {one["file"] for one in shown} == {f"deals/one/{name}"}


def test_standard_input_is_no_file_of_the_repository(repository: Path) -> None:
    folder = repository / "deals" / "one"
    sheet = (folder / "sheet.yaml").read_bytes()
    words = ("check", "-", "-r", "pack", "--agreement", "agreement.yaml")
    out = clauses(*words, "-f", "github", folder=folder, stdin=sheet).out
    assert {one["file"] for one in annotations(out)} == {"(standard input)"}


# --- what


def test_the_sarif_keeps_what_its_standard_asks_for() -> None:
    ran = clauses("check", *SHEETS, "-f", "sarif")
    (run,) = json.loads(ran.out)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    assert run["columnKind"] == "unicodeCodePoints"
    assert set(run["newlineSequences"]) >= {"\n", "\r\n"} and len(set(run["newlineSequences"])) == 6
    assert all(uri.get("uriBaseId") in (None, *run["originalUriBaseIds"]) for uri in _artifact_locations(run))
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert set(result["partialFingerprints"]) == {"clauses/v1"}
        related = [json.dumps(place, sort_keys=True) for place in result["relatedLocations"]]
        assert len(related) == len(set(related)), "the locations of a result must be unique"
    assert any(len(result["relatedLocations"]) > 1 for result in run["results"])


def _artifact_locations(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _artifact_locations(item)]
    if not isinstance(value, dict):
        return []
    own = [value["artifactLocation"]] if "artifactLocation" in value else []
    return own + [found for item in value.values() for found in _artifact_locations(item)]


def test_no_message_holds_a_placeholder_or_a_link(repository: Path) -> None:
    """A reader of SARIF fills in `{0}` and makes a link of `[text](address)`."""
    folder = repository / "deals" / "one"
    name = "Dale {0} [all clear](http://example.com/) {x"
    text = (folder / "sheet.yaml").read_text().replace("supplier: cedar", "supplier: dale")
    write(folder, {"sheet.yaml": text.replace("changes:", f'parties:\n  dale: {{name: "{name}"}}\nchanges:')})
    found = results("sheet.yaml", "-r", "pack", folder=folder)
    texts = [result["message"]["text"] for result in found]
    assert any("Dale {{0}} [all clear] (http" in text and "{{x" in text for text in texts)
    (run,) = json.loads(clauses("check", *SHEETS, "-f", "sarif").out)["runs"]
    for text in [*texts, *(rule["help"]["text"] for rule in run["tool"]["driver"]["rules"])]:
        assert "](" not in text and not re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))


def test_a_line_counts_as_it_does_in_an_editor(repository: Path) -> None:
    """Characters and not bytes or UTF-16 units, and every end of a line that YAML knows."""
    folder = repository / "deals" / "one"
    text = "# 😀\r# x\u2028# y\r\n" + (folder / "sheet.yaml").read_text()
    write(folder, {"sheet.yaml": text})
    first, *_ = results("sheet.yaml", "-r", "pack", folder=folder)
    region = first["locations"][0]["physicalLocation"]["region"]
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    assert "cedar-supply" in lines[region["startLine"] - 1][region["startColumn"] - 1 :]
