"""What HTTP and MCP are asked, and the one desk that answers: no files, no clock, no printing.

    desk = Desk(Library())
    answer = desk.answer("check", {"term_sheet": {"held": "oracle-stargate-capacity"}}, Caller("alice", "http", today))

`asked` has the model of every call, `library` what a server holds, `desk` the answers. A new verb is a model, a
method, and a line in `VERBS`; HTTP has its route and MCP may offer it as a tool.
"""

from clauses.calls.asked import VERBS, Call, DealCall, SentDocument, SentPack, read_json
from clauses.calls.desk import Answer, Caller, Desk
from clauses.calls.library import Held, Library

__all__ = [
    "VERBS",
    "Answer",
    "Call",
    "Caller",
    "DealCall",
    "Desk",
    "Held",
    "Library",
    "SentDocument",
    "SentPack",
    "read_json",
]
