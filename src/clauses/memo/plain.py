"""Plain data only: what may enter a template, with every character visible.

A template never receives an object of ours: it could call what the object can do. It receives dictionaries,
lists, texts, whole numbers, truth values and nothing. Characters that a reader cannot see, or that turn the
direction of writing around, are shown by their number: they are never dropped, and never obeyed.
"""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]

_DIRECTIONS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_INVISIBLE = {0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0}
_INVISIBLE |= {*range(0x200B, 0x200E), *range(0x2060, 0x2066), *range(0x206A, 0x2070), *range(0xFFF9, 0xFFFC)}


def clean(text: str) -> str:
    """A text in which control, direction and invisible characters are shown as `[U+202E]`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(f"[U+{ord(char):04X}]" if _is_hidden(ord(char)) else char for char in text)


def _is_hidden(code: int) -> bool:
    if code in (0x09, 0x0A):
        return False
    is_control = code < 0x20 or 0x7F <= code <= 0x9F or code in (0x2028, 0x2029)
    is_no_character = 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    is_tag = 0xE0000 <= code <= 0xE0FFF
    return is_control or is_no_character or is_tag or code in _DIRECTIONS or code in _INVISIBLE


def plain(value: Any) -> Any:
    """The data with all of its texts cleaned. Raises TypeError for anything that is not plain data."""
    if isinstance(value, str):
        return clean(str(value))
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return value
    if isinstance(value, dict):
        return {clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"only plain data may enter a template, not {type(value).__name__}")
