"""Files that are not what they seem, and texts that attack the reader's terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from command_line import DATA, clauses, is_well_behaved, write

HEAD = "term_sheet: a\nagreement: services\ndated: 2025-07-01\n"
ESCAPES = "\\e[31mred\\e]8;;x\\a \\u202Eevil\\u200b \\x9b31m \\x7f"
"""As YAML and JSON write them; raw, YAML refuses most of them."""


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    shutil.copytree(DATA / "pack", tmp_path / "pack")
    shutil.copytree(DATA / "deal", tmp_path, dirs_exist_ok=True)
    return tmp_path


HOSTILE: dict[str, bytes] = {
    "sixteen bits": HEAD.encode("utf-16"),
    "sixteen bits without a mark": HEAD.encode("utf-16-le"),
    "an archive": b"PK\x03\x04\x14\x00\xff\xfe",
    "brackets without end": b"a: " + b"[" * 100_000,
    "brackets hidden behind a comment": b"# " + b"]" * 100_000 + b"\na: " + b"[a," * 100_000,
    "brackets hidden behind texts": b"a: " + b'["]",' * 100_000,
    "lists in lists": b"- " * 20_000,
    "keys in keys": b"".join(b" " * n + b"a:\n" for n in range(300)),
    "an alias bomb": b"a: &a [x]\n"
    + b"".join(b"b%d: &b%d [*b%d, *b%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 200)),
    "a long line": HEAD.encode() + b"title: " + b"a" * 1_000_000,
    "carriage returns": HEAD.replace("\n", "\r").encode(),
    "nothing but a mark": b"\xef\xbb\xbf",
    "a null character": HEAD.encode() + b"title: a\x00b\n",
}


@pytest.mark.parametrize("name", list(HOSTILE))
@pytest.mark.parametrize("verb", ["check", "terms"])
def test_hostile_yaml_is_refused_in_a_sentence(deal: Path, name: str, verb: str) -> None:
    write(deal, {"sheet.yaml": HOSTILE[name]})
    ran = clauses(verb, "sheet.yaml", *(["-r", "pack"] if verb == "check" else []), folder=deal)
    assert ran.code == 2 and is_well_behaved(ran)
    assert ran.err.startswith("sheet.yaml")
    assert len(ran.err) < 20_000


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("json", '{"a":' * 100_000), ("json", "[" * 100_000), ("json", '{"term_sheet": ' + "9" * 10_000 + "}"),
        ("json", '{"term_sheet": 1e400}'), ("json", '{"a": Infinity}'), ("json", '"' + "\\u0000" * 1000 + '"'),
        ("toml", "a = " + "[" * 100_000), ("toml", "a." * 100_000 + "b = 1"), ("toml", "a = {b = " * 5_000),
        ("toml", "[" + "a." * 100_000 + "b]"), ("toml", "a = " + "9" * 10_000), ("toml", 'a = """' + '"' * 100),
        ("toml", "a = 1e400"), ("toml", "a = inf"), ("toml", "a = 12:30:00"), ("toml", "a = 0x10"),
    ],
)  # fmt: skip
def test_hostile_json_and_toml_is_refused_in_a_sentence(deal: Path, ending: str, text: str) -> None:
    write(deal, {f"sheet.{ending}": text})
    ran = clauses("check", f"sheet.{ending}", "-r", "pack", folder=deal)
    assert ran.code == 2 and is_well_behaved(ran)


@pytest.mark.parametrize("ending", ["yaml", "json", "toml"])
def test_fifty_megabytes_are_refused(deal: Path, ending: str) -> None:
    write(deal, {f"sheet.{ending}": b"#" * 50_000_000})
    ran = clauses("check", f"sheet.{ending}", "-r", "pack", folder=deal)
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        f"sheet.{ending}: error[file-too-large] the file has more than 4 MB",
    )


