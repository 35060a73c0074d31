"""A term sheet as a form in Word: what is written into it comes back, and what can be read in two ways does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clauses import use_cases
from clauses.errors import InputError, Problem
from clauses.memo.plain import clean
from clauses.memo.word import form as form_writer
from clauses.memo.word import form_fields as fields
from clauses.memo.word.form import write_form
from clauses.memo.word.read_form import read_form
from clauses.resources import templates_folder
from clauses.review.review import Examined, Reviewer
from clauses.terms.agreement import TermSheet, read_agreement, read_term_sheet
from clauses.terms.kinds import KINDS
from clauses.terms.values import Date
from clauses.yaml_nodes import Absent, Scalar, walk

from .ooxml_order import faults
from .word_forms import (
    Root,
    W,
    control,
    copying,
    edited,
    filling,
    row,
    run,
    table,
    value_cell,
    with_content,
    without_fields,
    xml,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "doors"))
from command_line import clauses  # noqa: E402

EXAMPLE = HERE.parents[1] / "examples" / "microsoft-openai"
STACK = HERE.parents[1] / "examples" / "amendment-stack"
SHEETS = sorted((EXAMPLE / "term-sheets").glob("*.yaml"))
AGREEMENT = read_agreement(HERE / "agreement.yaml")
DAY = Date.read("2025-03-01")
ORDER = [id for id in AGREEMENT.clauses]
SHEET: dict[str, Any] = {
    "term_sheet": "first-draft",
    "title": "First draft",
    "agreement": "alder-birch",
    "dated": "2025-03-01",
    "effective": "2025-04",
    "proposed_by": "birch",
    "parties": {"elm": {"name": "Elm Holdings", "roles": ["investor", "guarantor"], "exists": "no"}},
    "sources": {"mail": {"title": "Mail of 2 March 2025"}},
    "changes": [
        {"amend": "cloud-exclusivity", "set": {"ends": "2028-06-30", "carve_outs": ["cedar", "elm"], "scope": None}},
        {"amend": "conversion", "set": {"closing": "unknown", "source": {"document": "mail", "basis": "stated"}}},
        {"remove": "alder-stake"},
        {
            "add": "elm-raise",
            "clause": {
                "kind": "capital_raise",
                "heading": "Raise of Elm",
                "text": "Two lines,\nand a\ttab; it says “unknown”.",
                "issuer": "birch",
                "investors": ["elm"],
                "amount": "USD 1,250,000.50",
                "closing": "2026-01-01..2026-03-31",
                "subject_to": [],
            },
        },
    ],
}


def filled_in(**changed: Any) -> bytes:
    """The form of the tests, filled in."""
    return write_form(AGREEMENT, DAY, read_term_sheet({**SHEET, **changed}, AGREEMENT))


@pytest.fixture(scope="module")
def form() -> bytes:
    return filled_in()


@pytest.fixture(scope="module")
def built_in() -> Iterator[Reviewer]:
    with Reviewer(use_cases.packs(use_cases.Choice()), ("reference",)) as found:
        yield found


def ref(clause: str, term: str = "") -> str:
    """The reference of a clause in the form of the tests, or of one of its terms."""
    found = f"CL-{ORDER.index(clause) + 1:02}"
    return f"{found}.{term}" if term else found


def plain(data: bytes) -> dict[str, Any]:
    return read_form(data, "form.docx").plain()


def changes(sheet: TermSheet) -> dict[str, Any]:
    return {c.clause_id: (c.action, {key: node.plain() for key, node in c.nodes.items()}) for c in sheet.changes}


def refused(data: bytes) -> list[Problem]:
    """What is wrong with a form."""
    with pytest.raises(InputError) as caught:
        read_form(data, "form.docx")
    return list(caught.value.problems)


def problems(data: bytes) -> list[tuple[str, str]]:
    """What is wrong with a form: ids and sentences with their spots."""
    with pytest.raises(InputError) as caught:
        read_form(data, "form.docx")
    return [(one.id, f"{one.place}: {one.sentence}") for one in caught.value.problems]


# --- what is written comes back


@pytest.mark.parametrize("file", SHEETS, ids=[file.stem for file in SHEETS])
def test_every_worked_term_sheet_comes_back_with_the_same_findings(file: Path, built_in: Reviewer) -> None:
    agreement = read_agreement(EXAMPLE / "agreement.yaml")
    before = read_term_sheet(file, agreement)
    data = write_form(agreement, before.dated, before)
    assert faults(data) == []
    after = read_term_sheet(read_form(data, "form.docx"), agreement)
    assert changes(after) == changes(before)
    header = ("id", "title", "agreement", "dated", "effective", "proposed_by", "parties", "sources")
    assert [getattr(after, name) for name in header] == [getattr(before, name) for name in header]
    one, other = (built_in.examine(agreement, sheet, sheet.dated) for sheet in (before, after))
    assert findings(one) == findings(other)


def findings(examined: Examined) -> list[tuple[str, ...]]:
    return [(one.rule, one.status, one.message, one.question or "") for one in examined.review.findings]


def test_a_form_says_what_it_was_filled_in_with(form: bytes) -> None:
    returned = plain(form)
    assert {key: value for key, value in returned.items() if key != "changes"} == {
        key: value for key, value in SHEET.items() if key != "changes"
    }
    assert returned["changes"] == SHEET["changes"]


def test_a_form_that_came_back_can_be_sent_out_again(form: bytes) -> None:
    again = write_form(AGREEMENT, DAY, read_term_sheet(read_form(form, "form.docx"), AGREEMENT))
    assert again == form


def test_an_agreement_with_amendments_shows_the_terms_of_the_day() -> None:
    agreement = read_agreement(STACK / "agreement.yaml")
    for file in sorted((STACK / "term-sheets").glob("*.yaml")):
        sheet = read_term_sheet(file, agreement)
        data = write_form(agreement, sheet.dated, sheet)
        assert changes(read_term_sheet(read_form(data, "form.docx"), agreement)) == changes(sheet)
        assert faults(data) == []


def test_every_kind_has_a_row_for_every_term() -> None:
    data = write_form(AGREEMENT, DAY, None, sorted(KINDS))
    assert faults(data) == []
    tags = set(tags_of(data))
    for number, kind in enumerate(sorted(KINDS), 1):
        for name in {*KINDS[kind].model_fields} - {"kind", "source"}:
            assert f"NEW-{number:02}.{name}" in tags
    assert all(len(tag) <= 64 for tag in tags)  # Word opens no document with a longer one


def tags_of(data: bytes) -> list[str]:
    found: list[str] = []
    edited(data, lambda root: found.extend(tag.get(f"{W}val") for tag in root.iter(f"{W}tag")))
    return found


def test_a_form_is_the_same_bytes_everywhere(tmp_path: Path) -> None:
    seen = set()
    for number, environment in enumerate(
        ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2", "LC_ALL": "C"})
    ):
        file = tmp_path / f"{number}.docx"
        command = [sys.executable, "-m", "clauses", "form", str(HERE / "agreement.yaml"), "-o", str(file)]
        subprocess.run([*command, "--as-of", "2025-03-01"], check=True, env={**os.environ, **environment})
        seen.add(file.read_bytes())
    assert len(seen) == 1


# --- filling in by hand


def test_a_table_that_is_copied_is_another_clause(form: bytes) -> None:
    names = [
        ("id", "second-raise"), ("heading", "Another raise"), ("amount", "EUR 5m"), ("investors", "cedar; elm"),
        ("text", "Other words."), ("closing", "1 July 2026"),
    ]  # fmt: skip
    steps = [filling(f"NEW-01.{name}", words, number=1) for name, words in names]
    added = [change for change in plain(edited(form, copying("NEW-01"), *steps))["changes"] if "add" in change]
    assert [change["add"] for change in added] == ["elm-raise", "second-raise"]
    assert added[1]["clause"]["investors"] == ["cedar", "elm"]
    assert added[1]["clause"]["closing"] == "2026-07-01"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("4 May 2026", "2026-05-04"), ("May 4, 2026", "2026-05-04"), ("4th May 2026", "2026-05-04"),
        ("4. May 2026", "2026-05-04"), ("1st of Sept. 2026", "2026-09-01"), ("Sept 1st 2026", "2026-09-01"),
        ("April 2026", "2026-04"), ("2026", "2026"), ("2026-05-04", "2026-05-04"), ("never", "never"),
        ("Unknown", "unknown"), ("2026..2028", "2026..2028"), ("4\u00a0May\u202f2026", "2026-05-04"),
        ("2026\u201105\u201104", "2026-05-04"), ("  4   May  2026 ", "2026-05-04"),
        ("4 May 2026..June 2026", "2026-05-04..2026-06"),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(form: bytes, words: str, value: str | None) -> None:
    data = edited(form, filling(ref("listing-right", "ends"), words))
    (changed,) = [c["set"]["ends"] for c in plain(data)["changes"] if c.get("amend") == "listing-right"]
    assert changed == (value or words)


BOTH_READINGS = "write `2026-05-04`, which is 4 May 2026 or `2026-04-05`, which is 5 April 2026"


@pytest.mark.parametrize(
    ("words", "id", "hint"),
    [
        ("04/05/2026", "ambiguous-date", BOTH_READINGS), ("04-05-26", "ambiguous-date", BOTH_READINGS),
        ("13/07/2026", "ambiguous-date", "write `2026-07-13` or `13 July 2026`"),
        ("7/13/2026", "ambiguous-date", "write `2026-07-13` or `13 July 2026`"),
        ("01.01.2027", "ambiguous-date", "write `2027-01-01` or `1 January 2027`"),
        ("2026/05/04", "ambiguous-date", "write `2026-05-04` or `4 May 2026`"),
        ("31/31/2026", "not-a-value", "write it as `4 May 2026`"),
        ("99 December 2027", "not-a-value", "write it as `4 May 2026`"),
        ("31 February 2027", "not-a-value", "write it as `4 May 2026`"),
        ("soon", "not-a-value", "write it as `4 May 2026`"),
        ("٣١ December 2027", "not-a-value", "write it with the digits 0 to 9"),
        ("２０２７-01-01", "not-a-value", "write it with the digits 0 to 9"),
    ],
)  # fmt: skip
def test_a_date_that_is_not_read_says_how_to_write_it(form: bytes, words: str, id: str, hint: str) -> None:
    (problem,) = refused(edited(form, filling(ref("listing-right", "ends"), words)))
    assert (problem.id, hint in str(problem.hint)) == (id, True), problem
    assert words in problem.sentence


@pytest.mark.parametrize(
    ("tag", "words", "sentence", "hint"),
    [
        ("NEW-01.amount", "€22 million", "`€22 million`", "write the currency in three letters: `EUR 22 million`"),
        ("NEW-01.amount", "22 million", "`22 million`", "write it as `USD 4bn` or `USD 1,250,000`"),
        ("NEW-01.amount", "usd 4bn", "`usd`", "did you mean `USD`?"),
        ("NEW-01.amount", "USD ٤bn", "digits of another script", "write it with the digits 0 to 9"),
        ("NEW-01.amount", "USD ４bn", "digits of another script", "write it with the digits 0 to 9"),
        (ref("alder-shares", "stake"), "9,75%", "`9,75%`", "write `9.75%`, with a point"),
        ("NEW-01.issuer", "birch labs", "the name of a party", "did you mean `birch`?"),
    ],
)
def test_a_value_in_another_writing_is_refused_with_the_right_one(
    form: bytes, tag: str, words: str, sentence: str, hint: str
) -> None:
    (problem,) = refused(edited(form, filling(tag, words)))
    assert sentence in problem.sentence
    assert hint in str(problem.hint)


def test_choices_are_read_in_any_case_and_refused_otherwise(form: bytes) -> None:
    data = edited(form, filling(ref("conversion", "into"), "For-Profit"))
    assert {"closing", "source", "into"} == set(plain(data)["changes"][1]["set"])
    assert plain(data)["changes"][1]["set"]["into"] == "for-profit"
    ((id, sentence),) = problems(edited(form, filling(ref("conversion", "into"), "non-profit")))
    assert id == "not-a-choice"
    assert "`non-profit`" in sentence


def test_the_fixed_words_of_a_form(form: bytes) -> None:
    exclusivity = {
        "carve_outs": ("none", []), "text": ("Not stated", ""), "subject_to": ("NOT STATED", []),
        "obligor": ("unknown", "unknown"), "starts": ("not  stated", None),
    }  # fmt: skip
    steps = [filling(ref("cloud-exclusivity", name), words) for name, (words, _) in exclusivity.items()]
    after = plain(edited(form, *steps))["changes"][0]["set"]
    assert {name: after[name] for name in exclusivity} == {name: value for name, (_, value) in exclusivity.items()}


def test_words_are_taken_as_they_stand(form: bytes) -> None:
    words = "A  line with\u00a0blanks,\n\nand “quotes”; not stated here."
    after = plain(edited(form, filling(ref("cloud-exclusivity", "text"), words)))
    assert after["changes"][0]["set"]["text"] == words


@pytest.mark.parametrize("prompt", sorted(fields.prompts()))
def test_a_prompt_is_not_filled_in(form: bytes, prompt: str) -> None:
    untouched = edited(form, filling(ref("cloud-exclusivity", "starts"), prompt))
    cleared = edited(form, lambda root: filled_prompt(root, ref("cloud-exclusivity", "starts"), prompt))
    assert plain(untouched) == plain(cleared) == plain(form)


def filled_prompt(root: Root, tag: str, words: str) -> None:
    filling(tag, words)(root)
    control(root, tag).find(f"{W}sdtPr").append(xml("<w:showingPlcHdr/>"))


# --- places


def test_every_value_knows_its_table_and_row(form: bytes) -> None:
    root = read_form(form, "form.docx")
    for path, node in walk(root):
        assert str(node.place).startswith("form.docx: table "), path
        assert node.place.location()["spot"] in str(node.place)
        if isinstance(node, Scalar) and path[-1] not in ("kind", "amend", "remove"):
            shown = node.place.source.line_text(node.place.line)[node.place.column - 1 :][: node.place.length]
            assert shown.replace("¶", "\n") in (node.text, fields.shown_text(node.text)), path
        if isinstance(node, Absent):
            assert "not stated" in node.place.excerpt()


def test_an_error_of_a_value_shows_its_row(form: bytes) -> None:
    data = edited(form, filling("NEW-01.amount", "4bn dollars"), filling("NEW-01.closing", "04/05/2026"))
    amount, closing = refused(data)
    shown = closing.text().splitlines()
    assert shown[0].startswith("form.docx: table ")
    assert shown[0].endswith("error[ambiguous-date] `04/05/2026` does not say for certain which number is the day "
                             "and which the month")  # fmt: skip
    assert shown[1:4] == [
        "   | NEW-01.closing | Closing date | 04/05/2026",
        "   |                                 ^^^^^^^^^^",
        "  = write `2026-05-04`, which is 4 May 2026 or `2026-04-05`, which is 5 April 2026",
    ]
    assert "error[not-a-value] `4bn dollars` is not an amount of money" in amount.text()


# --- what is not read


def _tracked(kind: str, ref: str, old: str, new: str) -> Callable[[Root], None]:
    about = 'w:id="900" w:author="A" w:date="2025-01-01T00:00:00Z"'
    gone, come = ("del", "ins") if kind == "change" else ("moveFrom", "moveTo")
    text = "delText" if kind == "change" else "t"
    return with_content(
        ref,
        f"<w:{gone} {about}><w:r><w:{text}>{old}</w:{text}></w:r></w:{gone}>",
        f"<w:{come} {about}><w:r><w:t>{new}</w:t></w:r></w:{come}>",
    )


def _in_row(name: str, markup: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        row(root, name).find(f"{W}trPr").append(xml(markup))

    return change


def _in_cell(name: str, markup: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        value_cell(root, name).find(f"{W}p").append(xml(markup))

    return change


def _beside(name: str, column: int, markup: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        row(root, name).findall(f"{W}tc")[column].find(f"{W}p").append(xml(markup))

    return change


def _ref_says(name: str, words: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        row(root, name).find(f"{W}tc").find(f"{W}p")[1:] = [run(words)]

    return change


def _row_gone(name: str) -> Callable[[Root], None]:
    return lambda root: row(root, name).getparent().remove(row(root, name))


def _table_gone(name: str) -> Callable[[Root], None]:
    return lambda root: table(root, name).getparent().remove(table(root, name))


def _row_twice(name: str) -> Callable[[Root], None]:
    import copy

    return lambda root: row(root, name).addnext(copy.deepcopy(row(root, name)))


def _field_twice(name: str, words: str) -> Callable[[Root], None]:
    import copy

    def change(root: Root) -> None:
        twin = copy.deepcopy(control(root, name))
        twin.find(f"{W}sdtContent")[:] = [run(words)]
        control(root, name).addnext(twin)

    return change


def _swap(one: str, other: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        first, second = control(root, one), control(root, other)
        for found, tag in ((first, other), (second, one)):
            found.find(f"{W}sdtPr/{W}tag").set(f"{W}val", tag)

    return change


def _comment_over_rows(first: str, last: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        value_cell(root, first).find(f"{W}p").append(xml('<w:commentRangeStart w:id="7"/>'))
        value_cell(root, last).find(f"{W}p").append(xml('<w:commentRangeEnd w:id="7"/>'))

    return change


def _nested_table(name: str) -> Callable[[Root], None]:
    inner = "<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc><w:p><w:r><w:t>2030</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    return lambda root: value_cell(root, name).append(xml(inner))


def _paragraph_marks(root: Root) -> None:
    mark = xml('<w:pPr><w:rPr><w:ins w:id="901" w:author="A" w:date="2025-01-01T00:00:00Z"/></w:rPr></w:pPr>')
    value_cell(root, ENDS).find(f"{W}p").find(f"{W}pPr").append(mark[0])


def _columns(root: Root) -> None:
    found = row(root, ENDS)
    found.remove(found.findall(f"{W}tc")[2])


def _bound(name: str) -> Callable[[Root], None]:
    return lambda root: control(root, name).find(f"{W}sdtPr").append(xml('<w:dataBinding w:xpath="/r"/>'))


def _wrapped(name: str, tag: str, wrapper: str) -> Callable[[Root], None]:
    """Something stands around the cell, the row or the table of a field."""

    def change(root: Root) -> None:
        found = next(control(root, name).iterancestors(f"{W}{tag}"))
        around = xml(f"<{wrapper}/>")
        found.addprevious(around)
        around.append(found)

    return change


def _in_a_field(name: str) -> Callable[[Root], None]:
    mark = '<w:p><w:r><w:fldChar w:fldCharType="{}"/></w:r></w:p>'

    def change(root: Root) -> None:
        table(root, name).addprevious(xml(mark.format("begin")))
        table(root, name).addnext(xml(mark.format("end")))

    return change


def _in_cell_about(name: str, markup: str) -> Callable[[Root], None]:
    return lambda root: value_cell(root, name).find(f"{W}tcPr").append(xml(markup))


def _looking(look: str) -> Callable[[Root], None]:
    """An amount of which one digit looks otherwise."""
    word = "<w:r>{}<w:t>{}</w:t></w:r>".format
    return with_content("NEW-01.amount", word("", "USD 4"), word(f"<w:rPr>{look}</w:rPr>", "0"), word("", "bn"))


def _paragraph_after(name: str, words: str) -> Callable[[Root], None]:
    return lambda root: table(root, name).addnext(xml(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"))


def _tracked_after(name: str) -> Callable[[Root], None]:
    words = "<w:p><w:ins w:id='9'><w:r><w:t>Only if both agree.</w:t></w:r></w:ins></w:p>"
    return lambda root: table(root, name).addnext(xml(words))


def _table_after(name: str) -> Callable[[Root], None]:
    words = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Our reference</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    return lambda root: table(root, name).addnext(xml(words))


def _line(root: Root, begin: str) -> Root:
    """The paragraph that begins with some words."""
    return next(p for p in root.iter(f"{W}p") if "".join(t.text or "" for t in p.iter(f"{W}t")).startswith(begin))


def _said(begin: str, words: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        found = _line(root, begin)
        found[:] = [*found.findall(f"{W}pPr"), run(words)]

    return change


def _noted_line(root: Root) -> None:
    _line(root, "How to fill in").append(xml('<w:r><w:footnoteReference w:id="2"/></w:r>'))


def _commented_line(root: Root) -> None:
    _line(root, "How to fill in").append(xml('<w:r><w:commentReference w:id="7"/></w:r>'))


def _label_says(name: str, words: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        next(row(root, name).findall(f"{W}tc")[1].iter(f"{W}t")).text = words

    return change


def _label_of_column(name: str, words: str) -> Callable[[Root], None]:
    def change(root: Root) -> None:
        list(table(root, name).find(f"{W}tr").iter(f"{W}t"))[-1].text = words

    return change


ENDS, OTHER = ref("cloud-exclusivity", "ends"), ref("listing-right", "ends")
REFUSED: list[tuple[str, Callable[[Root], None], str, str]] = [
    ("tracked words", _tracked("change", ENDS, "2029", "2031"), "tracked-change", "`2029` before it, `2031` after it"),
    ("moved words", _tracked("move", ENDS, "2029", "2031"), "tracked-change", "`2029` before it, `2031` after it"),
    ("tracked line", _paragraph_marks, "tracked-change", "joins or divides lines"),
    ("row deleted", _in_row(ENDS, '<w:del w:id="9"/>'), "tracked-change", "deleted this row"),
    ("row inserted", _in_row(ENDS, '<w:ins w:id="9"/>'), "tracked-change", "inserted this row"),
    ("table deleted", _in_row(ref("conversion"), '<w:del w:id="9"/>'), "tracked-change", "deleted this table"),
    ("tracked in force", _beside(ENDS, 2, '<w:ins w:id="9"><w:r><w:t>x</w:t></w:r></w:ins>'),
     "tracked-change", "after"),
    ("tracked ref", _beside(ENDS, 0, '<w:del w:id="9"><w:r><w:delText>x</w:delText></w:r></w:del>'),
     "tracked-change", "before"),
    ("cell inserted", lambda root: value_cell(root, ENDS).find(f"{W}tcPr").append(xml('<w:cellIns w:id="9"/>')),
     "tracked-change", "this cell"),
    ("strike", with_content(ENDS, "<w:r><w:rPr><w:strike/></w:rPr><w:t>8%</w:t></w:r>", "<w:r><w:t> 12%</w:t></w:r>"),
     "struck-through", "`8%`"),
    ("double strike", with_content(ENDS, "<w:r><w:rPr><w:dstrike w:val='1'/></w:rPr><w:t>2029</w:t></w:r>"),
     "struck-through", "`2029`"),
    ("style strikes", with_content(ENDS, '<w:r><w:rPr><w:rStyle w:val="MemoDeleted"/></w:rPr><w:t>2029</w:t></w:r>'),
     "struck-through", "`2029`"),
    ("hidden", with_content(ENDS, "<w:r><w:t>2029</w:t></w:r>",
                            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>..2031</w:t></w:r>"), "hidden-text", "`..2031`"),
    ("paragraph struck", lambda root: value_cell(root, ENDS).find(f".//{W}pStyle").set(f"{W}val", "Struck"),
     "struck-through", "`30 June 2028`"),
    ("row hidden", _in_row(ENDS, "<w:hidden/>"), "hidden-text", "this row"),
    ("half a prompt", filling(ENDS, "[for example 4 June 2026]"), "prompt-left-in", "`[for example 4 June 2026]`"),
    ("prompt and words", filling(ref("cloud-exclusivity", "text"), "As agreed. [write the words here]"),
     "prompt-left-in", "As agreed"),
    ("Word's prompt and words", filling(ENDS, "2029 Click or tap here to enter text."), "prompt-left-in", "`2029"),
    ("counted as prompt", lambda root: filled_prompt(root, ENDS, "2029"), "prompt-left-in", "`2029`"),
    ("beside", _in_cell(ENDS, "<w:r><w:t>or 2029</w:t></w:r>"), "text-beside-field", "`or 2029`"),
    ("other day stored",
     lambda root: control(root, ENDS).find(f".//{W}date").set(f"{W}fullDate", "2029-01-01T00:00:00Z"),
     "date-differs", "`30 June 2028`, and Word has kept the date `2029-01-01`"),
    ("year over a stored day", filling(ENDS, "2029"), "date-differs", "`2029`"),
    ("two lines", filling(OTHER, "2029\n2030"), "several-lines", "several lines"),
    ("ref gone", _ref_says(ENDS, ""), "unknown-row", "missing"),
    ("ref of another table", _ref_says(ENDS, ref("conversion", "ends")), "unknown-row", ref("conversion", "ends")),
    ("ref unknown", _ref_says(ENDS, ref("cloud-exclusivity", "end")), "unknown-row", ".end`"),
    ("row gone", _row_gone(ENDS), "missing-row", f"`{ENDS}`"),
    ("row twice", _row_twice(ENDS), "duplicate-row", f"`{ENDS}`"),
    ("table gone", _table_gone(ref("conversion")), "missing-table", f"`{ref('conversion')}`"),
    ("last table gone", _table_gone(f"CL-{len(ORDER):02}"), "missing-table", f"`CL-{len(ORDER):02}`"),
    ("table twice", copying(ref("conversion")), "two-values", f"`{ref('conversion')}` stands more than once"),
    ("sheet gone", _table_gone("TS"), "altered-table", "`TS`"),
    ("sheet twice", copying("TS"), "two-values", "twice"),
    ("head gone", _row_gone(ref("conversion")), "altered-table", "the first row of this table"),
    ("head rewritten", filling(ref("conversion"), "the conversion"), "altered-table", "which clause"),
    ("kind unknown", filling(ref("conversion"), "conversion (merger)"), "altered-table", "which clause"),
    ("count rewritten", filling("TS.clauses", "many"), "altered-table", "`many`"),
    ("column gone", _columns, "altered-table", "3 cells"),
    ("field twice", _field_twice(ENDS, "2029"), "two-values", "`30 June 2028` and `2029`"),
    ("fields swapped", _swap(ENDS, OTHER), "field-of-another-row", f"`{OTHER}`"),
    ("comment", _in_cell(ENDS, '<w:r><w:commentReference w:id="7"/></w:r>'), "comment-on-value", "comment"),
    ("comment over rows", _comment_over_rows(ref("cloud-exclusivity", "starts"), ENDS), "comment-on-value", "comment"),
    ("comment on the term", _beside(ENDS, 1, '<w:r><w:commentReference w:id="7"/></w:r>'), "comment-on-value", "row"),
    ("table in the cell", _nested_table(ENDS), "no-plain-words", "a table"),
    ("picture", _in_cell(ENDS, "<w:r><w:drawing/></w:r>"), "no-plain-words", "a picture"),
    ("text box", _in_cell(ENDS, "<w:r><w:pict/></w:r>"), "no-plain-words", "a text box"),
    ("field code", with_content(ENDS, '<w:fldSimple w:instr="DATE"><w:r><w:t>2030</w:t></w:r></w:fldSimple>'),
     "no-plain-words", "field code"),
    ("footnote", _in_cell(ENDS, '<w:r><w:footnoteReference w:id="2"/></w:r>'), "no-plain-words", "a footnote"),
    ("sign of a font", with_content(ENDS, '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'),
     "no-plain-words", "a sign"),
    ("other document", lambda root: root[0].insert(0, xml("<w:altChunk/>")), "no-plain-words", "another document"),
    ("id not filled in", filling("NEW-01.id", ""), "not-filled-in", "`NEW-01.id`"),
    ("date not filled in", filling("TS.dated", ""), "not-filled-in", "`TS.dated`"),
    ("agreement gone", filling("TS.agreement", ""), "not-filled-in", "`TS.agreement`"),
    ("name not filled in", filling("PARTY.name", ""), "not-filled-in", "`PARTY.name`"),
    ("bound", _bound(ENDS), "bound-field", "kept elsewhere"),
    ("row in a branch", _wrapped(ENDS, "tr", "w:AlternateContent"), "altered-table", "around this row"),
    ("table in a branch", _wrapped(ENDS, "tbl", "w:AlternateContent"), "altered-table", "around this table"),
    ("table deleted around", _wrapped(ENDS, "tbl", "w:del"), "tracked-change", "around this table"),
    ("row inserted around", _wrapped(ENDS, "tr", "w:ins"), "tracked-change", "around this row"),
    ("cell moved around", _wrapped(ENDS, "tc", "w:moveFrom"), "tracked-change", "around a cell"),
    ("table in a field", _in_a_field(ENDS), "altered-table", "within a field code"),
    ("cell merged", _in_cell_about(ENDS, "<w:vMerge/>"), "altered-table", "merged"),
    ("cell merged across", _in_cell_about(ENDS, '<w:gridSpan w:val="2"/>'), "altered-table", "merged"),
    ("cell narrow", lambda root: value_cell(root, ENDS).find(f"{W}tcPr/{W}tcW").set(f"{W}w", "10"),
     "altered-table", "too narrow"),
    ("row of one height", _in_row(ENDS, '<w:trHeight w:val="1" w:hRule="exact"/>'), "altered-table", "fixed height"),
    ("head hidden", _in_row(ref("conversion"), "<w:hidden/>"), "hidden-text", "this row"),
    ("table floats", lambda root: table(root, ENDS).find(f"{W}tblPr").append(xml('<w:tblpPr w:tblpX="-9999"/>')),
     "altered-table", "floats"),
    ("frame", lambda root: value_cell(root, ENDS).find(f"{W}p/{W}pPr").append(xml("<w:framePr/>")),
     "hidden-text", "outside of its place"),
    ("low line",
     lambda root: value_cell(root, ENDS).find(f"{W}p/{W}pPr").append(xml('<w:spacing w:line="1" w:lineRule="exact"/>')),
     "hidden-text", "outside of its place"),
    ("nested field", lambda root: control(root, ENDS).find(f"{W}sdtContent").append(
        xml(f'<w:sdt><w:sdtPr><w:tag w:val="{OTHER}"/></w:sdtPr><w:sdtContent/></w:sdt>')),
     "field-of-another-row", f"`{OTHER}` stands within"),
    ("deleted words without deletion", with_content(ENDS, "<w:r><w:delText>2029</w:delText></w:r>"),
     "tracked-change", "outside of a tracked deletion"),
    ("hidden on the web", _looking("<w:webHidden/>"), "hidden-text", "`0`"),
    ("white", _looking('<w:color w:val="FFFFFF"/>'), "overlooked", "`0` is written in a colour"),
    ("yellow", _looking('<w:color w:val="FFFF00"/>'), "overlooked", "`0` is written in a colour"),
    ("colour of the theme", _looking('<w:color w:val="000000" w:themeColor="background1"/>'), "overlooked", "a colour"),
    ("on its own colour", _looking('<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>'),
     "overlooked", "a colour"),
    ("marked over", _looking('<w:color w:val="000000"/><w:highlight w:val="black"/>'), "overlooked", "a colour"),
    ("other colour", _looking('<w:color w:val="9B1C1C"/>'), "overlooked", "`USD 4` and `0`"),
    ("tiny", _looking('<w:sz w:val="2"/>'), "overlooked", "too small"),
    ("smaller", _looking('<w:sz w:val="12"/>'), "overlooked", "`USD 4` and `0`"),
    ("narrow", _looking('<w:w w:val="1"/>'), "overlooked", "too narrow"),
    ("squeezed", _looking('<w:spacing w:val="-200"/>'), "overlooked", "too narrow"),
    ("raised", _looking('<w:position w:val="400"/>'), "overlooked", "above or below"),
    ("superscript", _looking('<w:vertAlign w:val="superscript"/>'), "overlooked", "above or below"),
    ("blinking", _looking('<w:effect w:val="blinkBackground"/>'), "overlooked", "`USD 4` and `0`"),
    ("signs", _looking('<w:rFonts w:ascii="Wingdings"/>'), "overlooked", "font of signs"),
    ("from the right", _looking("<w:rtl/>"), "overlooked", "right to left"),
    ("paragraph beside", _paragraph_after(ENDS, "All amounts are in millions."), "words-outside-a-value",
     "after table 2: `All amounts are in millions.`"),
    ("tracked paragraph beside", _tracked_after(ENDS), "words-outside-a-value", "`Only if both agree.`"),
    ("table beside", _table_after(ENDS), "words-outside-a-value", "table 3: `Our reference`"),
    ("footnote beside", _noted_line, "words-outside-a-value", "[a footnote]"),
    ("comment beside", _commented_line, "words-outside-a-value", "[a comment]"),
    ("printed line changed", _said("Parties: ", "Parties: all of them"), "words-outside-a-value", "`Parties: all"),
    ("day changed", _said("The column “In force”", "The column “In force” shows the terms as of 1 May 2031."),
     "words-outside-a-value", "1 May 2031"),
    ("heading changed", _said(ref("conversion") + " ", ref("conversion") + " Conversion, if Cedar agrees"),
     "words-outside-a-value", "if Cedar agrees"),
    ("label changed", _label_says(ENDS, "Discount per year"), "words-outside-a-value", "`Discount per year"),
    ("column head changed", _label_of_column(ENDS, "Proposed, if agreed"), "words-outside-a-value", "if agreed"),
    ("in force changed", filling(f"{ENDS}.now", "2099"), "words-outside-a-value", "the column “In force”"),
    ("stamp changed", filling("TS.form", "as of today"), "altered-table", "for what the form was made"),
    ("struck and amended", filling(ref("cloud-exclusivity", "remove"), "yes"), "removed-and-amended", "terms"),
    ("strike out unknown", filling(ref("alder-stake", "remove"), "unknown"), "not-a-choice", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "id", "words"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_could_be_read_in_two_ways_is_refused(
    form: bytes, change: Callable[[Root], None], id: str, words: str
) -> None:
    struck = xml('<w:style w:type="paragraph" w:styleId="Struck"><w:rPr><w:strike/></w:rPr></w:style>')
    styled = edited(form, lambda root: root.append(struck), part="word/styles.xml")
    found = problems(edited(styled, change))
    assert [one for one in found if one[0] == id and words in one[1]], found
    assert all(sentence.startswith("form.docx") for _, sentence in found)
    assert {one[0] for one in found} == {id}, found


def test_what_only_looks_odd_is_read(form: bytes) -> None:
    def spell_check(root: Root) -> None:
        cell = value_cell(root, ENDS)
        cell.find(f"{W}p").append(xml('<w:proofErr w:type="spellStart"/>'))
        cell.find(f"{W}p").append(xml('<w:bookmarkStart w:id="4" w:name="x"/>'))
        cell.find(f"{W}p").append(xml("<w:r><w:t>  </w:t></w:r>"))
        cell.append(xml("<w:p/>"))

    struck_nothing = with_content(ref("conversion", "closing"), "<w:r><w:rPr><w:strike w:val='0'/></w:rPr>"
                                  "<w:t>unk</w:t></w:r>", "<w:r><w:t>nown</w:t></w:r>")  # fmt: skip
    foreign = xml("<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>")
    same_twice = _field_twice(ref("conversion", "closing"), "unknown")
    data = edited(form, spell_check, struck_nothing, lambda root: root[0].insert(0, foreign), same_twice)
    assert plain(data)["changes"] == SHEET["changes"]
    assert str(read_form(data, "f.docx").items["dated"].place) == "f.docx: table 2, row 5"


def test_looks_that_only_please_are_read(form: bytes) -> None:
    words = (
        "<w:r><w:rPr><w:b/></w:rPr><w:t>One</w:t></w:r>",
        "<w:r><w:rPr><w:i/><w:highlight w:val='yellow'/></w:rPr><w:t xml:space='preserve'> line</w:t></w:r>",
    )
    blue = "<w:r><w:rPr><w:color w:val='{}'/><w:sz w:val='20'/></w:rPr><w:t>{}</w:t></w:r>".format
    data = edited(form, with_content("NEW-01.text", *words),
                  with_content("NEW-01.amount", blue("0000FF", "USD "), blue("0000ff", "5m")))  # fmt: skip
    clause = next(change["clause"] for change in plain(data)["changes"] if "add" in change)
    assert (clause["text"], clause["amount"]) == ("One line", "USD 5m")


def test_words_that_the_defaults_of_a_document_hide_are_seen_to_be_hidden(form: bytes) -> None:
    def hide(root: Root) -> None:
        root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr").append(xml("<w:vanish/>"))

    assert {id for id, _ in problems(edited(form, hide, part="word/styles.xml"))} == {"hidden-text"}


def test_words_in_a_header_are_outside_of_every_value(form: bytes) -> None:
    said = xml("<w:p><w:r><w:t>Subject to board approval</w:t></w:r></w:p>")
    ((id, sentence),) = problems(edited(form, lambda root: root.append(said), part="word/header1.xml"))
    assert (id, "form.docx: header or footer: `Subject to" in sentence) == ("words-outside-a-value", True)


def test_what_a_form_printed_may_be_deleted(form: bytes) -> None:
    """Whoever takes the instructions or the title out says nothing by it."""

    def delete(root: Root) -> None:
        for begin in ("How to fill in", "Dates: ", "Parties: ", "Term sheet: ", f"{ref('conversion')} "):
            _line(root, begin).getparent().remove(_line(root, begin))

    assert plain(edited(form, delete)) == plain(form)


def test_a_form_for_another_state_of_the_agreement_is_stale(folder: Path) -> None:
    pack = ("-r", HERE / "pack", "--engine", "reference")
    agreement = folder / "agreement.yaml"
    agreement.write_text("# a remark changes nothing\n" + agreement.read_text())
    assert clauses("check", "term-sheets", *pack, folder=folder).code in (0, 1, 3)
    agreement.write_text(agreement.read_text().replace("ends: 2030", "ends: 2031"))
    for words in (("check", "term-sheets/first.docx", *pack), ("terms", "term-sheets/first.docx"),
                  ("form", "agreement.yaml", "-o", "x.docx", "--sheet", "term-sheets/first.docx")):  # fmt: skip
        ran = clauses(*words, folder=folder)
        assert ran.code == 2
        assert "first.docx: table 1, row 9: error[stale-form] this form was made for another state" in ran.err
        assert "make the form anew from the agreement as it stands now, with `clauses form`" in ran.err


def test_a_form_of_too_many_clauses_is_refused_before_it_is_written(tmp_path: Path) -> None:
    ids = [f"c{number}: {{kind: exclusivity}}" for number in range(1_200)]
    text = "agreement: big\ntitle: Big\nsigned: 2025-01-01\nparties: {a: {name: A}}\nclauses:\n  " + "\n  ".join(ids)
    (tmp_path / "agreement.yaml").write_text(text)
    ran = clauses("form", "agreement.yaml", "-o", "x.docx", folder=tmp_path)
    assert ran.code == 2
    assert "rows, and one of more than 20,000 is not read" in ran.err
    assert "`--clause`" in ran.err
    assert not (tmp_path / "x.docx").exists()


@pytest.mark.parametrize("limit", ["MAXIMUM_FILE", "MAXIMUM_BYTES"])
def test_a_form_that_would_be_too_large_is_refused(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_writer, limit, 10_000)
    with pytest.raises(InputError, match="is not read"):
        filled_in()


def test_all_problems_are_reported_together(form: bytes) -> None:
    chosen = {"tracked words", "row twice", "id not filled in", "name not filled in", "other document"}
    data = edited(form, *(change for name, change, _, _ in REFUSED if name in chosen))
    ids = {id for id, _ in problems(edited(data, filling("NEW-01.amount", "much")))}
    assert ids >= {"tracked-change", "duplicate-row", "not-filled-in", "no-plain-words"}


def test_an_empty_form_says_what_is_missing() -> None:
    empty = write_form(AGREEMENT, DAY)
    assert {id for id, _ in problems(empty)} == {"not-filled-in"}
    begun = edited(empty, filling("TS.term_sheet", "draft"), filling("TS.dated", "1 March 2025"))
    ((id, sentence),) = problems(begun)
    assert (id, "nothing is proposed" in sentence) == ("nothing-proposed", True)


# --- programs that know no fields


def test_a_form_is_read_without_its_fields(form: bytes) -> None:
    assert plain(edited(form, without_fields)) == plain(form)


def test_a_prompt_that_was_half_replaced_is_seen_without_fields_too(form: bytes) -> None:
    broken = edited(form, filling(OTHER, "[for example 4 June 2026]"), without_fields)
    assert [id for id, _ in problems(broken)] == ["prompt-left-in"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_a_form_that_libreoffice_saved_is_read_and_its_lost_line_break_is_not(form: bytes, tmp_path: Path) -> None:
    one_line = edited(form, filling("NEW-01.text", "One line, and a\u00a0blank."))
    files = {"one": one_line, "two": form}
    for name, data in files.items():
        (tmp_path / f"{name}.docx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "docx:MS Word 2007 XML", "--outdir", "saved"]
    subprocess.run([*command, *(f"{name}.docx" for name in files)], check=True, capture_output=True, cwd=tmp_path)
    saved = {name: (tmp_path / "saved" / f"{name}.docx").read_bytes() for name in files}
    assert plain(saved["one"]) == plain(one_line)
    assert [id for id, _ in problems(saved["two"])] == ["line-break-moved"]


# --- any value of any kind


def _texts() -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))
    return st.text(letters, min_size=1, max_size=40).map(str.strip).filter(_is_plain)


def _is_plain(text: str) -> bool:
    """Whether a form can hold a text: neither a word that has a meaning in it nor one that nobody sees."""
    single = fields.single_spaced(text)
    has_meaning = single.lower() in ("", fields.NOT_STATED) or single in fields.prompts()
    return not has_meaning and not fields.holds_prompt(single) and clean(text) == text


_VALUES: dict[str, st.SearchStrategy[str]] = {
    "money": st.builds("USD {:,}".format, st.integers(0, 10**9)),
    "percentage": st.builds("{}%".format, st.integers(0, 100)),
    "date": st.one_of(st.dates().map(str), st.sampled_from(["never", "2030", "2026-04", "2026..2028"])),
    "days": st.builds("{} days".format, st.integers(2, 900)),
    "months": st.builds("{} months".format, st.integers(2, 90)),
    "number": st.integers(0, 99).map(str),
    "party": st.sampled_from(["alder", "birch", "cedar"]),
    "clause": st.sampled_from(ORDER),
    "source": st.just("letter"),
}


def _value(field: fields.FormField) -> st.SearchStrategy[Any]:
    if field.type.name == "choice":
        one: st.SearchStrategy[str] = st.sampled_from(field.type.choices)
    else:
        one = _VALUES.get(field.type.name, _texts())
    whole: st.SearchStrategy[Any] = st.lists(one, max_size=3) if field.type.is_list else one
    if field.is_words or field.path[0] == "source":
        return whole
    return st.one_of(whole, st.just("unknown")) if field.type.name != "text" else whole


@st.composite
def _clauses(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    found: dict[str, Any] = {"kind": kind}
    for field in fields.new_fields(kind)[1:]:
        if field.path[-1] in ("subject_to", "notwithstanding") or not draw(st.booleans()):
            continue
        outer, value = field.path[0], draw(_value(field))
        if len(field.path) == 2:
            found.setdefault(outer, {})[field.path[1]] = value
        else:
            found[outer] = value
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(clause=_clauses())
def test_any_new_clause_of_any_kind_comes_back(clause: dict[str, Any]) -> None:
    try:
        sheet = read_term_sheet({**SHEET, "changes": [{"add": "new", "clause": clause}]}, AGREEMENT)
    except InputError:
        return  # such as a reported clause without a quote
    data = write_form(AGREEMENT, DAY, sheet, kinds=(), only=("conversion",))
    for returned in (data, edited(data, without_fields)):
        assert plain(returned)["changes"] == [{"add": "new", "clause": clause}]


# --- what a form cannot hold is said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"add": "new", "clause": {"kind": "venture", "text": "turned\u202earound"}}, "the change of `new`"),
        ({"add": "new", "clause": {"kind": "venture", "text": "[write the words here]"}}, "the change of `new`"),
        ({"add": "new", "clause": {"kind": "venture", "text": "Not Stated"}}, "the change of `new`"),
        ({"amend": "conversion", "set": {"deadlin": "2026"}}, "form cannot hold"),
        ({"amend": "conversion", "set": {"heading": ["a", "b"]}}, "the change of `conversion`"),
    ],
)
def test_a_term_sheet_that_would_come_back_changed_gets_no_form(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        filled_in(changes=[change])
    assert {one.id for one in caught.value.problems} == {"not-for-a-form"}
    assert words in str(caught.value)


# --- the command line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(HERE / "agreement.yaml", tmp_path)
    sheets = tmp_path / "term-sheets"
    sheets.mkdir()
    data = write_form(AGREEMENT, Date.read("2025-07-01"), read_term_sheet(HERE / "sheets" / "conflict.yaml", AGREEMENT))
    (sheets / "first.docx").write_bytes(data)
    (sheets / "~$first.docx").write_bytes(b"open in Word")
    return tmp_path


def test_every_command_that_reads_a_term_sheet_reads_a_form(folder: Path) -> None:
    pack = ("-r", HERE / "pack", "--engine", "reference")
    for words in (("check", "term-sheets"), ("explain", "term-sheets/first.docx"), ("memo", "term-sheets/first.docx")):
        ran = clauses(*words, *pack, folder=folder)
        assert ran.code in (0, 1, 3), ran.all
        assert "cedar" in ran.all.lower()
    assert "first.docx, table " in clauses("memo", "term-sheets/first.docx", *pack, folder=folder).out
    assert "term-sheets/first.docx: table " in clauses("terms", "term-sheets/first.docx", folder=folder).out
    same = clauses("diff", "term-sheets/first.docx", "term-sheets/first.docx", *pack, "--exit-code", folder=folder)
    assert same.code == 0, same.all


def test_a_form_is_known_by_its_bytes(folder: Path) -> None:
    data = (folder / "term-sheets" / "first.docx").read_bytes()
    (folder / "sheet.yaml").write_bytes(data)
    pack = ("-r", HERE / "pack", "--engine", "reference", "-f", "json")
    named = clauses("check", "sheet.yaml", *pack, folder=folder)
    piped = clauses("check", "-", *pack, folder=folder, stdin=data)
    assert named.out.replace("sheet.yaml", "(standard input)") == piped.out
    (folder / "sheet.docx").write_text("term_sheet: x\n")
    assert "this is not a Word document" in clauses("check", "sheet.docx", folder=folder).err


def test_the_places_of_a_form_in_other_formats(folder: Path) -> None:
    words = ("check", "term-sheets/first.docx", "-r", HERE / "pack", "--engine", "reference", "-f")
    review = json.loads(clauses(*words, "json", folder=folder).out)
    jsonschema.validate(review, json.loads(clauses("schema", "review").out))
    places = [clause["location"] for finding in review["findings"] for clause in finding["clauses"]]
    assert {place["spot"].split(",")[0][:6] for place in places if place["file"].endswith(".docx")} == {"table "}
    assert all("spot" not in place for place in places if place["file"].endswith(".yaml"))
    for place in places:
        assert set(place) <= {"file", "line", "column", "spot"}
    assert "line=" not in "".join(
        line for line in clauses(*words, "github", folder=folder).out.splitlines() if "first.docx" in line.split(",")[0]
    )
    sarif = json.loads(clauses(*words, "sarif", folder=folder).out)
    for result in sarif["runs"][0]["results"]:
        place = result["locations"][0]
        is_form = place["physicalLocation"]["artifactLocation"]["uri"].endswith(".docx")
        assert ("region" not in place["physicalLocation"]) == is_form == ("logicalLocations" in place)


def test_the_command_writes_the_form_that_is_asked_for(folder: Path) -> None:
    ran = clauses("form", "agreement.yaml", "-o", "form.docx", "--add", "venture", "--add", "supply",
                  "--clause", "conversion", "--as-of", "2025-03-01", folder=folder)  # fmt: skip
    assert (ran.code, ran.err) == (0, "the form is in form.docx\n")
    tags = tags_of((folder / "form.docx").read_bytes())
    assert {"CL-01.deadline", "NEW-01.members", "NEW-02.supplier"} <= set(tags)
    assert not {tag for tag in tags if tag.startswith(("CL-02", "NEW-03"))}
    ran = clauses("form", "agreement.yaml", "-o", "two.docx", "--sheet", "term-sheets/first.docx", folder=folder)
    assert ran.code == 0, ran.all
    assert plain((folder / "two.docx").read_bytes()) == plain((folder / "term-sheets" / "first.docx").read_bytes())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--add", "merger"), "there is no kind `merger`"),
        (("--clause", "conversio"), "the clause `conversio` is not in force on"),
        (("-o", "form.pdf"), "a form is a Word document, and `form.pdf` does not end in `.docx`"),
        (("--as-of", "2020-01-01"), "nothing is in force on 2020-01-01"),
        (("--sheet", "agreement.yaml"), "this is an agreement, not a term sheet"),
        (("--templates", "nowhere"), "there is no such folder of templates"),
    ],
)
def test_a_form_that_cannot_be_made_is_one_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    ran = clauses("form", "agreement.yaml", *(() if "-o" in words else ("-o", "x.docx")), *words, folder=folder)
    assert ran.code == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err


def test_a_house_s_document_carries_the_form(tmp_path: Path) -> None:
    house = tmp_path / "house"
    (house / "style").mkdir(parents=True)
    (house / "house.toml").write_text('firm = "Ash & Partners"\n')
    shutil.copy(templates_folder() / "style" / "memo.docx", house / "style")
    data = write_form(AGREEMENT, DAY, read_term_sheet(SHEET, AGREEMENT), templates=house)
    assert faults(data) == []
    assert plain(data)["changes"] == SHEET["changes"]
