"""The numbering of lists. Word goes on numbering through a whole document, unless a list has a numbering of its own."""

from __future__ import annotations

import copy

from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml.ns import qn
from docx.parts.numbering import NumberingPart

from clauses.memo.templates import Templates
from clauses.memo.word.ooxml import XmlElement, element
from clauses.memo.word.package import open_document

_OURS = "core:style/memo.docx"
_VAL = qn("w:val")


def our_document() -> WordDocument:
    """The document of our own, as it was made."""
    template = Templates().find(_OURS)
    assert template is not None
    return open_document(template.data, template.shown_as)


def new_numbering(document: WordDocument, style_id: str, style: str) -> int:
    """The id of a numbering that begins anew, in the look that the lists of a style have.

    Where a house's style has no numbering, it has the look of ours: a list whose numbers are gone says something else.
    """
    numbering = numbering_of(document)
    look = _look_of(document, style_id) or _our_look(document, style)
    number = _free_number(numbering, "w:num", "w:numId")
    restart = element("w:lvlOverride", element("w:startOverride", val=1), ilvl=0)
    numbering.append(element("w:num", element("w:abstractNumId", val=look), restart, numId=number))
    return number


def numbering_of(document: WordDocument) -> XmlElement:
    """The numberings of a document; a document without lists has none as yet."""
    part = document.part
    if not any(found.reltype == RELATIONSHIP_TYPE.NUMBERING for found in part.rels.values()):
        made = NumberingPart(
            PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, element("w:numbering"), part.package
        )
        part.relate_to(made, RELATIONSHIP_TYPE.NUMBERING)
    return part.numbering_part.element


def _look_of(document: WordDocument, style_id: str) -> str | None:
    """The look of the numbering that a style has, or that one has on which it is based."""
    numbers = _numbers(document)
    styles = {found.get(qn("w:styleId")): found for found in document.styles.element.findall(qn("w:style"))}
    style = styles.pop(style_id, None)
    while style is not None:
        number = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}/{qn('w:numId')}")
        if number is not None and number.get(_VAL) in numbers:
            return _look(numbers[number.get(_VAL)])
        base = style.find(qn("w:basedOn"))
        style = None if base is None else styles.pop(base.get(_VAL), None)
    return None


def _our_look(document: WordDocument, style: str) -> str:
    ours = our_document()
    number = next(ours.styles[style].element.iter(qn("w:numId"))).get(_VAL)
    copied = str(copy_numbering(ours, document, number, None))
    return _look(_numbers(document)[copied])


def copy_numbering(source: WordDocument, target: WordDocument, number: str, style_id: str | None) -> int:
    """Copy a numbering of a document into another, for the style of an id there or for none; its id there."""
    numbering = numbering_of(target)
    wanted = _look(_numbers(source)[number])
    looks = {found.get(qn("w:abstractNumId")): found for found in numbering_of(source).findall(qn("w:abstractNum"))}
    copied = copy.deepcopy(looks[wanted])
    look = _free_number(numbering, "w:abstractNum", "w:abstractNumId")
    copied.set(qn("w:abstractNumId"), str(look))
    for found in list(copied.iter(qn("w:pStyle"))):
        if style_id is None:
            found.getparent().remove(found)
        else:
            found.set(_VAL, style_id)
    first = numbering.find(qn("w:num"))  # all looks stand before all numberings
    if first is None:
        numbering.append(copied)
    else:
        first.addprevious(copied)
    made = _free_number(numbering, "w:num", "w:numId")
    numbering.append(element("w:num", element("w:abstractNumId", val=look), numId=made))
    return made


def _numbers(document: WordDocument) -> dict[str, XmlElement]:
    return {found.get(qn("w:numId")): found for found in numbering_of(document).findall(qn("w:num"))}


def _look(number: XmlElement) -> str:
    return str(number.find(qn("w:abstractNumId")).get(_VAL))


def _free_number(numbering: XmlElement, tag: str, attribute: str) -> int:
    return max((int(found.get(qn(attribute))) for found in numbering.findall(qn(tag))), default=0) + 1
