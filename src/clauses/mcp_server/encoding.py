"""What an assistant has to know to write a term sheet: the form, the values, the kinds of clause; and fenced texts."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from clauses.terms.kinds import KINDS

FORM = """\
term_sheet: an-id-for-it            # lower case, digits and hyphens, as all ids
title: What it is called
agreement: {agreement}
dated: 2025-07-01                   # the day of the proposal: a single day
effective: 2025-09-01               # the day from which it would hold; leave it out if it is not said
proposed_by: the-party              # the id of a party of the agreement; leave it out if it is not said
sources:
  draft: {{title: What the text is called, date: 2025-07-01}}
parties:                            # only parties that the agreement does not have
  oracle: {{name: Oracle, roles: [venture-partner]}}
changes:
  - add: an-id-for-the-clause       # a new clause
    clause:
      kind: supply
      heading: A short name for it
      text: What it says, in one or two sentences.
      supplier: oracle              # the terms of its kind
      customer: openai
      amount: USD 30bn
      ends: 2031-12-31
      source: {{document: draft, basis: reported, quote: "the words of the text, exactly"}}
  - amend: id-of-a-clause-in-force  # other values for some of its terms; an empty value: no longer stated
    set: {{ends: 2027-12-31, source: {{document: draft, basis: reported, quote: "the words, exactly"}}}}
  - remove: id-of-a-clause-in-force # struck out
"""

VALUES = """\
- Dates: `2030-12-31` is a day. Write no more than is known: `2030` is some day of 2030 ("until 2030"), `2026-04` some \
day of that April, `2026..2028` some day from one to the other, `never` no end at all. \
"The end of 2030" is `2030-12-31`.
- Money: `USD 30bn`, `USD 500m`, `USD 13_750_000_000`, `USD 10bn..20bn`; always with the ISO code of the currency.
- Shares: `33%`, `32.5%`, `30%..49%` for "between 30 and 49 percent".
- Periods: `90 days`, `24 months`, `5 years`, `12..24 months`.
- Whole numbers: `3`, `2..4`. Choices: one of the words listed with the term. Yes or no: `yes`, `no`.
- `unknown`: the term matters, was looked for in the text, and is not there. What the text does not speak of at all is \
left out. Neither is ever filled with a likely value.
- A range is for what the text leaves open, never for what you are unsure of."""


def form(agreement: str) -> str:
    """The form of a term sheet for an agreement."""
    return FORM.format(agreement=agreement)


@cache
def kinds() -> str:
    """The kinds of clause with their terms, a line each; what every kind has is said once."""
    types = {name: kind.term_types() for name, kind in KINDS.items()}
    common = set.intersection(*(set(found) for found in types.values()))
    first = next(iter(KINDS))
    lines = ["Every kind has these terms:", ""]
    lines += [_term(KINDS[first], term, types[first][term]) for term in types[first] if term in common]
    for name, kind in KINDS.items():
        lines += ["", f"`{name}`: {' '.join((kind.__doc__ or '').split())}", ""]
        lines += [_term(kind, term, type) for term, type in types[name].items() if term not in common]
    return "\n".join(lines) + "\n"


def _term(kind: Any, term: str, type: Any) -> str:
    choices = f": {', '.join(type.choices)}" if type.choices else ""
    return f"- `{term}` ({type}{choices}) {kind.model_fields[term].description}"


def fenced(text: str, language: str = "") -> str:
    """A text between fences that are longer than any within it, so that no line of it can end them."""
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
