"""The memo in Word: the words of the tree, real styles on the document of the house, and a build that Word opens."""

from __future__ import annotations

import datetime
import io
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from clauses.errors import InputError
from clauses.memo.document import Document
from clauses.memo.memo import memo_document, write_memo
from clauses.memo.raster import png
from clauses.memo.sandbox import Rendered
from clauses.memo.templates import TemplateError, Templates
from clauses.memo.tree import number_captions, parse
from clauses.memo.word import to_docx
from clauses.resources import templates_folder
from clauses.review.review import Examined

from .conftest import SHEETS
from .ooxml_order import W, faults
from .reading import docx_words, squeezed

OURS = templates_folder() / "style" / "memo.docx"


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def body(data: bytes) -> etree._Element:
    return etree.fromstring(parts(data)["word/document.xml"])[0]


def style_of(block: etree._Element, kind: str = "pStyle") -> str:
    found = next(block.iter(W + kind), None)
    return "" if found is None else str(found.get(f"{W}val"))


def words(block: etree._Element) -> str:
    return "".join(found.text or "" for found in block.iter(f"{W}t"))


@pytest.fixture
def base(examine: Callable[..., Examined]) -> Document:
    return memo_document(examine("conflict"))


@pytest.fixture
def made(base: Document) -> bytes:
    return to_docx.write(base)


def with_markup(base: Document, markup: str) -> Document:
    """A memo of this markup instead of that of the deal."""
    text = f'<memo lang="en" title="Memo">{markup}</memo>'
    root = parse(Rendered(text, []))
    number_captions(root, base.labels["caption"])
    return replace(base, root=root)


def with_house(base: Document, data: bytes, **settings: Any) -> Document:
    """The memo on a house's own Word document."""
    ours = base.style["docx"]
    template = replace(ours, origin="house", shown_as="house/style/memo.docx", data=data)
    return replace(base, style={**base.style, "docx": template}, house=base.house | settings)


def saved(document: Any) -> bytes:
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


# --- the words, and the build


@pytest.mark.parametrize("name", [*SHEETS, None])
def test_it_says_the_words_of_the_tree(name: str | None, examine: Callable[..., Examined]) -> None:
    document = memo_document(examine(name))
    data = to_docx.write(document)
    assert squeezed(docx_words(data)) == squeezed(document.root.text().split())
    assert faults(data) == []


def test_our_document_is_built_as_the_standard_asks() -> None:
    data = OURS.read_bytes()
    assert faults(data) == []
    settings = parts(data)["word/settings.xml"].decode()
    assert 'w:zoom w:percent="100"' in settings and 'w:name="compatibilityMode"' in settings


def test_words_keep_single_blanks_and_lines(base: Document) -> None:
    markup = "<h1>A</h1><p>  one <strong> two</strong>\n three<br/> four <em> </em></p>"
    data = to_docx.write(with_markup(base, markup))
    last = list(body(data).iter(f"{W}p"))[-1]
    assert words(last) == "one two threefour" and len(list(last.iter(f"{W}br"))) == 1


# --- styles


def test_headings_are_those_of_word(made: bytes, base: Document) -> None:
    found = [(style_of(p), words(p)) for p in body(made).iter(f"{W}p")]
    outline = [text for style, text in found if style in ("Title", "Heading1", "Heading2", "Heading3")]
    tree = [e.text() for e in base.root.elements("h1", "h2", "h3", "h4")]
    assert [squeezed([text]) for text in outline] == [squeezed([text]) for text in tree]
    assert ("Title", "Memorandum") in found and outline[1].startswith("1.")


def test_captions_are_numbered_and_stay_with_their_tables(made: bytes) -> None:
    blocks = list(body(made))
    captions = [block for block in blocks if style_of(block) == "Caption"]
    assert [words(one).split(".")[0] for one in captions] == [f"Table {n}" for n in range(1, len(captions) + 1)]
    assert all(blocks[blocks.index(one) + 1].tag == f"{W}tbl" for one in captions)
    assert any(words(block).startswith("Figure 1. ") for block in blocks)
    styles = docx.Document(io.BytesIO(made)).styles
    for name in ("Caption", "Heading 1", "Heading 2", "Heading 3", "Memo Table Head"):
        assert styles[name].element.find(f"{qn('w:pPr')}/{qn('w:keepNext')}") is not None


