"""The Word document of a house, opened to be written in: its letterhead, its styles, and the place for the text.

A house makes the document in Word. Three things in it are found by name: the styles, the content control tagged
`memo.body`, in whose place the text is put, and the controls tagged `memo.title`, `memo.firm` and `memo.address`,
which are filled wherever they stand. All else of the document stays as the house made it.

A style that we need and the house does not have is copied from our own document, and said: without it, words that
were struck out would read as words that stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from clauses.memo.plain import Plain
from clauses.memo.templates import Template, template_error
from clauses.memo.word import ooxml
from clauses.memo.word.lists import new_numbering
from clauses.memo.word.ooxml import XmlElement
from clauses.memo.word.package import as_word_builds, open_document, open_package
from clauses.memo.word.styles import OUR_LINE, add_missing_styles, dress, style_ids

STYLE = "style/memo.docx"
"""The template that is the document of a house."""
BODY, TITLE, FIRM, ADDRESS = "memo.body", "memo.title", "memo.firm", "memo.address"
FOOTER = "memo.footer"
PAPERS = {"a4": (11906, 16838), "us-letter": (12240, 15840)}
"""Width and height of the paper, in twentieths of a point."""

_SLACK = 40
"""How much a page may differ from its paper, as programs round."""
_VAL = qn("w:val")


@dataclass(frozen=True)
class House:
    """A document of a house that is being written in. Every style of ours is in it."""

    document: WordDocument
    shown_as: str
    """What an error calls the document."""
    styles: dict[str, str]
    """The id of each style by its name in lower case."""
    added_styles: tuple[str, ...]
    """The styles that the house's own document lacked."""
    width: int
    """How wide a line is, in twentieths of a point."""

    def style(self, name: str) -> str:
        """The id of one of the styles of our own document, by its name."""
        return self.styles[name.lower()]

    def start_list(self, style: str) -> int:
        """The id of a numbering that begins anew, in the look of the lists of a style; it goes into `w:numPr`."""
        return new_numbering(self.document, self.style(style), style)


def open_house(template: Template, house: Plain) -> House:
    """The document of a house (`style/memo.docx`) with the firm's name in it, ready to be written in.

    Raises InputError for a file that is not safe to open, TemplateError for one that does not fit `house.toml` or has
    a style of ours as one of another sort.
    """
    with built_as_word(template):
        return _opened(template, house)


def built_as_word(template: Template) -> AbstractContextManager[None]:
    """Around all work on a document: damage in one of a house is an InputError, in ours it would be a defect."""
    return as_word_builds(template.shown_as) if template.origin == "house" else nullcontext()


def _opened(template: Template, house: Plain) -> House:
    document = open_document(template.data, template.shown_as)
    check_fields(template)
    if template.origin == "built-in":
        dress(document, house)
        _set_paper(document, house["paper"])
        added: list[str] = []
    else:
        _check_paper(document, house["paper"], template)
        added = add_missing_styles(document, house, template)
    opened = House(document, template.shown_as, style_ids(document), tuple(added), _line_width(document))
    fill_controls(opened, FIRM, house["firm"])
    fill_controls(opened, ADDRESS, house["address"])
    return opened


# --- the fields

_HARMLESS = frozenset((
    "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "STYLEREF", "REF", "PAGEREF", "SEQ", "TITLE", "SUBJECT", "AUTHOR",
    "DOCPROPERTY", "HYPERLINK", "IF", "QUOTE",
))  # fmt: skip
"""The instructions of fields whose result lies within the document, and is the same on every day."""


def check_fields(template: Template) -> None:
    """Refuse a document with a field that fetches something when it is opened, or that says another thing tomorrow.

    Raises TemplateError for `INCLUDETEXT`, `DDEAUTO`, `DATE` and whatever else is not known to be harmless.
    """
    for part in open_package(template.data, template.shown_as).values():
        for instruction in _instructions(part):
            name = instruction.split()[0].upper() if instruction.split() else ""
            if name not in _HARMLESS:
                sentence = f"the field `{name[:40]}` takes its words from outside of the document"
                hint = f"write the words themselves; these fields may stand here: {', '.join(sorted(_HARMLESS))}"
                raise template_error(sentence, template.shown_as, hint=hint)


def _instructions(part: XmlElement) -> Iterator[str]:
    """The instructions of the fields of a part, put together from the pieces in which Word keeps them."""
    yield from (field.get(qn("w:instr"), "") for field in part.iter(qn("w:fldSimple")))
    open_fields: list[list[str]] = []
    loose: list[str] = []
    for element in part.iter(qn("w:fldChar"), qn("w:instrText"), qn("w:delInstrText")):
        sort = element.get(qn("w:fldCharType"))
        if sort == "begin":
            open_fields.append([])
        elif sort == "end" and open_fields:
            yield "".join(open_fields.pop())
        elif sort is None:
            (open_fields[-1] if open_fields else loose).append(element.text or "")
    yield from ("".join(pieces) for pieces in (*open_fields, loose) if pieces)


# --- the controls


