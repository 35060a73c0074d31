"""What a reader of each format sees: the words, without the markup."""

from __future__ import annotations

import html.parser
import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from markdown_it import MarkdownIt

_APART = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "li",
    "td",
    "th",
    "caption",
    "figcaption",
    "title",
    "tr",
    "table",
    "div",
    "br",
    "blockquote",
}


class _Words(html.parser.HTMLParser):
    """Collects words: SVG by its description, and nothing of the head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0
        self.drawing = 0
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "svg":
            self.found.append(f" {dict(attrs).get('aria-label')} ")
            self.drawing += 1
        self.silent += tag in ("style", "title", "header")
        self.found.append(" " if tag in _APART else "")

    def handle_endtag(self, tag: str) -> None:
        self.drawing -= tag == "svg"
        self.silent -= tag in ("style", "title", "header")
        self.found.append(" " if tag in _APART else "")

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.drawing:
            self.found.append(data)


def read_html(text: str) -> _Words:
    words = _Words()
    words.feed(text)
    words.close()
    return words


def html_words(text: str) -> list[str]:
    """The words of an HTML memo, without the letterhead."""
    return "".join(read_html(text).found).split()


def markdown_html(text: str) -> str:
    """A Markdown memo as a Markdown reader shows it."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


def markdown_words(text: str) -> list[str]:
    """The words of a Markdown memo."""
    return html_words(markdown_html(text))


def squeezed(words: list[str]) -> str:
    """The characters alone: where a line breaks is the writer's choice."""
    return re.sub(r"\s+", "", "".join(words))


# --- a PDF as a screen reader goes through it


def pdf_words(data: bytes) -> list[str]:
    """The words of a PDF memo in the order of its tags: figures by their description, without marks of lists."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        texts = [_marked_texts(page) for page in pdfium.PdfDocument(data)]
        return _tagged_words(pdf.Root.StructTreeRoot, None, pages, texts).split()


def _marked_texts(page: pdfium.PdfPage) -> dict[int, str]:
    """The characters of the page by the number under which the tags know them; what is not tagged has none."""
    text = page.get_textpage()
    found: dict[int, str] = {}
    for index in range(raw.FPDFText_CountChars(text)):
        if owner := raw.FPDFText_GetTextObject(text, index):
            id = raw.FPDFPageObj_GetMarkedContentID(owner)
            code = raw.FPDFText_GetUnicode(text, index)
            found[id] = found.get(id, "") + ("-" if code in (2, 0xFFFE) else chr(code))
    return {id: words.encode("utf-16", "surrogatepass").decode("utf-16") for id, words in found.items()}


def _tagged_words(element: Any, page: Any, pages: dict[Any, int], texts: list[dict[int, str]]) -> str:
    if not isinstance(element, pikepdf.Dictionary):
        return texts[pages[page.objgen]].get(int(element), "")
    page = element.get("/Pg", page)
    if "/MCID" in element:
        return texts[pages[page.objgen]].get(int(element.MCID), "")
    if "/Alt" in element:
        return f" {element.Alt} "
    if element.get("/S") == "/Lbl" or element.get("/Type") == "/OBJR":
        return ""
    children = _below(element)
    if element.get("/S") != "/Table" and children and _tag(children[0]) == "Caption":
        children.append(children.pop(0))  # the tags name a drawing's caption first; on the page it stands beneath
    return "".join(_tagged_words(child, page, pages, texts) for child in children) + " "


def _below(element: Any) -> list[Any]:
    below = element.get("/K", pikepdf.Array())
    return list(below) if isinstance(below, pikepdf.Array) else [below]


def _tag(element: Any) -> str:
    return str(element.get("/S", ""))[1:] if isinstance(element, pikepdf.Dictionary) else ""


_STRUCTURE = {"H1", "H2", "H3", "H4", "P", "Table", "Caption", "TH", "TR", "TD", "L", "LI", "Figure", "Link"}


def pdf_tags(data: bytes) -> list[str]:
    """The tags of a PDF that give it its structure, in order."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [tag for tag in _tags(pdf.Root.StructTreeRoot) if tag in _STRUCTURE]


def _tags(element: Any) -> Iterator[str]:
    if isinstance(element, pikepdf.Dictionary):
        yield _tag(element)
        for child in _below(element):
            yield from _tags(child)


def pdf_outside(data: bytes, margin: int = 66) -> list[tuple[int, str]]:
    """The pages and characters that stand in the margin of so many points, where only head and foot may stand."""
    found = []
    for number, page in enumerate(pdfium.PdfDocument(data), 1):
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            owner = raw.FPDFText_GetTextObject(text, index)
            edge = margin if owner and raw.FPDFPageObj_GetMarkedContentID(owner) >= 0 else 30
            is_inside = left > margin and right < width - margin and bottom > edge and top < height - edge
            if not is_inside and text.get_text_range(index, 1).strip():
                found.append((number, text.get_text_range(index, 1)))
    return found


# --- a Word document from top to bottom

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def docx_words(data: bytes) -> list[str]:
    """The words of a memo in Word: figures by their description, without headers, footers and numbers of lists."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml"))[0]
    found = []
    for element in body.iter():
        name = element.tag.rpartition("}")[2]
        if element.tag == f"{_WORD}t":
            found.append(element.text or "")
        elif name == "docPr":
            found.append(f" {element.get('descr')} ")
        elif name in ("p", "br", "tab", "tc"):
            found.append(" ")
    return "".join(found).split()
