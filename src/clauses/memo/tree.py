"""The content tree: what a memo says, free of any format. Every writer starts here.

The finished markup is read as strict XML against a list of the elements that a memo may hold, each with the
attributes and the children that it may have. So a writer meets nothing that it does not know, and a template
cannot bring anything else into a document. A refusal names the template's file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from clauses.memo.sandbox import Rendered
from clauses.memo.templates import TemplateError, template_error

_INLINE = {"strong", "em", "code", "a", "span", "ins", "del", "br"}
_BLOCKS = {"h1", "h2", "h3", "h4", "p", "ol", "ul", "table", "aside", "blockquote", "figure", "hr"}
CHILDREN: dict[str, set[str]] = {
    "memo": _BLOCKS,
    "aside": {"p", "ul", "ol"}, "blockquote": {"p", "ul", "ol"},
    "ol": {"li"}, "ul": {"li"},
    "figure": {"img", "figcaption"}, "img": set(),
    "table": {"caption", "thead", "tbody"}, "thead": {"tr"}, "tbody": {"tr"}, "tr": {"th", "td"},
    "hr": set(), "br": set(),
    **{name: _INLINE for name in ("h1", "h2", "h3", "h4", "p", "li", "th", "td", "caption", "figcaption")},
    **{name: _INLINE for name in _INLINE - {"br"}},
}  # fmt: skip
"""What may stand directly within each element."""

HOLDS_TEXT = {name for name, children in CHILDREN.items() if children is _INLINE}
"""The elements that hold words; between the others there is only white space."""

_ATTRIBUTES = {
    "memo": {"lang", "title"}, "a": {"href"}, "img": {"src", "alt"}, "th": {"scope"}, "table": {"widths"},
}  # fmt: skip
_VALUES = {
    "class": re.compile(r"[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*"),
    "id": re.compile(r"[a-z][a-z0-9.-]*"),
    "href": re.compile(r"#[a-z][a-z0-9.-]*|https?://[^\s\"<>\\`{}|^]+|mailto:[\w.+-]+@[\w.-]+", re.IGNORECASE),
    "src": re.compile(r"figure:[a-z_]+"),
    "alt": re.compile(r"\s*\S[\s\S]*"),
    "scope": re.compile(r"col|row"),
    "widths": re.compile(r"\d{1,3}(?: \d{1,3})*"),
    "lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"),
}
_MAXIMUM_DEPTH = 30
_MISMATCH = expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]


@dataclass
class Element:
    """An element with its attributes, and its words and elements in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def elements(self, *tags: str) -> list[Element]:
        """The child elements, of some tags or all."""
        return [child for child in self.children if isinstance(child, Element) and (not tags or child.tag in tags)]

    def first(self, tag: str) -> Element | None:
        """The first child element of a tag."""
        return next(iter(self.elements(tag)), None)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in order."""
        yield self
        for child in self.elements():
            yield from child.walk()

    def rows(self) -> tuple[list[Element], list[Element]]:
        """The head rows and the body rows of a table."""
        head = [row for part in self.elements("thead") for row in part.elements("tr")]
        return head, [row for part in self.elements("tbody") for row in part.elements("tr")]

    def has_class(self, name: str) -> bool:
        """Whether the element is of a class."""
        return name in self.attributes.get("class", "").split()

    def text(self) -> str:
        """All words, with single blanks; figures by their alternative text."""
        return " ".join(" ".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        if self.tag == "img":
            yield self.attributes.get("alt", "")
        if "number" in self.attributes:
            yield self.attributes["number"] + " "
        inline = "".join(child if isinstance(child, str) else child._joined() for child in self.children)
        yield inline

    def _joined(self) -> str:
        """The words of this element as part of a line; blocks stand apart."""
        words = "".join(self._words())
        return words if self.tag in _INLINE - {"br"} else f" {words} "


def parse(rendered: Rendered) -> Element:
    """Read a rendered memo. Raises TemplateError at the first thing that a memo may not hold."""
    return _Reader(rendered).read()


class _Reader:
    def __init__(self, rendered: Rendered) -> None:
        self.rendered = rendered
        self.stack: list[Element] = []
        self.opened: list[int] = []
        """Where the elements of the stack were opened."""
        self.root: Element | None = None
        self.ids: set[str] = set()
        self.links: list[tuple[str, int]] = []
        self.level = 0
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.words
        self.parser.StartDoctypeDeclHandler = lambda *_: self.refuse("a memo has no DOCTYPE")
        self.parser.ProcessingInstructionHandler = lambda *_: self.refuse("a memo has no processing instructions")
        self.parser.StartCdataSectionHandler = lambda: self.refuse("a memo has no CDATA sections")

    def read(self) -> Element:
        try:
            self.parser.Parse(self.rendered.text.encode(), True)
        except expat.ExpatError as error:
            raise self.broken(error) from None
        assert self.root is not None
        for target, offset in self.links:
            if target not in self.ids:
                raise self.error(f"the link `#{target}` leads nowhere", offset)
        return self.root

    def error(self, sentence: str, offset: int) -> TemplateError:
        return template_error(sentence, *self.place(offset))

    def place(self, offset: int) -> tuple[str, int]:
        return self.rendered.place_of(offset)

    def broken(self, error: expat.ExpatError) -> TemplateError:
        """What is not XML; an element that is left open is named where it was opened."""
        if error.code == _MISMATCH and self.opened:
            return self.error(f"the markup is not well-formed: `<{self.stack[-1].tag}>` is not closed", self.opened[-1])
        reason = expat.errors.messages.get(error.code, "something is missing")
        return self.error(f"the markup is not well-formed: {reason}", self.parser.ErrorByteIndex)

    def refuse(self, sentence: str) -> None:
        raise self.error(sentence, self.parser.CurrentByteIndex)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag not in CHILDREN:
            self.refuse(f"`<{tag}>` is not an element of a memo")
        if not self.stack and tag != "memo":
            self.refuse("a memo stands within `<memo>`")
        if self.stack and tag not in CHILDREN[self.stack[-1].tag]:
            if self.place(self.opened[-1])[0] != self.place(self.parser.CurrentByteIndex)[0]:
                raise self.error(f"`<{self.stack[-1].tag}>` is not closed", self.opened[-1])
            self.refuse(f"`<{tag}>` cannot stand within `<{self.stack[-1].tag}>`")
        if len(self.stack) >= _MAXIMUM_DEPTH:
            self.refuse("elements are nested too deeply")
        self.check_attributes(tag, attributes)
        self.check_level(tag)
        element = Element(tag, attributes)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)
        self.opened.append(self.parser.CurrentByteIndex)

    def check_attributes(self, tag: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if name not in _ATTRIBUTES.get(tag, set()) | {"class", "id"}:
                self.refuse(f"`<{tag}>` has no attribute `{name}`")
            if name in _VALUES and not _VALUES[name].fullmatch(value):
                self.refuse(f"`{value[:60]}` is not allowed as `{name}` of `<{tag}>`")
        if tag == "img" and not {"src", "alt"} <= set(attributes):
            self.refuse("a figure needs `src` and `alt`")
        id = attributes.get("id")
        if id is not None and id in self.ids:
            self.refuse(f"the id `{id}` is given twice")
        self.ids |= {id} if id else set()
        if attributes.get("href", "").startswith("#"):
            self.links.append((attributes["href"][1:], self.parser.CurrentByteIndex))

    def check_level(self, tag: str) -> None:
        """Headings go down one level at a time: a reader who cannot see the page finds the way by them."""
        if re.fullmatch(r"h\d", tag):
            level = int(tag[1])
            if level > self.level + 1:
                self.refuse(f"`<{tag}>` skips a level of headings")
            self.level = level

    def end(self, tag: str) -> None:
        self.stack.pop()
        self.opened.pop()

    def words(self, text: str) -> None:
        parent = self.stack[-1]
        if parent.tag in HOLDS_TEXT:
            before = parent.children[-1:]
            if before and isinstance(before[0], str):
                parent.children[-1] = before[0] + text
            else:
                parent.children.append(text)
        elif text.strip():
            self.refuse(f"words cannot stand directly within `<{parent.tag}>`")


_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def number_headings(root: Element, scheme: str) -> None:
    """Number the sections: `decimal` is 1. and 1.1, `legal` is I. and A., `none` leaves them bare."""
    section = part = 0
    for element in root.elements("h2", "h3"):
        if element.tag == "h2":
            section, part = section + 1, 0
            shown = f"{_roman(section)}." if scheme == "legal" else f"{section}."
        else:
            part += 1
            shown = f"{_letters(part)}." if scheme == "legal" else f"{section}.{part}"
        if scheme != "none":
            element.attributes["number"] = shown


def number_captions(root: Element, labels: dict[str, str]) -> None:
    """Number tables and figures that have a caption, each from one: `labels` words the `table` and the `figure`."""
    counts = {"table": 0, "figure": 0}
    for element in root.walk():
        caption = element.first("caption" if element.tag == "table" else "figcaption")
        if element.tag in counts and caption is not None:
            counts[element.tag] += 1
            caption.attributes["number"] = labels[element.tag].replace("{n}", str(counts[element.tag]))


def _roman(number: int) -> str:
    shown = ""
    for value, letters in _ROMAN:
        shown += letters * (number // value)
        number %= value
    return shown


def _letters(number: int) -> str:
    shown = ""
    while number:
        number, letter = divmod(number - 1, 26)
        shown = chr(65 + letter) + shown
    return shown
