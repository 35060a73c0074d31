"""The styles of a Word document: ours in the colours and fonts of a house, and those that its own document lacks."""

from __future__ import annotations

import copy
import re

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from clauses.memo.plain import Plain
from clauses.memo.templates import Template, Templates, template_error
from clauses.memo.word.lists import copy_numbering, numbering_of, our_document
from clauses.memo.word.ooxml import XmlElement

OUR_LINE = 9072
"""The width of a line of our own document, where its tabs at the right margin stand."""
_OUR_FONTS = {"Palatino Linotype": "text", "Arial": "plain", "Consolas": "code"}
"""The fonts of our own document, each with what `house.toml` calls it."""
_GENERIC_FONTS = re.compile(r"serif|sans-serif|monospace|system-ui|ui-[a-z-]+")
_VAL, _STYLE_ID, _TYPE = qn("w:val"), qn("w:styleId"), qn("w:type")


def style_ids(document: WordDocument) -> dict[str, str]:
    """The id of each style by its name in lower case, which is the same in every language of Word."""
    return {_name(style): style.get(_STYLE_ID) for style in _styles(document)}


def add_missing_styles(document: WordDocument, house: Plain, template: Template) -> list[str]:
    """Copy the styles of ours that a document lacks into it; their names in order.

    Raises TemplateError where it has a style of that name which is of another sort.
    """
    ours = our_document()
    dress(ours, house)
    theirs = {_name(style): style for style in _styles(document)}
    _check_sorts(_styles(ours), theirs, template)
    lacking = [style for style in _styles(ours) if _name(style) not in theirs]
    ids = style_ids(document)
    for style in lacking:
        ids[_name(style)] = _free_id(style.get(_STYLE_ID), set(ids.values()))
    names = {style.get(_STYLE_ID): _name(style) for style in _styles(ours)}
    for style in lacking:
        document.styles.element.append(_copied(style, ids, names, document, ours))
    return [_shown_name(style) for style in lacking]


def _check_sorts(ours: list[XmlElement], theirs: dict[str, XmlElement], template: Template) -> None:
    for style in ours:
        found = theirs.get(_name(style))
        if found is not None and found.get(_TYPE, "paragraph") != style.get(_TYPE):
            sentence = f"the style `{_shown_name(style)}` is of the sort `{found.get(_TYPE, 'paragraph')}`"
            raise template_error(sentence, template.shown_as, hint=f"make it one of the sort `{style.get(_TYPE)}`")


def _copied(
    style: XmlElement, ids: dict[str, str], names: dict[str, str], document: WordDocument, ours: WordDocument
) -> XmlElement:
    """A style for another document: what it names is named as there, its numbering comes along."""
    copied = copy.deepcopy(style)
    copied.set(_STYLE_ID, ids[_name(style)])
    copied.attrib.pop(qn("w:default"), None)
    for tag in ("w:basedOn", "w:next"):
        for found in copied.findall(qn(tag)):
            found.set(_VAL, ids[names[found.get(_VAL)]])
    for found in copied.iter(qn("w:numId")):
        found.set(_VAL, str(copy_numbering(ours, document, found.get(_VAL), copied.get(_STYLE_ID))))
    return copied


def _free_id(id: str, taken: set[str]) -> str:
    while id in taken:
        id += "0"
    return id


def _styles(document: WordDocument) -> list[XmlElement]:
    return list(document.styles.element.findall(qn("w:style")))


def _name(style: XmlElement) -> str:
    return _shown_name(style).lower()


def _shown_name(style: XmlElement) -> str:
    name = style.find(qn("w:name"))
    return str(style.get(_STYLE_ID) if name is None else name.get(_VAL))


# --- colours and fonts


def dress(document: WordDocument, house: Plain) -> None:
    """Give our own document the colours and fonts of a house. It is made with ours, each known by its value."""
    ours = Templates().settings("house.toml")
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for holder in [*_styles(document), defaults, numbering_of(document)]:
        name = _name(holder) if holder.tag == qn("w:style") else ""
        for found in holder.iter():
            for attribute in (qn("w:fill"), qn("w:color"), *([_VAL] if found.tag == qn("w:color") else [])):
                if found.get(attribute, "auto") != "auto":
                    found.set(attribute, _colour(found.get(attribute), name, ours["colour"], house["colour"]))
            if found.tag == qn("w:rFonts"):
                _set_font(found, ours["font"], house["font"])


def _colour(value: str, style: str, ours: Plain, theirs: Plain) -> str:
    """The house's colour of the name that a value has among ours; of two names the one that the style bears."""
    names = [name for name, colour in ours.items() if colour[1:].upper() == value.upper()]
    if not names:
        return value
    wanted = theirs[next((name for name in names if name in style), names[0])]
    return str(wanted[1:].upper())


def _set_font(fonts: XmlElement, ours: Plain, theirs: Plain) -> None:
    """The first font that the house names, where it names others than we do; Word takes one, not a list."""
    role = _OUR_FONTS.get(fonts.get(qn("w:ascii"), ""))
    if role is None or ours[role] == theirs[role]:
        return
    listed = [name.strip().strip("'\"") for name in theirs[role].split(",")]
    named = [name for name in listed if name and not _GENERIC_FONTS.fullmatch(name)]
    for attribute in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs") if named else ():
        fonts.set(qn(attribute), named[0])
