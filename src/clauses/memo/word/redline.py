"""The redline as a Word document: the terms in force against the term sheet, as tracked changes.

Rejecting all changes leaves the terms in force, accepting all the terms that the term sheet would leave. What the
review found, and what cannot be told, are comments on the clauses concerned. The document is a house's own; the
lines above and below the clauses are not tracked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from docx.oxml.ns import qn

from clauses.memo.labels import Labels
from clauses.memo.memo import used_templates
from clauses.memo.plain import clean
from clauses.memo.templates import Template, Templates, template_error
from clauses.memo.view_comments import Comment
from clauses.memo.view_redline import ClauseRedline, Line, Redline, redline_view
from clauses.memo.word.house import (
    FOOTER,
    STYLE,
    House,
    body_of,
    built_as_word,
    fill_controls,
    open_house,
    set_language,
    set_title,
)
from clauses.memo.word.ooxml import (
    FreshIds,
    XmlElement,
    cell,
    element,
    paragraph,
    properties,
    row,
    run,
    shares,
    table,
)
from clauses.memo.word.package import open_package, packed
from clauses.review.review import Examined

_STYLES = {"heading": "Heading 2", "words": "Normal", "term": "List Bullet"}
"""The style of each part of a clause."""

_BEFORE_TRACKING = (
    "writeProtection view zoom removePersonalInformation removeDateAndTime doNotDisplayPageBoundaries "
    "displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth printFormsData embedTrueTypeFonts "
    "embedSystemFonts saveSubsetFonts saveFormsData mirrorMargins alignBordersAndEdges bordersDoNotSurroundHeader "
    "bordersDoNotSurroundFooter gutterAtTop hideSpellingErrors hideGrammaticalErrors activeWritingStyle proofState "
    "formsDesign attachedTemplate linkStyles stylePaneFormatFilter stylePaneSortMethod documentType mailMerge "
    "revisionView"
)
"""The settings that stand before `w:trackRevisions`."""

_REFUSED = {
    "ins del moveFrom moveTo cellIns cellDel rPrChange pPrChange": (
        "this document holds tracked changes of its own, which would mix with those of the redline",
        "accept or reject them in Word",
    ),
    "comment": (
        "this document holds comments of its own, which would mix with those of the redline",
        "delete them in Word",
    ),
    "removePersonalInformation removeDateAndTime": (
        "this document strips names or dates from tracked changes when Word saves it",
        "in Word: File, Options, Trust Center, Privacy Options: do not remove personal information on save",
    ),
    "documentProtection": (
        "this document is protected, so that nobody could accept or reject a change",
        "in Word: Review, Restrict Editing, Stop Protection",
    ),
}
"""What the document of a house may not hold where a redline is written into it, why, and what to do."""


def write_redline(examined: Examined, templates: Path | None = None, with_comments: bool = True) -> bytes:
    """The redline of a review as the bytes of a .docx. `templates` is the folder of a house.

    Without comments it says nothing of what the review found or cannot tell: it can go to the other side.

    Raises TemplateError where the house's document or labels cannot hold a redline, InputError where its document is
    not safe to open.
    """
    found = Templates(templates)
    used_templates(templates)  # refuses a file in the folder that nothing reads
    view = redline_view(examined, found, with_comments)
    template = found.find(STYLE)
    assert template is not None
    if template.origin != "built-in":
        _check(template)
    with built_as_word(template):
        house = open_house(template, view.house)
        _Writer(house, view, Labels(found)).write()
        return packed(house.document, view.title, view.author, view.day)


def _check(template: Template) -> None:
    """A redline needs a document without changes and comments of its own, in which changes keep their authors."""
    held = {found.tag for part in open_package(template.data, template.shown_as).values() for found in part.iter()}
    for names, (sentence, hint) in _REFUSED.items():
        if any(qn(f"w:{name}") in held for name in names.split()):
            raise template_error(sentence, template.shown_as, hint=hint)


class _Writer:
    """Writes one redline into the document of a house."""

    def __init__(self, house: House, view: Redline, labels: Labels) -> None:
        self.house, self.view, self.labels = house, view, labels
        self.body = body_of(house)
        self.fresh_id = FreshIds([house.document.element], "w:bookmarkStart")
        self.about = {"author": view.author, "date": f"{view.day.isoformat()}T00:00:00Z"}
        """Who makes the changes and comments, and when."""

    def write(self) -> None:
        set_title(self.house, self.view.title)
        fill_controls(self.house, FOOTER, self.view.footer)
        set_language(self.house, self.view.language)
        self.opening()
        for clause in self.view.clauses:
            self.clause(clause)
        # Without a paragraph of its own after it, a clause at the end could not go with its paragraph mark.
        self.put("Memo Remark", [run(self.view.end)])
        if self.house.added_styles:
            listed = ", ".join(f"“{name}”" for name in self.house.added_styles)
            self.put("Memo Remark", [run(self.labels("memo.word.added_styles", list=listed))])
        self.track()

    def put(self, style: str, content: Iterable[XmlElement], *formats: XmlElement) -> None:
        self.body.append(paragraph(self.house.style(style), content, *formats))

    def opening(self) -> None:
        """The title, what is compared, and how to read it."""
        self.put("Title", self.commented([run(self.view.title)], self.view.comments))
        self.body.append(self.letter())
        self.put("Memo Gap", [])
        for sentence in self.view.intro:
            self.put("Memo Remark", [run(sentence)])
        self.put("Heading 1", [run(self.view.section)])

    def letter(self) -> XmlElement:
        """The table of what is compared, when and by whom."""
        widths = shares([20, 80], self.house.width)
        rows = []
        for name, value in self.view.about:
            texts = zip(widths, ("Memo Letter Label", "Memo Letter Text"), (name, value), strict=True)
            rows.append(row(cell(w, [paragraph(self.house.style(style), [run(t)])]) for w, style, t in texts))
        return table(widths, rows, element("w:tblStyle", val=self.house.style("Memo Letter")))

    # --- changes

    def clause(self, clause: ClauseRedline) -> None:
        """A clause, its comments on the first line that changes, or on its heading."""
        marked = next((line for line in clause.lines if line.is_changed), clause.lines[0])
        for line in clause.lines:
            comments = clause.comments if line is marked else ()
            style = _STYLES[line.part]
            mark = [properties("w:rPr", self.revision(line.whole))] if line.whole else []
            self.put(style, self.commented(self.tracked(line), comments, line.whole), *mark)

    def tracked(self, line: Line) -> list[XmlElement]:
        """The runs of a line; those that go or come within a revision."""
        return [self.within(kind, run(text, deleted=kind == "del")) for kind, text in line.parts]

    def within(self, kind: str, content: XmlElement) -> XmlElement:
        return content if kind in ("same", "") else self.revision(kind, content)

    def revision(self, kind: str, *content: XmlElement) -> XmlElement:
        """An insertion or a deletion: around runs, or alone as that of a paragraph mark."""
        return element(f"w:{kind}", *content, id=self.fresh_id(), **self.about)

    def track(self) -> None:
        """What a reader changes from here on is a tracked change too."""
        settings = self.house.document.settings.element
        for found in settings.findall(qn("w:trackRevisions")):
            settings.remove(found)
        before = {qn(f"w:{name}") for name in _BEFORE_TRACKING.split()}
        settings.insert(sum(found.tag in before for found in settings), element("w:trackRevisions"))

    # --- comments

    def commented(self, content: list[XmlElement], comments: Sequence[Comment], whole: str = "") -> list[XmlElement]:
        """Content with comments on all of it. Where it goes or comes as a whole, the comments go or come with it."""
        ids = [self.comment(texts) for texts in comments]
        found = [*(element("w:commentRangeStart", id=id) for id in ids), *content]
        for id in ids:
            reference = element("w:r", element("w:commentReference", id=id))
            found += [element("w:commentRangeEnd", id=id), self.within(whole, reference)]
        return found

    def comment(self, texts: Comment) -> int:
        """Put a comment among those of the document; its id."""
        id = self.fresh_id()
        made = self.house.document.comments.add_comment()._comment_elm
        for old in list(made):
            made.remove(old)
        made.attrib.clear()  # it bears the hour at which it was made
        for name, value in {"id": str(id), **self.about, "initials": _initials(self.view.author)}.items():
            made.set(qn(f"w:{name}"), value)
        for number, text in enumerate(texts):
            opening = [element("w:r", element("w:annotationRef"))] if number == 0 else []
            look = [element("w:b")] if number == 0 and len(texts) > 1 else []
            made.append(paragraph(None, [*opening, run(text, None, *look)]))
        return id


def _initials(author: str) -> str:
    return "".join(word[0] for word in clean(author).split())[:4].upper()
