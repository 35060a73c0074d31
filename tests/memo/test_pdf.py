"""The PDF: every word in the order of the tags, fit for an archive and a screen reader, the same everywhere."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest

from clauses.memo import apart, to_pdf
from clauses.memo.document import Document
from clauses.memo.memo import memo_document, write_memo
from clauses.memo.templates import TemplateError, Templates
from clauses.memo.tree import Element
from clauses.review.review import Examined

from .conftest import SHEETS
from .reading import pdf_outside, pdf_tags, pdf_words, squeezed

LOOK = "style/memo.typ"
OURS = Templates().find(LOOK)


def _wanted(document: Document) -> str:
    """The letterhead and all words of the tree."""
    return squeezed([document.house["firm"], document.house["address"], document.root.text()])


def _check(document: Document) -> bytes:
    pdf = to_pdf.write(document)
    assert squeezed(pdf_words(pdf)) == _wanted(document)
    assert not pdf_outside(pdf)
    return pdf


def _pages(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf)]


def _crowded(findings: int, events: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """A deal whose term sheet buys so often outside an exclusivity, with so many dated events."""
    parties = {id: {"name": f"{id.upper()} Corporation"} for id in ("a", "b", "c")}
    clauses: dict[str, Any] = {
        "ex": {"kind": "exclusivity", "heading": "Sole supply", "obligor": "b", "beneficiary": "a", "ends": "2030"}
    }
    for number in range(events):
        given = f"{2025 + number // 5}-{1 + number * 5 % 12:02}-{1 + number % 28:02}"
        given = given if number % 3 else given[:7]
        clauses[f"n-{number}"] = {"kind": "notice", "heading": f"Notice number {number}", "by": "a", "given": given}
    bought = {"kind": "supply", "supplier": "c", "customer": "b", "starts": "2027", "ends": "2031"}
    headings = [f"Purchase number {number}" for number in range(findings)]
    changes = [{"add": f"buy-{n}", "clause": bought | {"heading": one}} for n, one in enumerate(headings)]
    agreement = {"agreement": "deal", "signed": "2024-03-01", "parties": parties, "clauses": clauses}
    return agreement, {"term_sheet": "sheet", "agreement": "deal", "dated": "2025-01-01", "changes": changes}


# --- the words


@pytest.mark.parametrize("name", [*SHEETS, None])
@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_the_pdf_says_the_same_words(name: str | None, paper: str, examine: Callable[..., Examined]) -> None:
    document = memo_document(examine(name))
    pdf = _check(replace(document, house=document.house | {"paper": paper}))
    width, height = pdfium.PdfDocument(pdf)[0].get_size()
    assert (round(width), round(height)) == {"a4": (595, 842), "us-letter": (612, 792)}[paper]


def test_every_page_has_a_foot_and_later_ones_a_head(examine: Callable[..., Examined]) -> None:
    pages = _pages(write_memo(examine("conflict"), "pdf"))
    for number, words in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in words
        assert "Privileged and confidential." in words
        assert ("Memorandum: “" in words) == (number > 1)


def test_what_the_tree_may_hold_is_shown(examine: Callable[..., Examined]) -> None:
    """Also what our own templates do not use: breaks, rules, anchors on anything, rows that are too short."""
    document = memo_document(examine("clear"))
    line: list[Element | str] = [
        " a ", Element("em", {"id": "e"}, ["b "]), " c", Element("br", {"id": "br"}), " d ", Element("span", {}, []),
        Element("a", {"href": "#t"}, ["e"]), Element("a", {}, ["f"]), Element("a", {"href": "mailto:a@b.co"}, ["g"]),
        Element("a", {"href": "https://example.org/?a=b"}, [Element("strong", {}, ["h"])]), " ",
    ]  # fmt: skip
    again = [" i ", Element("code", {}, ["j"]), Element("ins", {}, ["k"]), Element("del", {}, ["l"]), "  m\nn\t"]
    row = Element("tr", {"id": "row"}, [Element("td", {}, ["x"])])
    table = Element("table", {"id": "t"}, [
        Element("thead", {"id": "h"}, [Element("tr", {}, [Element("th", {}, [n]) for n in "yz"])] * 2),
        Element("tbody", {"id": "b"}, [row, Element("tr", {}, [])]),
    ])  # fmt: skip
    inner = Element("aside", {"id": "s"}, [Element("ul", {}, [Element("li", {"id": "l"}, again)])])
    ids = ("e", "br", "t", "row", "h", "b", "s", "l", "rule", "root")
    links = [Element("a", {"href": f"#{id}"}, [id]) for id in ids]
    root = Element("memo", document.root.attributes | {"id": "root"}, [
        Element("h1", {}, ["One"]), Element("p", {}, line), Element("hr", {"id": "rule"}), table, inner,
        Element("p", {"class": "unheard-of"}, list(links)), Element("h2", {"id": "empty"}, []), Element("p", {}, []),
    ])  # fmt: skip
    _check(replace(document, root=root))


def test_cells_and_boxes_longer_than_a_page_run_on(examine: Callable[..., Examined]) -> None:
    document = memo_document(examine("clear"))
    long = "word and another " * 900
    table = Element("table", {}, [Element("tbody", {}, [Element("tr", {}, [Element("td", {}, [long])] * 2)])])
    boxes = [Element(tag, {}, [Element("p", {}, [long])]) for tag in ("aside", "blockquote")]
    marked = Element("p", {"class": "redraft"}, [long])
    items = Element("ul", {"class": "columns"}, [Element("li", {}, [long[:9000]])] * 3)
    root = Element("memo", document.root.attributes, [table, *boxes, marked, items])
    document = replace(document, root=root)
    _check(document)
    assert OURS is not None
    to_pdf.write(replace(document, style={"pdf": replace(OURS, origin="house")}))  # and nothing is taken for missing


# --- the file


def test_it_is_fit_for_an_archive_and_for_a_screen_reader(examine: Callable[..., Examined]) -> None:
    document = memo_document(examine("conflict"))
    with pikepdf.open(io.BytesIO(to_pdf.write(document))) as pdf:
        with pdf.open_metadata() as facts:
            assert (facts["pdfaid:part"], facts["pdfaid:conformance"], facts["pdfuaid:part"]) == ("2", "A", "1")
            assert facts["dc:title"] == document.root.attributes["title"]
        assert pdf.Root.MarkInfo.Marked and str(pdf.Root.Lang) == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.docinfo["/CreationDate"]).startswith(f"D:{document.day:%Y%m%d}000000")
        with pdf.open_outline() as outline:
            sections = [one.title for one in outline.root[0].children]
        assert sections[0] == "1. Bottom line" and len(sections) == len(document.root.elements("h2"))
        fonts = [font for page in pdf.pages for font in page.Resources.get("/Font", {}).values()]
        assert fonts and all(_is_embedded(font) for font in fonts)


def _is_embedded(font: Any) -> bool:
    described = font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
    return "/FontFile3" in described or "/FontFile2" in described


def test_the_tags_tell_the_structure(examine: Callable[..., Examined]) -> None:
    document = memo_document(examine("conflict"))
    tags = pdf_tags(to_pdf.write(document))
    elements = [element.tag for element in document.root.walk()]
    for tag, name in (("H1", "h1"), ("H2", "h2"), ("H3", "h3"), ("Table", "table"), ("TR", "tr"), ("Figure", "img")):
        assert tags.count(tag) == elements.count(name), tag
    assert tags.count("Caption") == elements.count("caption") + elements.count("figcaption")


PROGRAM = """
import hashlib, sys
from pathlib import Path
from clauses.language.pack import load_pack
from clauses.memo.memo import write_memo
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
here = Path(sys.argv[1])
agreement = read_agreement(here / "agreement.yaml")
with Reviewer([load_pack(here / "pack", "pack")], ("reference",)) as reviewer:
    for name in ("conflict", "open", "clear", "conflict"):
        sheet = read_term_sheet(here / "sheets" / f"{name}.yaml", agreement)
        print(name, hashlib.sha256(write_memo(reviewer.examine(agreement, sheet, sheet.dated), "pdf")).hexdigest())
