"""What a reader of each format sees: the words, without the markup."""

from __future__ import annotations

import html.parser
import re

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
