"""The code for groups of rules: one function a group, over rows that lie ready by kind and layer.

    def group_3(rows, context, out):
        for x0 in rows[4]:
            if x0[5] < 900:
                for x1 in rows[7]:
                    if x1 is not x0 and x1[3] == x0[2]:
                        for r in table_3[bisect_right(table_3_keys, -x1[6]):]:
                            out.append((r[-1], x0[1] and x1[1] and …, (x0[0], x1[0])))

A match is `(rule, whether certainly, what it matched)`. The formula *possibly* is asked first; most combinations end
there, and *certainly* is only asked of those that remain.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from clauses.engines.compiled.groups import EXCUSE, Group, Slot
from clauses.engines.compiled.source import QUESTIONS, Selector

Match = tuple[int, bool, tuple[Any, ...]]
Rows = list[list[Any]]
GroupCode = Callable[[Rows, Any, list[Match]], None]

FEW = 4
"""So many rules of a shape are written out one by one where they are single clauses' rules."""


class Code:
    """Lines of Python, and the tables that they read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"bisect_left": bisect_left, "bisect_right": bisect_right, **QUESTIONS}
        self.slots: dict[Slot, int] = {}

    def slot(self, slot: Slot) -> int:
        """The number of the list in which the rows of a kind and layer lie."""
        return self.slots.setdefault(slot, len(self.slots))

    def add(self, depth: int, *lines: str) -> None:
        """Add lines at an indentation."""
        self.lines += ["    " * depth + line for line in lines]

    def compiled(self) -> dict[str, Any]:
        """Everything that the code defines."""
        exec(compile("\n".join(self.lines), "<rules>", "exec"), self.names)
        return self.names


def write_group(code: Code, number: int, group: Group) -> str:
    """Write the function of a group, and return its name."""
    shape, varying = group.shape, group.varying()
    name = f"group_{number}"
    excused = _write_excuses(code, name, group, varying)
    code.add(0, f"def {name}(rows, context, out):")
    depth = 1
    for place, slot in enumerate(shape.slots):
        conditions = [
            group.text(conjunct.text, varying)
            for conjunct, at in shape.possibly
            if at == place and not conjunct.constants & varying
        ]
        others = [f"x{place} is not x{other}" for other in range(place) if shape.slots[other][0] == slot[0]]
        code.add(depth, f"for x{place} in rows[{code.slot(slot)}]:")
        depth += 1
        if others or conditions:
            code.add(depth, f"if {' and '.join([*others, *conditions])}:")
            depth += 1
    each = range(len(shape.slots))
    what = f"({', '.join(f'x{place}[0]' for place in each)},)"
    certain = " and ".join(f"x{place}[1]" for place in each)
    write_members(code, depth, name, group, what, certain, excused)
    return name


def write_members(
    code: Code, depth: int, name: str, group: Group, what: str, certain: str, excused: str | None = None
) -> None:
    """Write what finds the rules of a group that hold, where all that they have in common does.

    `what` is the expression of what matched, `certain` that of whether its facts are, and `excused` a call.
    """
    varying = group.varying()
    selector = group.selector()
    rest = [
        group.text(conjunct.text, varying)
        for conjunct, _ in group.shape.possibly
        if conjunct.constants & varying and (selector is None or conjunct.selector is not selector)
    ]
    sure = [*([certain] if certain else []), *_asked(group.text(group.shape.certainly, varying))]
    if excused is not None:
        sure.append("excused == 0")
    rule = "r[-1]" if len(group.members) > 1 else str(group.members[0].rule)
    found = f"out.append(({rule}, {' and '.join(sure) or 'True'}, {what}))"
    if len(group.members) > 1:
        code.add(depth, f"for r in ({_candidates(code, name, group, selector)}):")
        depth += 1
    if rest:
        code.add(depth, f"if {' and '.join(rest)}:")
        depth += 1
    if excused is not None:
        code.add(depth, f"excused = {excused}", "if excused < 2:")
        depth += 1
    code.add(depth, found)


def _asked(certainly: str) -> list[str]:
    return [] if certainly == "True" else [certainly]


def _candidates(code: Code, name: str, group: Group, selector: Selector | None) -> str:
    """The rules of a group among which those that hold are, as an expression."""
    members = [(*member.constants, member.rule) for member in group.members]
    table = f"table_{name}"
    if selector is None:
        code.names[table] = members
        return table
    subject = group.text(selector.subject, frozenset())
    number = selector.constant
    if selector.sign == "==":
        by_text: dict[Any, list[Any]] = {}
        for member in members:
            by_text.setdefault(member[number], []).append(member)
        code.names[table] = {None: members, **by_text}.get
        return f"{table}({subject}, ())"
    ordered = sorted(members, key=lambda member: member[number])
    code.names[table] = ordered
    code.names[f"{table}_keys"] = [member[number] for member in ordered]
    search = "bisect_right" if selector.sign == "<" else "bisect_left"
    found = f"{table}[{search}({table}_keys, {subject}):]"
    return f"{table} if {group.text(selector.unless, frozenset())} else {found}" if selector.unless else found


def _write_excuses(code: Code, name: str, group: Group, varying: frozenset[int]) -> str | None:
    """Write what tells whether a match is excused: 0 certainly not, 1 possibly, 2 certainly. Returns the call."""
    shape = group.shape
    if not shape.excuses:
        return None
    given = ", ".join([*(f"x{place}" for place in range(len(shape.slots))), "rows", "context", "r"])
    code.add(0, f"def excuse_{name}({given}):", "    found = 0")
    for excuse in shape.excuses:
        others = [f"{EXCUSE} is not x{place}" for place, slot in enumerate(shape.slots) if slot[0] == excuse.slot[0]]
        possibly = [*others, *_asked(group.text(excuse.possibly, varying))]
        sure = [f"{EXCUSE}[1]", *_asked(group.text(excuse.certainly, varying))]
        code.add(1, f"for {EXCUSE} in rows[{code.slot(excuse.slot)}]:", f"    if {' and '.join(possibly) or 'True'}:")
        code.add(3, f"if {' and '.join(sure)}:", "    return 2", "found = 1")
    code.add(1, "return found")
    member = "r" if len(group.members) > 1 else "None"
    return f"excuse_{name}({given[:-1]}{member})"


class Program:
    """Groups of rules as code; run it over rows that lie in the lists of its slots."""

    def __init__(self, groups: Sequence[Group]) -> None:
        code = Code()
        names = [write_group(code, number, group) for number, group in enumerate(groups)]
        defined = code.compiled()
        self.groups: list[GroupCode] = [defined[name] for name in names]
        self.slots = code.slots

    def run(self, rows: Rows, context: Any) -> list[Match]:
        """All matches."""
        out: list[Match] = []
        for group in self.groups:
            group(rows, context, out)
        return out
