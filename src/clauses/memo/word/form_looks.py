"""How the words of a form look to whoever reads it, and which looks make a reader miss some of them.

A program reads words in white, a thousandth of an inch high, as well as any others; a person signs without them. So
the look of each run is worked out as Word does it, from the defaults of the document, the styles of its table, its
paragraph and its own down to what was set by hand. Words that can hardly be seen are an objection, and so are words
of one value that look different from each other where the difference could make some of them go unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off")

_SMALLEST, _NARROWEST = 10, 50
"""The smallest size that can be read (half points), and the narrowest letters (percent of their width)."""
_TIGHTEST, _FARTHEST = 40, 12
"""How far letters may be moved together or apart (twentieths of a point), or off their line (half points)."""
_LOWEST_LINE, _FARTHEST_EDGE = 120, 3000
"""The least height of a line and the largest indent, in twentieths of a point."""
_LEAST_CONTRAST = 2
"""How many times lighter than its letters a ground must be, by the measure of the web's guidelines."""

_INK, _PAPER = "000000", "FFFFFF"
_NAMED = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080", "darkCyan": "008080", "darkGreen": "008000",
    "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
"""The colours of a highlighter."""
_DARK_THEMES = ("dark1", "text1")
_FONTS_OF_SIGNS = re.compile(r"symbol|dingbats|webdings|wingdings|marlett", re.IGNORECASE)
_COMPARED = ("color", "sz", "w", "spacing", "position", "vertAlign", "effect", "fitText")
"""The properties in which the words of one value may not differ; bold and italics may."""
_GONE = ("vanish", "specVanish", "webHidden")
_STRUCK = ("strike", "dstrike")

Properties = Mapping[str, Element]
"""The properties of a run by their names without namespace."""


@dataclass(frozen=True)
class Run:
    """The look of some words: what holds for them, and the ground on which they stand."""

    words: str
    said: Properties
    """What their styles and their own properties say, the nearest winning."""
    gone: bool
    """Whether a property hides them, wherever it is set."""
    struck: bool
    ground: str
    """The colour behind them."""

    def text(self, name: str, attribute: str = "val") -> str:
        """An attribute of a property, or nothing."""
        found = self.said.get(name)
        return found.get(f"{W}{attribute}", "") if found is not None else ""

    def number(self, name: str, default: int) -> int:
        """A property as a number; what is none is far too small to be read."""
        text = self.text(name).rstrip("%") or str(default)
        return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else -1_000_000

    @property
    def compared(self) -> tuple[str, ...]:
        """What must be alike in all words of a value."""
        return tuple(_one_writing(name, self.text(name)) for name in _COMPARED)


def _one_writing(name: str, said: str) -> str:
    """A property, in one writing where the standard knows several for the same look."""
    usual = {"color": ("auto", _INK), "w": ("100", "100%"), "spacing": ("0",), "position": ("0",)}
    usual |= {"vertAlign": ("baseline",), "effect": ("none",)}
    return "" if said.upper() in [one.upper() for one in usual.get(name, ())] else said.upper()


class Looks:
    """The styles of a document, asked for the look of runs and the place of paragraphs."""

    def __init__(self, styles: Element | None) -> None:
        found = list(styles.iter(f"{W}style")) if styles is not None else []
        self._styles = {style.get(f"{W}styleId", ""): style for style in found}
        self._usual = {
            style.get(f"{W}type", ""): style.get(f"{W}styleId", "")
            for style in found
            if style.get(f"{W}default", "0") not in _OFF
        }
        self._defaults = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr") if styles is not None else None
        self._known: dict[tuple[str, str, str], tuple[Properties, bool, bool]] = {}

    def run(self, run: Element, words: str, paragraph: Element | None, table: str, ground: str) -> Run:
        """The look of a run. `table` is the id of the style of its table, `ground` the colour of its cell."""
        direct = run.find(f"{W}rPr")
        own = "" if direct is None else _value(direct.find(f"{W}rStyle"))
        said, gone, struck = self._by_styles(table, self._style_of(paragraph), own)
        if direct is not None:
            set_by_hand = _by_name(direct)
            gone = any(is_on(set_by_hand.get(name)) for name in _GONE) or (
                gone and not any(name in set_by_hand for name in _GONE)
            )
            struck = any(is_on(set_by_hand.get(name)) for name in _STRUCK) or (
                struck and not any(name in set_by_hand for name in _STRUCK)
            )
            said = {**said, **set_by_hand}
        return Run(words, said, gone, struck, _ground(said, ground))

    def _style_of(self, paragraph: Element | None) -> str:
        named = paragraph.find(f"{W}pPr/{W}pStyle") if paragraph is not None else None
        return _value(named) or self._usual.get("paragraph", "")

    def _by_styles(self, table: str, paragraph: str, own: str) -> tuple[Properties, bool, bool]:
        key = (table, paragraph, own)
        if key not in self._known:
            said: dict[str, Element] = {} if self._defaults is None else _by_name(self._defaults)
            gone, struck = (any(is_on(said.get(name)) for name in names) for names in (_GONE, _STRUCK))
            for id in key:
                here: dict[str, Element] = {}
                for style in reversed(list(self._chain(id))):
                    for look in style.iterfind(f"{W}rPr"):
                        here |= _by_name(look)
                    gone |= any(
                        is_on(mark) for name in _GONE for mark in style.iterfind(f"{W}tblStylePr/{W}rPr/{W}{name}")
                    )
                gone |= any(is_on(here.get(name)) for name in _GONE)
                struck |= any(is_on(here.get(name)) for name in _STRUCK)
                said |= here
            self._known[key] = (said, gone, struck)
        return self._known[key]

    def _chain(self, id: str) -> Iterator[Element]:
        """A style and those that it is based on; one that is based on itself would never end."""
        for _ in range(20):
            style = self._styles.get(id)
            if style is None:
                return
            yield style
            id = _value(style.find(f"{W}basedOn"))

    def is_displaced(self, paragraph: Element) -> bool:
        """Whether a paragraph stands outside of its place, or in a line too low to be read."""
        layers = [paragraph, *self._chain(self._style_of(paragraph))]
        layouts = [layout for layer in layers for layout in layer.iterfind(f"{W}pPr")]
        if any(layout.find(f"{W}framePr") is not None for layout in layouts):
            return True
        for layout in layouts:
            for name, value in [*_attributes(layout.find(f"{W}ind"))]:
                if not name.endswith(("Chars", "Char")) and abs(_whole(value)) > _FARTHEST_EDGE:
                    return True
            spacing = layout.find(f"{W}spacing")
            if (
                spacing is not None
                and spacing.get(f"{W}lineRule", "auto") != "atLeast"
                and f"{W}line" in spacing.attrib
            ):
                return _whole(spacing.get(f"{W}line", "")) < _LOWEST_LINE
        return False


