"""Editing a document's text in place: the value meant is another, and nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clauses.errors import InputError
from clauses.terms.edit import add_change, add_key, become, read, remove_change, remove_key, set_value

SHEETS = sorted(Path("examples/microsoft-openai/term-sheets").glob("*.yaml"))
ORACLE = Path("examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml").read_text()

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=24) | st.sampled_from(
    [
        "null",
        "~",
        "a: b",
        "a #b",
        "- x",
        "'",
        '"',
        "two\nlines",
        " lead",
        "trail ",
        "#",
        "|",
        "yes",
        "[1, 2]",
        "{a}",
        "x, y",
    ]
)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True) | texts.filter(bool)
values = st.recursive(
    st.none() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(keys, values, min_size=1, max_size=4)


def _yaml(data: Any, style: str) -> str:
    flow = {"flow": True, "block": False, "mixed": None}[style]
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True, default_style='"', width=10**6)
    return "# a comment above\n" + text


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """A document as some text: its name, the text, and what it says."""
    data = draw(documents)
    way = draw(st.sampled_from(["flow", "block", "mixed", "json", "dense"]))
    if way in ("json", "dense"):
        return "sheet.json", json.dumps(data, ensure_ascii=False, indent=2 if way == "json" else None), data
    return "sheet.yaml", _yaml(data, way), data


def _paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += _paths(value, (*path, key))
    return found


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def _said(name: str, text: str) -> Any:
    return read(text, name).plain()


def _same(name: str, text: str, data: Any) -> bool:
    """Whether the reader takes the text for the data; what it refuses or sees otherwise is for other tests."""
    try:
        return bool(_said(name, text) == data)
    except InputError:
        return False


@given(written(), st.data())
@settings(max_examples=250, deadline=None)
def test_a_value_is_set_and_nothing_else_changes(document: tuple[str, str, Any], data: st.DataObject) -> None:
    name, text, said = document
    if not _same(name, text, said):
        return
    path = data.draw(st.sampled_from(_paths(said)))
    value = data.draw(values)
    wanted = copy.deepcopy(said)
    _at(wanted, path[:-1])[path[-1]] = value
    assert _said(name, set_value(text, path, value, name)) == wanted


@given(written(), st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_removed_is_gone_and_nothing_else(document: tuple[str, str, Any], data: st.DataObject) -> None:
    name, text, said = document
    if not _same(name, text, said) or len(said) < 2:
        return
    path = data.draw(st.sampled_from(_paths(said)))
    wanted = copy.deepcopy(said)
    del _at(wanted, path[:-1])[path[-1]]
    assert _said(name, remove_key(text, path, name)) == wanted


@given(written(), documents)
@settings(max_examples=150, deadline=None)
def test_a_text_becomes_any_other_document(document: tuple[str, str, Any], wanted: dict[str, Any]) -> None:
    name, text, said = document
    if _same(name, text, said):
        assert _said(name, become(text, wanted, name)) == wanted


@pytest.mark.parametrize("file", SHEETS, ids=lambda path: path.stem)
def test_every_value_of_every_sheet_can_be_set_and_set_back(file: Path) -> None:
    """Set to another and back again, the text is the same to the character: comments, quotes and blanks too."""
    text = file.read_text()
    said = _said("sheet.yaml", text)
    for path in _paths(said):
        old = _at(said, path)
        if isinstance(old, str) and ">" not in text and "|" not in text:
            there = set_value(text, path, "2027-12-31")
            assert sum(a != b for a, b in zip(text.splitlines(), there.splitlines(), strict=False)) <= 1 or "\n" in old
            back = set_value(there, path, old)
            assert _said("sheet.yaml", back) == said
            if text.splitlines() == back.splitlines():
                assert text == back


def test_comments_and_quotes_stay() -> None:
    text = (
        "term_sheet: a  # its id\nchanges:\n  # what for\n  - amend: b\n    set: {ends: '2030', note: \"x\"} # flow\n"
    )
    text = set_value(text, ("term_sheet",), "c")
    text = set_value(text, ("changes", 0, "set", "ends"), "2027-12-31")
    text = add_key(text, ("changes", 0, "set"), "carve_outs", ["oracle", "a, b"])
    assert text == (
        "term_sheet: c  # its id\nchanges:\n  # what for\n  - amend: b\n"
        '    set: {ends: \'2027-12-31\', note: "x", carve_outs: [oracle, "a, b"]} # flow\n'
    )


def test_changes_come_and_go() -> None:
    longer = add_change(ORACLE, {"remove": "governance-terms"})
    assert longer == ORACLE + "  - remove: governance-terms\n"
    assert remove_change(longer, 1) == ORACLE
    none = remove_change(ORACLE, 0)
    assert none.endswith("changes: []\n")
    assert _said("sheet.yaml", add_change(none, {"remove": "x"}))["changes"] == [{"remove": "x"}]


def test_line_breaks_of_windows_stay() -> None:
    text = ORACLE.replace("\n", "\r\n")
    edited = add_change(set_value(text, ("changes", 0, "clause", "text"), "one\ntwo"), {"remove": "x"})
    assert edited.count("\n") == edited.count("\r\n")
    assert _said("sheet.yaml", edited)["changes"][0]["clause"]["text"] == "one\ntwo"


def test_json_keeps_its_layout() -> None:
    text = '{\n  "term_sheet": "a",\n  "changes": [\n    {"remove": "b"}\n  ]\n}\n'
    edited = add_change(set_value(text, ("title",), 'say "so"', "s.json"), {"remove": "c"}, "s.json")
    assert edited == (
        '{\n  "term_sheet": "a",\n  "changes": [\n    {"remove": "b"},\n    {\n      "remove": "c"\n    }\n  ],\n'
        '  "title": "say \\"so\\""\n}\n'
    )


@pytest.mark.parametrize(
    ("edit", "id"),
    [
        (lambda: set_value("a = 'b'", ("a",), "c", "sheet.toml"), "edit-refused"),
        (lambda: set_value("a: b", (), "c"), "edit-refused"),
        (lambda: set_value("a: b", ("a", "c"), "d"), "edit-refused"),
        (lambda: set_value("a: [b]", ("a", 5), "d"), "edit-refused"),
        (lambda: remove_key("a: b", ("c",)), "edit-refused"),
        (lambda: remove_key("a: b", ("a",)), "edit-refused"),
        (lambda: add_key("a: b", (), "a", "c"), "edit-refused"),
        (lambda: set_value("a: b: c", ("a",), "c"), "not-yaml"),
        (lambda: set_value("a: \ud800", ("a",), "c"), "not-text"),
        (lambda: set_value("a: b", ("a",), "\ud800"), "not-text"),
    ],
)
def test_what_cannot_be_edited_is_refused(edit: Any, id: str) -> None:
    with pytest.raises(InputError) as caught:
        edit()
    assert [problem.id for problem in caught.value.problems] == [id]
