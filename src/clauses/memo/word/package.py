"""A .docx as a file: opened with care, because anybody may have made it, and saved so that equal documents are
equal bytes.
"""

from __future__ import annotations

import datetime
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from docx import Document as read_docx
from docx.document import Document as WordDocument
from lxml import etree

from clauses.errors import InputError
from clauses.memo.word import OLD_WORD
from clauses.source import Place, Source

MAXIMUM_PARTS = 2_000
MAXIMUM_BYTES = 60_000_000
"""How much all parts may hold together when they are unpacked."""
MAXIMUM_ELEMENTS = 1_500_000
"""How many elements all parts may have together: each takes many times the room of its letters."""
_MAXIMUM_RATIO = 200
"""How many times its packed size a large part may hold; text does not compress further."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)
"""What the standard library raises for an archive whose bytes are wrong."""
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_FIRST = ("[Content_Types].xml", "_rels/.rels")
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["'](?P<name>[^"']*)""")
_EBCDIC = b"\x4c\x6f"
"""In other encodings than those of Word, marks could be counted wrongly before they are read."""
_PACKED_AT = (1980, 1, 1, 0, 0, 0)
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def open_document(data: bytes, name: str) -> WordDocument:
    """The document of a .docx. Raises InputError, as `open_package` does, for a file that is not safe to open."""
    open_package(data, name)
    try:
        return read_docx(io.BytesIO(data))
    except (KeyError, ValueError, AttributeError, TypeError, etree.LxmlError) as error:
        raise _refused(name, "this Word document is damaged: a part of it is missing") from error


