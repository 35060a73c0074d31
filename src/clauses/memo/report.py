"""What the commands about memos print: how a memo compares with its inputs, and which templates it is made from."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.memo.memo import UsedTemplate
from clauses.memo.verify import Difference, Verified
from clauses.review.output.ink import Ink
from clauses.source import printable

_MAXIMUM_SHOWN = 100
_LONG = 300


def verification(verified: Verified, file: str, ink: Ink) -> str:
    """A memo against its inputs: `unchanged`, or each stretch of words that differs."""
    lines = [_answer(verified, file, ink)]
    for difference in verified.differences[:_MAXIMUM_SHOWN]:
        lines += ["", *_difference(difference, ink)]
    if len(verified.differences) > _MAXIMUM_SHOWN:
        lines += ["", f"and {len(verified.differences) - _MAXIMUM_SHOWN} more; `-f json` lists all"]
    return "\n".join(lines) + "\n"


def _answer(verified: Verified, file: str, ink: Ink) -> str:
    name, count = printable(file), len(verified.differences)
    if verified.same_file:
        return f"{name}: {ink.paint('unchanged', 'green', 'bold')}, byte for byte"
    if not count:
        sentence = (
            "every word and number is as it should be, but the file is another: a program has saved it since, or its "
            "look, its pictures or what it hides were changed (`--words` compares the words alone)"
        )
        return f"{name}: {ink.paint('not the same file', 'yellow', 'bold')}: {sentence}"
    places = "one place" if count == 1 else f"{count} places"
    return f"{name}: {ink.paint('changed', 'red', 'bold')} in {places}"


def _difference(difference: Difference, ink: Ink) -> list[str]:
    lines = [ink.paint(f"  {difference.where}", "bold")] if difference.where else []
    after = f" after “{_short(difference.after)}”" if difference.after else ""
    if difference.written:
        lines.append(f"    the memo says{printable(after)}: {ink.paint(_short(difference.written), 'red')}")
    else:
        lines.append(f"    the memo leaves out{printable(after)}: {ink.paint(_short(difference.computed), 'green')}")
        return lines
    if difference.computed:
        lines.append(f"    the inputs give: {ink.paint(_short(difference.computed), 'green')}")
    else:
        lines.append("    the inputs do not give these words")
    return lines


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def templates_table(used: Sequence[UsedTemplate], ink: Ink) -> str:
    """Each file that a memo is made from, whose it is, and its digest."""
    width = max(len(one.name) for one in used)
    lines = []
    for one in used:
        origin = ink.paint(f"{one.origin:<8}", "bold" if one.origin == "house" else "dim")
        lines.append(f"{origin}  {one.name:<{width}}  {one.sha256}")
    return "\n".join(lines) + "\n"
