"""Content tree to HTML: one file that holds everything and loads nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from clauses.memo.document import Document
from clauses.memo.plain import Plain
from clauses.memo.templates import template_error
from clauses.memo.tree import Element

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def write(document: Document) -> bytes:
    """The memo as one HTML file."""
    root, house = document.root, document.house
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_escape(root.attributes['title'])}</title>",
        f"<style>\n{_style(house, document.style['html'].text)}</style>",
    ]
    letterhead = [f"<strong>{_escape(house['firm'])}</strong>", f"<span>{_escape(house['address'])}</span>"]
    body = [
        f'<header class="letterhead">{"".join(letterhead)}</header>',
        "<main>",
        *_sections(root, document),
        "</main>",
    ]
    lines = ["<!doctype html>", f'<html lang="{_escape(root.attributes["lang"])}">', "<head>", *head, "</head>"]
    return "\n".join([*lines, "<body>", *body, "</body>", "</html>", ""]).encode()


def parts(document: Document, names: Sequence[str]) -> dict[str, str]:
    """Sections of the memo by their names in the labels, and the style sheet as `style`; what it lacks is left out."""
    found = {"style": _style(document.house, document.style["html"].text)}
    section: str | None = None
    titles = {document.labels["section"][name]: name for name in names}
    for element in document.root.elements():
        if element.tag == "h2":
            words = element.text().removeprefix(element.attributes.get("number", ""))
            section = titles.get(words.strip())
        elif section is not None:
            found[section] = found.get(section, "") + _element(element, document)
    return found


def _sections(root: Element, document: Document) -> Iterator[str]:
    """The blocks, each heading of the second level with all that follows in a section of its own."""
    is_open = False
    for number, element in enumerate(root.elements()):
        if element.tag == "h2":
            if is_open:
                yield "</section>"
            element = replace(element, attributes={"id": f"section-{number}", **element.attributes})
            yield f'<section aria-labelledby="{_escape(element.attributes["id"])}">'
            is_open = True
        yield _element(element, document)
    if is_open:
        yield "</section>"


def _inner(element: Element, document: Document) -> str:
    return "".join(
        _escape(child) if isinstance(child, str) else _element(child, document) for child in element.children
    )


def _element(element: Element, document: Document) -> str:
    tag = element.tag
    if tag == "img":
        return f'<div class="drawing" tabindex="0">{document.figures[element.attributes["src"][7:]]}</div>'
    attributes = {k: v for k, v in sorted(element.attributes.items()) if k not in ("number", "widths")}
    if tag == "th":
        attributes.setdefault("scope", "col")
    if attributes.get("href", "").startswith("http"):
        attributes["rel"] = "noopener noreferrer"
    opening = "".join(f' {name}="{_escape(value)}"' for name, value in attributes.items())
    if tag in ("br", "hr"):
        return f"<{tag}{opening}>"
    inner = _inner(element, document)
    if "number" in element.attributes:
        inner = f'<span class="number">{_escape(element.attributes["number"])}</span> {inner}'
    if tag == "table":
        return _table(element, opening, document)
    return f"<{tag}{opening}>{inner}</{tag}>"


def _table(element: Element, opening: str, document: Document) -> str:
    """A table that scrolls by itself where the page is narrow, also by the keyboard."""
    caption = element.first("caption")
    columns = "".join(f'<col style="width:{width}%">' for width in element.attributes.get("widths", "").split())
    parts = [_element(caption, document)] if caption else []
    parts += [f"<colgroup>{columns}</colgroup>"] if columns else []
    parts += [_element(part, document) for part in element.elements("thead", "tbody")]
    label = f' role="region" aria-label="{_escape(caption.text())}" tabindex="0"' if caption else ""
    return f'<div class="table"{label}><table{opening}>{"".join(parts)}</table></div>'


def _style(house: Plain, css: str) -> str:
    """The style sheet with the colours and fonts of the house in front."""
    if re.search(r"[<\\]|@import|url\s*\(|expression\s*\(|@charset", css, re.IGNORECASE):
        raise template_error("the style sheet may not hold `<`, a backslash, `@import` or `url(`", "style/memo.css")
    light, dark = _colours(house["colour"]), _colours(house["dark"])
    fonts = "".join(f"  --font-{name}: {value};\n" for name, value in house["font"].items())
    night = f"@media screen and (prefers-color-scheme: dark) {{ :root {{\n{dark}}} }}\n"
    return f":root {{\n{light}{fonts}}}\n{night}{css.strip()}\n"


def _colours(values: Plain) -> str:
    return "".join(f"  --{name}: {value};\n" for name, value in values.items())


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