def test_every_class_with_a_look_has_a_style(base: Document) -> None:
    badges = ("conflict", "consent", "flag", "open", "note")
    spans = "".join(f'<span class="badge {one}">{one}</span>' for one in badges)
    spans += '<span class="basis assumed">assumed</span><span class="result passed">passed</span>'
    spans += '<strong class="lead">lead</strong><span class="quiet">quiet</span><code>code</code>'
    paragraphs = "".join(f'<p class="{one}">{one}</p>' for one in ("privileged", "meta", "remark", "redraft"))
    verdicts = "".join(
        f'<aside class="verdict {one}"><p class="answer">It is {one}.</p><p>more</p></aside>'
        for one in ("conflict", "consent", "undetermined", "flag", "clear")
    )
    data = to_docx.write(with_markup(base, f"<h1>A</h1><p>{spans}</p>{paragraphs}{verdicts}<hr/>"))
    runs = {words(r): style_of(r, "rStyle") for r in body(data).iter(f"{W}r")}
    assert all(
        runs[one] == f"Memo{one.capitalize()}" for one in (*badges, "assumed", "passed", "lead", "quiet", "code")
    )
    looks = [style_of(p) for p in body(data).iter(f"{W}p")]
    assert {"MemoPrivileged", "MemoMeta", "MemoRemark", "MemoRedraft", "MemoRule"} <= set(looks)
    for kind in ("Conflict", "Consent", "Open", "Flag", "Clear"):
        assert looks.index(f"MemoAnswer{kind}") + 1 == looks.index(f"MemoVerdict{kind}")
    assert faults(data) == []


def test_a_redline_is_formatting_and_outranks_other_looks(base: Document) -> None:
    markup = (
        '<h1 id="a">A</h1><p><del><code>gone</code></del> <ins><a href="#a">come</a></ins> '
        '<span class="quiet"><del>out</del></span></p>'
    )
    data = to_docx.write(with_markup(base, markup))
    runs = {words(r): style_of(r, "rStyle") for r in body(data).iter(f"{W}r")}
    assert runs["gone"] == runs["out"] == "MemoDeleted" and runs["come"] == "MemoInserted"
    assert not list(body(data).iter(f"{W}ins", f"{W}del"))
    styles = docx.Document(io.BytesIO(data)).styles
    assert styles["Memo Deleted"].font.strike and styles["Memo Inserted"].font.underline


def test_each_numbered_list_begins_with_one(base: Document) -> None:
    lists = "<ol><li>a</li><li>b</li></ol><p>between</p><ol><li>c</li></ol><ul><li>d</li></ul>"
    data = to_docx.write(with_markup(base, f"<h1>A</h1>{lists}"))
    numbers = {words(p): p.find(f".//{W}numId") for p in body(data).iter(f"{W}p")}
    a, b, c = (numbers[one].get(f"{W}val") for one in "abc")
    assert a == b != c and numbers["d"] is None  # the style of a bullet has its numbering
    numbering = etree.fromstring(parts(data)["word/numbering.xml"])
    for id in (a, c):
        number = numbering.find(f"{W}num[@{W}numId='{id}']")
        assert number is not None and number.find(f"{W}lvlOverride/{W}startOverride").get(f"{W}val") == "1"


# --- tables


def test_tables_repeat_their_heads_and_no_row_is_divided(made: bytes, base: Document) -> None:
    found = list(body(made).iter(f"{W}tbl"))
    trees = [one for one in base.root.walk() if one.tag == "table"]
    listed = [one for one in found if style_of(one, "tblStyle") != "MemoColumns"]
    assert len(listed) == len(trees)
    for shown, tree in zip(listed, trees, strict=True):
        rows, heads = shown.findall(f"{W}tr"), tree.rows()[0]
        assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [
            n < len(heads) for n in range(len(rows))
        ]
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
        look = shown.find(f"{W}tblPr/{W}tblLook")
        assert look.get(f"{W}firstRow") == str(int(bool(heads)))
        assert shown.find(f"{W}tblPr/{W}tblInd").get(f"{W}w") == "0"