class Body:
    """The place in a document where the text goes, block after block."""

    def __init__(self, parent: XmlElement, number: int) -> None:
        self._parent, self._number = parent, number

    def append(self, block: XmlElement) -> None:
        """Put a paragraph or a table after those put before."""
        self._parent.insert(self._number, block)
        self._number += 1


def body_of(house: House) -> Body:
    """The place that the control `memo.body` held; the control is gone. Raises TemplateError where there is none."""
    found = ooxml.controls(house.document.element.body, BODY)
    if len(found) != 1:
        hint = f"in Word: Developer, Rich Text Content Control, Properties, Tag `{BODY}`; or begin with our document"
        many = "more than one" if found else "no"
        raise template_error(f"this document has {many} content control tagged `{BODY}`", house.shown_as, hint=hint)
    control = found[0]
    parent = control.getparent()
    if parent.tag == qn("w:p"):
        return _after_line(parent, control)
    number = parent.index(control)
    parent.remove(control)
    return Body(parent, number)


def _after_line(line: XmlElement, control: XmlElement) -> Body:
    """The place after the paragraph within which a control stood; the paragraph goes unless more stands in it."""
    line.remove(control)
    parent = line.getparent()
    number = parent.index(line)
    if ooxml.words_of(line).strip() or line.find(f".//{qn('w:sectPr')}") is not None:
        return Body(parent, number + 1)
    parent.remove(line)
    return Body(parent, number)


def set_title(house: House, title: str) -> None:
    """Fill the controls `memo.title`, in the text and in headers and footers."""
    fill_controls(house, TITLE, title)


def fill_controls(house: House, tag: str, words: str) -> None:
    """Put words into every control of a tag, in the look that the control has."""
    for part in shown_parts(house.document):
        for control in ooxml.controls(part, tag):
            _fill(control, words)


def shown_parts(document: WordDocument) -> Iterator[XmlElement]:
    """The text and all headers and footers."""
    yield document.element
    for relationship in document.part.rels.values():
        if relationship.reltype.rpartition("/")[2] in ("header", "footer"):
            yield relationship.target_part.element


def _fill(control: XmlElement, words: str) -> None:
    about, content = control.find(qn("w:sdtPr")), control.find(qn("w:sdtContent"))
    for mark in ("w:showingPlcHdr", "w:dataBinding"):
        for found in about.findall(qn(mark)):
            about.remove(found)
    texts = list(content.iter(qn("w:t"))) if content is not None else []
    if not texts:
        holder = control if content is None else next(content.iter(qn("w:p")), content)
        holder.append(ooxml.run(words))
        return
    for prompt in [look for look in content.iter(qn("w:rStyle")) if look.get(_VAL) == "PlaceholderText"]:
        prompt.getparent().remove(prompt)
    first, *others = texts
    first.text = words
    first.set(qn("xml:space"), "preserve")
    for other in others:
        other.getparent().remove(other)


# --- the language


def set_language(house: House, language: str) -> None:
    """Say in which language the words are, unless the house already says so, perhaps with its country."""
    for found in house.document.styles.element.iterfind(f"{qn('w:docDefaults')}//{qn('w:lang')}"):
        if found.get(_VAL, "").partition("-")[0].lower() != language.partition("-")[0].lower():
            found.set(_VAL, language)
    house.document.core_properties.language = language


# --- the paper


def _set_paper(document: WordDocument, paper: str) -> None:
    width, height = PAPERS[_checked(paper)]
    for size in document.element.body.iter(qn("w:pgSz")):
        size.set(qn("w:w"), str(width))
        size.set(qn("w:h"), str(height))
    line = _line_width(document)
    for tab in document.styles.element.iter(qn("w:tab")):
        if tab.get(qn("w:pos")) == str(OUR_LINE):
            tab.set(qn("w:pos"), str(line))


def _check_paper(document: WordDocument, paper: str, template: Template) -> None:
    """A house's own page stays; but one memo must not come on two papers, which its other formats take from there."""
    wanted = _checked(paper)
    size = next(document.element.body.iter(qn("w:pgSz")), None)
    if size is None:
        return
    sides = sorted(int(size.get(qn(side), 0)) for side in ("w:w", "w:h"))
    for name, known in PAPERS.items():
        if name != wanted and all(abs(a - b) <= _SLACK for a, b in zip(sides, sorted(known), strict=True)):
            sentence = f"the page of this document is `{name}`, and the paper of the house is `{wanted}`"
            raise template_error(sentence, template.shown_as, hint=f'write `paper = "{name}"` in house.toml')


def _checked(paper: str) -> str:
    if paper not in PAPERS:
        raise template_error(f"`{paper}` is not a paper: `a4` or `us-letter`", "house.toml")
    return paper


def _line_width(document: WordDocument) -> int:
    """The width between the margins of the last section, in which the text stands."""
    section = document.sections[-1]
    whole, left, right = section.page_width, section.left_margin, section.right_margin
    if whole is None or left is None or right is None:
        return OUR_LINE
    return int((whole - left - right) // 635)
