"""The one safe way to run durable-rules, and the only place that calls it.

Used as documented, durable-rules 2.0.28 crashes or answers wrongly: a failing last join reads beyond its
list, a fact that arrives late does not cancel a match, 32-bit hashes of names and ids collide, batches are cut
short without a word. Used as here it was exact in hundreds of thousands of random evaluations:

- every rule matches the GO fact first, and GO is asserted last, so that all facts are known before any rule
  can match: nothing ever arrives late;
- every pattern ends with a guard (a nested `$and`), so that the last join is never last;
- everything that enters is an int64 under a generated name whose hash is known to be unique;
- a canary rule must match exactly once, or the batch was cut short;
- the state is deleted after each run; nothing is retracted; no Python callbacks, timers or expressions;
- the limits below are checked before anything is called, because beyond them it crashes instead of refusing.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from clauses.engines.rete.load import load_engine
from clauses.errors import EngineError

MAXIMUM_RULES = 200
"""Rules in one ruleset (it takes 4,096, but 256 patterns on one condition crash it)."""
MAXIMUM_PATTERNS_OF_KIND = 56
"""Patterns on one kind of fact in one ruleset: 65 conditions that one fact meets lose the fact."""
MAXIMUM_SOURCES = 400
"""Kinds of row in one ruleset: 512 conditions under one node never end."""
MAXIMUM_POSITIVE = 14
"""Patterns that must match, in one rule: 17 are refused only when facts arrive."""
MAXIMUM_JOINS = 20
"""Comparisons with other facts in one pattern: 28 are refused with a leak."""
MAXIMUM_FIELDS = 190
"""Fields of a fact: 254 are refused, or dropped in silence."""
MAXIMUM_FACTS = 5_000
MAXIMUM_COMBINATIONS = 200_000
"""Combinations of facts that one rule may have to consider; the call cannot be interrupted."""
MAXIMUM_MATCHES = 20_000

_KEYWORDS = (
    "all", "any", "pri", "count", "cap", "dist", "$lt", "$lte", "$gt", "$gte", "$eq", "$neq", "$mt", "$imt",
    "$iall", "$iany", "$ex", "$nex", "$or", "$and", "$m", "name", "$add", "$sub", "$mul", "$div", "$l", "$r",
    "$forward", "$i", "id", "sid", "$s", "k", "go", "GO", "canary", "end", "g", "sid-0", "0",
)  # fmt: skip


def _hash(name: str) -> int:
    """The 32-bit FNV-1a hash by which durable-rules tells names apart."""
    value = 0x811C9DC5
    for byte in name.encode("ascii"):
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


FIELDS = [f"f{number}" for number in range(MAXIMUM_FIELDS)]
ALIASES = [f"p{number}" for number in range(64)]


def _refuse_collisions() -> None:
    names = [*dict.fromkeys([*_KEYWORDS, *FIELDS, *ALIASES, *map(str, range(MAXIMUM_FACTS))])]
    assert len({_hash(name) for name in names}) == len(names), "generated names collide"


_refuse_collisions()

_GO_FACT = '{"id":"g","go":1}'
_IDS = re.compile(r'"id":"(\d+)"')

Match = tuple[int, tuple[int, ...]]
"""The number of a rule and the ids of the facts that its positive patterns matched, in their order."""


def to_json(value: Any) -> str:
    """Compact ASCII JSON; floats that JSON does not have are refused."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def require_engine() -> ModuleType:
    """The C core of durable-rules. Raises EngineError, with a sentence that says what to do, where there is none."""
    try:
        return load_engine()
    except ImportError as error:
        raise EngineError.of("engine-missing", str(error)) from None


class Ruleset:
    """Rules compiled into one durable-rules network."""

    def __init__(self, definitions: Sequence[Sequence[Mapping[str, Any]]]) -> None:
        """`definitions` holds the patterns of each rule, without GO; rules are known by their number."""
        assert len(definitions) <= MAXIMUM_RULES
        self.engine = require_engine()
        go = {"GO": {"go": 1}}
        rules: dict[str, Any] = {str(number): {"all": [go, *patterns]} for number, patterns in enumerate(definitions)}
        rules["canary"] = {"all": [go]}
        self.positive = [sum("$not" not in alias for p in patterns for alias in p) for patterns in definitions]
        self.lock = threading.Lock()
        self.handle: int | None = self.engine.create_ruleset("r", to_json(rules))
        # A first run that matches: the state's memory is initialised only by a match, and deleting an
        # uninitialised state frees a wild pointer.
        self.run([])

    def run(self, rows: Sequence[str]) -> set[Match]:
        """Match facts, given as JSON fields with numbers (`"k":1,"f0":7`); their ids are their positions.

        Raises EngineError where the engine refuses, or has lost a fact.
        """
        assert len(rows) <= MAXIMUM_FACTS
        batch = [f'{{"id":"{number}",{row}}}' for number, row in enumerate(rows)]
        text = f"[{','.join([*batch, _GO_FACT])}]"
        with self.lock:
            found = self._run(text)
        matches: set[Match] = set()
        canaries = 0
        for line in found:
            name = line[2 : line.index('"', 2)]
            if name == "canary":
                canaries += 1
                continue
            # durable-rules writes the facts of a match in the order of the patterns. All that they hold is numbers
            # and their id, and the id of GO is no number.
            match = int(name), tuple(map(int, _IDS.findall(line)))
            canaries += len(match[1]) != self.positive[match[0]]
            matches.add(match)
        if canaries != 1:
            raise EngineError.of(
                "engine-failed", "the rete engine lost a part of the facts", None, "use `--engine reference`"
            )
        return matches

    def _run(self, text: str) -> list[str]:
        engine = self.engine
        assert self.handle is not None, "the ruleset is closed"
        try:
            code, offset = engine.assert_facts(self.handle, text)
            if code not in (0, 1):  # 1: some fact matched nothing, which is no error here
                raise EngineError.of("engine-failed", f"the rete engine refused the facts (code {code})")
            found: list[str] = []
            first = engine.start_action_for_state(self.handle, offset)
            message = first[1] if first else None
            while message is not None:
                found.append(message)
                if len(found) > MAXIMUM_MATCHES:
                    sentence = f"the rules match more than {MAXIMUM_MATCHES} combinations of clauses"
                    raise EngineError.of(
                        "too-many-matches", sentence, None, "tie the clauses of the rules more closely"
                    )
                message = engine.complete_and_start_action(self.handle, offset)
            return found
        except engine.error as error:
            raise EngineError.of("engine-failed", f"the rete engine failed: {error}") from None
        finally:
            with contextlib.suppress(engine.error):  # nothing was asserted, so there is no state
                engine.delete_state(self.handle, "0")

    def close(self) -> None:
        """Free the network."""
        with self.lock:
            if self.handle is not None:
                self.engine.delete_ruleset(self.handle)
                self.handle = None

    def __del__(self) -> None:
        if getattr(self, "handle", None) is not None:
            self.close()
