"""What changed between two texts, word by word, as a lawyer would mark it."""

from __future__ import annotations

import difflib
import re

_TOKEN = re.compile(r"\s+|[\w§$€£%]+(?:[.,'’\-][\w]+)*|[^\w\s]")

Part = tuple[str, str]
"""`same`, `del` or `ins`, and the words."""


def word_diff(before: str, after: str) -> list[Part]:
    """The parts of two texts: those without `ins` are the first text, those without `del` the second."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[Part] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, end in matcher.get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[i:j])))
        else:
            found += [("del", "".join(old[i:j])), ("ins", "".join(new[k:end]))]
    return _folded([part for part in found if part[1]])


def _folded(parts: list[Part]) -> list[Part]:
    """Changes with only a blank between them become one: a redline should not be choppy."""
    found: list[Part] = []
    number = 0
    while number < len(parts):
        removed = added = ""
        while number < len(parts):
            kind, text = parts[number]
            is_between = kind == "same" and text.isspace() and bool(removed or added) and number + 1 < len(parts)
            if kind == "same" and not is_between:
                break
            removed += "" if kind == "ins" else text
            added += "" if kind == "del" else text
            number += 1
        found += [part for part in (("del", removed), ("ins", added)) if part[1]]
        if number < len(parts):
            found.append(parts[number])
            number += 1
    return found
