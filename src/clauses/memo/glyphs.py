"""The characters that a PDF can show with the fonts that come with its compiler.

A PDF that everybody can read (PDF/UA) may not hold a character without a glyph, and scripts that join or reorder
their letters are beyond these fonts. What is not listed here is shown by its number, as `[U+6761]`: it is never
left out. The list is of simple scripts written from left to right: Latin, Greek, Cyrillic, signs and arrows. An
accent that stands as a character of its own is shown where it makes one letter with the letter before it. The tests
show every one of them.
"""

from __future__ import annotations

import html
import re
import unicodedata

from clauses.memo.figures import SIZE, fit, text_width

_RANGES = """
20-7E A0-AC AE-2E4 2EA-2FF 374-375 37A-37E 384-38A 38C 38E-3A1 3A3-3CE 3D0-3E1 3F0-3F6 3F8-3F9
3FB 3FD-477 47C-47F 48C-4C4 4C7-4CC 4D0-4F9 1D15 1D35 1D43-1D5F 1D62-1D67 1D9C 1DA0 1DA4 1DB6 1DBB 1E00-1F15 1F18-1F1D
1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FC4 1FC6-1FD3 1FD6-1FDB 1FDD-1FEF 1FF2-1FF4
1FF6-1FFE 2000-200A 2010-2027 202F-2037 2039-203E 2042 2044 2047-204B 204F 205F 2070-2071 2074-208E 2090-209C 20A0-20C0
2100-2103 2105-2106 2109 210C-210F 2111 2113 2115-2116 2119-211A 211C-211D 2120 2122 2124 2126-2127 212A-212B 212E 2132
2135-2139 214F 2153-2184 2190-21DD 21E0-2303 2305-2308 230A 230E-2313 2315-23B6 23B8-23FF 2422-2423 2460-250B 252C-2550
2553-2554 2556-2557 2559-255A 255C-255D 2562-256C 2571-2606 2609-262F 2638-268B 2690-269C 26A0-26A7 26AA-26AF 26B2
2701-2704 2706-2709 270C-2714 2717-2726 272A-274B 274D 274F-2752 2756 2758 275A-275E 2761-276B 276E-2771 2774-277F 2794
2798-27AF 27B1-27BF 27C2 27E6-27E9 2C60-2C6C 2C6E-2C6F 2C74-2C77 2E02-2E05 2E08-2E0A 2E17-2E18 A656-A657 A71B-A71D
A720-A721 A765 A789-A78C A793 AB52 FFFD 1F12F
"""


def _codes(ranges: str) -> frozenset[int]:
    pairs = (part.split("-") for part in ranges.split())
    return frozenset(code for pair in pairs for code in range(int(pair[0], 16), int(pair[-1], 16) + 1))


SHOWN = _codes(_RANGES)
"""The numbers of the characters that have a glyph."""


def with_glyphs(text: str) -> str:
    """A text in which every character without a glyph is shown by its number. White space stays."""
    if text.isascii():
        return text
    return "".join(
        char if ord(char) in SHOWN or char in "\t\n" or _is_accent(char, before) else f"[U+{ord(char):04X}]"
        for before, char in zip(" " + text, text, strict=False)
    )


def _is_accent(char: str, before: str) -> bool:
    letter = unicodedata.normalize("NFC", before + char)
    return len(letter) == 1 and letter != before and ord(letter) in SHOWN and ord(before) in SHOWN


def figure_with_glyphs(svg: str) -> str:
    """A figure in which every word has glyphs. What then has no room is shortened: the table below says it in full."""
    return svg if svg.isascii() else re.sub(r">([^<>]+)<", lambda found: f">{_fitted(found[1])}<", svg)


def _fitted(escaped: str) -> str:
    text = html.unescape(escaped)
    shown = with_glyphs(text)
    return escaped if shown == text else html.escape(fit(shown, text_width(text, SIZE), SIZE), quote=False)