"""


def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    answers = set()
    for seed, zone, locale in (
        ("0", "UTC", "C"),
        ("1", "Asia/Tokyo", "C.UTF-8"),
        ("77", "America/Lima", "de_DE.UTF-8"),
    ):
        changed = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)]
        done = subprocess.run(command, env={**os.environ, **changed}, capture_output=True, cwd=tmp_path, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) == 4 and lines[0] == lines[3]
        answers.add(hashlib.sha256(done.stdout).hexdigest())
    assert len(answers) == 1


# --- large memos


def test_twenty_events_and_many_findings(examine: Callable[..., Examined]) -> None:
    agreement, sheet = _crowded(findings=200, events=20)
    document = memo_document(examine(sheet, agreement))
    begun = time.monotonic()
    pdf = _check(document)
    assert time.monotonic() - begun < 60
    for page in _pages(pdf):
        assert len(page.split()) > 25, page  # no page is left bare


# --- the look of a house


def _house(folder: Path, look: str) -> Path:
    path = folder / LOOK
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(look, "utf-8")
    return folder


def test_a_house_sets_colours_fonts_and_paper(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    (tmp_path / "house.toml").write_text(
        'firm = "Fir & Partners"\npaper = "us-letter"\n'
        '[colour]\naccent = "#004d40"\n[font]\ntext = "New Computer Modern"\n'
    )
    pdf = write_memo(examine("clear"), "pdf", tmp_path)
    assert squeezed(["Fir & Partners"]) in squeezed(pdf_words(pdf))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        names = {str(f.BaseFont) for page in opened.pages for f in page.Resources.Font.values()}
    assert any("NewCM" in name or "NewComputerModern" in name for name in names), names


def test_a_house_has_a_look_of_its_own(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    """Our own look gives the same bytes when it comes from a house and is run apart."""
    assert OURS is not None
    document = memo_document(examine("clear"))
    theirs = replace(OURS, origin="house", text=OURS.text.replace("25mm", "20mm"))
    pdf = to_pdf.write(replace(document, style={"pdf": theirs}))
    assert pdf != to_pdf.write(document) and squeezed(pdf_words(pdf)) == _wanted(document)
    same = to_pdf.write(replace(document, style={"pdf": replace(OURS, origin="house")}))
    assert same == to_pdf.write(document)


@pytest.mark.parametrize("tag", ["table", "aside", "h3"])
def test_a_look_that_leaves_words_out_is_refused(tag: str, examine: Callable[..., Examined]) -> None:
    assert OURS is not None
    silent = f'#let flow(node, room, is-lead: false) = {{\n  if node.tag == "{tag}" {{ [–] }} else'
    text = OURS.text.replace("#let flow(node, room, is-lead: false) = {\n ", silent)
    assert text != OURS.text
    document = memo_document(examine("conflict"))
    links = [e for e in document.root.walk() if e.attributes.get("href", "").startswith("#")]
    for link in links:  # they would lead nowhere
        del link.attributes["href"]
    with pytest.raises(TemplateError, match="leaves out words of the memo"):
        to_pdf.write(replace(document, style={"pdf": replace(OURS, origin="house", text=text)}))


TITLED = '#let memo = json(bytes(sys.inputs.memo))\n#set document(title: memo.title)\n#set text(lang: "en")\n= A\n'
REFUSED = [
    ('#import "@preview/cetz:0.3.0": *', 5, "neither read a file nor import a package"),
    ('#let p = "@" + "preview/cetz:0.3.0"\n#import p', 6, "neither read a file nor import a package"),
    ('#read("/etc/passwd")', 5, "neither read a file nor import a package"),
    ('#read("../../../../etc/passwd")', 5, "neither read a file nor import a package"),
    ('#include "other.typ"', 5, "neither read a file nor import a package"),
    ('#image("/logo.png", alt: "x")', 5, "neither read a file nor import a package"),
    ("#let x =", 5, "expected expression"),
    ("\n#nothing", 6, "unknown variable: nothing"),
    ("#let f(x) = {\n  x.foo\n}\n#f(1)", 6, "cannot access fields"),
    ("#image(bytes(memo.figures.timeline))", 5, "alt"),
]


@pytest.mark.parametrize(("look", "line", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_a_refusal_names_file_and_line(
    look: str, line: int, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    with pytest.raises(TemplateError) as refused:
        write_memo(examine("conflict"), "pdf", _house(tmp_path, TITLED + look))
    assert sentence in str(refused.value) and f"{LOOK}:{line}" in str(refused.value)


@pytest.mark.parametrize("look", ["#while true { }", '#let x = "a"\n#for i in range(40) { x = x + x }', "#panic()"])
def test_a_look_that_never_ends_is_ended(
    look: str, tmp_path: Path, examine: Callable[..., Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 2)
    with pytest.raises(TemplateError):
        write_memo(examine("clear"), "pdf", _house(tmp_path, TITLED + look))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('paper = "a5"', "there is no paper `a5`"),
        ('[colour]\naccent = "red"', "`red` is not a colour"),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(
    text: str, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    (tmp_path / "house.toml").write_text(text)
    with pytest.raises(TemplateError, match=sentence):
        write_memo(examine("clear"), "pdf", tmp_path)


def test_a_language_that_a_pdf_cannot_name_is_refused(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    labels = tmp_path / "memo/labels.toml"
    labels.parent.mkdir()
    labels.write_text('lang = "english"')
    with pytest.raises(TemplateError, match="not a language"):
        write_memo(examine("clear"), "pdf", tmp_path)
    labels.write_text('lang = "en-GB"')
    with pikepdf.open(io.BytesIO(write_memo(examine("clear"), "pdf", tmp_path))) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
