"""Files become trees of text in which everything stands at its place, whatever the format."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clauses.errors import InputError
from clauses.source import Source
from clauses.yaml_nodes import Absent, Mapping_, Scalar, from_plain, parse, walk

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t\"'\\:#-[]{},"), max_size=12)
TREES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
DOCUMENTS = st.dictionaries(TEXTS, TREES, min_size=1, max_size=4)


def tree(name: str, text: str) -> Mapping_:
    return parse(Source(name, text))


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 2]))
def test_json_means_what_json_means(document: dict[str, Any], ascii: bool, indent: int | None) -> None:
    assert tree("a.json", json.dumps(document, ensure_ascii=ascii, indent=indent)).plain() == document


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@given(DOCUMENTS)
def test_toml_means_what_toml_means(document: dict[str, Any]) -> None:
    text = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    assert tree("a.toml", text).plain() == document


@given(DOCUMENTS)
def test_json_is_yaml_too(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    try:
        found = tree("a.yaml", text)
    except InputError as error:  # YAML refuses some characters, and keys of more than a line
        assert {problem.id for problem in error.problems} == {"not-yaml"}
    else:
        assert found.plain() == document


@settings(max_examples=300)
@given(st.text(alphabet="ab.=[]{}\"'#,\n 1-\\_", max_size=40))
def test_whatever_toml_is_valid_is_read_and_nothing_else(text: str) -> None:
    try:
        wanted = tomllib.loads(text, parse_float=str)
    except ValueError:
        wanted = None
    try:
        found = tree("a.toml", text).plain()
    except InputError as error:
        assert wanted is None or {p.id for p in error.problems} == {"empty-file"}
    else:
        assert wanted is not None

        def keys(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: keys(item) for key, item in value.items()}
            return [keys(item) for item in value] if isinstance(value, list) else ""

        assert keys(found) == keys(wanted)


TOML = '''\
# a comment with key = value
title = "A: [b] # c"
"quoted key" = 'x'
dated = 2025-07-01
rate = 0.02
big = 1_000
hex = 0x10
on = true
a.b.c = "dotted"
inline = {x = 1, y = [1, {z = "deep"}]}
text = """
key = "not a key"
[not.a.table]
"""
list = [
  "one", # comment ]
  "two",
]
[table.sub]
x = 1
[[changes]]
add = "a"
[changes.clause]
kind = "supply"
[[changes]]
remove = "b"
[[changes.deep]]
x = 2
'''


def test_every_value_of_a_toml_file_stands_where_it_is_written() -> None:
    lines = TOML.splitlines()
    root = tree("a.toml", TOML)
    for path, node in walk(root):
        if isinstance(node, Scalar):
            line = lines[node.place.line - 1][node.place.column - 1 :]
            start = line.lstrip("\"'")
            assert start.startswith(node.text) or path[-1] in ("text", "on"), (path, line)
        if isinstance(node, Mapping_):
            for key, place in node.keys.items():
                written = lines[place.line - 1][place.column - 1 :]
                assert key in written, (path, key, written)
    plain = root.plain()
    numbers = [plain[key] for key in ("rate", "big", "hex", "dated", "on")]
    assert numbers == ["0.02", "1_000", "0x10", "2025-07-01", "yes"]
    assert plain["changes"] == [{"add": "a", "clause": {"kind": "supply"}}, {"remove": "b", "deep": [{"x": "2"}]}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "a: b\nlist:\n  - é😀: {x: 'y', z: [1, two]}\n  - \"q\"\nlast: end\n"),
        ("a.yaml", "a: b\r\nlist:\r\n  - c: d\r\n"),
        ("a.json", '{"a": "b",\n "😀": ["x", {"y": 12.50}],\n "t": true}'),
    ],
)
def test_every_value_of_a_file_stands_where_it_is_written(name: str, text: str) -> None:
    source = Source(name, text)
    for _, node in walk(parse(source)):
        if isinstance(node, Scalar):
            line = source.line_text(node.place.line)[node.place.column - 1 :]
            assert line.lstrip("\"'").startswith({"yes": "true"}.get(node.text, node.text))
        if isinstance(node, Mapping_):
            for key, place in node.keys.items():
                assert source.line_text(place.line)[place.column - 1 :].lstrip("\"'").startswith(key)


@pytest.mark.parametrize(
    "text", ["NO", "yes", "0.02", "1e400", "012", "0x10", "1_000", "12:30", "2025-07-01", ".inf", "0o7", "Null"]
)
def test_every_scalar_of_yaml_is_the_text_that_stands_there(text: str) -> None:
    assert tree("a.yaml", f"a: {text}\n").plain() == {"a": text}


@pytest.mark.parametrize("text", ["", "null", "~"])
def test_an_empty_value_is_absent_and_a_quoted_one_is_a_text(text: str) -> None:
    assert isinstance(tree("a.yaml", f"a: {text}\n").items["a"], Absent)
    assert tree("a.yaml", f'a: "{text}"\n').plain() == {"a": text}


def test_the_raw_text_of_a_scalar_is_a_stretch_of_the_file() -> None:
    text = "a: plain b\nb: 'single'\nc: \"double\"\nd: >\n  folded\n  text\ne: |\n  literal\n"
    text += "f: \"esc\\\"aped\"\ng: 'it''s'\n"
    root = tree("a.yaml", text)
    for key, node in root.items.items():
        assert isinstance(node, Scalar)
        if key in "fg":
            assert node.raw is None
        else:
            assert node.raw is not None and text[node.raw_start :].startswith(node.raw)
            assert node.raw.split() == node.text.split()


def test_a_tree_of_plain_data_has_no_floats() -> None:
    assert from_plain({"a": [1, True, None, "x"]}).plain() == {"a": ["1", "yes", None, "x"]}
    with pytest.raises(InputError, match=r"error\[float\] `0.02` is a float and so not exact"):
        from_plain({"a": 0.02})


@settings(max_examples=200)
@given(
    st.sampled_from(["a.yaml", "a.json", "a.toml"]),
    st.text(alphabet="ab:-[]{}\"'#,&*!|>%@`\n\t =.\\1\0é😀\u2028\ufeff", max_size=40),
)
def test_any_text_is_a_tree_or_a_problem_with_its_place(name: str, text: str) -> None:
    source = Source(name, text)
    try:
        parse(source)
    except InputError as error:
        for problem in error.problems:
            assert problem.place is not None
            assert problem.place.line == 0 or 1 <= problem.place.line <= len(source._starts)
            assert problem.place.column <= len(source.line_text(problem.place.line)) + 2
