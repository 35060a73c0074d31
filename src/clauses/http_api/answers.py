"""Answers that are kept: a review is a pure function, so the same call on the same day has the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict

from clauses.http_api.evaluator import Asked, Reply

LARGEST_CALL = 1024 * 1024
"""Bytes of a call beyond which its answer is not kept: to look for it would take the event loop too long."""
LARGEST_SHARE = 8
"""An answer is kept if it takes at most this part of the whole."""


def key_of(asked: Asked, changed_at: int) -> bytes | None:
    """What a call has in common with those that have the same answer; None for one whose answer is not kept.

    `changed_at` is the last entry of the ledger on which an answer may depend.
    """
    if len(asked.body) > LARGEST_CALL:
        return None
    found = hashlib.sha256(changed_at.to_bytes(8))
    data = b"" if asked.data is None else json.dumps(asked.data, sort_keys=True).encode()
    for part in (asked.verb.encode(), asked.today.encode(), asked.content_type.encode(), data, asked.body):
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


class Kept:
    """The answers that were given last, up to some bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._replies: OrderedDict[bytes, Reply] = OrderedDict()

    def find(self, key: bytes | None) -> Reply | None:
        """The answer to an equal call."""
        if key is None or key not in self._replies:
            return None
        self._replies.move_to_end(key)
        return self._replies[key]

    def keep(self, key: bytes | None, reply: Reply) -> None:
        """Keep an answer, if it is one that an equal call would get again."""
        is_lasting = reply.status == 200 and reply.recorded is None
        if key is None or not is_lasting or len(reply.body) * LARGEST_SHARE > self._most or key in self._replies:
            return
        self._replies[key] = reply
        self._size += len(reply.body)
        while self._size > self._most:
            _, oldest = self._replies.popitem(last=False)
            self._size -= len(oldest.body)