def test_special_files_are_refused_without_waiting(deal: Path) -> None:
    os.mkfifo(deal / "pipe.yaml")
    (deal / "one.yaml").symlink_to("other.yaml")
    (deal / "other.yaml").symlink_to("one.yaml")
    for name, id in (("pipe.yaml", "not-a-file"), ("/dev/zero", "not-a-file"), ("one.yaml", "unreadable-file"),
                     ("a" * 300 + ".yaml", "unreadable-file"), ("sheet.yaml/x.yaml", "unreadable-file")):  # fmt: skip
        ran = clauses("check", name, "-r", "pack", folder=deal)
        assert ran.code == 2 and f"error[{id}]" in ran.err, (name, ran.err)
        ran = clauses("check", "sheet.yaml", "-r", "pack", "--agreement", name, folder=deal)
        assert ran.code == 2 and f"error[{id}]" in ran.err
        assert clauses("check", "sheet.yaml", "-r", name, folder=deal).code == 2
        assert clauses("check", "sheet.yaml", "-r", "pack", "--config", name, folder=deal).code == 2


def test_a_folder_is_read_without_its_special_files(deal: Path) -> None:
    (deal / "sheets").mkdir()
    os.mkfifo(deal / "sheets" / "pipe.yaml")
    (deal / "sheets" / "loop.yaml").symlink_to("loop.yaml")
    (deal / "sheets" / "folder.yaml").mkdir()
    shutil.copy(deal / "sheet.yaml", deal / "sheets" / "sheet.yaml")
    ran = clauses("check", "sheets", "-r", "pack", "-f", "concise", folder=deal)
    assert ran.code == 1
    assert {line.partition(":")[0] for line in ran.out.splitlines()} == {"sheets/sheet.yaml"}


@pytest.mark.parametrize(
    "name",
    ["with space.yaml", "ünïcode 日本 😀.yaml", "line\nbreak.yaml", "-dash.yaml", "b\udcff.yaml", "\x1b[31m.yaml"],
)
@pytest.mark.parametrize("format", ["text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown"])
def test_odd_file_names_are_read_and_written_safely(deal: Path, name: str, format: str) -> None:
    shutil.copy(deal / "sheet.yaml", deal / os.fsencode(name).decode("utf-8", "surrogateescape"))
    ran = clauses("check", f"./{name}", "-r", "pack", "--engine", "reference", "-f", format, folder=deal)
    assert ran.code == 1 and is_well_behaved(ran)
    assert "\x1b" not in ran.all
    out = clauses("check", f"./{name}", "-r", "pack", "--engine", "reference", "-f", format, "-o", "out", folder=deal)
    assert out.code == 1 and (deal / "out").read_text() == ran.out


@pytest.mark.parametrize("text", ["a\r\nb", "\ufeff"])
def test_windows_files_are_read(deal: Path, text: str) -> None:
    sheet = (deal / "sheet.yaml").read_text()
    expected = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
    write(deal, {"sheet.yaml": sheet.replace("\n", "\r\n") if "\r" in text else text + sheet})
    assert clauses("check", "sheet.yaml", "-r", "pack", folder=deal) == expected


HOSTILE_SHEET = f"""\
term_sheet: a
title: "{ESCAPES}"
agreement: services
dated: 2025-07-01
parties:
  dale: {{name: "{ESCAPES}"}}
changes:
  - add: cedar-supply
    clause:
      kind: supply
      heading: "{ESCAPES}"
      text: "{ESCAPES}"
      supplier: dale
      customer: alder
      subject: cloud-compute
      amount: USD 30bn
      starts: 2026-01-01
      ends: 2029-12-31
      source: {{basis: assumed, quote: "{ESCAPES}", section: "{ESCAPES}"}}
"""


def harmful(text: str) -> set[str]:
    """What a terminal obeys, or what turns a text around, but for line breaks and our own colours."""
    import re

    return {char for char in re.sub(r"\x1b\[[0-9;]*m", "", text) if not char.isprintable() and char != "\n"}


