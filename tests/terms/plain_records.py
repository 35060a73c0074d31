"""Random records, as people and programs write them: mostly plain, with every kind of clause and every form of value.

Everything comes from a seeded `random.Random`, so a record is known by its seed.
"""

from __future__ import annotations

import json
import random
from typing import Any

from clauses.terms.kinds import KINDS, TermType

PARTIES = ("ant", "bee", "cat", "dog-works")
TEXTS = {
    "date": (
        "2024-01-01", "2026-01", "2030", "2027..2029", "2026-01-02", "2026-01-03", "2026-01-04", "never", "..2026",
        " 2028-02-29",
    ),
    "money": ("USD 2", "USD 0.01", "USD 12_500", "EUR 3.5bn", "USD 1..2", "GBP 100.50", "USD 750 thousand", "EUR 1"),
    "percentage": ("1%", "2%", "32.5%", "1%..20%", "0.0001%", "51 per cent", "50%"),
    "days": ("2 days", "3 months", "1..3 days", "2 weeks", "4 days"),
    "months": ("2 months", "5 years", "90 days", "1..3 months"),
    "number": ("3", "1..4", "1,000", "2"),
    "text": ("Copilot", "a product: the second", "“quoted”", 'with "quotes"', "Ünïcode", "USD", "ant"),
}  # fmt: skip
"""How values are written; some of them are near those that random rules compare with."""


