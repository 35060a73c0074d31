"""A figure is drawings and words only: no script, no link, no picture from elsewhere."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from clauses.memo.sandbox import Rendered
from clauses.memo.templates import template_error

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_TAGS = {
    "svg",
    "g",
    "rect",
    "line",
    "circle",
    "path",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "defs",
    "linearGradient",
    "stop",
    "pattern",
}
_ATTRIBUTES = set(
    [
        "viewBox",
        "width",
        "height",
        "role",
        "aria-label",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "d",
        "points",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "stroke-linecap",
        "fill-opacity",
        "stroke-opacity",
        "opacity",
        "text-anchor",
        "id",
        "class",
        "offset",
        "stop-color",
        "stop-opacity",
        "transform",
        "patternUnits",
        "patternTransform",
        "gradientUnits",
    ]
)
_LONGEST_SIDE, _SLIMMEST, _MOST_PATTERNS = 6_000, 20, 12
"""How long a side of a figure may be, how many times as long as the other, and how many patterns it may have."""
_VALUE = re.compile(r"url\(#[a-z][a-z0-9-]*\)|[^(){}<>;:\\]*|(?:translate|rotate)\([-0-9 ,.]+\)")


def check_svg(rendered: Rendered) -> str:
    """The figure's text again. Raises TemplateError for anything that a figure may not hold."""
    text = rendered.text.strip()
    start = len(rendered.text) - len(rendered.text.lstrip())
    file, line = rendered.place_of(start)
    if re.search(r"<[!?]", text):
        raise template_error("a figure has no declarations, comments or instructions", file, line)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        row, column = error.position
        before = "\n".join(text.split("\n")[: row - 1])
        offset = start + len(before.encode()) + column + (1 if before else 0)
        raise template_error("the markup of the figure is not well-formed", *rendered.place_of(offset)) from None
    _check_size(root, file, line)
    _check_patterns(root, rendered)
    for element in root.iter():
        tag = str(element.tag).removeprefix(_NAMESPACE)
        where = _find(rendered, tag)
        if not str(element.tag).startswith(_NAMESPACE) or tag not in _TAGS:
            raise template_error(f"`<{tag.rpartition('}')[2]}>` cannot stand in a figure", *where)
        for name, value in element.attrib.items():
            if name not in _ATTRIBUTES:
                raise template_error(f"`<{tag}>` of a figure has no attribute `{name.rpartition('}')[2]}`", *where)
            if name != "aria-label" and not _VALUE.fullmatch(value):
                raise template_error(f"`{value[:60]}` is not allowed as `{name}` in a figure", *where)
    return text


def _check_size(root: ElementTree.Element, file: str, line: int) -> None:
    """A figure fits on a page and can be made into dots."""
    numbers = re.fullmatch(r"0 0 ([1-9]\d{0,4}) ([1-9]\d{0,4})", root.get("viewBox", ""))
    if root.tag != f"{_NAMESPACE}svg" or numbers is None:
        sentence = "a figure is one `<svg>` whose `viewBox` reads `0 0`, its width and its height in whole numbers"
        raise template_error(sentence, file, line)
    short, long = sorted(int(number) for number in numbers.groups())
    if long > _LONGEST_SIDE or long > _SLIMMEST * short:
        sentence = f"a side of a figure is at most {_LONGEST_SIDE:,} long, and {_SLIMMEST} times as long as the other"
        raise template_error(sentence, file, line)


def _check_patterns(root: ElementTree.Element, rendered: Rendered) -> None:
    """Patterns within patterns grow beyond all bounds."""
    patterns = list(root.iter(f"{_NAMESPACE}pattern"))
    where = _find(rendered, "pattern")
    if len(patterns) > _MOST_PATTERNS:
        raise template_error(f"a figure has at most {_MOST_PATTERNS} patterns", *where)
    for pattern in patterns:
        within = list(pattern.iter())[1:]
        if any("url(" in value for one in within for value in one.attrib.values()):
            raise template_error("what a pattern holds is filled with plain colours", *where)
    if len(list(root.iter(f"{_NAMESPACE}svg"))) > 1:
        raise template_error("a figure is one `<svg>`, with none within it", *_find(rendered, "svg"))


def _find(rendered: Rendered, tag: str) -> tuple[str, int]:
    """Where a tag first stands."""
    match = re.search(rf"<{re.escape(tag.rpartition('}')[2])}\b".encode(), rendered.text.encode())
    return rendered.place_of(match.start() if match else 0)
