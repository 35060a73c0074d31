"""Forms as people and programs leave them: filled in, changed by hand, or stripped of their fields."""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Callable

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NAMESPACES = {"w": W[1:-1]}
DOCUMENT = "word/document.xml"

Root = etree._Element


def xml(markup: str) -> Root:
    """An element of Word from its markup, such as `<w:r><w:t>x</w:t></w:r>`."""
    return etree.fromstring(f'<x xmlns:w="{W[1:-1]}">{markup}</x>')[0]


def edited(data: bytes, *changes: Callable[[Root], None], part: str = DOCUMENT) -> bytes:
    """A Word file after changes to the root of one of its parts."""
    root = etree.fromstring(read_part(data, part))
    for change in changes:
        change(root)
    return with_parts(data, {part: etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)})


def read_part(data: bytes, part: str = DOCUMENT) -> bytes:
    """The bytes of a part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(part)


def with_parts(data: bytes, parts: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A Word file with some parts replaced or added."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(found, "w", packing) as archive:
        for name in source.namelist():
            if name not in parts:
                archive.writestr(name, source.read(name))
        for name, content in parts.items():
            archive.writestr(name, content)
    return found.getvalue()


# --- finding


def control(root: Root, ref: str, number: int = 0) -> Root:
    """The field of a row."""
    return root.xpath(".//w:sdt[w:sdtPr/w:tag/@w:val=$ref]", namespaces=NAMESPACES, ref=ref)[number]


def row(root: Root, ref: str, number: int = 0) -> Root:
    """The row of a field."""
    return next(control(root, ref, number).iterancestors(f"{W}tr"))


def value_cell(root: Root, ref: str) -> Root:
    """The cell of a field."""
    return next(control(root, ref).iterancestors(f"{W}tc"))


def table(root: Root, ref: str) -> Root:
    """The table whose head has a reference."""
    return next(control(root, ref).iterancestors(f"{W}tbl"))


# --- doing what Word does


def filling(ref: str, words: str, number: int = 0) -> Callable[[Root], None]:
    """Somebody types words into a field."""

    def change(root: Root) -> None:
        found = control(root, ref, number)
        for mark in found.findall("w:sdtPr/w:showingPlcHdr", NAMESPACES):
            mark.getparent().remove(mark)
        content = found.find(f"{W}sdtContent")
        content[:] = [run(words)]

    return change


def run(words: str, look: str = "") -> Root:
    """Words, with a look such as `<w:strike/>`; a new line is a line break."""
    made = xml(f"<w:r><w:rPr>{look}</w:rPr></w:r>" if look else "<w:r/>")
    for number, line in enumerate(words.split("\n")):
        if number:
            made.append(xml("<w:br/>"))
        text = xml('<w:t xml:space="preserve"/>')
        text.text = line
        made.append(text)
    return made


def with_content(ref: str, *markup: str) -> Callable[[Root], None]:
    """A field holds these elements instead of its words."""

    def change(root: Root) -> None:
        filling(ref, "")(root)
        control(root, ref).find(f"{W}sdtContent")[:] = [xml(one) for one in markup]

    return change


def copying(ref: str) -> Callable[[Root], None]:
    """Somebody copies a whole table and pastes it below."""

    def change(root: Root) -> None:
        found = table(root, ref)
        copied = copy.deepcopy(found)
        found.addnext(copied)
        found.addnext(xml("<w:p/>"))

    return change


def without_fields(root: Root) -> None:
    """A program that knows no fields leaves what was in them."""
    for found in list(root.iter(f"{W}sdt")):
        content = found.find(f"{W}sdtContent")
        for child in list(content):
            found.addprevious(child)
        found.getparent().remove(found)