def objection_to(run: Run) -> str | None:
    """Why a person might not see the words of a run, or might not see that they stand; None where nothing is odd."""
    if run.number("sz", 20) < _SMALLEST:
        return "is written too small to be read"
    if run.number("w", 100) < _NARROWEST or abs(run.number("spacing", 0)) > _TIGHTEST or "fitText" in run.said:
        return "is written too narrow or too wide to be read"
    if abs(run.number("position", 0)) > _FARTHEST or run.text("vertAlign") in ("superscript", "subscript"):
        return "stands above or below its line"
    if run.text("color", "themeColor") not in ("", *_DARK_THEMES) or _contrast(run) < _LEAST_CONTRAST:
        return "is written in a colour that a reader may overlook"
    if any(_FONTS_OF_SIGNS.search(font) for _, font in _attributes(run.said.get("rFonts"))):
        return "is written in a font of signs, which shows other letters than it holds"
    if is_on(run.said.get("rtl")) and run.words.isascii():
        return "is set from right to left"
    return None


def is_on(mark: Element | None) -> bool:
    """Whether a property is there and is not switched off."""
    return mark is not None and mark.get(f"{W}val", "1") not in _OFF


def ground_of(cell: Element) -> str:
    """The colour of a cell."""
    shade = cell.find(f"{W}tcPr/{W}shd")
    return _fill(shade) or _PAPER


def _ground(said: Properties, below: str) -> str:
    marked = _value(said.get("highlight"))
    return _NAMED.get(marked) or _fill(said.get("shd")) or below


def _fill(shade: Element | None) -> str:
    if shade is None:
        return ""
    fill = shade.get(f"{W}color" if shade.get(f"{W}val") == "solid" else f"{W}fill", "auto")
    return fill.upper() if _is_colour(fill) else _INK if shade.get(f"{W}val") == "solid" else ""


def _contrast(run: Run) -> int:
    """How many times lighter the lighter one of ink and ground is; ink that Word chooses is always seen."""
    ink = run.text("color")
    if not _is_colour(ink):
        return 21
    one, other = sorted((_lightness(ink), _lightness(run.ground)))
    return (other + 500) // (one + 500)


def _lightness(colour: str) -> int:
    """From 0 for black to 10,000 for white. The square stands for the curve of a screen, without floats."""
    red, green, blue = (int(colour[place : place + 2], 16) ** 2 for place in (0, 2, 4))
    return (2126 * red + 7152 * green + 722 * blue) // 255**2


def _is_colour(text: str) -> bool:
    return re.fullmatch("[0-9A-Fa-f]{6}", text) is not None


def _value(mark: Element | None) -> str:
    return "" if mark is None else mark.get(f"{W}val", "")


def _attributes(mark: Element | None) -> Iterator[tuple[str, str]]:
    if mark is not None:
        yield from ((str(name), str(value)) for name, value in mark.attrib.items())


def _by_name(look: Element) -> dict[str, Element]:
    return {etree.QName(mark).localname: mark for mark in look if isinstance(mark.tag, str)}


def _whole(text: str) -> int:
    """A length in twentieths of a point, as it is usually written; any other writing counts as far off."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else -1_000_000