def test_a_table_fills_the_line_in_the_widths_it_asks_for(base: Document) -> None:
    rows = "<thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody>"
    for paper, line in (("a4", 9072), ("us-letter", 9406)):
        document = with_markup(base, f'<h1>A</h1><table widths="20 80">{rows}</table>')
        data = to_docx.write(replace(document, house=base.house | {"paper": paper}))
        grid = [int(column.get(f"{W}w")) for column in body(data).iter(f"{W}gridCol")]
        assert grid == [line * 20 // 100, line - line * 20 // 100]
        assert words(list(body(data).iter(f"{W}tc"))[3]) == "d"


def test_a_row_higher_than_a_page_may_be_divided(base: Document) -> None:
    """Some programs show only the first page of a row that may not be."""
    cells = (
        "<tr><td>short</td></tr>" + f"<tr><td>{'many words ' * 400}</td></tr>" + f"<tr><td>{'a<br/>' * 60}</td></tr>"
    )
    data = to_docx.write(with_markup(base, f"<h1>A</h1><table><tbody>{cells}</tbody></table>"))
    rows = [row.find(f"{W}trPr/{W}cantSplit") is not None for row in body(data).iter(f"{W}tr")]
    assert rows == [True, False, False]


def test_a_head_is_never_left_without_rows(made: bytes) -> None:
    for shown in body(made).iter(f"{W}tbl"):
        rows = shown.findall(f"{W}tr")
        if rows[0].find(f"{W}trPr/{W}tblHeader") is None or len(rows) < 2:
            continue
        kept = [all(p.find(f"{W}pPr/{W}keepNext") is not None for p in row.iter(f"{W}p")) for row in rows]
        assert kept[0] and kept[-2] and not kept[-1]


# --- figures


def test_a_figure_has_a_picture_its_lines_and_words(made: bytes, base: Document) -> None:
    drawings = list(body(made).iter(qn("wp:docPr")))
    alts = [one.attributes["alt"] for one in base.root.walk() if one.tag == "img"]
    assert [one.get("descr") for one in drawings] == alts and alts
    media = {name: data for name, data in parts(made).items() if name.startswith("word/media/")}
    assert sorted(name.rpartition(".")[2] for name in media) == ["png"] * len(alts) + ["svg"] * len(alts)
    assert {base.figures[name].encode() for name in base.figures} == {
        data for name, data in media.items() if name.endswith("svg")
    }
    for extent in body(made).iter(qn("wp:extent")):
        assert int(extent.get("cx")) <= 9072 * 635


def test_a_picture_is_the_same_every_time(base: Document) -> None:
    for name, svg in base.figures.items():
        first = png(svg, 450, base.drawn_by[name])
        assert first == png(svg, 450, base.drawn_by[name]) and first.startswith(b"\x89PNG")


def test_what_a_house_draws_is_the_same_picture_made_apart(base: Document) -> None:
    svg, ours = base.figures["timeline"], base.drawn_by["timeline"]
    assert png(svg, 450, replace(ours, origin="house")) == png(svg, 450, ours)
    with pytest.raises(TemplateError, match="this figure cannot be drawn"):
        png("<svg", 450, replace(ours, origin="house"))


def test_headings_and_drawings_stay_on_the_page_of_what_they_belong_to(base: Document) -> None:
    """Also in a document of a house whose styles do not say so."""
    blocks = body(to_docx.write(base))
    for paragraph in blocks.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if paragraph.find(f".//{W}drawing") is not None or (style is not None and style.get(f"{W}val") == "Heading1"):
            assert paragraph.find(f"{W}pPr/{W}keepNext") is not None


def _high(base: Document, height: int) -> Document:
    size = f'viewBox="0 0 100 {height}" width="100" height="{height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="9" height="9"/></svg>'
    return replace(base, figures={name: svg for name in base.figures})


def test_a_high_figure_fits_on_a_page(base: Document) -> None:
    extents = list(body(to_docx.write(_high(base, 200))).iter(qn("wp:extent")))
    for extent in extents:
        wide, high = int(extent.get("cx")), int(extent.get("cy"))
        assert high <= 16838 * 635 * 3 // 4 and abs(wide * 2 - high) < 20_000
    assert len(extents) == len(base.figures)


def test_a_figure_too_high_to_read_is_left_out_and_said(base: Document) -> None:
    data = to_docx.write(_high(base, 900))
    assert not list(body(data).iter(f"{W}drawing"))
    assert " ".join(docx_words(data)).count("too high to be read on a page") == len(base.figures)


def test_without_the_package_that_draws_it_says_so(base: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    data = to_docx.write(base)
    shown = " ".join(docx_words(data))
    assert not list(body(data).iter(f"{W}drawing")) and shown.count("The drawing is left out") == len(base.figures)
    alts = [one.attributes["alt"] for one in base.root.walk() if one.tag == "img"]
    assert all(" ".join(alt.split()) in shown for alt in alts)


# --- links


def test_links_lead_somewhere(base: Document) -> None:
    markup = (
        '<h1 id="top">A</h1>'
        '<table id="t"><tbody id="tb"><tr id="r"><td id="c"><span id="s">x</span></td></tr></tbody></table>'
        '<ul id="u"><li id="l">y</li></ul><p><a href="#s">in</a> <a href="https://a.example/?b=1&amp;c=2">out</a> '
        '<a href="mailto:a@b.example">mail</a> <a href="#top"/></p><hr id="rule"/>'
        '<ul id="none" class="columns"/><table id="end"/>'
    )
    data = to_docx.write(with_markup(base, markup))
    marks = {mark.get(f"{W}name") for mark in body(data).iter(f"{W}bookmarkStart")}
    assert {re.sub(r"memo_\d+_", "", name) for name in marks} == {
        "top",
        "t",
        "tb",
        "r",
        "c",
        "s",
        "u",
        "l",
        "rule",
        "none",
        "end",
    }
    links = {words(link): link for link in body(data).iter(f"{W}hyperlink")}
    assert links["in"].get(f"{W}anchor") in marks and set(links) == {"in", "out", "mail"}
    related = parts(data)["word/_rels/document.xml.rels"].decode()
    assert (
        'Target="https://a.example/?b=1&amp;c=2" TargetMode="External"' in related and "mailto:a@b.example" in related
    )
    assert faults(data) == []


# --- the document of the house


def test_the_letterhead_the_title_and_the_pages(made: bytes, base: Document) -> None:
    document = docx.Document(io.BytesIO(made))
    section, title = document.sections[0], base.root.attributes["title"]
    first, later = words(section.first_page_header._element), words(section.header._element)
    assert first == base.house["firm"] + base.house["address"] and base.house["firm"] in later and title in later
    for footer in (section.footer, section.first_page_footer):
        codes = [code.text.strip() for code in footer._element.iter(f"{W}instrText")]
        assert codes == ["PAGE", "NUMPAGES"]
    about = document.core_properties
    assert (about.title, about.author, about.language) == (title, base.house["firm"], "en")
    assert about.created.date() == base.day and isinstance(about.created, datetime.datetime)
    assert 'w:lang w:val="en"' in parts(made)["word/styles.xml"].decode()
    assert "[" not in first + later and not [tag for tag in body(made).iter(f"{W}tag")]


def test_the_house_gives_colours_fonts_and_paper(base: Document) -> None:
    house = base.house | {
        "colour": base.house["colour"] | {"accent": "#004d40", "deleted": "#ff0000", "clear-tint": "#e0ffe0"},
        "font": base.house["font"] | {"text": "serif, 'EB Garamond', Georgia"},
        "paper": "us-letter",
        "firm": "Fir & Partners <LLP>",
    }
    data = to_docx.write(replace(base, house=house))
    styles = {
        s.get(f"{W}styleId"): etree.tostring(s).decode() for s in etree.fromstring(parts(data)["word/styles.xml"])
    }
    assert 'val="004D40"' in styles["Heading1"] and 'val="FF0000"' in styles["MemoDeleted"]
    assert 'fill="E0FFE0"' in styles["MemoRedraft"] and 'val="9B1C1C"' in styles["MemoConflict"]
    document = docx.Document(io.BytesIO(data))
    assert (document.sections[0].page_width.twips, document.sections[0].page_height.twips) == (12240, 15840)
    assert (
        document.styles["Normal"].element.getparent().find(f".//{qn('w:rFonts')}").get(qn("w:ascii")) == "EB Garamond"
    )
    assert document.styles["Header"].element.find(f".//{qn('w:tab')}").get(qn("w:pos")) == "9406"
    assert "Fir & Partners <LLP>" in words(document.sections[0].first_page_header._element)
    assert faults(data) == []


def test_a_house_keeps_its_document_and_is_told_what_it_lacks(base: Document) -> None:
    house = docx.Document(io.BytesIO(OURS.read_bytes()))
    for name in ("Memo Deleted", "List Number", "Memo Redline Item"):
        element = house.styles[name].element
        element.getparent().remove(element)
    house.styles["Title"].font.name = "Bodoni"
    house.styles["Heading 1"].element.set(qn("w:styleId"), "berschrift1")  # as a German Word names it
    house.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}><w:r><w:t>Before all.</w:t></w:r></w:p>"))
    house.add_paragraph("After all.")
    data = to_docx.write(with_house(base, saved(house)))
    text = " ".join(docx_words(data))
    assert text.startswith("Before all. Memorandum") and text.endswith("After all.")
    assert "“List Number”, “Memo Redline Item”, “Memo Deleted”." in text
    styles = docx.Document(io.BytesIO(data)).styles
    assert styles["Memo Deleted"].font.strike and styles["Title"].font.name == "Bodoni"
    assert any(style_of(p) == "berschrift1" for p in body(data).iter(f"{W}p"))
    assert faults(data) == []


def test_a_document_that_is_not_ours_gets_all_it_needs(base: Document) -> None:
    """As a firm makes it: the styles of another program, no numbering of ours, the control within a line."""
    house = docx.Document()
    for size in house.element.body.iter(qn("w:pgSz")):
        size.set(qn("w:w"), "11907")
        size.set(qn("w:h"), "16839")
    zoom = house.settings.element.find(qn("w:zoom"))
    zoom.set(qn("w:percent"), "100")
    for relationship, found in list(house.part.rels.items()):
        if found.reltype.endswith("/numbering"):
            del house.part.rels[relationship]
    for style in house.styles.element.iter(qn("w:style")):
        for number in list(style.iter(qn("w:numPr"))):
            number.getparent().remove(number)
    held = '<w:sdtPr><w:tag w:val="memo.body"/></w:sdtPr><w:sdtContent><w:r><w:t>x</w:t></w:r></w:sdtContent>'
    house.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}><w:sdt>{held}</w:sdt></w:p>"))
    data = to_docx.write(with_house(base, saved(house)))
    assert squeezed(base.root.text().split()) in squeezed(docx_words(data)) and "[" not in docx_words(data)[0]
    assert faults(data) == []
    items = [p for p in body(data).iter(f"{W}p") if style_of(p) == "ListNumber"]
    assert items and all(p.find(f".//{W}numId") is not None for p in items)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("no control", "no content control tagged `memo.body`"),
        ("two controls", "more than one content control"),
        ("other sort", "the style `Memo Deleted` is of the sort `paragraph`"),
        ("paper", "the page of this document is `us-letter`"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(change: str, sentence: str, base: Document) -> None:
    house = docx.Document(io.BytesIO(OURS.read_bytes()))
    control = next(house.element.body.iter(qn("w:sdt")))
    if change == "no control":
        control.getparent().remove(control)
    elif change == "two controls":
        control.addnext(parse_xml(etree.tostring(control)))
    elif change == "other sort":
        house.styles["Memo Deleted"].element.set(qn("w:type"), "paragraph")
    else:
        house.sections[0].page_width, house.sections[0].page_height = 12240 * 635, 15840 * 635
    with pytest.raises(TemplateError) as refused:
        to_docx.write(with_house(base, saved(house)))
    assert sentence in str(refused.value) and "house/style/memo.docx" in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"words"])