@pytest.mark.parametrize("color", ["never", "always"])
def test_no_text_of_a_deal_steers_the_terminal(deal: Path, color: str) -> None:
    agreement = (deal / "agreement.yaml").read_text().replace("Services agreement", f'"{ESCAPES}"')
    agreement = agreement.replace("Birch as the only supplier", f'"{ESCAPES}"').replace("Alder Ltd", f'"{ESCAPES}"')
    write(deal, {"sheet.yaml": HOSTILE_SHEET, "agreement.yaml": agreement})
    calls = [
        ["check", "sheet.yaml", "-r", "pack", "-f", f]
        for f in ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown")
    ]
    calls += [["explain", "sheet.yaml", "-r", "pack", "--all"], ["explain", "sheet.yaml", "-r", "pack", "-f", "json"]]
    calls += [["terms", "sheet.yaml"], ["terms", "sheet.yaml", "-f", "json"], ["terms", "agreement.yaml"]]
    write(deal, {"other.yaml": HOSTILE_SHEET.replace("29-12-31", "28-12-31")})
    calls += [
        ["diff", "sheet.yaml", "other.yaml", "-r", "pack"],
        ["diff", "sheet.yaml", "other.yaml", "-r", "pack", "-f", "json"],
    ]
    for call in calls:
        engine = [] if call[0] == "terms" else ["--engine", "reference"]
        ran = clauses(*call, *engine, "--color", color, folder=deal)
        assert ran.code in (0, 1), ran.err
        assert harmful(ran.all) == set(), call
        if color == "never":
            assert "\x1b" not in ran.all
        assert "red" in ran.out or call[0] == "diff"


def test_json_keeps_the_text_that_it_escapes(deal: Path) -> None:
    write(deal, {"sheet.yaml": HOSTILE_SHEET})
    review = json.loads(clauses("check", "sheet.yaml", "-r", "pack", "-f", "json", folder=deal).out)
    headings = [clause["heading"] for finding in review["findings"] for clause in finding["clauses"]]
    assert "\x1b[31mred\x1b]8;;x\x07 \u202eevil\u200b \x9b31m \x7f" in headings


@pytest.mark.parametrize("color", ["never", "always"])
def test_no_text_of_a_pack_steers_the_terminal(deal: Path, color: str) -> None:
    rule = (deal / "pack" / "compute-outside.yaml").read_text()
    rule = rule.replace("compute bought outside the exclusive cloud", f'"{ESCAPES}"').replace(
        "name: Oracle", f'name: "{ESCAPES}"'
    )
    rule = rule.replace('redraft: "', f'redraft: "{ESCAPES}').replace('says: "', f'says: "{ESCAPES}')
    rule = rule.replace("using Azure as", ESCAPES).replace("expect: breached", "expect: satisfied")
    write(deal, {"pack/compute-outside.yaml": rule})
    for call in (
        ["rule", "--all", "-r", "pack"], ["rule", "--all", "-r", "pack", "-f", "markdown"],
        ["rule", "--all", "-r", "pack", "-f", "json"],
        ["test", "pack", "--coverage"], ["test", "pack", "-f", "json"], ["test", "pack", "-f", "junit"],
        ["check", "sheet.yaml", "-r", "pack"], ["check", "sheet.yaml", "-r", "pack", "-f", "github"],
    ):  # fmt: skip
        ran = clauses(*call, "--color", color, folder=deal)
        assert ran.code in (0, 1), ran.err
        assert harmful(ran.all) == set(), call
    for format in ("text", "concise", "json", "github"):
        ran = clauses("lint", "pack", "-f", format, folder=deal)
        assert ran.code == 1 and harmful(ran.all) == set()


def test_no_text_of_a_refused_file_steers_the_terminal(deal: Path) -> None:
    for body in (
        f'"{ESCAPES}": 1',
        f'proposed_by: "{ESCAPES}"',
        f'dated: "{ESCAPES}"',
        f'changes: [{{add: "{ESCAPES}"}}]',
        f'changes: [{{add: b, clause: {{kind: "{ESCAPES}"}}}}]',
    ):
        write(deal, {"sheet.yaml": f"term_sheet: a\nagreement: services\n{body}\n"})
        ran = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
        assert ran.code == 2 and harmful(ran.all) == set()


