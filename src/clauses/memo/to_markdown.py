"""Content tree to Markdown, as GitHub reads it (CommonMark with tables, `<ins>` and `<del>`).

Whatever could mean something to a Markdown reader is escaped with a backslash, never with an entity: readers
that show entities literally exist. Figures cannot stand in Markdown: their description does, and the table
that every figure has beneath it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clauses.memo.document import Document
from clauses.memo.tree import Element

_ALWAYS = set("\\`*_[]{}|~$^<>@#")
_PLAIN_CODE = re.compile(r"[\w .:/+\-=,…()§]*[\w.:/+\-=,…()§]")


def write(document: Document) -> bytes:
    """The memo as Markdown."""
    blocks = (text for block in document.root.elements() for text in _block(block) if text)
    return ("\n\n".join(blocks) + "\n").encode()


def _block(element: Element) -> Iterator[str]:
    tag = element.tag
    if tag in ("h1", "h2", "h3", "h4"):
        yield from _heading(element)
    elif tag == "p":
        yield _start(_line(element))
    elif tag in ("ol", "ul"):
        yield "\n".join(_items(element))
    elif tag in ("aside", "blockquote"):
        inner = "\n\n".join(text for block in element.elements() for text in _block(block))
        yield "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
    elif tag == "figure":
        for part in element.elements():
            yield _emphasis("*", escape(part.attributes["alt"]) if part.tag == "img" else _numbered(part))
    elif tag == "table":
        yield from _table(element)
    elif tag == "hr":
        yield "---"


def _heading(element: Element) -> Iterator[str]:
    if "id" in element.attributes:
        yield f'<a id="{element.attributes["id"]}"></a>'
    yield f"{'#' * int(element.tag[1])} {_numbered(element)}"


def _numbered(element: Element) -> str:
    """The words of a heading or a caption, with the number that it has."""
    number = escape(element.attributes["number"]) + " " if "number" in element.attributes else ""
    return number + _line(element)


def _items(element: Element) -> Iterator[str]:
    for number, item in enumerate(element.elements("li"), 1):
        yield f"{f'{number}.' if element.tag == 'ol' else '-'} {_start(_line(item))}"


def _table(element: Element) -> Iterator[str]:
    caption = element.first("caption")
    if caption:
        yield _emphasis("*", _numbered(caption))
    head, body = element.rows()
    rows = [[_line(cell) for cell in row.elements()] for row in (head or [Element("tr")])[:1] + head[1:] + body]
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    rule = [" --- "] + [" ---: " if element.has_class("numbers") else " --- "] * (width - 1)
    lines = [f"| {' | '.join(rows[0])} |", f"|{'|'.join(rule)}|", *(f"| {' | '.join(row)} |" for row in rows[1:])]
    yield "\n".join(lines)


def _line(element: Element) -> str:
    """The words of an element on one line."""
    return re.sub(r" +", " ", _inline(element)).strip()


def _inline(element: Element) -> str:
    return "".join(escape(child) if isinstance(child, str) else _part(child) for child in element.children)


def _part(element: Element) -> str:
    inner, tag = _inline(element), element.tag
    if tag == "strong" or element.has_class("badge"):
        return _emphasis("**", inner)
    if tag == "em":
        return _emphasis("*", inner)
    if tag == "code":
        words = element.text()
        return f"`{words}`" if _PLAIN_CODE.fullmatch(words) and not element.elements() else inner
    if tag == "a":
        target = element.attributes.get("href", "")
        return f"[{inner}]({target})" if target and not re.search(r"[()\\<>\s]", target) else inner
    if tag in ("ins", "del"):
        return f"<{tag}>{inner}</{tag}>"
    return "<br>" if tag == "br" else inner


def _emphasis(mark: str, text: str) -> str:
    """Emphasis round the words, with the blanks left outside, where Markdown wants them."""
    words = text.strip()
    if not words:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{words}{mark}{after}"


def escape(text: str) -> str:
    """A text in which nothing means anything to Markdown, on one line."""
    text = re.sub(r"[ \t\n]+", " ", text)
    return "".join(_escaped(text, i, char) for i, char in enumerate(text))


def _escaped(text: str, i: int, char: str) -> str:
    before, after = text[i - 1 : i], text[i + 1 : i + 2]
    is_special = (
        char in _ALWAYS
        or (char == "&" and re.match(r"&(?:#|[A-Za-z])", text[i:]))  # an entity
        or (char in "=+" and char in (before, after))  # ==mark==, ++ins++
        or (char == ":" and after and not after.isspace())  # http://, :smile:, javascript:
        or (char == "." and text[max(0, i - 3) : i].lower() == "www")
        or (char == "!" and after == "[")
    )
    return "\\" + char if is_special else char


def _start(text: str) -> str:
    """Escapes what would start a block, where a text stands first on its line."""
    text = re.sub(r"^([-+=])", r"\\\1", text.lstrip())
    return re.sub(r"^(\d{1,9})([.)])", r"\1\\\2", text)
