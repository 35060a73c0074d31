"""The verbs of proof about packs that the doors share: verify, diff_packs. No clock, no printing, no exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clauses import resources, use_cases
from clauses.errors import InputError, Problems, UsageError, did_you_mean
from clauses.extras import needs
from clauses.language.pack import PACK_FILE, RulePack
from clauses.review.review import Examined, Reviewer
from clauses.terms.values import Date
from clauses.use_cases import Choice

if TYPE_CHECKING:
    from clauses.proofs.pack.compare import PackComparison
    from clauses.proofs.pack.defects import Verification

Tell = Callable[[int, int], None]


def verify(
    *packs: str | Path, as_of: str, choice: Choice | None = None, tell: Tell = lambda done, total: None
) -> list[Verification]:
    """What is wrong with packs (folders, or names of built-in ones) with the parameters of a day.

    Every defect that can have one carries a situation that the engines have confirmed. `tell` hears how much is done.
    Raises ClausesError where an input is wrong.
    """
    choice = replace(choice or Choice(), rules=tuple(str(pack) for pack in packs) or (choice or Choice()).rules)
    return [found for found, _ in verified(choice, use_cases.day(as_of), tell)]


def verified(choice: Choice, as_of: Date, tell: Tell) -> Iterator[tuple[Verification, RulePack]]:
    """The packs chosen, one after the other, each with what is wrong with it."""
    names, _ = use_cases.engines(choice)
    yield from verified_packs(use_cases.packs(choice), names, as_of, tell)


def verified_packs(
    found: Sequence[RulePack], names: Sequence[str], as_of: Date, tell: Tell
) -> Iterator[tuple[Verification, RulePack]]:
    """Packs that are loaded, one after the other, each with what is wrong with it."""
    with needs("verify", "verifying a pack"):
        from clauses.proofs.pack.verify import verify as verify_one
    total = sum(len(pack.rules) for pack in found)
    before = 0
    for pack in found:
        share = len(pack.rules)

        def tell_of_all(done: int, of: int, before: int = before, share: int = share) -> None:
            tell(before + share * done // max(of, 1), total)

        yield verify_one(pack, as_of, names, tell_of_all), pack
        before += share


def diff_packs(
    old: str | Path,
    new: str | Path,
    sheets: Sequence[str] = (),
    *,
    as_of: str,
    agreement: str | None = None,
    choice: Choice | None = None,
) -> PackComparison:
    """How two packs (folders, or names of built-in ones) differ in what they say, with the parameters of a day.

    `sheets` are term sheets to review by both, each as of its own date. Raises ClausesError where an input is wrong.
    """
    return compared(str(old), str(new), sheets, choice or Choice(), use_cases.day(as_of), None, agreement)


def compared(
    old: str,
    new: str,
    sheets: Sequence[str],
    choice: Choice,
    day: Date,
    sheets_as_of: Date | None = None,
    agreement: str | None = None,
    tell: Tell = lambda done, total: None,
) -> PackComparison:
    """The comparison of two packs; `sheets_as_of` is the day of the reviews, if not the date of each term sheet."""
    with needs("verify", "comparing packs"):
        from clauses.proofs.pack.compare import diff_packs as compare
    names, _ = use_cases.engines(choice)
    one, other = _selected([use_cases.packs(Choice(rules=(name,)))[0] for name in (old, new)], choice)
    examined = list(_examined((one, other), names, sheets, agreement, sheets_as_of)) if sheets else []
    return compare(one, other, day, examined, names, tell)


def is_pack(name: str) -> bool:
    """Whether a name is that of a rule pack: a folder with a `pack.yaml`, or a built-in one."""
    if os.path.isfile(Path(name) / PACK_FILE):
        return True
    return bool(name) and "/" not in name and not os.path.exists(name) and (resources.rules_folder() / name).is_dir()


def _selected(packs: Sequence[RulePack], choice: Choice) -> list[RulePack]:
    """Each pack with what is selected of it; a word must name something in one of them."""
    words = [{word for rule in pack.rules for word in (rule.id, *rule.tags)} for pack in packs]
    problems = Problems()
    for word in (*choice.select, *choice.ignore):
        if not any(word in own for own in words):
            hint = did_you_mean(word, set().union(*words))
            problems.add("selects-nothing", f"no rule or tag is called `{word}`", None, hint)
    problems.raise_as(UsageError)
    found = []
    for pack, own in zip(packs, words, strict=True):
        select, ignore = [w for w in choice.select if w in own], [w for w in choice.ignore if w in own]
        if choice.select and not select:
            found.append(replace(pack, rules=tuple(rule for rule in pack.rules if rule.derives)))
        else:
            found.append(pack.select(select, ignore) if select or ignore else pack)
    return found


def _examined(
    packs: Sequence[RulePack], engines: Sequence[str], sheets: Sequence[str], agreement: str | None, day: Date | None
) -> Iterator[tuple[Examined, Examined]]:
    """Term sheets as reviewed by each of two packs. Raises InputError with the problems of all of them."""
    problems = Problems()
    with ExitStack() as stack:
        one, other = (stack.enter_context(Reviewer([pack], engines)) for pack in packs)
        for file in use_cases.term_sheet_files(sheets):
            try:
                base, sheet = use_cases.read_deal(file, agreement)
                on = day or use_cases.single_day(sheet)
                yield one.examine(base, sheet, on), other.examine(base, sheet, on)
            except InputError as error:
                problems.found += error.problems
    problems.raise_as(InputError)
