"""Random small rules and random small deals, as documents: what is proved of the rules must be true of the deals."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from clauses.errors import ClausesError
from clauses.language.pack import RulePack, load_pack
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.facts import Deal, deal
from clauses.terms.values import Date

PARTIES = ("ant", "bee", "cat")
AS_OF = "2025-07-01"
DATES = ("2025-01-01", "2025-07-01", "2026-01-01", "2026-06-30", "2026-07-01", "2026", "2025-06..2026-02")
AMOUNTS = ("USD 1bn", "USD 2bn", "USD 3bn", "EUR 2bn", "USD 1bn..2bn")
TERMS = {
    "supply": {
        "supplier": PARTIES, "customer": PARTIES, "amount": AMOUNTS, "starts": DATES, "ends": DATES,
        "subject": ("energy", "data"),
    },
    "exclusivity": {
        "obligor": PARTIES, "beneficiary": PARTIES, "ends": DATES, "starts": DATES, "subject": ("energy", "data"),
        "carve_outs": PARTIES,
    },
    "consent": {"by": PARTIES, "form": ("written", "oral"), "permits": ("one", "two", "new")},
}  # fmt: skip
LAYERS = ("current", "proposed", "result", "removed")


class Maker:
    """Makes rules and deals from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, choices: Any) -> Any:
        """One of some choices."""
        return self.random.choice(list(choices))

    # --- rules

    def pack(self, folder: Path, count: int) -> RulePack:
        """A pack of random rules."""
        folder.mkdir(parents=True, exist_ok=True)
        header = {"pack": "random", "version": "1.0.0", "facts": {"bond": {"one": "party", "other": "party"}}}
        (folder / "pack.yaml").write_text(yaml.safe_dump(header))
        documents = [self.rule() for _ in range(count)]
        for number, document in enumerate(documents):
            name = f"rule-{number}"
            written = {"rule": name, "heading": name, **document}
            if number < 2:
                written = {"rule": name, "heading": name, **self.derivation()}
            elif number == 2:
                given = {"b": {"kind": "bond"}, "s": {"kind": "supply", "in": "proposed"}}
                written = {"rule": name, "heading": name, "given": given, "when": "b.one == s.supplier", "says": "x"}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(written, width=1000))
        return load_pack(folder)

    def derivation(self) -> dict[str, Any]:
        """A rule that derives a fact."""
        given = {"x": {"kind": "exclusivity", "in": self.pick(LAYERS)}}
        derives = {"kind": "bond", "one": "x.obligor", "other": "x.beneficiary"}
        return {"given": given, "when": self.condition({"x": "exclusivity"}), "derives": derives}

    def rule(self) -> dict[str, Any]:
        """A rule about one clause or two, perhaps with an excuse."""
        kinds = {"x": self.pick(("supply", "exclusivity"))}
        if self.random.random() < 0.4:
            kinds["y"] = self.pick(("supply", "exclusivity"))
        given: dict[str, Any] = {alias: {"kind": kind, "in": self.pick(LAYERS)} for alias, kind in kinds.items()}
        found: dict[str, Any] = {"severity": self.pick(("flag", "conflict")), "says": "x"}
        if "y" not in kinds and self.random.random() < 0.25:
            given["b"] = {"kind": "bond"}
        when = self.condition(kinds)
        for other in set(given) - {"x"}:
            when = f"({when}) and {self.link(kinds['x'], other, kinds)}"
        found |= {"given": given, "when": when}
        if self.random.random() < 0.3:
            excuse = self.pick(('c.form == "written"', "c.permits == x.id", f"c.by == x.{self.party_of(kinds['x'])}"))
            found["unless"] = {"c": {"kind": "consent", "in": "result", "when": excuse}}
        return found

    def party_of(self, kind: str) -> str:
        """A term that names a party."""
        return str(self.pick({"supply": ("supplier", "customer"), "exclusivity": ("obligor", "beneficiary")}[kind]))

    def link(self, kind: str, other: str, kinds: dict[str, str]) -> str:
        """A condition that ties two clauses together."""
        if other == "b":
            return f"b.{self.pick(('one', 'other'))} == x.{self.party_of(kind)}"
        if self.random.random() < 0.2:
            return f"x.id {self.pick(('==', '!='))} y.id"
        if self.random.random() < 0.2:
            return "overlaps(x, y)"
        return f"x.{self.party_of(kind)} {self.pick(('==', '!='))} y.{self.party_of(kinds['y'])}"

    def condition(self, kinds: dict[str, str]) -> str:
        """One to three atoms, joined."""
        atoms = [self.atom("x", kinds["x"]) for _ in range(self.pick((1, 1, 2, 3)))]
        atoms = [f"not ({atom})" if self.random.random() < 0.15 else atom for atom in atoms]
        return f" {self.pick(('and', 'and', 'or'))} ".join(atoms)

    def atom(self, alias: str, kind: str) -> str:
        """A condition about one term."""
        compare = self.pick(("<", "<=", ">", ">=", "==", "!="))
        date = f"{alias}.{self.pick(('starts', 'ends'))}"
        choices = [
            f'{alias}.{self.party_of(kind)} {self.pick(("==", "!="))} "{self.pick(PARTIES[:2])}"',
            f"{date} {compare} {self.pick(DATES[:5])}",
            f'{alias}.subject {self.pick(("==", "!="))} "{self.pick(("energy", "data"))}"',
            f"stated({date})",
            f"{date} {compare} context.effective",
            f'"ends" in {alias}.changed',
        ]  # fmt: skip
        if kind == "supply":
            choices += [f"{alias}.amount {compare} {self.pick(AMOUNTS[:3])}"] * 3
        else:
            choices += [f'"{self.pick(PARTIES)}" {self.pick(("in", "not in"))} {alias}.carve_outs']
        return str(self.pick(choices))

    # --- deals

    def deals(self, count: int) -> Iterator[Deal]:
        """Random deals; those that cannot be read are left out."""
        for _ in range(count):
            try:
                agreement = read_agreement(self.agreement())
                sheet = read_term_sheet(self.sheet(set(agreement.clauses)), agreement)
                yield deal(agreement, sheet, Date.read(AS_OF))
            except ClausesError:
                continue

    def agreement(self) -> dict[str, Any]:
        """An agreement with up to two clauses."""
        clauses = {id: self.clause() for id in self.random.sample(("one", "two"), self.pick((0, 1, 1, 2)))}
        parties = {party: {"name": party} for party in PARTIES}
        return {"agreement": "a", "signed": "2025-01-01", "parties": parties, "clauses": clauses}

    def sheet(self, ids: set[str]) -> dict[str, Any]:
        """A term sheet with one or two changes."""
        changes: list[dict[str, Any]] = []
        for id in sorted(ids):
            what = self.random.random()
            if what < 0.35:
                changes.append({"amend": id, "set": self.terms(self.kind, few=True) or {"heading": "h"}})
            elif what < 0.55:
                changes.append({"remove": id})
        for id in ("new", "newer"):
            if self.random.random() < 0.5 or not changes:
                changes.append({"add": id, "clause": self.clause()})
        found = {"term_sheet": "s", "agreement": "a", "dated": AS_OF, "changes": changes}
        if self.random.random() < 0.5:
            found["effective"] = self.pick(DATES)
        return found

    @property
    def kind(self) -> str:
        """A kind of clause."""
        return str(self.pick(("supply", "supply", "exclusivity", "exclusivity", "consent")))

    def clause(self) -> dict[str, Any]:
        """A clause that states some of its terms."""
        kind = self.kind
        return {"kind": kind, **self.terms(kind)}

    def terms(self, kind: str, few: bool = False) -> dict[str, Any]:
        """Some terms of a kind."""
        found: dict[str, Any] = {}
        for name, values in TERMS[kind].items():
            if self.random.random() < (0.25 if few else 0.75):
                one = self.pick(values)
                found[name] = [one] if name == "carve_outs" else "unknown" if self.random.random() < 0.1 else one
        return found