@contextmanager
def as_word_builds(name: str) -> Iterator[None]:
    """Around work on a document that somebody else built: where it is not as Word builds one, that is a sentence."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, etree.LxmlError) as error:
        raise _refused(name, "this Word document is damaged: it is not built as Word builds documents") from error


def open_package(data: bytes, name: str) -> dict[str, etree._Element]:
    """The XML parts of a .docx by their names, each checked. `name` is what the reader calls the file.

    Raises InputError with a sentence for what is not a Word document, is locked, carries a program, is larger than
    a document is, or asks for something that lies outside of it.
    """
    archive = _archive(data, name)
    parts: dict[str, etree._Element] = {}
    room = 2 * MAXIMUM_ELEMENTS  # an element has two marks, or one where it is empty
    try:
        for info in archive.infolist():
            if info.filename.endswith((".xml", ".rels")):
                data = archive.read(info)
                room -= max(data.count(b"<"), data.count(b"="))
                if room < 0:
                    raise _refused(name, f"a Word document has at most {MAXIMUM_ELEMENTS:,} elements")
                parts[info.filename] = _parsed(data, info.filename, name)
    except _DAMAGE as error:
        raise _refused(name, "this Word document is damaged and cannot be unpacked") from error
    if "[Content_Types].xml" not in parts:
        raise _refused(name, "this is a zip archive, not a Word document")
    _check_types(parts["[Content_Types].xml"], name)
    _check_targets(parts, name)
    return parts


def main_part(parts: dict[str, etree._Element], name: str) -> etree._Element:
    """The part that holds the text of the document."""
    for part in parts["[Content_Types].xml"]:
        if isinstance(part.tag, str) and part.get("ContentType") == _MAIN:
            found = parts.get((part.get("PartName") or "").lstrip("/"))
            if found is not None:
                return found
    raise _refused(name, "there is no Word document in this file")


def _archive(data: bytes, name: str) -> zipfile.ZipFile:
    if data.startswith(OLD_WORD):
        sentence = "this is an old .doc file or a document with a password"
        raise _refused(name, sentence, "save it as a .docx without a password")
    if data.startswith(b"%PDF"):
        raise _refused(name, "this is a PDF, not a Word document", "send the Word document that it was made from")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        listed = archive.infolist()
    except _DAMAGE:
        raise _refused(name, "this is not a Word document") from None
    if len(listed) > MAXIMUM_PARTS or len({info.filename for info in listed}) != len(listed):
        raise _refused(name, f"a Word document has at most {MAXIMUM_PARTS:,} parts, each once")
    if sum(info.file_size for info in listed) > MAXIMUM_BYTES or any(map(_is_bomb, listed)):
        raise _refused(name, f"a Word document holds at most {MAXIMUM_BYTES // 10**6} MB when it is unpacked")
    if any(info.flag_bits & 1 for info in listed):
        raise _refused(name, "this document has a password", "save it without a password")
    return archive


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > 1_000_000 and info.file_size > _MAXIMUM_RATIO * max(1, info.compress_size)


def _parsed(data: bytes, part: str, name: str) -> etree._Element:
    encoding = _ENCODING.match(data)
    is_odd = encoding is not None and encoding["name"].lower() not in (b"utf-8", b"utf-16", b"us-ascii", b"ascii")
    if is_odd or data.startswith(_EBCDIC):
        raise _refused(name, f"`{part}` is written in another encoding than those of Word")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refused(name, f"this Word document is damaged: `{part}` is not XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused(name, f"`{part}` declares a document type, which no Word document does")
    return root


def _check_types(types: etree._Element, name: str) -> None:
    found = {part.get("ContentType", "") for part in types if isinstance(part.tag, str)}
    if any("macroEnabled" in one or "vbaProject" in one for one in found):
        raise _refused(name, "this document carries macros", "save it as a .docx, which cannot hold them")
    if any("wordprocessingml.template" in one for one in found):
        raise _refused(name, "this is a Word template, not a document", "save it as a .docx")


def _check_targets(parts: dict[str, etree._Element], name: str) -> None:
    """What a document shows lies within it; only a link that a reader clicks may lead elsewhere."""
    for part, root in parts.items():
        for relationship in root.iter(_RELATIONSHIP) if part.endswith(".rels") else ():
            kind = (relationship.get("Type") or "").rpartition("/")[2]
            target = relationship.get("Target") or ""
            if relationship.get("TargetMode") == "External" and kind != "hyperlink":
                raise _refused(name, f"the document asks for `{target[:80]}`, which lies outside of it")
            if relationship.get("TargetMode") != "External" and posixpath.normpath(target).startswith(".."):
                base = posixpath.dirname(posixpath.dirname(part))
                if posixpath.normpath(posixpath.join(base, target)).startswith(".."):
                    raise _refused(name, f"the document asks for `{target[:80]}`, which lies outside of it")


def _refused(name: str, sentence: str, hint: str | None = None) -> InputError:
    return InputError.of("bad-word-document", sentence, Place(Source(name, ""), 0, 0), hint)


# --- saving


def packed(document: WordDocument, title: str, author: str, day: datetime.date) -> bytes:
    """The bytes of a document, the same for the same document. `day` is when it says that it was written."""
    about = document.core_properties
    about.title, about.author, about.last_modified_by = title[:255], author[:255], author[:255]
    about.created = about.modified = datetime.datetime.combine(day, datetime.time())
    about.revision = 1
    saved = io.BytesIO()
    document.save(saved)
    return _repacked(saved.getvalue())


def unpacked_size(data: bytes) -> int:
    """How many bytes the parts of a document have."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(info.file_size for info in archive.infolist())


def _repacked(data: bytes) -> bytes:
    """The same parts in a fixed order, without the hour at which they were packed."""
    source, found = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    if len(set(source.namelist())) != len(source.namelist()):
        raise ValueError("two parts of the document have one name")
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for part in _ordered(source.namelist()):
            info = zipfile.ZipInfo(part, _PACKED_AT)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            archive.writestr(info, source.read(part))
    return found.getvalue()


def _ordered(names: list[str]) -> Iterator[str]:
    yield from (name for name in _FIRST if name in names)
    yield from sorted(name for name in names if name not in _FIRST)