class Records:
    """Makes records from one seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def pick(self, items: Any) -> Any:
        """One of some items."""
        return items[int(self.random.random() * len(items))]

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def record(self, clauses: int = 8, kinds: tuple[str, ...] = tuple(KINDS)) -> dict[str, Any]:
        """A record: an agreement, most often with a term sheet."""
        names = self.random.sample(PARTIES, 3)
        parties = {name: self.party(name) for name in names}
        base = [f"c{number}" for number in range(clauses) if self.chance(0.6)] or ["c0"]
        agreement: dict[str, Any] = {"agreement": f"deal-{self.pick(range(99))}", "parties": parties}
        for key, probability in (("signed", 0.6), ("as_reported", 0.3)):
            if self.chance(probability):
                agreement[key] = self.pick(("2019-04-01", "2023", "2024-02", "2025-06-30"))
        if self.chance(0.4):
            agreement["title"] = "A deal: the first"
        if self.chance(0.3):
            agreement["sources"] = {"press": {"title": "The paper", "date": "2024"}}
        sources = tuple(agreement.get("sources", ()))
        agreement["clauses"] = {id: self.clause(self.pick(kinds), names, base, sources) for id in base}
        if self.chance(0.15):
            agreement["amendments"] = self.pick((None, {}))
        if not self.chance(0.75):
            return agreement
        return {"agreement": agreement, "term_sheet": self.sheet(agreement, clauses, kinds, names, base, sources)}

    def party(self, name: str) -> dict[str, Any]:
        """A party."""
        found: dict[str, Any] = {"name": f"{name.title()} Inc."}
        if self.chance(0.4):
            found["roles"] = self.random.sample(("investor", "supplier", "customer"), 2)
        if self.chance(0.2):
            found["exists"] = self.pick(("yes", "no", True))
        if self.chance(0.2):
            found["jurisdiction"] = "Delaware"
        return found

    def sheet(
        self, agreement: Any, clauses: int, kinds: tuple[str, ...], names: list[str], base: list[str], sources: Any
    ) -> dict[str, Any]:
        """A term sheet that adds, amends and removes."""
        found: dict[str, Any] = {"term_sheet": "renewal", "agreement": agreement["agreement"], "dated": "2025-07-01"}
        if self.chance(0.5):
            found["effective"] = self.pick(("2025-09-01", "2026", None))
        if self.chance(0.3):
            found["parties"] = {"newco": {"name": "New Co", "exists": "no"}}
            names = [*names, "newco"]
        if self.chance(0.5):
            found["proposed_by"] = self.pick(names)
        new = [f"c{number}" for number in range(clauses) if f"c{number}" not in base]
        known = [*base, *new]
        changes: list[Any] = [{"add": id, "clause": self.clause(self.pick(kinds), names, known, sources)} for id in new]
        for id in base:
            kind = agreement["clauses"][id]["kind"]
            if self.chance(0.15):
                changes.append({"remove": id})
            elif self.chance(0.2):
                terms = self.clause(kind, names, known, sources)
                terms.pop("kind")
                if terms:
                    changes.append({"amend": id, "set": terms})
        self.random.shuffle(changes)
        found["changes"] = changes or [{"remove": base[0]}]
        return found

    def clause(self, kind: str, names: list[str], ids: list[str], sources: Any) -> dict[str, Any]:
        """A clause of a kind, with some of its terms."""
        found: dict[str, Any] = {"kind": kind}
        for name, type in KINDS[kind].term_types().items():
            if name in ("subject_to", "notwithstanding"):
                if self.chance(0.05):
                    found[name] = [self.pick(ids)]
            elif self.chance(0.6):
                found[name] = self.value(type, names, ids)
        if self.chance(0.2):
            found["heading"] = self.pick(("Exclusivity: the cloud", "Supply", ""))
        if self.chance(0.1):
            found["text"] = "The parties agree: nothing \\ else."
        if sources and self.chance(0.2):
            found["source"] = self.pick(
                (
                    {"document": "press", "quote": "so it says", "basis": "reported"},
                    {"basis": "assumed"},
                    {"section": "7"},
                )
            )
        if self.chance(0.3):
            items = list(found.items())
            self.random.shuffle(items)
            found = dict(items)
        return found

    def value(self, type: TermType, names: list[str], ids: list[str]) -> Any:
        """A value of a term."""
        if self.chance(0.1):
            return self.pick((None, "unknown"))
        if type.is_list:
            one = TermType(type.name, type.choices)
            found = [self.value(one, names, ids) for _ in range(self.pick((0, 1, 2, 3)))]
            return [item for item in found if isinstance(item, str) and item != "unknown"]
        if type.choices:
            if set(type.choices) == {"yes", "no"} and self.chance(0.3):
                return self.chance(0.5)
            return self.pick(type.choices)
        if type.name == "party":
            return self.pick(names)
        if type.name == "clause":
            return self.pick(ids)
        if type.name == "number" and self.chance(0.4):
            return self.pick((1, 3, 12))
        return self.pick(TEXTS[type.name])

    def text(self, record: Any) -> bytes:
        """The record as a line: with or without blanks, and with or without escapes."""
        separators = (",", ":") if self.chance(0.5) else (", ", ": ")
        return json.dumps(record, separators=separators, ensure_ascii=self.chance(0.5)).encode()

    # --- what is wrong or unusual

    def spoilt(self, line: bytes) -> bytes:
        """A line with something wrong, or unusual, or only otherwise in it."""
        text = line.decode()
        match self.pick(range(8)):
            case 0:  # a letter otherwise
                place = self.pick(range(len(text)))
                return (text[:place] + self.pick('"{}[],:0aé\\ \t-') + text[place + 1 :]).encode()
            case 1:  # a part twice
                start = self.pick(range(len(text)))
                end = start + self.pick(range(60))
                return (text[:end] + text[start:end] + text[end:]).encode()
            case 2:  # a part left out
                start = self.pick(range(len(text)))
                return (text[:start] + text[start + self.pick(range(30)) :]).encode()
            case 3:  # bytes that are no text
                return line[:20] + b"\xff" + line[20:]
        return self.respelled(json.loads(text))

    def respelled(self, record: Any) -> bytes:
        """A record one of whose values is another."""
        places: list[tuple[Any, Any]] = []

        def walk(node: Any) -> None:
            for key in list(node) if isinstance(node, dict) else range(len(node)):
                places.append((node, key))
                if isinstance(node[key], (dict, list)):
                    walk(node[key])

        walk(record)
        node, key = self.pick(places)
        value = self.pick(
            ("unknown", None, True, 0, -1, 2.5, 10**30, "", " ", "nowhere", "2030", "USD 1", [], {}, ["ant"],
             "x" * 300, "never", "USD 999999999999999999", "3..1", "1e5", "2025-02-30", "yes", "kind", "\\u003a", "a:b")
        )  # fmt: skip
        if isinstance(node, dict) and self.chance(0.4):
            node[self.pick(("extra", "kind", "starts", "unknown", "Bad Id", "cap_table"))] = value
        else:
            node[key] = value
        return self.text(record)