def test_what_is_no_word_document_is_refused(data: bytes, base: Document) -> None:
    with pytest.raises(InputError, match=r"house/style/memo\.docx"):
        to_docx.write(with_house(base, data))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/document.xml", 'w:w="11906"', 'w:w="wide"'),
        ("word/document.xml", 'w:id w:val="105"', 'w:id w:val="x"'),
        ("word/numbering.xml", 'w:numId="1"', 'w:numId="one"'),
        ("word/numbering.xml", '<w:abstractNumId w:val="2"/>', ""),
        ("word/_rels/document.xml.rels", "relationships/styles", "relationships/other"),
        ("word/_rels/document.xml.rels", 'Target="header1.xml"', 'Target="no.xml"'),
        ("[Content_Types].xml", "wordprocessingml.header+xml", "other+xml"),
        ("[Content_Types].xml", "wordprocessingml.numbering+xml", "other+xml"),
        ("docProps/core.xml", "House document", "&#x2028;"),
        ("word/styles.xml", '<w:basedOn w:val="Normal"/>', ""),
    ],
)
def test_a_damaged_document_is_a_sentence(part: str, old: str, new: str, base: Document) -> None:
    """Or it is written on in spite of it; it is never a failure of the program."""
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as archive:
        for name, data in parts(OURS.read_bytes()).items():
            text = data.decode()
            assert name != part or old in text
            archive.writestr(name, text.replace(old, new) if name == part else text)
    try:
        assert squeezed(docx_words(to_docx.write(with_house(base, damaged.getvalue())))).startswith("Memorandum")
    except InputError as error:
        assert "house/style/memo.docx" in str(error) and "damaged" in str(error)