@pytest.mark.parametrize("key", ["supplier", "kind", "heading", "amount", "starts", "scope"])
def test_a_megabyte_of_text_is_answered_briefly(deal: Path, key: str) -> None:
    write(
        deal,
        {
            "sheet.yaml": HEAD
            + f"changes:\n  - add: b\n    clause: {{kind: supply, {key}: {'a' * 1_000_000}}}\n".replace(
                "kind: supply, kind", "kind"
            )
        },
    )
    ran = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
    assert ran.code == (3 if key == "heading" else 2)
    assert is_well_behaved(ran) and (key == "heading" or len(ran.all) < 2_000)


def test_many_errors_are_counted_and_not_all_printed(deal: Path) -> None:
    write(deal, {"sheet.yaml": HEAD + "changes:\n" + "".join(f"  - remove: c{n}\n" for n in range(3_000))})
    ran = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
    assert ran.code == 2
    assert ran.err.count("error[not-in-force]") == 100
    assert ran.err.endswith("and 2900 more errors\n")


def test_a_chain_of_a_thousand_clauses_is_not_a_circle(deal: Path) -> None:
    clause = "  c{}: {{kind: notice, subject_to: [c{}]}}\n"
    agreement = (deal / "agreement.yaml").read_text() + "".join(clause.format(n, n + 1) for n in range(1_000))
    write(deal, {"agreement.yaml": agreement + "  c1000: {kind: notice}\n"})
    assert clauses("terms", "agreement.yaml", "--as-of", "2025-07-01", folder=deal).code == 0
    write(deal, {"agreement.yaml": agreement + "  c1000: {kind: notice, subject_to: [c0]}\n"})
    assert "error[circular-precedence]" in clauses("terms", "agreement.yaml", folder=deal).err


def test_an_agreement_is_looked_for_only_beside_and_above(deal: Path) -> None:
    """A sheet that names itself, a folder, another sheet or a missing id is refused; nothing is followed further."""
    for named in (
        "sheet.yaml",
        ".",
        "..",
        "pack",
        "a",
        "./",
        "/",
        "~",
        "nowhere.yaml",
        "pack/pack.yaml",
        '"a\\0b.yaml"',
        '"a\\0b"',
    ):
        write(deal, {"sheet.yaml": HEAD.replace("services", named) + "changes: [{remove: stake}]\n"})
        ran = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
        assert ran.code == 2 and is_well_behaved(ran), (named, ran.err)


def test_the_agreement_above_is_found_from_inside_the_folder(deal: Path) -> None:
    (deal / "one" / "two").mkdir(parents=True)
    shutil.move(deal / "sheet.yaml", deal / "one" / "sheet.yaml")
    for folder, words in (
        (deal / "one", ["sheet.yaml"]),
        (deal / "one" / "two", ["../sheet.yaml"]),
        (deal, ["one/sheet.yaml"]),
    ):
        ran = clauses("check", *words, "-r", deal / "pack", "-f", "json", folder=folder)
        assert ran.code == 1, ran.err
        files = {
            clause["location"]["file"]
            for f in json.loads(ran.out)["findings"]
            for clause in f["clauses"]
            if clause["location"]
        }
        assert not any(str(deal) in file for file in files)


def test_an_empty_or_foreign_configuration_changes_nothing(deal: Path) -> None:
    expected = clauses("check", "sheet.yaml", "-r", "pack", folder=deal)
    for name, text in (
        ("clauses.toml", ""),
        ("clauses.toml", "# nothing\n"),
        ("pyproject.toml", ""),
        ("pyproject.toml", "[tool.other]\nx = 1\n"),
    ):
        write(deal, {name: text})
        assert clauses("check", "sheet.yaml", "-r", "pack", folder=deal) == expected
        (deal / name).unlink()


@pytest.mark.parametrize(
    "text", ["rules = [", "rules = 3", "rules = [[1]]", "strict = 'x'", "engine = 'x'", "\x00", "[a", "fail_on = 3"]
)
@pytest.mark.parametrize("name", ["clauses.toml", "named.toml"])
def test_a_malformed_configuration_is_refused_at_its_place(deal: Path, name: str, text: str) -> None:
    write(deal, {name: text})
    ran = clauses(
        "check", "sheet.yaml", "-r", "pack", *(["--config", name] if name == "named.toml" else []), folder=deal
    )
    assert ran.code == 2 and ran.err.startswith(f"{name}:1:") and is_well_behaved(ran)
