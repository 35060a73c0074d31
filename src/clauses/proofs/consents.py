"""Consents that could be added to a term sheet: by each party, to each of its changes."""

from __future__ import annotations

import hashlib

from clauses.proofs.edits import Plain
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.party import MAXIMUM_ID
from clauses.terms.values import Date


def candidates(agreement: Agreement, sheet: TermSheet, as_of: Date) -> dict[str, Plain]:
    """A clause for every consent that could be asked for, by an id of its own.

    Who proposes the term sheet needs no consent of its own; a party that does not exist yet can give none.
    """
    givers = [id for id, party in sorted(agreement.parties.items()) if party.exists != "no" and id != sheet.proposed_by]
    taken = agreement.clause_ids() | {change.clause_id for change in sheet.changes}
    found: dict[str, Plain] = {}
    for change in sheet.changes:
        for giver in givers:
            id = _id(giver, change.clause_id, {*taken, *found})
            if id is not None:
                found[id] = {
                    "kind": "consent",
                    "heading": f"Consent of {agreement.party_name(giver)}",
                    "by": giver,
                    "permits": change.clause_id,
                    "given": str(as_of),
                    "form": "written",
                }
    return found


def _id(giver: str, clause: str, taken: set[str]) -> str | None:
    """The id of a consent; None where the term sheet or the agreement has it already."""
    whole = f"consent-of-{giver}-to-{clause}"
    if len(whole) <= MAXIMUM_ID:
        return None if whole in taken else whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: MAXIMUM_ID - len(digest) - 1].rstrip('-')}-{digest}"