def test_an_unknown_paper_is_refused(base: Document) -> None:
    with pytest.raises(TemplateError, match="`a5` is not a paper"):
        to_docx.write(replace(base, house=base.house | {"paper": "a5"}))


def test_a_house_folder_brings_its_document(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    house = docx.Document(io.BytesIO(OURS.read_bytes()))
    house.sections[0].footer.paragraphs[0].add_run(" Fir LLP")
    (tmp_path / "style").mkdir()
    (tmp_path / "style" / "memo.docx").write_bytes(saved(house))
    data = write_memo(examine("clear"), "docx", tmp_path)
    assert "Fir LLP" in words(docx.Document(io.BytesIO(data)).sections[0].footer._element)
    assert "house" in docx_words(data)  # the appendix says whose document it is


def test_our_document_has_our_colours() -> None:
    """A colour that `house.toml` does not know could not be changed there."""
    known = {colour[1:].upper() for colour in Templates().settings("house.toml")["colour"].values()} | {"AUTO"}
    found = re.findall(
        r'w:(?:fill|color)="(\w+)"|<w:color w:val="(\w+)"', parts(OURS.read_bytes())["word/styles.xml"].decode()
    )
    assert {one.upper() for pair in found for one in pair if one} <= known


# --- much


def test_a_long_memo_holds_together(examine: Callable[..., Examined]) -> None:
    """Two hundred supplies against an exclusivity, and as many days."""
    supply = {"kind": "supply", "supplier": "c", "customer": "b", "subject": "cloud-compute", "starts": "2027"}
    changes = [
        {"add": f"s-{n}", "clause": supply | {"heading": f"Supply {n}", "ends": f"{2028 + n % 20}"}} for n in range(200)
    ]
    agreement = {
        "agreement": "deal",
        "signed": "2024-03-01",
        "parties": {"a": {"name": "Alder"}, "b": {"name": "Birch"}, "c": {"name": "Cedar"}},
        "clauses": {
            "ex": {
                "kind": "exclusivity", "heading": "Only cloud", "obligor": "b", "beneficiary": "a",
                "subject": "cloud-compute", "ends": "2040",
            }
        },
    }  # fmt: skip
    sheet = {"term_sheet": "sheet", "agreement": "deal", "dated": "2025-01-01", "changes": changes}
    document = memo_document(examine(sheet, agreement))
    data = to_docx.write(document)
    assert squeezed(docx_words(data)) == squeezed(document.root.text().split())
    assert faults(data) == []
